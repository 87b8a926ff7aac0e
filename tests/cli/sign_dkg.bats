#!/usr/bin/env bats
# Keys without a dealer, by files: tally-sign dkg, recover and derive.
load helper

setup() {
  tally_setup
  printf 'correct horse\n' >pass && chmod 600 pass
}

# make_keys N: host keys 0.host .. of N custodians, their public halves in hosts.
make_keys() {
  hosts=()
  local i
  for ((i = 0; i < $1; i++)); do
    tally-sign dkg key --out "$i.host" --passphrase-file pass --kdf-memory 64MiB --kdf-passes 2 \
      --json >key.out || fail "no host key"
    hosts+=(--host-key "$(json_field host_key <key.out)")
  done
}

# dkg STEP [OPTION...]
dkg() {
  local step=$1
  shift
  tally-sign dkg "$step" --dir ceremony "$@" >out 2>err || fail "$step: $(cat err)"
}

# each STEP: by all three custodians.
each() {
  local i
  for i in 0 1 2; do dkg "$1" --key "$i.host" --passphrase-file pass; done
}

ceremony() {
  make_keys 3
  dkg start --threshold 2 "${hosts[@]}"
  each contribute
  dkg collect
  each agree
  dkg certify
  local i
  for i in 0 1 2; do
    dkg finish --key "$i.host" --passphrase-file pass --out "key-$i.share"
  done
}

@test "custodians make a key by files and sign with it" {
  ceremony
  assert_equal "$(stat -c %a 0.host key-0.share | tr '\n' ' ')" "600 600 "
  run_tool tally-sign inspect key-1.share --check --passphrase-file pass
  assert_success
  assert_line --regexp "^epoch +0$"
  assert_line --partial "opens, and fits its public share"
  local sockets=() i
  for i in 0 2; do
    start tally-sign serve --role party --share "key-$i.share" --passphrase-file pass \
      --listen "unix:$i.sock" --allow any
    sockets+=(--party "unix:$i.sock")
  done
  for i in 0 2; do wait_until 30 test -S "$i.sock"; done
  run_tool tally-sign sign --group ceremony/key.group "${sockets[@]}" --json <<<hello
  assert_success
  local pubkey
  pubkey=$(tally-sign inspect ceremony/key.group --json | json_field pubkey)
  local line='{"scheme":"bip340","pubkey":"%s","message":"68656c6c6f0a","sig":"%s"}'
  # shellcheck disable=SC2059  # the format is the line above
  printf "$line" "$pubkey" "$(json_field sig <<<"$output")" >line
  run_tool tally-sign verify --from line
  assert_output --partial '"ok":true'
}

@test "a step out of order names the file that is missing" {
  make_keys 2
  dkg start --threshold 2 "${hosts[@]}"
  run_tool tally-sign dkg collect --dir ceremony
  assert_refused 66 "contribution-0"
  run_tool tally-sign dkg agree --dir ceremony --key 0.host --passphrase-file pass
  assert_refused 66 "contribution-0"
}

@test "a contribution meets one collection only whatever copies there are" {
  make_keys 3
  dkg start --threshold 2 "${hosts[@]}"
  each contribute
  dkg collect
  dkg agree --key 0.host --passphrase-file pass
  rm ceremony/agreement-0
  # The same collection again is the same agreement.
  dkg agree --key 0.host --passphrase-file pass
  rm ceremony/agreement-0 ceremony/collection ceremony/contribution-1
  dkg contribute --key 1.host --passphrase-file pass
  dkg collect
  run_tool tally-sign dkg agree --dir ceremony --key 0.host --passphrase-file pass
  assert_refused 77 "has met another collection before"
  [[ ! -e ceremony/agreement-0 ]] || fail "an agreement was written"
}

@test "a changed message is refused and its author named" {
  make_keys 3
  dkg start --threshold 2 "${hosts[@]}"
  each contribute
  printf x >>ceremony/contribution-1
  run_tool tally-sign dkg collect --dir ceremony
  assert_refused 65 "party 1:"
  rm ceremony/contribution-1
  mkfifo ceremony/contribution-1
  run_tool tally-sign dkg collect --dir ceremony
  assert_refused 65 "ceremony/contribution-1 is no regular file"
  rm ceremony/contribution-1
  # Another's contribution under one's own number.
  cp ceremony/contribution-2 ceremony/contribution-1
  dkg collect
  run_tool tally-sign dkg agree --dir ceremony --key 0.host --passphrase-file pass
  assert_refused 76 "party 1 or the coordinator: the proof of knowledge does not verify"
}

@test "a share is recovered from public data and the host key alone" {
  ceremony
  run_tool tally-sign recover --recovery ceremony/recovery --key 1.host --passphrase-file pass \
    --group ceremony/key.group --out again.share --json
  assert_success
  assert_line --partial '"epoch":"0"'
  run_tool tally-sign inspect again.share --check --passphrase-file pass --json
  assert_output --partial '"party":1'
  tally-sign dkg key --out x.host --passphrase-file pass --kdf-memory 64MiB --kdf-passes 2
  run_tool tally-sign recover --recovery ceremony/recovery --key x.host --passphrase-file pass \
    --out other.share
  assert_refused 65 "not among the participants"
  [[ ! -e other.share ]] || fail "a share was written"
}

@test "a host key of another and a wrong passphrase are refused" {
  make_keys 2
  dkg start --threshold 2 "${hosts[@]}"
  printf 'wrong\n' >wrong && chmod 600 wrong
  run_tool tally-sign dkg contribute --dir ceremony --key 0.host --passphrase-file wrong
  assert_refused 77 "wrong passphrase"
  tally-sign dkg key --out x.host --passphrase-file pass --kdf-memory 64MiB --kdf-passes 2
  run_tool tally-sign dkg contribute --dir ceremony --key x.host --passphrase-file pass
  assert_refused 65 "not among the participants"
  run_tool tally-sign dkg start --dir more --threshold 3 "${hosts[@]}"
  assert_refused 65 "the threshold must be"
  run_tool tally-sign dkg start --dir more --threshold 1 --host-key 02
  assert_refused 64 "'02' is no host key"
  sed -i 's/threshold 2/threshold 1/' ceremony/ceremony
  run_tool tally-sign dkg collect --dir ceremony
  assert_refused 65 "the ceremony file was changed"
}

@test "children are derived from the group file and hardened ones refused" {
  tally-sign deal --threshold 2 --parties 2 --out keys --passphrase-file pass \
    --kdf-memory 64MiB --kdf-passes 2
  run_tool tally-sign derive --group keys/key.group m/44/0/7 --json
  assert_success
  local seven=$output
  run_tool tally-sign derive --group keys/key.group 44/0/7 --json
  assert_equal "$(json_field pubkey <<<"$seven")" "$(json_field pubkey <<<"$output")"
  run_tool tally-sign derive --group keys/key.group m --json
  assert_equal "$(json_field pubkey <<<"$output")" \
    "$(tally-sign inspect keys/key.group --json | json_field pubkey)"
  run_tool tally-sign derive --group keys/key.group 2147483648
  assert_refused 65 "nobody holds the secret key"
  run_tool tally-sign derive --group keys/key.group "44'/0"
  assert_refused 64 "is no path of numbers"
}

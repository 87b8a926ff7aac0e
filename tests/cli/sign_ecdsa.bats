#!/usr/bin/env bats
# Threshold ECDSA with real processes: pairs, parties, coordinators, signatures, the chain, and what
# goes wrong with them.
# shellcheck disable=SC2030,SC2031,SC2154  # tests are subshells; bats sets output and status
load helper
load signing

# The bytes that lines of hexadecimal digits stand for.
unhex() {
  perl -ne 'chomp; print pack "H*", $_'
}

sign() {
  run_tool tally-sign sign --scheme ecdsa --group keys/key.group "${sockets[@]}" --json "$@"
}

# verifies FIELD VALUE SIG FORMAT: libsecp256k1 takes the signature.
verifies() {
  local hash=
  [[ $1 != message ]] || hash='"hash":"sha256",'
  printf '{"id":1,"scheme":"ecdsa","pubkey":"%s","%s":"%s",%s"sig":"%s","format":"%s"}\n' \
    "$sec1" "$1" "$2" "$hash" "$3" "$4" >line
  tally-sign verify --from line | grep -q '"ok":true' || fail "does not verify: $(cat line)"
}

@test "parties that were set up in pairs sign a message and a digest with ECDSA" {
  deal 2 3
  pair_all 3
  start_parties 2 --scheme ecdsa --allow any --allow digest
  sign --hash sha256 <<<hello
  assert_success
  assert_json_lines
  assert_output --partial "\"pubkey\":\"$sec1\""
  assert_output --regexp '"recovery_id":[01],'
  verifies message 68656c6c6f0a "$(json_field sig <<<"$output")" compact
  verifies message 68656c6c6f0a "$(json_field der <<<"$output")" der
  local digest
  digest=$(printf 'hello\n' | sha256sum -b | cut -c1-64 | unhex | sha256sum -b | cut -c1-64)
  sign --hash sha256d <<<hello
  assert_success
  verifies digest "$digest" "$(json_field sig <<<"$output")" compact
  sign --digest "$digest"
  assert_success
  verifies digest "$digest" "$(json_field der <<<"$output")" der
  # A child of the key, as derive has it.
  sign --hash sha256 --path m/44/0/7 <<<hello
  assert_success
  sec1=$(tally-sign derive --group keys/key.group m/44/0/7 --json | json_field pubkey_compressed)
  verifies message 68656c6c6f0a "$(json_field sig <<<"$output")" compact
}

@test "a party signs what its rules allow and no digest that it was not told to" {
  deal 2 2
  pair_all 2
  start_parties 2 --scheme ecdsa --allow prefix=706179
  sign --hash sha256 <<<"pay 5"
  assert_success
  sign --hash sha256 <<<"steal 5"
  assert_failure 1
  [[ $stderr == *"refused: the policy does not allow this message"* ]] || fail "$stderr"
  sign --digest "$(printf '%064d' 7)"
  assert_failure 1
  [[ $stderr == *"refused: the policy does not allow a digest"* ]] || fail "$stderr"
}

@test "the command line says which hash and which scheme" {
  deal 2 2
  sockets=(--party unix:0.sock --party unix:1.sock)
  sign <<<hello
  assert_refused 64 "which one must be said" "--hash sha256 or --hash sha256d"
  sign --hash sha256 --digest "$(printf '%064d' 7)"
  assert_refused 64 "a digest is signed as it is"
  sign --digest 12
  assert_refused 64 "--digest takes 32 bytes"
  run_tool tally-sign sign --group keys/key.group "${sockets[@]}" --hash sha256 --json <<<hello
  assert_refused 64 "are for --scheme ecdsa"
}

@test "a party without pairs or of another epoch key or scheme is told apart" {
  deal 2 2
  run_tool tally-sign serve --role party --scheme ecdsa --share keys/key-0.share \
    --passphrase-file pass --listen unix:0.sock --allow any
  assert_refused 66 "no pair setup, which ECDSA needs" "tally-sign pair"
  pair_all 2
  deal 2 2 other
  pair_all 2 other
  cp other/key-0.share.pair-1 keys/key-0.share.pair-1
  run_tool tally-sign serve --role party --scheme ecdsa --share keys/key-0.share \
    --passphrase-file pass --listen unix:0.sock --allow any
  assert_refused 65 "pair file is of another key" "tally-sign pair"
}

@test "too few parties and parties without a common setup end in one line" {
  deal 2 3
  pair_all 3
  start_parties 1 --scheme ecdsa --allow any
  sockets+=(--party unix:1.sock)
  sign --hash sha256 --party-timeout 500ms <<<hello
  assert_refused 75 "1 of the 2 parties that are needed answer" "cannot connect to 1.sock"
  stop "${party[0]}"
  rm keys/key-0.share.pair-1
  start_parties 2 --scheme ecdsa --allow any
  sign --hash sha256 --party-timeout 500ms <<<hello
  assert_refused 66 "no common pair setup of parties 0 and 1" "tally-sign pair"
}

@test "a party of another scheme is not called on again and again" {
  deal 2 2
  pair_all 2
  start_parties 2 --allow any -v
  sign --hash sha256 --party-timeout 1s <<<hello
  assert_equal "$status" 75
  [[ $stderr == *"0 of the 2 parties that are needed answer"* ]] || fail "$stderr"
  [[ $stderr == *"said goodbye: this party signs with schnorr, not with ecdsa"* ]] || fail "$stderr"
  local calls
  calls=$(grep -c 'coordinator .* connected' "err.${party[0]}")
  ((calls >= 2 && calls <= 12)) || fail "$calls calls in a second"
}

@test "the chain signs 50 packets with ECDSA by 3 of 4 parties" {
  deal 3 4
  pair_all 4
  start_parties 4 --scheme ecdsa --allow any
  start tally-sign serve --role coordinator --scheme ecdsa --hash sha256 --group keys/key.group \
    "${sockets[@]}" --presignatures 20 \
    --from "shm:$(ring_name in)" --to "shm:$(ring_name out)" --stats-out stats.json
  local coordinator=$started
  start bash -c "exec tally-relay shm:$(ring_name out) - --to-frame hex >signed"
  local reader=$started
  seq 1 50 | tally-relay - "shm:$(ring_name in)" --from-frame line
  finish "$coordinator"
  assert_equal "$status" 0
  finish "$reader"
  assert_equal "$(wc -l <signed)" 50
  local record
  while read -r record; do
    printf '{"id":1,"scheme":"ecdsa","pubkey":"%s","message":"%s",' "$sec1" "${record::-128}"
    printf '"hash":"sha256","sig":"%s","format":"compact"}\n' "${record: -128}"
  done <signed >lines
  tally-sign verify --from lines >verdicts
  assert_equal "$(grep -c '"ok":true' verdicts)" 50
  # In the order they came.
  assert_equal "$(sed 's/.\{128\}$//' signed | unhex)" "$(seq 1 50 | tr -d '\n')"
  grep -q '"signed":50,' stats.json
}

@test "another party stands in for one that is killed" {
  deal 2 3
  pair_all 3
  start_parties 3 --scheme ecdsa --allow any
  start bash -c "{ seq 1 200; sleep 3; seq 201 220; } |
    tally-sign sign --scheme ecdsa --hash sha256 --group keys/key.group ${sockets[*]} \
      --from-frame line --json >signed"
  local signer=$started
  wait_until 30 test -s signed
  kill -KILL "${party[1]}"
  finish "$signer"
  assert_equal "$status" 0
  assert_equal "$(wc -l <signed)" 220
  [[ $(cat "err.$signer") == *"party 1 is gone"* ]] || fail "$(cat "err.$signer")"
  tail -n 1 signed | grep -q '"parties":\[0,2\]'
}

# Keys and parties of tally-sign, for the tests that need them; a file loads it behind helper.
# shellcheck shell=bash disable=SC2034,SC2154  # callers read and set these

setup() {
  tally_setup
  umask 077
  printf 'correct horse\n' >pass
}

# deal T N [FOLDER]: a key in FOLDER (keys); its public key in $pubkey, x-only, and in $sec1.
deal() {
  tally-sign deal --threshold "$1" --parties "$2" --out "${3:-keys}" --passphrase-file pass \
    --kdf-memory 64MiB --kdf-passes 2 --json >deal.out 2>deal.err || fail "$(cat deal.err)"
  pubkey=$(json_field pubkey <deal.out)
  sec1=$(json_field pubkey_compressed <deal.out)
}

# start_party I [OPTION...]: party I of keys on I.sock; its process id in ${party[I]}.
start_party() {
  local at=$1
  shift
  start tally-sign serve --role party --share "keys/key-$at.share" --passphrase-file pass \
    --listen "unix:$at.sock" "$@"
  party[at]=$started
}
# start_parties N [OPTION...]: parties 0 to N-1, and waits until they listen; --party options for
# them in sockets.
start_parties() {
  local count=$1 at
  shift
  party=() sockets=()
  for ((at = 0; at < count; at++)); do
    start_party "$at" "$@"
    sockets+=(--party "unix:$at.sock")
  done
  for ((at = 0; at < count; at++)); do wait_until 30 test -S "$at.sock"; done
}
# stop PID: SIGTERM; it must end with 0.
stop() {
  kill -TERM "$1"
  finish "$1"
  assert_equal "$status" 0
}

# pair_all N [FOLDER [PAIRS]]: every pair among the first N parties of the key in FOLDER (keys), by
# messages in PAIRS (pairs.FOLDER).
pair_all() {
  local folder=${2:-keys} who
  for _ in hello offer answer pair; do
    for ((who = 0; who < $1; who++)); do
      tally-sign pair --dir "${3:-pairs.$folder}" --share "$folder/key-$who.share" \
        --passphrase-file pass >pair.out 2>pair.err || [[ $? -eq 75 ]] || fail "$(cat pair.err)"
    done
  done
}

# refresh I [OPTION...]: one run of party I's command; $status, $output, $stderr.
refresh() {
  local at=$1
  shift
  run_tool tally-sign refresh --dir "${messages:-epoch-1}" --share "keys/key-$at.share" \
    --passphrase-file pass "$@"
}

# refresh_all PARTY... [-- OPTION...]: every party takes every step; all they said is in $words.
refresh_all() {
  local who=() at
  words=
  while (($# > 0)) && [[ $1 != -- ]]; do
    who+=("$1")
    shift
  done
  shift $(($# > 0))
  for _ in hello deal agree hold end; do
    for at in "${who[@]}"; do
      refresh "$at" "$@"
      [[ $status -eq 0 || $status -eq 75 ]] || fail "party $at: $stderr"
      words+="$stderr"
    done
  done
  assert_success
}

# sign_with GROUP MESSAGE: by the parties in sockets; the signature must verify under $pubkey.
sign_with() {
  run_tool tally-sign sign --group "$1" "${sockets[@]}" --json <<<"$2"
  assert_success
  printf '{"scheme":"bip340","pubkey":"%s","message":"%s","sig":"%s"}\n' "$pubkey" \
    "$(od -An -tx1 -v <<<"$2" | tr -d ' \n')" "$(json_field sig <<<"$output")" >line
  tally-sign verify --backend libsecp --from line | grep -q '"ok":true' || fail "$(cat line)"
}

epoch_of() {
  tally-sign inspect "$1" --json | json_field epoch
}

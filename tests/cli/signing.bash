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

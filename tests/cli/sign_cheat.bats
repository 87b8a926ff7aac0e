#!/usr/bin/env bats
# Threshold ECDSA with real processes of which one cheats or is in another epoch: what the others
# say of it, and that they go on without it. The party that cheats is tests/cli/cheating_sign.cpp.
# shellcheck disable=SC2030,SC2031,SC2154  # tests are subshells; bats sets output and status
load helper
load signing

# cheat HOW I: party I, which cheats, in the place of start_party.
cheat() {
  start env "CHEAT=$1" "$TALLY_BIN/../tests/cheating_sign" serve --role party --scheme ecdsa \
    --share "keys/key-$2.share" --passphrase-file pass --listen "unix:$2.sock" --allow any
  party[$2]=$started
  # Only then has it said what is burnt; its socket is there before.
  wait_until 30 grep -q "listens on" "err.$started"
}
# serve I...: those parties, which are honest.
serve() {
  local at
  for at; do
    start_party "$at" --scheme ecdsa --allow any
    wait_until 30 grep -q "listens on" "err.$started"
  done
}
# sign I...: asks those parties for a signature of "hello" and a newline.
sign() {
  local at sockets=()
  for at; do sockets+=(--party "unix:$at.sock"); done
  run_tool tally-sign sign --scheme ecdsa --hash sha256 --group "${group:-keys/key.group}" \
    "${sockets[@]}" --party-timeout "${timeout:-5s}" --json <<<hello
}
# signed_by PARTIES: that there is a signature, by these and good.
signed_by() {
  assert_success
  assert_output --partial "\"parties\":[$1]"
  printf '{"id":1,"scheme":"ecdsa","pubkey":"%s","message":"68656c6c6f0a","hash":"sha256",' \
    "$sec1" >line
  printf '"sig":"%s","format":"der"}\n' "$(json_field der <<<"$output")" >>line
  tally-sign verify --backend libsecp --from line | grep -q '"ok":true' || fail "$(cat line)"
}
# said TEXT: that the tool said it.
said() {
  [[ $stderr == *"$1"* ]] || fail "no '$1' in: $stderr"
}
# ban_of HOW CAUSE: party 1 cheats and is banned by party 0, also after a restart; the others sign
# all the same.
ban_of() {
  deal 2 3
  pair_all 3
  serve 0 2
  cheat "$1" 1
  sign 0 1
  assert_equal "$status" 66
  said "party 0 says: session aborted and party banned: $2 (party 1)"
  said "error: no common pair setup of parties 0 and 1"
  # What was said is on disk: a party that is killed now still knows.
  kill -KILL "${party[0]}"
  finish "${party[0]}"
  rm 0.sock
  serve 0
  wait_until 5 grep -q "the pair with party 1 is burnt and signs nothing" "err.${party[0]}"
  timeout=500ms sign 0 1
  assert_refused 66 "no common pair setup of parties 0 and 1" "tally-sign pair"
  # Party 2 has not met the cheat yet; if it does now, it bans as well, and the two go on.
  sign 0 1 2
  signed_by 0,2
  sign 0 2
  signed_by 0,2
}

@test "a party whose multiplication is wrong is named burnt on disk and left out" {
  # The last but one field of what Alice answers, mu.
  ban_of r2=39990 "the multiplication is not consistent"
}

@test "a party whose Gamma is not of its key share is named burnt on disk and left out" {
  # Gamma^u of another sign, which is a point as well.
  ban_of r2=40146 "nonce, key share and multiplication do not belong together"
}

@test "a setup is burnt before anybody is told of the cheat" {
  deal 2 2
  pair_all 2
  cheat r2=39990 1
  # Party 0 finds the cheat and is killed before a word of it can leave.
  cheat dies 0
  sign 0 1
  assert_equal "$status" 75
  [[ $stderr != *"says:"* ]] || fail "$stderr"
  finish "${party[0]}"
  assert_equal "$status" 137
  rm 0.sock
  serve 0
  wait_until 5 grep -q "the pair with party 1 is burnt and signs nothing" "err.${party[0]}"
}

@test "a commitment that does not open names its author and bans nobody" {
  deal 2 3
  pair_all 3
  serve 0 2
  # The blind of R.
  cheat r2=40090 1
  sign 0 1
  [[ $status -ne 0 && -z $output ]] || fail "$status $output"
  said "party 0 says: session aborted: a commitment does not open (party 1)"
  stop "${party[0]}"
  serve 0
  [[ $(cat "err.${party[0]}") != *burnt* ]] || fail "$(cat "err.${party[0]}")"
  sign 0 2
  signed_by 0,2
}

@test "a wrong part of a signature is withheld and names nobody" {
  deal 2 3
  pair_all 3
  serve 0 2
  # In w.
  cheat r3=150 1
  sign 0 1
  assert_failure 1
  assert_output ""
  said "record 1 is signed again: session aborted, nobody named: the signature does not verify"
  said "record 1 is not signed: session aborted, nobody named: the signature does not verify"
  sign 0 2
  signed_by 0,2
}

@test "a party that signs another digest is named and gets no second try with it" {
  deal 2 3
  pair_all 3
  serve 0 2
  cheat r3=70 1
  sign 0 1
  assert_failure 1
  assert_output ""
  said "session aborted: the presignature is bound to another digest (party 1)"
  sign 0 2
  signed_by 0,2
}

@test "a party in another epoch is refused by its epoch and the others go on signing" {
  deal 2 3
  pair_all 3
  cp -rp keys old
  refresh_all 0 1 2
  pair_all 3 keys pairs-1
  serve 0 1 2
  start bash -c "{ seq 1 100; until [[ -e again ]]; do sleep 0.05; done; seq 101 150; } |
    tally-sign sign --scheme ecdsa --hash sha256 --group epoch-1/key.group --party unix:0.sock \
      --party unix:1.sock --party unix:2.sock --from-frame line --json >signed"
  local signer=$started at
  wait_until 30 test -s signed
  # Party 1 comes back with its old share and all that lay beside it.
  stop "${party[1]}"
  rm keys/key-1.share*
  cp -p old/key-1.share* keys
  serve 1
  wait_until 30 grep -q "this party holds a share of epoch 0, not of 1" "err.${party[1]}"
  touch again
  finish "$signer"
  assert_equal "$status" 0
  assert_equal "$(wc -l <signed)" 150
  tail -n 1 signed | grep -q '"parties":\[0,2\]'
  # Who is given it from the start is told, in either epoch, and has nothing signed.
  group=epoch-1/key.group
  sign 0 1
  stderr=$(grep -v "warning: records accepted and not signed: 1" <<<"$stderr")
  assert_refused 65 "1.sock: it holds a share of epoch 0, the group file is of epoch 1" \
    "shares of different epochs never sign together"
  sign 0 2
  signed_by 0,2
  group=keys/key.group
  sign 0 1
  stderr=$(grep -v "warning: records accepted and not signed: 1" <<<"$stderr")
  assert_refused 65 "0.sock: it holds a share of epoch 1, the group file is of epoch 0"
  # What it spent of its presignatures.
  stop "${party[1]}"
  [[ $(cat "err.${party[1]}") == *"party 1 signed 0 and refused 0"* ]] ||
    fail "$(cat "err.${party[1]}")"
}

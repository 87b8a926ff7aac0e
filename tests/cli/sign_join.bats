#!/usr/bin/env bats
# Newcomers to a key, and lost shares given back: tally-sign refresh --with and tally-sign join.
# shellcheck disable=SC2030,SC2031,SC2034,SC2154  # tests are subshells; bats sets output and status
load helper
load signing

# host FILE: a new host key; its public key in $host_key.
host() {
  tally-sign dkg key --out "$1" --passphrase-file pass --kdf-memory 64MiB --kdf-passes 2 \
    --json >key.out
  host_key=$(json_field host_key <key.out)
}

# join [OPTION...]: one run of the newcomer's command; $status, $output, $stderr.
join() {
  run_tool tally-sign join --dir "${messages:-epoch-1}" --group "${group:-keys/key.group}" \
    --key "${host:-new.host}" --passphrase-file pass --out "${share:-keys/key-3.share}" "$@"
}

# admit PARTY... -- OPTION...: every party and the newcomer take every step.
admit() {
  local who=() at
  while [[ $1 != -- ]]; do
    who+=("$1")
    shift
  done
  shift
  for _ in hello deal agree hold end; do
    for at in "${who[@]}"; do
      refresh "$at" "$@"
      [[ $status -eq 0 || $status -eq 75 ]] || fail "party $at: $stderr"
    done
    join
    [[ $status -eq 0 || $status -eq 75 ]] || fail "newcomer: $stderr"
  done
  assert_success
}

@test "a key of 2 of 3 goes on as 3 of 4 with a newcomer and signs with both schemes" {
  deal 2 3
  pair_all 3
  cp -rp keys old
  host new.host
  join
  assert_refused 75 "epoch-1 has no message of a party yet" "tally-sign refresh --with $host_key"
  refresh 0 --threshold 3 --with "$host_key"
  assert_output "hello       epoch-1/hello-0"
  join
  assert_equal "$status" 75
  [[ $stderr == *"the key goes on with threshold 3 of parties 0, 1, 2 and $host_key"* ]] ||
    fail "$stderr"
  [[ $stderr == *"epoch-1/hello-1 is not there yet"*"party 1 makes it by tally-sign refresh"* ]] ||
    fail "$stderr"
  admit 0 1 2 -- --threshold 3 --with "$host_key"
  assert_output "over        keys/key-3.share of epoch 1"
  [[ $stderr == *"keys/key-3.share is the share of party 3, of epoch 1: destroy the host key"* ]] ||
    fail "$stderr"
  run find keys epoch-1 -name '*.refresh' -o -name '*.next' -o -name '*.??????'
  assert_output ""
  assert_equal "$(stat -c %a keys/key-3.share)" 600
  local at
  for at in 0 1 2 3; do
    assert_equal "$(epoch_of "keys/key-$at.share")" 1
    run_tool tally-sign inspect --check "keys/key-$at.share" --passphrase-file pass
    assert_line --partial "opens, and fits its public share"
  done
  run_tool tally-sign inspect epoch-1/key.group
  assert_line --regexp "^quorum +3 of 4$"
  # FROST, by a quorum that has the newcomer in it.
  start_parties 4 --allow any
  stop "${party[1]}"
  sockets=(--party unix:0.sock --party unix:2.sock --party unix:3.sock)
  sign_with epoch-1/key.group hello
  # An old share is refused beside new ones.
  stop "${party[2]}"
  cp keys/key-2.share new-2.share
  cp old/key-2.share keys/key-2.share
  start_party 2 --allow any
  wait_until 30 test -S 2.sock
  run_tool tally-sign sign --group epoch-1/key.group "${sockets[@]}" --json <<<hello
  stderr=$(grep -v "warning: records accepted and not signed: 1" <<<"$stderr")
  assert_refused 65 "2.sock: it holds a share of epoch 0, the group file is of epoch 1" \
    "shares of different epochs never sign together"
  cp new-2.share keys/key-2.share
  for at in 0 2 3; do stop "${party[at]}"; done
  # ECDSA, with pairs that are set up anew.
  pair_all 4 keys pairs-1
  start_parties 4 --scheme ecdsa --allow any
  run_tool tally-sign sign --scheme ecdsa --hash sha256 --group epoch-1/key.group \
    --party unix:1.sock --party unix:2.sock --party unix:3.sock --json <<<hello
  assert_success
  assert_output --partial '"parties":[1,2,3]'
  printf '{"scheme":"ecdsa","pubkey":"%s","message":"68656c6c6f0a","hash":"sha256","sig":"%s"}\n' \
    "$sec1" "$(json_field der <<<"$output")" >line
  tally-sign verify --backend libsecp --from line | grep -q '"ok":true' || fail "$(cat line)"
}

@test "who lost a share comes back by a host key and the lost one is worth nothing" {
  deal 2 3
  mv keys/key-1.share found-again.share
  host new.host
  share=keys/key-1.share
  admit 0 2 -- --without 1 --with "$host_key"
  assert_equal "$(tally-sign inspect keys/key-1.share --json | json_field party)" 2
  assert_equal "$(tally-sign inspect keys/key-2.share --json | json_field party)" 1
  start_parties 3 --allow any
  sign_with epoch-1/key.group hello
  stop "${party[1]}"
  cp found-again.share keys/key-1.share
  start_party 1 --allow any
  wait_until 30 test -S 1.sock
  run_tool tally-sign sign --group epoch-1/key.group "${sockets[@]:0:4}" --json <<<hello
  stderr=$(grep -v "warning: records accepted and not signed: 1" <<<"$stderr")
  assert_refused 65 "1.sock: it holds a share of epoch 0, the group file is of epoch 1"
  # It joined once: the command says so, and writes over no share.
  join
  assert_refused 73 "keys/key-1.share is there already, from elsewhere" "a new file"
}

@test "a newcomer with another host key than the one that was named gets nothing" {
  deal 2 2
  host named.host
  local named=$host_key
  host new.host
  refresh 0 --with "$named"
  join
  assert_refused 64 "epoch-1/hello-0: party 0 goes on with threshold 2 of parties 0, 1 and $named" \
    "this host key, $host_key, is none of them"
  refresh 1 --with "$host_key"
  assert_refused 64 "party 0 goes on with threshold 2 of parties 0, 1 and $named, this party with"
  begin() {
    local at round
    messages=$1
    for round in --anew --no-input; do
      for at in 0 1; do
        refresh "$at" --with "$2" "$round"
        assert_success
      done
    done
  }
  begin second "$named"
  host=named.host
  join
  assert_success
  # What it says is nothing in a session in which another is named.
  begin third "$host_key"
  cp second/agree-2 third
  refresh 0 --with "$host_key"
  assert_refused 76 "third/agree-2: not what party 2 said in this session" "begin again"
  refresh 1 --with 1234
  assert_refused 64 "'1234' is no host key" "66 hex digits"
}

@test "a party that deals a newcomer a wrong share is named by it and the old shares go on" {
  deal 2 3
  host new.host
  local at options=(--threshold 3 --with "$host_key")
  # The last of what party 1 deals, sealed to the newcomer.
  cheater() {
    run_tool env CHEAT=deal=324 "$TALLY_BIN/../tests/cheating_sign" refresh --dir epoch-1 \
      --share keys/key-1.share --passphrase-file pass "${options[@]}"
    assert_success
  }
  refresh 0 "${options[@]}"
  cheater
  refresh 2 "${options[@]}"
  refresh 0 "${options[@]}"
  cheater
  join
  stderr=$(grep -v "the key goes on with" <<<"$stderr")
  assert_refused 76 "party 1: the share it dealt does not fit its commitments" "begin again"
  [[ ! -e epoch-1/agree-3 && ! -e keys/key-3.share.next ]] || fail "$(ls epoch-1 keys)"
  start_parties 2 --allow any
  sign_with keys/key.group hello
}

@test "a truncated or changed message to a newcomer is refused and nothing is lost by it" {
  deal 2 2
  host new.host
  local at size options=(--with "$host_key")
  for at in 0 1 0 1; do refresh "$at" "${options[@]}"; done
  cp epoch-1/deal-1 whole
  for size in 0 50 200 $(($(stat -c %s whole) - 64)) $(($(stat -c %s whole) - 1)); do
    head -c "$size" whole >epoch-1/deal-1
    join
    [[ $status -eq 65 || $status -eq 76 ]] || fail "$size: $status"
    [[ $stderr == *"error: epoch-1/deal-1: "* ]] || fail "$stderr"
  done
  cp whole epoch-1/deal-1
  flip epoch-1/deal-1 150
  join
  assert_equal "$status" 76
  [[ $stderr == *"epoch-1/deal-1: not what party 1 said in this session"* ]] || fail "$stderr"
  cp whole epoch-1/deal-1
  admit 0 1 -- "${options[@]}"
  join --group missing
  # The share is there: no more is asked for.
  assert_success
  [[ $stderr == *"is the share of party 2, of epoch 1"* ]] || fail "$stderr"
}

@test "join says what it lacks" {
  deal 2 2
  host new.host
  run_tool tally-sign join --group keys/key.group --key new.host --out new.share
  assert_refused 64 "a folder for the messages is needed" "give --dir DIR"
  run_tool tally-sign join --dir epoch-1 --key new.host --out new.share
  assert_refused 64 "the group file of the key is needed" "give --group FILE"
  run_tool tally-sign join --dir epoch-1 --group keys/key.group --key new.host
  assert_refused 64 "a file for the share is needed" "give --out FILE"
  run_tool tally-sign join --dir epoch-1 --group keys/key.group --out new.share
  assert_refused 64 "a host key is needed" "give --key FILE"
  # A group file of another key.
  deal 2 2 other
  refresh 0 --with "$host_key"
  group=other/key.group
  join
  assert_refused 65 "epoch-1/hello-0: not a message of a refresh of this key, epoch, party and step"
}

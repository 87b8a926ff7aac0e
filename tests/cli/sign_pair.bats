#!/usr/bin/env bats
# Pair setups of threshold ECDSA by files: tally-sign pair.
# shellcheck disable=SC2030,SC2031,SC2154  # tests are subshells; bats sets output and status
load helper
load signing

# pair I [OPTION...]: one run of party I's command; $status, $output, $stderr.
pair() {
  local party=$1
  shift
  run_tool tally-sign pair --dir pairs --share "keys/key-$party.share" --passphrase-file pass "$@"
}

# all_pair N [OPTION...]: every party takes every step. (bats' run has an i of its own.)
all_pair() {
  local parties=$1 round who
  shift
  for round in hello offer answer pair; do
    for ((who = 0; who < parties; who++)); do
      pair "$who" "$@"
      [[ $status -eq 0 || $status -eq 75 ]] || fail "$round of $who: $stderr"
    done
  done
}

@test "custodians set up their pairs by one command given again" {
  deal 2 3
  pair 0
  assert_success
  assert_output "hello       pairs/hello-0"
  pair 0
  assert_refused 75 "pairs/hello-1 is not there yet" "party 1 makes it by the same command"
  all_pair 3
  local i j
  for i in 0 1 2; do
    for j in 0 1 2; do
      [[ $i -eq $j || $(stat -c %a "keys/key-$i.share.pair-$j") == 600 ]] || fail "no pair $i $j"
    done
  done
  run find keys -name '*.pairing'
  assert_output ""
  pair 0
  assert_success
  assert_output ""
  [[ $stderr == *"every pair of this party is set up" ]] || fail "$stderr"
}

@test "a setup is made anew only when both say so" {
  deal 2 2
  all_pair 2
  cp keys/key-0.share.pair-1 before
  rm -r pairs
  pair 0 --reset 1
  assert_success
  pair 1
  assert_success
  assert_output ""
  pair 1 --reset 0
  assert_success
  all_pair 2
  run cmp -s keys/key-0.share.pair-1 before
  assert_failure
  pair 0 --reset 0
  assert_refused 64 "--reset 0: no other party of this key"
}

@test "a changed message names who should have written it and the attempt leaves nothing" {
  deal 2 2
  pair 0
  pair 1
  pair 0
  flip pairs/offer-0 200
  pair 1
  assert_refused 76 "pairs/offer-0: not what party 0 said in this session" "take a new folder"
  cp pairs/hello-0 pairs/offer-0
  rm pairs/answer-1 2>/dev/null || true
  pair 1
  assert_refused 65 "not a message of a pair setup of this key, epoch, party and step"
  rm pairs/offer-0
  mkfifo pairs/offer-0
  pair 1
  assert_refused 65 "pairs/offer-0 is no regular file"
  run find keys -name '*.pair-*'
  assert_output ""
}

@test "another folder takes nothing from a session under way" {
  deal 2 2
  pair 0
  cp keys/key-0.share.pairing before
  run_tool tally-sign pair --dir other --share keys/key-0.share --passphrase-file pass
  assert_refused 64 "other is not the folder of the session that is under way" \
    "the folder with this party's hello-0, or remove keys/key-0.share.pairing"
  cmp keys/key-0.share.pairing before
  [[ ! -e other/hello-0 ]] || fail "a second hello was written"
  # The folder may move, and one of an earlier session is not taken for it.
  mv pairs moved
  run_tool tally-sign pair --dir moved --share keys/key-1.share --passphrase-file pass
  assert_success
  run_tool tally-sign pair --dir moved --share keys/key-0.share --passphrase-file pass
  assert_success
  assert_line "offer       moved/offer-0"
  mkdir pairs && cp moved/hello-1 pairs/hello-0
  pair 0
  assert_refused 64 "pairs is not the folder of the session that is under way"
  # Given up, it makes room for another.
  rm -r pairs keys/key-0.share.pairing
  pair 0
  assert_success
  assert_output "hello       pairs/hello-0"
}

@test "a hello that could not be written is said in another folder" {
  deal 2 2
  touch full
  for _ in 1 2; do
    run_tool tally-sign pair --dir full --share keys/key-0.share --passphrase-file pass
    assert_failure
    [[ $stderr == *"full/hello-0"* && -e keys/key-0.share.pairing ]] || fail "$stderr"
  done
  # A folder of an earlier session is still refused.
  mkdir over && cp pass over/hello-0
  run_tool tally-sign pair --dir over --share keys/key-0.share --passphrase-file pass
  assert_refused 64 "over is of a session that is over for this party" "take a new folder"
  pair 0
  assert_success
  assert_output "hello       pairs/hello-0"
  # From here on it has its folder.
  mkdir empty
  run_tool tally-sign pair --dir empty --share keys/key-0.share --passphrase-file pass
  assert_refused 64 "empty is not the folder of the session that is under way"
  all_pair 2
  [[ -e keys/key-0.share.pair-1 && -e keys/key-1.share.pair-0 ]] || fail "no pair"
}

@test "a pair file that is of no use any more is set up anew" {
  deal 2 2
  all_pair 2
  flip keys/key-0.share.pair-1 200
  rm -r pairs
  pair 0
  assert_refused 65 "keys/key-0.share.pair-1: pair file is damaged" \
    "tally-sign pair --reset 1, and party 1 --reset 0"
  pair 0 --reset 1
  assert_success
  pair 1 --reset 0
  assert_success
  for _ in 1 2; do
    pair 0 --reset 1
    pair 1
  done
  assert_success
  pair 0
  assert_success
  [[ $stderr == *"every pair of this party is set up" ]] || fail "$stderr"
}

@test "an old copy of a session makes no second message from the same secrets" {
  deal 2 2
  pair 0
  cp keys/key-0.share.pairing copy
  pair 1
  pair 0
  assert_output --partial "offer"
  # The peer begins anew, and the copy is put back.
  rm pairs/offer-0 pairs/hello-1 keys/key-1.share.pairing
  pair 1
  cp copy keys/key-0.share.pairing
  pair 0
  assert_refused 77 "these secrets were used for something else before" "start anew"
  [[ ! -e pairs/offer-0 ]] || fail "a second offer was written"
}

@test "a share of another key and a wrong passphrase are refused" {
  deal 2 2
  pair 0
  pair 1
  mv keys old
  deal 2 2
  cp old/key-0.share.pairing keys/key-0.share.pairing
  chmod 600 keys/key-0.share.pairing
  pair 0
  assert_refused 65 "is of another share, or was changed" "begin a new session"
  printf 'wrong\n' >wrong && chmod 600 wrong
  run_tool tally-sign pair --dir more --share keys/key-0.share --passphrase-file wrong
  assert_refused 77 "wrong passphrase"
  run_tool tally-sign pair --share keys/key-0.share --passphrase-file pass
  assert_refused 64 "a folder for the messages is needed" "give --dir DIR"
}

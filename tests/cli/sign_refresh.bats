#!/usr/bin/env bats
# New shares of the same key by files: tally-sign refresh.
# shellcheck disable=SC2030,SC2031,SC2034,SC2154  # tests are subshells; bats sets output and status
load helper
load signing

@test "custodians take new shares by one command given again and the key stays" {
  deal 2 3
  cp -r keys old
  refresh 0
  assert_success
  assert_output "hello       epoch-1/hello-0"
  [[ $stderr == *"run this again when epoch-1/hello-1 and those of the others are there" ]] ||
    fail "$stderr"
  refresh 0
  assert_refused 75 "epoch-1/hello-1 is not there yet" "party 1 makes it by the same command"
  refresh_all 0 1 2
  assert_equal "$(tally-sign inspect epoch-1/key.group --json | json_field pubkey)" "$pubkey"
  local at
  for at in 0 1 2; do
    assert_equal "$(epoch_of "keys/key-$at.share")" 1
    assert_equal "$(stat -c %a "keys/key-$at.share")" 600
    run_tool tally-sign inspect --check "keys/key-$at.share" --passphrase-file pass
    assert_line --partial "opens, and fits its public share"
  done
  run find keys epoch-1 -name '*.refresh' -o -name '*.next' -o -name '*.??????'
  assert_output ""
  # A step more says that it is over and changes nothing.
  cp keys/key-0.share before
  refresh 0
  assert_success
  assert_output "over        keys/key-0.share of epoch 1"
  [[ $stderr == *"the key is in epoch 1: give epoch-1/key.group to coordinators"* ]] ||
    fail "$stderr"
  cmp keys/key-0.share before
  start_parties 2 --allow any
  sign_with epoch-1/key.group hello
  # And once more.
  messages=epoch-2
  refresh_all 0 1 2 -- --json
  assert_equal "$(epoch_of keys/key-2.share)" 2
  assert_equal "$(tally-sign inspect epoch-2/key.group --json | json_field pubkey)" "$pubkey"
}

@test "a group file in the folder does not end a refresh that never was" {
  deal 2 2
  # The folder of the deal has the group file of this very epoch.
  messages=keys
  refresh 0
  assert_success
  assert_output "hello       keys/hello-0"
  rm keys/key-0.share.refresh
  messages=epoch-1
  refresh_all 0 1
  # And so may have one whose carrier put it there.
  mkdir epoch-2
  cp epoch-1/key.group epoch-2
  messages=epoch-2
  refresh 0
  assert_success
  assert_output "hello       epoch-2/hello-0"
  # A message of the one before says that this one is over, and which: not the one that was meant.
  mkdir epoch-3
  cp epoch-1/hold-0 epoch-3
  messages=epoch-3
  refresh 1
  assert_success
  assert_output "over        keys/key-1.share of epoch 1"
  [[ $stderr == *"epoch-3/key.group is not there: is this the folder of that refresh?"* ]] ||
    fail "$stderr"
  refresh 1 --json
  assert_success
  assert_output --partial '"step":"over","file":"keys/key-1.share","epoch":1}'
}

@test "a refresh by a link to the share is refused" {
  deal 2 2
  ln -s key-0.share keys/key-5.share
  refresh 5
  assert_refused 77 "keys/key-5.share is a symbolic link" "name the share file itself"
  [[ ! -e epoch-1 ]]
}

@test "shares of two epochs never sign together" {
  deal 2 3
  cp keys/key-1.share old-1.share
  refresh_all 0 1 2
  cp old-1.share keys/key-1.share
  start_parties 2 --allow any
  run_tool tally-sign sign --group epoch-1/key.group "${sockets[@]}" --json <<<hello
  stderr=$(grep -v "warning: records accepted and not signed: 1" <<<"$stderr")
  assert_refused 65 "1.sock: it holds a share of epoch 0, the group file is of epoch 1" \
    "shares of different epochs never sign together"
  run_tool tally-sign sign --group keys/key.group "${sockets[@]}" --json <<<hello
  stderr=$(grep -v "warning: records accepted and not signed: 1" <<<"$stderr")
  assert_refused 65 "0.sock: it holds a share of epoch 1, the group file is of epoch 0" \
    "shares of different epochs never sign together"
  # An old share takes no part in the next refresh.
  messages=epoch-2
  refresh 0
  refresh 1
  refresh 2
  refresh 0
  assert_refused 65 "epoch-2/hello-1: not a message of a refresh of this key, epoch, party and step"
}

@test "the old epoch signs until all hold their new shares" {
  deal 2 3
  local at
  for at in 0 1 2 0 1 2 0 1; do refresh "$at"; done
  refresh 0
  assert_refused 75 "epoch-1/hold-2 is not there yet" "party 2 makes it by the same command"
  [[ -e keys/key-1.share.next ]] || fail "no new share beside the old one"
  for at in 0 1 2; do assert_equal "$(epoch_of "keys/key-$at.share")" 0; done
  start_parties 2 --allow any
  sign_with keys/key.group hello
  # Its new share is told of: it goes on with this session or with none.
  messages=other
  refresh 1
  assert_refused 64 "keys/key-1.share.next waits for the other parties of another refresh" \
    "give that one's folder"
  messages=epoch-1
  refresh_all 0 1 2
  assert_equal "$(epoch_of keys/key-1.share)" 1
}

@test "row 24 a hold file that only one can read leaves the others what signs with that one" {
  deal 2 3
  local at
  for at in 0 1 2 0 1 2 0 1 2 0; do refresh "$at"; done
  # The last word of party 2's is for party 1; party 0 has ended the session.
  assert_equal "$(epoch_of keys/key-0.share)" 1
  flip epoch-1/hold-2 $(($(stat -c %s epoch-1/hold-2) - 1))
  refresh 1
  assert_refused 76 "epoch-1/hold-2: not what party 2 said in this session" \
    "keep all share files, and get that file from others who have it"
  assert_equal "$(epoch_of keys/key-1.share)" 0
  # It goes on with both shares: the new one serves from where it lies.
  start_party 0 --allow any
  start tally-sign serve --role party --share keys/key-1.share.next --passphrase-file pass \
    --listen unix:1.sock --allow any
  for at in 0 1; do wait_until 30 test -S "$at.sock"; done
  sockets=(--party unix:0.sock --party unix:1.sock)
  sign_with epoch-1/key.group hello
}

@test "pairs of the old epoch are gone and are set up again" {
  deal 2 2
  pair_all 2
  cp keys/key-0.share.pair-1 stale
  refresh_all 0 1
  [[ $words == *"the key is in epoch 1: give epoch-1/key.group to coordinators"* ]] || fail "$words"
  run find keys -name '*.pair-*'
  assert_output ""
  # A copy that is put back is as good as none.
  cp -p stale keys/key-0.share.pair-1
  run_tool tally-sign serve --role party --scheme ecdsa --share keys/key-0.share \
    --passphrase-file pass --listen unix:0.sock --allow any
  assert_refused 66 "no pair setup, which ECDSA needs" "tally-sign pair makes them"
  pair_all 2 keys pairs-1
  start_parties 2 --scheme ecdsa --allow any
  run_tool tally-sign sign --scheme ecdsa --hash sha256 --group epoch-1/key.group \
    "${sockets[@]}" --json <<<hello
  assert_success
  printf '{"scheme":"ecdsa","pubkey":"%s","message":"68656c6c6f0a","hash":"sha256","sig":"%s"}\n' \
    "$sec1" "$(json_field der <<<"$output")" >line
  run_tool tally-sign verify --from line
  assert_output --partial '"ok":true'
}

@test "a changed message names who should have written it" {
  deal 2 2
  refresh 0
  refresh 1
  refresh 0
  cp epoch-1/deal-0 whole
  flip epoch-1/deal-0 100
  refresh 1
  assert_refused 76 "epoch-1/deal-0: not what party 0 said in this session" "begin again"
  cp epoch-1/hello-0 epoch-1/deal-0
  refresh 1
  assert_refused 65 "epoch-1/deal-0: not a message of a refresh of this key, epoch, party and step"
  head -c 50 whole >epoch-1/deal-0
  refresh 1
  assert_refused 65 "epoch-1/deal-0: the message is truncated"
  : >epoch-1/deal-0
  refresh 1
  assert_refused 65 "epoch-1/deal-0: not a message of a refresh"
  # Nothing was lost by it.
  cp whole epoch-1/deal-0
  refresh_all 0 1
  assert_equal "$(epoch_of keys/key-0.share)" 1
}

@test "a foreign share a foreign folder and a wrong passphrase are refused" {
  deal 2 2 other
  deal 2 2
  refresh 0
  run_tool tally-sign refresh --dir epoch-1 --share other/key-1.share --passphrase-file pass
  run_tool tally-sign refresh --dir epoch-1 --share other/key-1.share --passphrase-file pass
  assert_refused 65 "epoch-1/hello-0: not a message of a refresh of this key"
  rm epoch-1/hello-1
  # Another's seed beside this share.
  cp other/key-1.share.refresh keys/key-1.share.refresh
  refresh 1
  assert_refused 65 "keys/key-1.share.refresh is of another share, or was changed" "--anew"
  refresh 1 --anew
  assert_success
  # A folder that is not this session's.
  mkdir elsewhere
  cp other/key-1.share elsewhere.share
  cp epoch-1/hello-1 elsewhere/hello-0
  messages=elsewhere
  refresh 0
  assert_refused 64 "elsewhere is of another session, or with other terms"
  messages=
  printf 'wrong\n' >wrong && chmod 600 wrong
  run_tool tally-sign refresh --dir more --share keys/key-0.share --passphrase-file wrong
  assert_refused 77 "wrong passphrase"
  [[ ! -e more ]] || fail "a folder was made"
  run_tool tally-sign refresh --share keys/key-0.share --passphrase-file pass
  assert_refused 64 "a folder for the messages is needed" "give --dir DIR"
  run_tool tally-sign refresh --dir epoch-1 --passphrase-file pass
  assert_refused 64 "a share is needed" "give --share FILE"
}

@test "a refresh that came to nothing is given up and begun again" {
  deal 2 3
  refresh_all_but_last() {
    for _ in hello deal agree; do
      refresh 0
      refresh 1
    done
  }
  refresh_all_but_last
  assert_refused 75 "epoch-1/hello-2 is not there yet" "party 2 makes it by the same command"
  # The other two go on without it.
  messages=without
  refresh 0 --without 2 --anew
  assert_success
  refresh 1 --anew
  assert_refused 64 "party 0 goes on with threshold 2 of parties 0, 1, this party with threshold 2 \
of parties 0, 1, 2" "agree on the options"
  messages=last
  refresh 0 --without 2 --anew
  refresh 1 --without 2 --anew
  refresh_all 0 1 -- --without 2
  assert_equal "$(tally-sign inspect last/key.group --json | json_field parties)" 2
  start_parties 2 --allow any
  sign_with last/key.group hello
  refresh 0 --without 7
  assert_success
  messages='more'
  refresh 0 --without 7
  assert_refused 64 "--without 7: no party of this key" "its parties are 0 to 1"
  refresh 0 --without 0
  assert_refused 64 "party 0 is not to go on with the key"
  refresh 0 --threshold 3
  assert_refused 64 "no key can have threshold 3 of parties 0, 1"
}

@test "row 19 recovery data of a ceremony is of no use after a refresh" {
  local at hosts=()
  mkdir keys
  for at in 0 1; do
    tally-sign dkg key --out "$at.host" --passphrase-file pass --kdf-memory 64MiB --kdf-passes 2 \
      --json >key.out
    hosts+=(--host-key "$(json_field host_key <key.out)")
  done
  dkg() {
    tally-sign dkg "$1" --dir ceremony "${@:2}" >dkg.out 2>dkg.err || fail "$1: $(cat dkg.err)"
  }
  by_both() {
    for at in 0 1; do dkg "$1" --key "$at.host" --passphrase-file pass; done
  }
  dkg start --threshold 2 "${hosts[@]}"
  by_both contribute
  dkg collect
  by_both agree
  dkg certify
  for at in 0 1; do
    dkg finish --key "$at.host" --passphrase-file pass --out "keys/key-$at.share"
  done
  refresh_all 0 1
  assert_equal "$(tally-sign inspect epoch-1/key.group --json | json_field key_id)" \
    "$(tally-sign inspect ceremony/key.group --json | json_field key_id)"
  run_tool tally-sign recover --recovery ceremony/recovery --key 0.host --passphrase-file pass \
    --group epoch-1/key.group --out again.share
  assert_refused 65 "the recovered share is of epoch 0 and the key is in epoch 1"
  [[ ! -e again.share ]] || fail "a share was written"
  # Nor does a share of epoch 0 that was recovered all the same sign with the others.
  tally-sign recover --recovery ceremony/recovery --key 0.host --passphrase-file pass \
    --out again.share
  mv again.share keys/key-0.share
  start_parties 2 --allow any
  run_tool tally-sign sign --group epoch-1/key.group "${sockets[@]}" --json <<<hello
  stderr=$(grep -v "warning: records accepted and not signed: 1" <<<"$stderr")
  assert_refused 65 "0.sock: it holds a share of epoch 0, the group file is of epoch 1"
}

@test "a higher threshold binds from the next epoch on" {
  deal 2 3
  refresh_all 0 1 2 -- --threshold 3
  run_tool tally-sign inspect epoch-1/key.group
  assert_line --regexp "^quorum +3 of 3$"
  start_parties 3 --allow any
  sign_with epoch-1/key.group hello
  run_tool tally-sign sign --group epoch-1/key.group "${sockets[@]:0:4}" --json <<<hello
  assert_refused 64 "2 parties are given and the key needs 3"
}

@test "a party killed with kill at any moment of a refresh goes on" {
  deal 2 2
  local at delay
  for delay in 0 2 4 6 8 0 1 3 5 7; do
    for at in 0 1; do
      # What it comes to is another matter each time; what is there afterwards is whole.
      timeout -s KILL "0.2$delay" tally-sign refresh --dir epoch-1 --share "keys/key-$at.share" \
        --passphrase-file pass >/dev/null 2>&1 || true
      tally-sign inspect --check "keys/key-$at.share" --passphrase-file pass >/dev/null ||
        fail "the share of party $at is damaged"
    done
  done
  refresh_all 0 1
  assert_equal "$(epoch_of keys/key-0.share)" 1
  start_parties 2 --allow any
  sign_with epoch-1/key.group hello
}

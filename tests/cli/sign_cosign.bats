#!/usr/bin/env bats
# Signatures by files that custodians carry: tally-sign cosign.
# shellcheck disable=SC2030,SC2031,SC2154  # tests are subshells; bats sets output and status
load helper
load signing

messages=release
# cosign I J [OPTION...]: one run of party I, who signs with J; $status, $output, $stderr.
cosign() {
  local party=$1 with=$2
  shift 2
  run_tool tally-sign cosign --dir "$messages" --share "keys/key-$party.share" --with "$with" \
    --passphrase-file pass --message-file message "$@"
}
# combine [OPTION...]: what somebody without a share makes of the folder.
combine() {
  run_tool tally-sign cosign --dir "$messages" --group keys/key.group --message-file message "$@"
}
# verified KEY SIG: the signature is BIP-340's of the message, here and for libsecp256k1.
verified() {
  printf '{"scheme":"bip340","pubkey":"%s","message":"%s","sig":"%s"}\n' "$1" \
    "$(od -An -v -tx1 message | tr -d ' \n')" "$2" >line
  local backend
  for backend in portable libsecp; do
    run_tool tally-sign verify --from line --backend "$backend"
    assert_success
    assert_output --partial '"ok":true'
  done
}

# Behind setup() of signing.bash.
prepare() {
  deal 2 3
  echo 'pay 5 to carol' >message
}

@test "two custodians of three sign by one command given again" {
  prepare
  cosign 0 2
  assert_success
  assert_output "nonce       release/nonce-0"
  [[ $stderr == *"run this again when release/nonce-2 and those of the others are there"* ]] ||
    fail "$stderr"
  cosign 0 2
  assert_refused 75 "release/nonce-2 is not there yet" "party 2 makes it by the same command"
  [[ $(stat -c %a keys/key-0.share.cosign-*) == 600 ]] || fail "others may read the nonce"
  cosign 2 0
  assert_success
  assert_output "nonce       release/nonce-2
partial     release/partial-2"
  combine
  assert_refused 66 "release/partial-0"
  # A signature that does not get out takes nothing of the session with it.
  status=0
  tally-sign cosign --dir release --share keys/key-0.share --passphrase-file pass --with 2 \
    --message-file message >/dev/full 2>words || status=$?
  assert_equal "$status" 74
  run find keys -name 'key-0.share.cosign-*'
  [[ -n $output ]] || fail "the state is gone"
  rm release/partial-0
  cosign 0 2 --json
  assert_success
  assert_line --index 0 \
    '{"schema":"tally.sign.cosign/1","step":"partial","file":"release/partial-0"}'
  assert_line --index 1 --partial \
    "{\"schema\":\"tally.sign/1\",\"seq\":1,\"pubkey\":\"$pubkey\",\"sig\":\""
  assert_line --index 1 --partial '"parties":[0,2]}'
  local signature
  signature=$(json_field sig <<<"${lines[1]}")
  verified "$pubkey" "$signature"
  # Everybody comes to the same one, again and again, and somebody without a share as well.
  for _ in 1 2; do
    cosign 2 0
    assert_output "public key  $pubkey
signature   $signature"
  done
  combine --json
  assert_success
  assert_output --partial "\"sig\":\"$signature\",\"parties\":[0,2]}"
  run find keys -name '*.cosign-*'
  assert_output ""
}

@test "a message of standard input is signed for a child by all three" {
  prepare
  local child i
  child=$(tally-sign derive --group keys/key.group m/44/7 --json | json_field pubkey)
  for _ in nonce partial signature; do
    for i in 0 1 2; do
      run_tool tally-sign cosign --dir "$messages" --share "keys/key-$i.share" --path m/44/7 \
        --with $(((i + 1) % 3)) --with $(((i + 2) % 3)) --passphrase-file pass <message
      [[ $status -eq 0 || $status -eq 75 ]] || fail "party $i: $stderr"
    done
  done
  verified "$child" "$(sed -n 's/^signature *//p' <<<"$output")"
}

@test "whoever means something else is told so" {
  prepare
  cosign 0 1
  cp message other
  echo 'pay 500 to carol' >message
  cosign 1 0
  assert_refused 64 "release/nonce-0: party 0 signs another message" \
    "agree on message, path and signers, and begin again in a new folder"
  combine
  assert_refused 64 "nonce-0 says that party 0 signs another message: that party, or who"
  mv other message
  cosign 1 0 --path m/1
  assert_refused 64 "release/nonce-0: party 0 signs for another child of the key"
  cosign 2 0
  assert_refused 64 "release/nonce-0 says that party 0 signs with parties 0, 1 and not 0, 2"
  cosign 1 2
  assert_success
  cosign 0 1
  assert_refused 64 "release/nonce-1 says that party 1 signs with parties 1, 2 and not 0, 1"
}

@test "a share of another key or epoch and a wrong passphrase are refused" {
  prepare
  local at state own=$pubkey
  deal 2 3 strange
  cosign 0 1
  run_tool tally-sign cosign --dir release --share strange/key-1.share --with 0 \
    --passphrase-file pass --message-file message
  assert_refused 65 \
    "release/nonce-0: not a message of a joint signature of this key, epoch, party and step"
  printf 'wrong\n' >wrong && chmod 600 wrong
  run_tool tally-sign cosign --dir more --share keys/key-1.share --with 0 \
    --passphrase-file wrong --message-file message
  assert_refused 77 "wrong passphrase"
  ln -s key-1.share keys/link.share
  run_tool tally-sign cosign --dir more --share keys/link.share --with 0 \
    --passphrase-file pass --message-file message
  assert_refused 77 "keys/link.share is a symbolic link" "name the share file itself"
  [[ ! -e more ]] || fail "a folder was made"
  # The state of another share in this one's place.
  run_tool tally-sign cosign --dir elsewhere --share strange/key-0.share --with 1 \
    --passphrase-file pass --message-file message
  state=$(echo keys/key-0.share.cosign-*)
  cp strange/key-0.share.cosign-* "$state"
  cosign 0 1
  assert_refused 65 "$state is of another share, or was changed" "begin anew in a new folder"
  # A refresh ends what was begun before it.
  rm "$state"
  for _ in hello deal agree hold; do
    for at in 0 1 2; do
      run_tool tally-sign refresh --dir epoch-1 --share "keys/key-$at.share" --passphrase-file pass
    done
  done
  cosign 1 0
  assert_refused 65 \
    "release/nonce-0: not a message of a joint signature of this key, epoch, party and step"
  messages=later
  cosign 0 1
  cosign 1 0
  cosign 0 1
  assert_success
  verified "$own" "$(sed -n 's/^signature *//p' <<<"$output")"
}

@test "a copied state signs once and what was sent is sent again" {
  prepare
  cosign 0 1
  cosign 1 0
  cp -p keys/key-0.share.cosign-* copy
  local state
  state=$(echo keys/key-0.share.cosign-*)
  mkdir twin && cp release/nonce-? twin/
  cosign 0 1
  assert_success
  cp release/partial-0 sent
  # The copy, put back:
  cp -p copy "$state"
  messages=twin
  cosign 0 1
  assert_refused 77 "the nonce of $state was taken before" \
    "all signers begin again in a new folder with --anew"
  [[ ! -e twin/partial-0 ]] || fail "a second partial signature was made"
  # Nor with what came of it in sight, which is all that a signature takes.
  cp release/partial-? twin/
  cosign 0 1
  assert_refused 77 "the nonce of $state was taken before"
  combine
  assert_success
  cmp twin/partial-0 sent
  # All begin again.
  messages=again
  cosign 0 1 --anew
  assert_success
  cosign 1 0 --anew
  cosign 0 1
  verified "$pubkey" "$(sed -n 's/^signature *//p' <<<"$output")"
}

@test "a nonce that has signed meets no other nonces" {
  prepare
  cosign 0 1
  cosign 1 0
  # Party 0 begins again, beside the same nonce of party 1.
  mv release kept && mkdir release && cp kept/nonce-1 release/
  cosign 0 1 --anew
  assert_success
  cosign 1 0
  assert_refused 77 "this party has signed with other nonces than the folder's" \
    "go on in the folder where it did"
  [[ ! -e release/partial-1 ]] || fail "a second partial signature was made"
  # With the first ones it sends what it sent.
  messages=kept
  mv kept/partial-1 sent
  cosign 1 0
  assert_success
  assert_output "partial     kept/partial-1"
  cmp kept/partial-1 sent
}

@test "files that were changed on their way accuse nobody" {
  prepare
  cosign 0 1
  cosign 1 0
  cp release/partial-1 whole
  # In the digest of the message, and in the word to party 0.
  local at
  for at in 100 200; do
    flip release/nonce-1 "$at"
    cosign 0 1
    assert_refused 76 "release/nonce-1: not as party 1 wrote it" "have it carried again"
    flip release/nonce-1 "$at"
  done
  rm release/nonce-1
  cosign 1 0
  flip release/partial-1 90
  cosign 0 1
  assert_refused 76 "release/partial-1: not as party 1 wrote it" "have it carried again"
  combine
  assert_refused 76 "party 1: the partial signature" \
    "that party made it so, or whoever carried the files"
  cp whole release/partial-1
  cosign 0 1
  assert_success
}

@test "options that do not go together are refused" {
  prepare
  run_tool tally-sign cosign --share keys/key-0.share --with 1 --passphrase-file pass <message
  assert_refused 64 "a folder for the messages is needed" "give --dir DIR"
  run_tool tally-sign cosign --dir release --with 1 --passphrase-file pass <message
  assert_refused 64 "a share is needed" "give --share FILE"
  cosign 0 0
  assert_refused 64 "--with 0: no other party of this key"
  cosign 0 3
  assert_refused 64 "--with 3: no other party of this key"
  cosign 0 1 --with 1
  assert_refused 64 "--with 1: no other party of this key"
  run_tool tally-sign cosign --dir release --share keys/key-0.share --passphrase-file pass <message
  assert_refused 64 "1 parties sign and the key needs 2" "give --with N"
  combine --with 1
  assert_refused 64 "--with, --path and --anew are for signers"
  combine --share keys/key-0.share
  assert_refused 64 "--group is for those who hold no share"
  [[ ! -e release ]] || fail "a folder was made"
  mkdir release
  combine
  assert_refused 66 "release holds no nonce" "each signer makes one with --share"
}

@test "a signer killed with kill at any moment goes on or begins again" {
  prepare
  local at delay
  for delay in 0 2 4 6 8 1 3 5 7 9; do
    for at in 0 1; do
      timeout -s KILL "0.2$delay" tally-sign cosign --dir release --share "keys/key-$at.share" \
        --with $((1 - at)) --passphrase-file pass --message-file message >/dev/null 2>&1 || true
    done
  done
  for at in 0 1 0; do
    cosign "$at" $((1 - at))
    # A kill in the wrong moment costs the nonce, and is told of.
    [[ $status -eq 0 || $stderr == *"was taken before"* || $status -eq 75 ]] || fail "$stderr"
  done
  if [[ $status -ne 0 ]]; then
    messages=again
    cosign 0 1 --anew
    cosign 1 0 --anew
    cosign 0 1
  fi
  assert_success
  verified "$pubkey" "$(sed -n 's/^signature *//p' <<<"$output")"
}

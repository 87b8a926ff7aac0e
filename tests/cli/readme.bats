#!/usr/bin/env bats
# The sessions of the README, run as they stand there.

load helper

# write_session N: the first N of them as one script. The build folder is another one in each
# preset; every other line is the README's own. A session that fails takes its parties with it,
# for the test would wait for them.
write_session() {
  skip_under_sanitizers
  session=$BATS_TEST_TMPDIR/session.sh
  echo "trap 'kill \$(jobs -p) 2>/dev/null || :' EXIT" >"$session"
  awk -v most="$1" '/^```/ { inside = $0 == "```sh" && ++seen <= most; next } inside' \
    "$TALLY_SOURCE_DIR/README.md" | sed "s|^PATH=.*|PATH=$TALLY_BIN:\$PATH|" >>"$session"
}

@test "the session of the readme prints a good signature" {
  write_session 1
  [ "$(grep -c tally-sign "$session")" -ge 4 ]
  run timeout 120 bash -euo pipefail "$session" 2>"$BATS_TEST_TMPDIR/words"
  assert_success
  assert_line --partial '"ok":true'
}

@test "the session of the readme goes on to an ECDSA signature of the same key" {
  write_session 2
  [ "$(grep -c 'scheme ecdsa' "$session")" -eq 2 ]
  run timeout 200 bash -euo pipefail "$session" 2>"$BATS_TEST_TMPDIR/words"
  assert_success
  assert_line --regexp '^pair  .*/?key-3.share.pair-2$'
  assert_line --regexp '"der":"30[0-9a-f]+","recovery_id":[01],"parties":\[0,1,2\]'
}

#!/usr/bin/env bats
# The session of the README, run as it stands there.

load helper

@test "the session of the readme prints a good signature" {
  session=$BATS_TEST_TMPDIR/session.sh
  # The build folder is another one in each preset; every other line is the README's own.
  awk '/^```/ { inside = ($0 == "```sh") && !seen; seen = seen || inside; next } inside' \
    "$TALLY_SOURCE_DIR/README.md" | sed "s|^PATH=.*|PATH=$TALLY_BIN:\$PATH|" >"$session"
  [ "$(grep -c tally-sign "$session")" -ge 4 ]
  run timeout 120 bash -euo pipefail "$session" 2>"$BATS_TEST_TMPDIR/words"
  assert_success
  assert_line --partial '"ok":true'
}

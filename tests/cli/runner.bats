#!/usr/bin/env bats
# The runner of these tests itself: what it makes of a test that fails, skips or does not exist.
load helper

# In a shell without the variables of this bats, which a bats inside it would take for its own.
run_one() {
  run env -i PATH="$PATH" HOME="$HOME" BATS="${BATS:-bats}" sh "$BATS_TEST_DIRNAME/run_one.sh" "$@"
}

write_sample() {
  # No line here begins with the word itself, so these are not counted as tests of this file.
  printf '%s "%s" {\n%s\n}\n' \
    @test 'it passes' true \
    @test 'it fails' false \
    @test 'it skips' 'skip "no such device"' \
    @test 'it skips silently' skip \
    @test 'it measures' 'echo "# 7 of 7" >&3' \
    @test 'it passes too' true >sample.bats
}

@test "a test that passes passes alone" {
  write_sample
  run_one sample.bats 'it passes'
  assert_success
  assert_output 'passed: it passes'
}

@test "what a test saw is told when it passes" {
  write_sample
  run_one sample.bats 'it measures'
  assert_success
  assert_line --index 0 'ran: 7 of 7'
}

@test "a test that fails fails and shows its output" {
  write_sample
  run_one sample.bats 'it fails'
  assert_failure 1
  assert_line --partial 'not ok 1 it fails'
}

@test "a test that skips prints its reason" {
  write_sample
  run_one sample.bats 'it skips'
  assert_failure 77
  assert_output 'skipped: no such device'
  run_one sample.bats 'it skips silently'
  assert_failure 77
  assert_output 'skipped: no reason given'
}

@test "a test that is not there fails" {
  write_sample
  run_one sample.bats 'it sings'
  assert_failure 1
  assert_line --partial '0 tests ran'
}

@test "a host without bats skips" {
  BATS=BATS-NOTFOUND run_one sample.bats 'it passes'
  assert_failure 77
  assert_output 'skipped: bats is not installed'
}

@test "no golden file is rewritten when a tool is missing or the text is empty" {
  mkdir bin
  local tool
  for tool in "${TALLY_TOOLS[@]}"; do
    ln -s /bin/true "bin/$tool"
  done
  echo old >golden
  TALLY_BIN=$PWD/bin UPDATE_GOLDEN=1 run assert_same_file golden ''
  assert_failure
  rm bin/tally-sign
  TALLY_BIN=$PWD/bin UPDATE_GOLDEN=1 run assert_same_file golden new
  assert_failure
  assert_output --partial "golden is left alone: there is no $PWD/bin/tally-sign"
  assert_equal "$(cat golden)" old
  ln -s /bin/true bin/tally-sign
  TALLY_BIN=$PWD/bin UPDATE_GOLDEN=1 run assert_same_file golden new
  assert_success
  assert_equal "$(cat golden)" new
}

#!/usr/bin/env bats
# tally-bench run --counts callgrind: the lane that decides on any machine, and a run of every case.
# shellcheck disable=SC2030,SC2031,SC2154  # tests are subshells; bats sets output and status
load helper

setup() {
  tally_setup
  counts=$TALLY_SOURCE_DIR/tests/counts/instructions.jsonl
}

need_callgrind() {
  [[ -z ${TALLY_SANITIZE:-} ]] || skip "sanitizers count as well, and decide nothing"
  command -v valgrind >/dev/null || skip "valgrind is not installed"
  tally-bench run scalar.mul --counts callgrind >/dev/null 2>&1 ||
    skip "valgrind does not run this build, as with sanitizers"
}

@test "instructions an operation are those kept in the tree" {
  need_callgrind
  # All cases under valgrind take most of a minute: the limit is against hanging only.
  run --separate-stderr timeout 200 tally-bench run --counts callgrind --against "$counts"
  assert_success
  [[ $stderr != *"counts under another"* ]] || skip "$stderr"
}

@test "counts are the same whatever the environment" {
  need_callgrind
  tally-bench run scalar --counts callgrind >first
  LONG_NAME=$(printf '%04000d' 0) tally-bench run scalar --counts callgrind >second
  assert_equal "$(cat second)" "$(cat first)"
  [[ -s first ]]
}

@test "a changed count is said with the way to accept it" {
  need_callgrind
  tally-bench run pool.lifo --counts callgrind --against mine --accept >/dev/null
  run_tool tally-bench run pool.lifo --counts callgrind --against mine
  assert_success
  sed -i '/"pool.lifo.64"/s/instructions":[0-9.]*/instructions":5/' mine
  run_tool tally-bench run pool.lifo --counts callgrind --against mine
  assert_failure 1
  [[ $stderr == *"pool.lifo.64: "*"5.0 were kept"* && $stderr == *"--against mine --accept"* ]]
  tally-bench run pool.lifo.64 --counts callgrind --against mine --accept >/dev/null
  run_tool tally-bench run pool.lifo --counts callgrind --against mine
  assert_success
}

@test "counts under another compiler decide nothing" {
  need_callgrind
  tally-bench run pool.lifo.64 --counts callgrind --against mine --accept >/dev/null
  sed -i 's/"compiler":"[^"]*"/"compiler":"1.0"/; s/instructions":[0-9.]*/instructions":5/' mine
  run_tool tally-bench run pool.lifo.64 --counts callgrind --against mine
  assert_success
  [[ $stderr == *"mine counts under another compiler: nothing is decided"* ]]
}

@test "counts refuse what they cannot count or read" {
  run_tool tally-bench run ring.shm.rtt8 --counts callgrind
  assert_refused 69 "what two threads do together cannot be counted" "name cases of one thread"
  run_tool tally-bench run scalar.mul --against "$counts"
  assert_refused 64 "--against and --accept are for --counts" "--counts callgrind --against FILE"
  need_callgrind
  echo '{}' >broken
  run_tool tally-bench run scalar.mul --counts callgrind --against broken
  assert_failure 65
  [[ $stderr == *"broken: line 1: "* ]]
  run_tool tally-bench run scalar.mul --counts callgrind --against missing
  assert_failure 66
}

@test "counting says when valgrind is not there" {
  # The tool by its path, because PATH leads nowhere.
  run --separate-stderr env PATH=/nonexistent "$TALLY_BIN/tally-bench" run scalar.mul \
    --counts callgrind
  assert_refused 69 "cannot run valgrind" "apt install valgrind"
}

@test "every case runs and answers rightly" {
  # A minute with all cases under the thread sanitizer: the limit is against hanging only.
  run --separate-stderr timeout 240 tally-bench run --time 20ms --json
  assert_success
  assert_equal "$(jq -r .case <<<"$output" | sort -u)" "$(tally-bench list | cut -d' ' -f1)"
  jq -es 'all(.median > 0 or (.notes | length) > 0)' <<<"$output"
}

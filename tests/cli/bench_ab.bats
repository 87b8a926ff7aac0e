#!/usr/bin/env bats
# tally-bench ab, spin and selftest. What a verdict depends on is either fixed, by metrics that are
# printed and not measured, or so far apart that no noise reaches it.
# shellcheck disable=SC2154  # bats sets output and status
load helper

# figure NAME UNIT VALUE [MODE]: a program that prints a result line of the case "fixed".
figure() {
  {
    echo '#!/bin/sh'
    echo "echo '{\"schema\":\"tally.bench.result/1\",\"case\":\"fixed\",\"unit\":\"$2\"'," \
      "'\"median\":$3,\"mode\":\"${4:-none}\"}'"
  } >"$1"
  chmod +x "$1"
}

ab() {
  run_tool tally-bench ab "$@"
}

@test "a command five times slower is a regression and ends with status 1" {
  ab --budget 30s --json -- sleep 0.01 -- sleep 0.05
  assert_failure 1
  jq -e '.schema == "tally.bench.ab/1" and .verdict == "regression" and .ratio > 2 and
         .interval[0] > 1 + .floor and .pairs >= 10 and .aa_pairs >= 5 and .seed == 1 and
         .partial == false and .a == ["sleep", "0.01"] and .metric == "wall_ns" and
         .metrics[0].first_batch.says == "regression" and
         .metrics[0].second_batch.says == "regression" and .metrics[0].second_batch.pairs >= 10' \
    <<<"$output"
}

@test "a command five times faster is an improvement and ends with status 0" {
  ab --budget 30s -- sleep 0.05 -- sleep 0.01
  assert_success
  assert_line --index 0 improvement
  assert_line --partial 'smallest effect this host can see now'
}

@test "equal figures are none and other figures a regression in both directions" {
  figure ten ns 10
  figure twenty ns 20
  ab --metric fixed:median --json -- ./ten -- ./ten
  assert_success
  jq -e '.verdict == "none" and .ratio == 1 and .metric == "fixed:median"' <<<"$output"
  ab --metric fixed:median --json -- ./ten -- ./twenty
  assert_failure 1
  jq -e '.verdict == "regression" and (.ratio | fabs) > 1.99 and .metrics[0].median_b == 20' \
    <<<"$output"
  figure slow Mmsg/s 10
  figure fast Mmsg/s 20
  ab --metric fixed:median --json -- ./fast -- ./slow
  assert_failure 1
  ab --metric fixed:median --json -- ./slow -- ./fast
  assert_success
  jq -e '.verdict == "improvement"' <<<"$output"
}

@test "a change within the floor is none" {
  figure ten ns 10
  figure eleven ns 11
  ab --metric fixed:median --floor 20 -- ./ten -- ./eleven
  assert_success
  assert_line --index 0 none
}

@test "figures of different modes cannot be compared and end with status 75" {
  figure near ns 120 near
  figure far ns 450 far
  ab --metric fixed:median --budget 1s --json -- ./near -- ./far
  assert_failure 75
  jq -e '.verdict == "inconclusive" and .ratio == null and
         .metrics[0].first_batch.pairs_unusable > 0 and
         (.notes[0] | contains("the same mode"))' <<<"$output"
}

@test "a budget that ends before ten pairs is inconclusive" {
  ab --budget 1ms -- true -- true
  assert_failure 75
  assert_line --index 0 inconclusive
  assert_line --partial 'pairs, 10 are needed'
}

@test "several metrics are judged as a family" {
  figure ten ns 10
  figure twenty ns 20
  ab --metric fixed:median --metric wall --floor 900 --json -- ./ten -- ./twenty
  [[ $status == 0 || $status == 75 ]]
  jq -e '.metrics | length == 2 and .[0].verdict == "none" and .[1].name == "wall_ns"' \
    <<<"$output"
}

@test "the same seed gives the same interval of the same figures" {
  figure ten ns 10
  ab --metric fixed:median --seed 42 --json -- ./ten -- ./ten
  assert_success
  jq -e '.seed == 42 and .interval == [1, 1]' <<<"$output"
}

@test "a command that fails or cannot be started is named" {
  ab -- true -- false
  assert_refused 69 "command B: 'false' ended with status 1" "by itself"
  ab -- sh -c 'kill -9 $$' -- true
  assert_refused 69 "was killed by signal 9"
  ab -- /nonexistent/program -- true
  assert_refused 66 "command A: cannot start '/nonexistent/program'"
  : >plain
  ab -- true -- ./plain
  assert_refused 77 "command B: cannot start './plain'"
  figure ten ns 10
  ab --metric other:median -- ./ten -- ./ten
  assert_refused 65 "printed no result line of case other"
}

@test "a command that hangs ends at the timeout" {
  ab --timeout 100ms -- true -- sleep 60
  assert_refused 69 "command B: 'sleep 60' did not end within 100 ms" "--timeout"
}

@test "the command line says which words belong to whom" {
  ab -- true
  assert_refused 64 "no -- and second command behind the first" "-- CMD A -- CMD B"
  ab -- true --
  assert_refused 64 "command B is empty"
  ab -- -- true
  assert_refused 64 "command A is empty"
  ab
  assert_refused 64 "CMD is missing after --"
  ab true -- true -- true
  assert_refused 64 "unexpected argument 'true'"
  ab --metric median -- true -- true
  assert_refused 64 "--metric median is not CASE:FIELD"
}

@test "an interrupted comparison prints what it has and ends with status 130" {
  start env --default-signal=INT tally-bench ab --json -- sleep 0.2 -- sleep 0.2
  sleep 1
  kill -INT "$started"
  finish "$started"
  assert_equal "$status" 130
  jq -e '.partial == true and .verdict == "inconclusive" and
         (.notes[0] | startswith("interrupted"))' "out.$started"
}

@test "without permission the commands run under the ordinary policy" {
  # A limit of nothing for real-time priorities binds whoever lacks CAP_SYS_NICE.
  [[ $(id -u) != 0 ]] || command -v setpriv >/dev/null || skip 'setpriv is not installed'
  local -a drop=()
  [[ $(id -u) != 0 ]] || drop=(setpriv --bounding-set=-sys_nice --inh-caps=-sys_nice)
  figure ten ns 10
  run_tool prlimit --rtprio=0 "${drop[@]}" tally-bench ab --metric fixed:median --json \
    -- ./ten -- ./ten
  assert_success
  jq -e '.policy == "other"' <<<"$output"
  run_tool prlimit --rtprio=0 "${drop[@]}" tally-bench ab --policy fifo -- true -- true
  assert_refused 77 "SCHED_FIFO is not permitted" "CAP_SYS_NICE"
}

@test "spin does the work it is asked for" {
  run_tool tally-bench spin alu --work 1000 --extra 50
  assert_success
  assert_output --regexp '^alu: 1500 operations in [0-9.]+ ms$'
  run_tool tally-bench spin chase --work 1000 --json
  assert_success
  jq -e '.schema == "tally.bench.result/1" and .case == "spin.chase" and .median > 0' <<<"$output"
  run_tool tally-bench spin syscall --work 1000
  assert_success
  run_tool tally-bench spin coffee
  assert_refused 64 "no load is called 'coffee'" "alu, chase and syscall"
}

@test "selftest counts verdicts and ends with 0 or 1 after them" {
  run_tool tally-bench selftest --aa 2 --only aa.syscall --budget 2s --json
  [[ $status == 0 || $status == 1 ]]
  jq -e '.schema == "tally.bench.selftest/1" and .name == "aa.syscall" and .trials == 2 and
         .regression + .improvement + .none + .inconclusive == 2 and
         .ok == (.regression + .improvement <= 1)' <<<"$output"
  # Within a millisecond nothing can be found, and that is what it says.
  run_tool tally-bench selftest --aa 0 --injected --only alu.5 --budget 1ms --json
  assert_failure 1
  jq -e '.name == "injected.alu.5" and .trials == 20 and .inconclusive == 20 and .ok == false' \
    <<<"$output"
  run_tool tally-bench selftest --aa 0
  assert_refused 64 "nothing to test is left" "--aa 0"
}

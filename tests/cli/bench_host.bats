#!/usr/bin/env bats
# tally-bench on the host itself: counters, clocks, jitter, cores and the network, and what each of
# them says where the host lacks something.
# shellcheck disable=SC2030,SC2031,SC2154  # tests are subshells; bats sets output and status
load helper

# without_rights COMMAND...: runs it with no capability and no right to real-time priorities.
without_rights() {
  run_tool setpriv --bounding-set=-all --inh-caps=-all --ambient-caps=-all --no-new-privs \
    prlimit --rtprio=0 "$@"
}

needs_root() {
  [[ $(id -u) == 0 ]] || skip 'needs root'
}

# with_file PATH TEXT COMMAND...: runs COMMAND where the file PATH of the host holds TEXT.
with_file() {
  local path=$1 text=$2
  shift 2
  needs_root
  unshare --mount true 2>/dev/null || skip 'needs mount namespaces'
  printf '%s\n' "$text" >stand-in
  # shellcheck disable=SC2016  # the inner shell expands
  run_tool unshare --mount sh -c 'mount --bind stand-in "$1" && shift && exec "$@"' sh "$path" "$@"
}

clock_file=/sys/devices/system/clocksource/clocksource0/available_clocksource

@test "a result says what timed it" {
  run_tool tally-bench run sha256.64 --quick --json --verbose
  assert_success
  jq -e '.clock.source == "tsc" or .clock.source == "clock_gettime"' <<<"$output"
  jq -e '.clock.step_ns > 0 and .clock.overhead_ns > 0 and .clock.spread >= 0' <<<"$output"
  [[ $stderr == *"clock: "*" steps of "*" a reading"* ]]
}

@test "a counter that the kernel found unstable gives way to clock gettime" {
  [[ -r $clock_file ]] || skip "no $clock_file"
  with_file "$clock_file" 'hpet acpi_pm' tally-bench run sha256.64 --quick --json
  assert_success
  jq -e '.clock.source == "clock_gettime" and .clock.ns_per_tick == 1' <<<"$output"
  jq -e '.notes[] | select(startswith("timed by CLOCK_MONOTONIC"))' <<<"$output"
  [[ $stderr == *"only hpet acpi_pm: slices are timed by clock_gettime"* ]]
}

@test "counters have a figure or a reason and never a zero for what is missing" {
  run_tool tally-bench run sha256.64 --quick --json --counters
  assert_success
  local name
  for name in cycles instructions l1d_misses llc_misses dtlb_misses branch_misses topdown_slots \
    topdown_retiring page_faults context_switches migrations; do
    jq -e --arg name "$name" \
      '.counters | has($name) and ((.[$name] == null) == (.reasons | has($name)))' <<<"$output"
  done
  jq -e '.counters.page_faults != null and .counters.context_switches != null' <<<"$output"
  jq -e '.counters.cycles == null or .counters.cycles > 1' <<<"$output"
}

@test "the counters can be required" {
  run_tool tally-bench run sha256.64 --quick --require-pmu
  if [[ $status == 0 ]]; then
    assert_line --partial "instructions"
  else
    assert_refused 69 "no performance counters: " "--require-pmu"
  fi
}

@test "a user without rights gets reasons for counters and scheduling" {
  needs_root
  [[ $(cat /proc/sys/kernel/perf_event_paranoid) -ge 2 ]] || skip 'perf_event_paranoid is below 2'
  without_rights tally-bench run sha256.64 --quick --json --counters
  assert_success
  jq -e '.counters.cycles == null or (.counters.user_only | index("cycles"))' <<<"$output"
  jq -e '.counters.page_faults != null and .counters.context_switches != null' <<<"$output"
  jq -e '.counters.migrations == null and
    (.counters.reasons.migrations | test("perf_event_paranoid is [0-9]"))' <<<"$output"
  jq -e '.notes[] | select(startswith("no permission for SCHED_FIFO"))' <<<"$output"
}

@test "doctor says whether there are performance counters" {
  run_tool tally-bench doctor --json
  jq -es 'any(.name == "performance counters" and (.found | length > 10))' <<<"$output"
}

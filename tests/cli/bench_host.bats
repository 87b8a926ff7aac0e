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
  [[ $stderr == *"only hpet acpi_pm: clock_gettime is used instead"* ]]
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

@test "jitter measures gaps and late wakings under both policies" {
  run_tool tally-bench jitter --duration 100ms --cpus 0 --json --recording saved --out copy
  assert_success
  assert_json_lines
  jq -es '.[0] | .measure == "spin" and .policy == "other" and .cpu == 0 and .spun_ns > 0 and
    .lost_share >= 0 and .lost_share <= 1 and .threshold_ns == 1000 and
    (.attribution | has("interrupts") and has("softirqs") and has("involuntary_switches")
      and has("run_delay_ns") and has("steal_ns") and has("idle_states"))' <<<"$output"
  jq -es 'map(select(.measure == "wake" and .policy == "other")) | length == 1 and (.[0] |
    .count >= 1 and .count + .missed >= 150 and .min_ns <= .p50_ns and .p50_ns <= .max_ns and
    .timer_slack_ns >= 1 and .dma_latency_held == false)' <<<"$output"
  assert_equal "$(cat copy)" "$output"
  assert_equal "$(jq -r .schema saved | sort -u)" tally.bench.recording/1
  assert_equal "$(jq -r .name saved | head -1)" jitter.spin.other.cpu0
}

@test "the text of jitter names what grew" {
  run_tool tally-bench jitter --duration 300ms --cpus 0 --policy other
  assert_success
  assert_line --partial "spin gaps of 1.00 us and more, SCHED_OTHER, 300 ms"
  assert_line --partial "wake-up latency every 500 us, SCHED_OTHER, 300 ms"
  assert_line --regexp '^cpu 0: interrupts: .*'
  assert_line --partial "stolen by the hypervisor: "
  assert_line --partial "switches: put aside "
}

@test "a FIFO spin pauses below the throttle and says so" {
  run_tool tally-bench jitter --spin --policy fifo --duration 200ms --cpus 0 --json
  [[ $status != 77 ]] || skip 'SCHED_FIFO is not permitted'
  assert_success
  jq -e '.policy == "fifo" and .priority == 80 and .spun_ns < 190000000 and
    any(.notes[]; startswith("spun "))' <<<"$output"
}

@test "without a right to FIFO jitter goes on or refuses as asked" {
  without_rights tally-bench jitter --duration 50ms --wake --cpus 0 --json
  assert_success
  assert_equal "$(jq -r .policy <<<"$output")" other
  [[ $stderr == *"warning: SCHED_FIFO is not permitted and left out"* ]]
  without_rights tally-bench jitter --duration 50ms --wake --cpus 0 --policy fifo
  assert_refused 77 "cannot set the scheduling policy"
}

@test "the wake latency of the host is held only when asked for" {
  [[ -w /dev/cpu_dma_latency ]] || skip 'no right to /dev/cpu_dma_latency'
  run_tool tally-bench jitter --wake --policy other --duration 50ms --cpus 0 --json \
    --hold-dma-latency
  assert_success
  jq -e '.dma_latency_held' <<<"$output"
}

@test "jitter refuses what it cannot measure" {
  run_tool tally-bench jitter --cpus 0,xyz
  assert_refused 64 "--cpus: '0,xyz' is not a list of processors" "0-3,8"
  run_tool tally-bench jitter --cpus 4095
  assert_refused 69 "processor 4095 is not there or not allowed" "this process may run on"
  run_tool tally-bench jitter --threshold 1ns
  assert_refused 64 "--threshold is 100ns or more"
  run_tool tally-bench jitter --interval 1s --duration 10ms
  assert_refused 64 "--interval is from 1us to the duration"
  run_tool tally-bench jitter --policy other --duration 20ms --cpus 0 --out no/such/folder
  assert_refused 73 "no/such/folder"
}

# has_woken PID TIMES: how often the threads of the process have slept, all together.
has_woken() {
  local slept
  slept=$(sed -n 's/^voluntary_ctxt_switches:\t//p' "/proc/$1/task"/*/status |
    awk '{ sum += $1 } END { print sum + 0 }')
  ((slept >= $2))
}

@test "an interrupted jitter prints what it has" {
  start tally-bench jitter --wake --policy other --cpus 0 --duration 60s --json
  # Of which a few at most before it measures.
  wait_until 30 has_woken "$started" 100
  kill -INT "$started"
  finish "$started"
  assert_equal "$status" 130
  jq -e '.partial == true and .count >= 1' "out.$started"
}

@test "cores has every pair with its mode" {
  [[ $(nproc) -ge 2 ]] || skip 'needs two processors'
  local cpus
  cpus=$(taskset -cp $$ | sed 's/.*: //; s/[-,]/ /g' | awk '{ print $1 "," $1 + 1 }')
  run_tool tally-bench cores --cpus "$cpus" --rounds 3 --json --out copy
  [[ $status != 69 ]] || skip "processors $cpus are not there"
  assert_success
  jq -e '.schema == "tally.bench.cores/1" and .unit == "ns" and (.cpus | length) == 2 and
    (.pairs | length) == 1 and (.pairs[0] | .samples + .not_met == 3 and
      .near + .far == .samples and (.mode == "near" or .mode == "far" or .samples == 0))' \
    <<<"$output"
  assert_equal "$(cat copy)" "$output"
  run_tool tally-bench cores --cpus "$cpus" --rounds 2
  assert_line --index 0 "round trip in ns, n near, f far"
}

@test "one processor has no pair and jitter none the less" {
  run_tool taskset -c 0 tally-bench cores
  assert_refused 69 "a round trip needs two processors, and there is only 0" "taskset -p"
  run_tool taskset -c 0 tally-bench jitter --duration 50ms --policy other --json
  assert_success
  assert_equal "$(jq -r .cpu <<<"$output" | sort -u)" 0
}

# net_server udp|tcp: starts an echo server on a free port of 127.0.0.1; its address is in $server.
net_server() {
  start tally-bench net --serve "$1://127.0.0.1:0" --duration 60s --quiet
  wait_until 10 test -s "out.$started"
  read -r server <"out.$started"
}

@test "a round trip over UDP is split into app and kernel and wire" {
  net_server udp
  run_tool tally-bench net "$server" --rate 2000 --count 600 --json --out copy --recording saved
  assert_success
  jq -e '.schema == "tally.bench.net/1" and .loop == "open" and .sent == 600 and
    .received == 600 and .lost == 0 and .response.count == 600 and .service.count == 600 and
    .response.p50_ns <= .response.p99_ns and .service.min_ns > 0' <<<"$output"
  # What the kernel does not stamp is null, and the reason is there.
  jq -e '.segments | if .wire == null then (.reason | length) > 0 else
    .wire.count + .missing == 600 and .app.count == .wire.count and
    .kernel_out.p50_ns > 0 and .kernel_in.p50_ns > 0 end' <<<"$output"
  assert_equal "$(cat copy)" "$output"
  jq -e '.schema == "tally.bench.recording/1" and .name == "net.udp.rtt" and
    .corrected.count == 600 and .expected_interval_ns == 500000' saved
}

@test "a round trip over TCP has no packets to stamp" {
  net_server tcp
  run_tool tally-bench net "$server" --closed-loop --count 200 --json
  assert_success
  jq -e '.protocol == "tcp" and .loop == "closed" and .rate_per_s == null and .response == null and
    .service.count == 200 and .segments.wire == null and
    .segments.reason == "a stream has no packets to stamp"' <<<"$output"
}

@test "a server that stands still shows in the response and not in the service" {
  net_server udp
  local stalled=$started
  start tally-bench net "$server" --rate 1000 --count 2000 --json
  sleep 0.8
  kill -STOP "$stalled"
  sleep 0.2
  kill -CONT "$stalled"
  finish "$started"
  assert_equal "$status" 0
  # A tenth of the packets were due in these 200 ms; one alone was on its way.
  jq -e '.lost == 0 and .service.max_ns >= 150000000 and .response.p99_ns >= 100000000 and
    .service.p99_ns < 100000000' "out.$started"
}

@test "lost packets are counted and fail when asked" {
  # Something is bound there and never answers.
  local port
  port=$(free_port)
  # shellcheck disable=SC2016  # perl expands
  start perl -MIO::Socket::INET -e '
    $| = 1;
    my $s = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => shift, Proto => "udp")
      or die; print "ready\n"; sleep 60' "$port"
  wait_until 10 test -s "out.$started"
  run_tool tally-bench net "udp://127.0.0.1:$port" --rate 100 --count 3 --timeout 50ms --json
  assert_success
  jq -e '.lost == 3 and .received == 0 and .service.p50_ns == null' <<<"$output"
  run_tool tally-bench net "udp://127.0.0.1:$port" --count 3 --timeout 50ms --fail-on-loss
  assert_failure 1
  assert_line --index 0 --partial "sent 3, received 0, lost 3"
}

@test "arrivals can be poisson with a seed" {
  net_server udp
  run_tool tally-bench net "$server" --rate 2000 --count 300 --arrivals poisson --seed 9 --json
  assert_success
  jq -e '.arrivals == "poisson" and .seed == 9 and .received == 300' <<<"$output"
  run_tool tally-bench net "$server" --rate 2000 --count 300 --window 4 --no-stamps
  assert_success
  assert_line --regexp '^response +300 '
  assert_line --regexp '^service +300 '
  assert_line --partial "note: no split into app, kernel and wire: not asked for"
}

@test "nobody at the other end and no address are refused" {
  local port
  port=$(free_port)
  run_tool tally-bench net "udp://127.0.0.1:$port" --count 5
  assert_refused 75 "nobody listens at the other end" "start the server first"
  run_tool tally-bench net "tcp://127.0.0.1:$(free_port tcp)" --count 5
  assert_refused 75 "nobody listens"
  run_tool tally-bench net 127.0.0.1:7
  assert_refused 64 "'127.0.0.1:7' is no address to talk to" "udp://HOST:PORT"
  run_tool tally-bench net udp://127.0.0.1:7 --timeout 1us
  assert_refused 64 "--timeout is 1ms or more"
  net_server tcp
  run_tool tally-bench net --serve "$server" --duration 1s
  assert_refused 75 "cannot bind" "another port"
}

@test "an interrupted run of net prints what it has" {
  net_server udp
  start tally-bench net "$server" --rate 500 --duration 60s --json
  sleep 2
  kill -INT "$started"
  finish "$started"
  assert_equal "$status" 130
  jq -e '.partial == true and .end == "stopped" and .received >= 1' "out.$started"
}

@test "the server ends after its duration" {
  run_tool tally-bench net --serve udp://127.0.0.1:0 --duration 300ms
  assert_success
  assert_output --regexp '^udp://127\.0\.0\.1:[0-9]+$'
  [[ $stderr == *"0 answers sent"* ]]
}

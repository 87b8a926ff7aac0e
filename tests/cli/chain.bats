#!/usr/bin/env bats
# The chain as packaging/demo runs it: relay, coordinator, four parties, relay, on real sockets and
# rings; what becomes of it when it is interrupted or loses a part; and that it leaves nothing.
load helper

setup() {
  tally_setup
  export TALLY_BIN
  seen=
}

# start_demo OPTIONS: its process id in $demo. A background process of a shell ignores SIGINT unless
# told otherwise.
start_demo() {
  start env --default-signal=INT "$TALLY_SOURCE_DIR/packaging/demo" --no-build "$@"
  # shellcheck disable=SC2154 # start sets it
  demo=$started
}

# The process ids of the demonstration's own processes; with PATTERN, of those with it in their
# command line.
processes() {
  local pid
  # By cat: awk ends where one of them is gone before it comes to it.
  cat /proc/[0-9]*/stat 2>/dev/null |
    awk -v parent="$demo" '{ pid = $1; sub(/^.*\) /, ""); if ($2 == parent) print pid }' |
    while read -r pid; do
      if tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -qF -- "${1:-}"; then echo "$pid"; fi
    done
}
some_process() { [[ -n $(processes) ]]; }

# Whether at least COUNT packets have gone into the ring behind the front relay.
packets_went_in() {
  local published
  published=$(tally-relay ring stat "demo$demo.in" --json | sed 's/.*"published":\([0-9]*\).*/\1/')
  [[ $published -ge $1 ]]
}

# Four parties, the coordinator, two relays and the sender; noted in `seen`. One look can miss a
# process that starts while /proc is read.
all_processes_run() {
  seen=$(processes)
  [[ $(wc -w <<<"$seen") -ge 8 ]]
}

# Waits until packets are under way, and notes every process.
wait_for_the_middle() {
  wait_until 60 packets_went_in 100
  wait_until 10 all_processes_run || fail "not all processes run: $seen"
}

chain_is_gone() {
  local pid
  for pid in $seen; do [[ ! -e /proc/$pid ]] || return 1; done
}

assert_nothing_left() {
  local pid
  run find "$TALLY_SOURCE_DIR/build" -maxdepth 1 -name "demo.$demo.*"
  assert_output ""
  run find /dev/shm -maxdepth 1 -name "tally.$(id -u).demo$demo.*"
  assert_output ""
  for pid in $seen; do
    [[ ! -e /proc/$pid ]] || fail "still there: $(tr '\0' ' ' <"/proc/$pid/cmdline")"
  done
  run grep -lsF "shm:demo$demo." /proc/[0-9]*/cmdline
  assert_output ""
}

@test "500 packets come back signed and nothing is left" {
  start_demo --count 500 --json
  wait_until 60 some_process
  seen=$(processes)
  finish "$demo"
  assert_equal "$status" 0
  output=$(cat "out.$demo")
  assert_json_lines
  for field in sent received signed verified; do
    assert_output --partial "\"$field\":500,"
  done
  assert_output --partial '"lost":0,'
  for hop in udp_to_ring ring_wait sign ring_to_udp end_to_end; do
    assert_output --partial "$hop\",\"count\":500,"
  done
  assert_nothing_left
}

@test "counts and hops and a heatmap are printed" {
  run --separate-stderr "$TALLY_SOURCE_DIR/packaging/demo" --no-build --count 100
  assert_success
  assert_line "sent 100, received 100, signed 100, verified 100, lost 0"
  assert_line --regexp '^end_to_end +100 +~?[0-9.]+ [mu]?s'
  # The axis of time and the key to the cells.
  assert_line --regexp '^ +0( +[0-9.]+ m?s)+$'
  assert_line --regexp '^ +values in a cell: '
  assert_line "demo: every packet came back rightly signed; no process, ring or file is left"
}

@test "an interrupt in the middle ends it and leaves nothing" {
  start_demo --count 1000000 --window 16
  wait_for_the_middle
  kill -INT "$demo"
  finish "$demo"
  assert_equal "$status" 130
  assert_nothing_left
}

# No trap runs on SIGKILL: the folder of the run stays, but nothing may go on signing.
@test "a killed demonstration takes its processes and rings with it" {
  start_demo --count 1000000 --window 16
  wait_for_the_middle
  kill -KILL "$demo"
  finish "$demo"
  assert_equal "$status" 137
  wait_until 30 chain_is_gone
  run find /dev/shm -maxdepth 1 -name "tally.$(id -u).demo$demo.*"
  assert_output ""
  rm -r "$TALLY_SOURCE_DIR/build/demo.$demo."*
}

@test "a hangup while the parties start leaves nothing" {
  start_demo --count 1000000 --window 16
  wait_until 60 some_process
  seen=$(processes)
  kill -HUP "$demo"
  finish "$demo"
  assert_equal "$status" 129
  assert_nothing_left
}

@test "a party that is killed in the middle costs no packet" {
  start_demo --count 1500 --window 16 --json
  wait_for_the_middle
  kill -KILL "$(processes party2/share)"
  finish "$demo"
  assert_equal "$status" 0
  output=$(cat "out.$demo")
  assert_output --partial '"verified":1500,"lost":0,'
  assert_nothing_left
}

@test "a relay that is killed in the middle loses packets and says so" {
  start_demo --count 1000000 --window 16 --json
  wait_for_the_middle
  kill -KILL "$(processes '--stats-out relay_out.json')"
  finish "$demo"
  assert_equal "$status" 1
  output=$(cat "out.$demo")
  refute_output --partial '"lost":0,'
  assert_equal "$(tail -n 1 "err.$demo")" "demo: error: a packet was lost or a signature is wrong"
  assert_nothing_left
}

#!/usr/bin/env bats
# tally-relay: each pair of endpoints, its ends, and what it refuses.
# shellcheck disable=SC2154  # bats sets stderr, helper.bash sets started
# shellcheck disable=SC2030,SC2031  # a test is a subshell, and keeps its ring for itself
# shellcheck disable=SC2016  # what bash -c is given expands there
load helper

# stat_of FILE NAME: a count of a statistics file.
stat_of() { perl -ne 'print $1 if /"'"$2"'":(\d+)/' "$1"; }

# assert_balanced FILE: everything received was sent, dropped by cause, or is still held.
assert_balanced() {
  local drops=0 cause
  for cause in overwritten too_long ring_full send_error write undelivered; do
    drops=$((drops + $(stat_of "$1" "drops_$cause")))
  done
  assert_equal "$(stat_of "$1" rx_records)" \
    "$(($(stat_of "$1" tx_records) + drops + $(stat_of "$1" in_flight)))"
}

listens_on() { ss -lunH "sport = :$1" | grep -q .; }
# Whether a unix socket has this name: a file here, or after an @ a name of the whole host.
is_bound() {
  case $1 in
    @*) ss -lxH | grep -qF -- " $1 " ;;
    *) [[ -S $1 ]] ;;
  esac
}
ring_is_there() { tally-relay ring stat "$1"; }
ring_holds_its_producer() {
  tally-relay ring stat "$1" --json | grep -q '"producer":.*"stalls":[1-9].*"consumer"'
}
# ring_is_held_by_a_reader RING: a reader that lives is behind, and has come no further for a while.
ring_is_held_by_a_reader() {
  local before now
  before=$(tally-relay ring stat "$1" --json | grep -o '"slowest_behind":[1-9].*')
  sleep 0.1
  now=$(tally-relay ring stat "$1" --json | grep -o '"slowest_behind":[1-9].*')
  [[ -n $now && $now == "$before" ]]
}
ring_has_taken() { tally-relay ring stat "$1" --json | grep -q "\"released\":$2"; }
readers_are() {
  local count
  count=$(tally-relay ring stat "$1" --json | grep -o '"state":"[a-z]*","pid":[1-9]' | grep -c .)
  [[ $count == "$2" ]]
}
is_asleep() { [[ $(<"/proc/$1/stat") == *') S '* ]]; }
no_rings_left() { [[ -z $(find /dev/shm -name "tally.*.$TALLY_RING_PREFIX*") ]]; }

# start_sink PORT: counts what arrives at PORT, in sink.json when it ends; its pid in $sink.
start_sink() {
  start tally-relay "udp://127.0.0.1:$1" null: --stats-out sink.json
  sink=$started
  wait_until 5 listens_on "$1"
}

# stop PID: SIGTERM; it must end with 0.
stop() {
  kill -TERM "$1"
  finish "$1"
  assert_equal "$status" 0
}

# bytes FORMAT: binary to standard output, by printf of perl.
framed() { perl -e 'print pack("H*", shift)' "$1"; }

@test "lines become every framing and come back" {
  printf 'hello\n\nworld' >in.txt
  run_tool tally-relay file:in.txt - --from-frame line --to-frame hex
  assert_success
  assert_output $'68656c6c6f\n\n776f726c64'
  for frame in rec hex jsonl; do
    tally-relay file:in.txt "file:$frame.out" --from-frame line --to-frame "$frame"
    run_tool tally-relay "file:$frame.out,frame=$frame" -,frame=line
    assert_success
    assert_output $'hello\n\nworld'
  done
}

@test "a pipe of relays keeps sequence numbers" {
  tally-relay gen:count=1000,bytes=20 - | tally-relay - - | tally-relay - file:out --to-frame jsonl
  assert_equal "$(wc -l <out)" 1000
  tail -1 out | grep -q '^{"seq":1000,'
}

@test "the generator keeps its count and its rate" {
  start_ns=$(date +%s%N)
  run_tool tally-relay gen:count=100,rate=200 null: --stats-out stats.json
  assert_success
  assert_equal "$(stat_of stats.json tx_records)" 100
  (($(date +%s%N) - start_ns >= 490000000))
}

@test "udp to ring to udp loses nothing and leaves nothing" {
  local first last ring
  first=$(free_port) last=$(free_port) ring=$(ring_name)
  start_sink "$last"
  start tally-relay "shm:$ring" "udp://127.0.0.1:$last" --stats-out out.json
  local out=$started
  start tally-relay "udp://127.0.0.1:$first" "shm:$ring" --stats-out in.json
  local in=$started
  wait_until 5 listens_on "$first"
  run_tool tally-relay gen:count=5000,rate=50000 "udp://127.0.0.1:$first"
  assert_success
  wait_until 10 ring_has_taken "$ring" 5000
  stop "$in"
  finish "$out"
  assert_equal "$status" 0
  stop "$sink"
  for side in in out sink; do
    assert_equal "$(stat_of $side.json rx_records)" 5000
    assert_balanced $side.json
  done
  grep -q '"name":"udp_to_ring","count":5000' in.json
  grep -q '"name":"ring_wait","count":5000' out.json
  grep -q '"name":"ring_to_udp","count":5000' out.json
  no_rings_left
}

@test "every engine receives" {
  for engine in auto spin uring poll; do
    local port
    port=$(free_port)
    start tally-relay "udp://127.0.0.1:$port" null: --engine $engine --stats-out $engine.json
    wait_until 5 listens_on "$port"
    run_tool tally-relay gen:count=300,rate=10000 "udp://127.0.0.1:$port"
    assert_success
    stop "$started"
    assert_equal "$(stat_of $engine.json rx_records)" 300
    assert_balanced $engine.json
  done
}

@test "an empty datagram is a record" {
  local port
  port=$(free_port)
  start tally-relay "udp://127.0.0.1:$port" file:out --to-frame hex --count 3
  wait_until 5 listens_on "$port"
  printf '6162\n\n63\n' | tally-relay - "udp://127.0.0.1:$port" --from-frame hex
  finish "$started"
  assert_equal "$status" 0
  assert_equal "$(cat out)" $'6162\n\n63'
}

@test "unix sockets carry datagrams and leave no file" {
  for path in sock @tally-$$; do
    start tally-relay "unix:$path" file:out --to-frame line --count 2
    wait_until 5 is_bound "$path"
    printf 'one\ntwo\n' | tally-relay - "unix:$path" --from-frame line
    finish "$started"
    assert_equal "$status" 0
    assert_equal "$(cat out)" $'one\ntwo'
    [[ ! -e $path ]]
    rm out
  done
}

@test "the socket of a killed relay is taken over" {
  start tally-relay unix:sock null:
  wait_until 5 test -S sock
  kill -KILL "$started"
  finish "$started"
  [[ -S sock ]]
  start tally-relay unix:sock null: --duration 50ms
  finish "$started"
  assert_equal "$status" 0
  [[ ! -e sock ]]
}

@test "a stop drains what was accepted" {
  local port
  port=$(free_port)
  start tally-relay "udp://127.0.0.1:$port" null: --stats-out sink.json
  wait_until 5 listens_on "$port"
  # Stopped, it takes nothing: all of these wait in the socket when the signal comes.
  kill -STOP "$started"
  run_tool tally-relay gen:count=1000 "udp://127.0.0.1:$port"
  assert_success
  kill -TERM "$started"
  kill -CONT "$started"
  finish "$started"
  assert_equal "$status" 0
  assert_equal "$(stat_of sink.json rx_records)" 1000
  assert_equal "$(stat_of sink.json drops_kernel)" 0
}

@test "a stop in mid stream delivers all that was received" {
  local ring
  ring=$(ring_name)
  start tally-relay gen:count=0,rate=20000 "shm:$ring" --stats-out in.json
  local in=$started
  start tally-relay "shm:$ring" file:out --to-frame hex --stats-out out.json
  local out=$started
  sleep 0.5
  stop "$in"
  finish "$out"
  assert_equal "$status" 0
  assert_equal "$(stat_of in.json tx_records)" "$(stat_of out.json tx_records)"
  assert_equal "$(wc -l <out)" "$(stat_of in.json tx_records)"
  (($(wc -l <out) > 1000))
  assert_balanced in.json
  assert_balanced out.json
  no_rings_left
}

@test "a stop while the ring is full gives up after the drain time" {
  local ring
  ring=$(ring_name)
  start tally-relay gen:count=0 "shm:$ring,slots=64" --drain 100ms --stats-out stats.json
  wait_until 5 ring_is_there "$ring"
  sleep 0.2
  kill -TERM "$started"
  finish "$started"
  assert_equal "$status" 75
  grep -q 'error: the receiver takes nothing, [0-9]* records* lost' "err.$started"
  assert_balanced stats.json
  assert_equal "$(stat_of stats.json tx_records)" 64
}

@test "the second signal ends at once" {
  local ring
  ring=$(ring_name)
  start tally-relay gen:count=0 "shm:$ring,slots=64" --drain 1h
  # Before that there is nothing to drain, and the first signal ends it.
  wait_until 5 ring_holds_its_producer "$ring"
  kill -TERM "$started"
  sleep 0.2
  kill -TERM "$started"
  finish "$started"
  assert_equal "$status" 143
}

@test "a full ring holds the sender back" {
  local ring
  ring=$(ring_name)
  start tally-relay gen:count=10000 "shm:$ring,slots=64" --stats-out in.json
  wait_until 5 ring_is_there "$ring"
  run_tool tally-relay "shm:$ring" null: --stats-out out.json --fail-on-loss
  assert_success
  finish "$started"
  assert_equal "$status" 0
  assert_equal "$(stat_of out.json rx_records)" 10000
  no_rings_left
}

@test "drop new loses what it counts" {
  local ring
  ring=$(ring_name)
  run_tool tally-relay gen:count=1000 "shm:$ring,slots=64,full=drop-new" --fail-on-loss \
    --stats-out stats.json
  assert_equal "$status" 1
  [[ $stderr == *"936 records were lost: 936 because the ring was full"* ]]
  assert_balanced stats.json
}

@test "many producers share a ring and the records of each come in its order" {
  local ring
  ring=$(ring_name)
  start tally-relay "shm:$ring,kind=mpsc,slots=64" file:out.jsonl --to-frame jsonl \
    --fail-on-loss --stats-out out.json
  local consumer=$started
  wait_until 5 ring_is_there "$ring"
  # Holds the ring open until the others have come and gone.
  mkfifo hold
  start tally-relay file:hold "shm:$ring" --from-frame line
  local holder=$started
  exec {open}>hold
  wait_until 5 producers_are "$ring" 1
  local -a writers=()
  local i
  for i in 1 2 3; do
    start tally-relay gen:count=2000,bytes=$((i * 16)) "shm:$ring"
    writers+=("$started")
  done
  for i in "${writers[@]}"; do
    finish "$i"
    assert_equal "$status" 0
  done
  run_tool tally-relay ring stat "$ring" --json
  assert_success
  [[ $output == *'"kind":"mpsc"'*'"published":6000,'*'"more_producers":['* ]]
  run_tool tally-relay ring ls
  [[ $output == *"1 producers"* ]]
  run_tool tally-relay ring watch "$ring" --count 1 --every 10ms --json
  [[ $output == *'"producers":1'* ]]
  run_tool tally-relay ring verify "$ring"
  assert_success
  echo last >&"$open"
  exec {open}>&-
  finish "$holder"
  assert_equal "$status" 0
  finish "$consumer"
  assert_equal "$status" 0
  assert_equal "$(stat_of out.json rx_records)" 6001
  # Of each the sequence numbers, which its payload's length tells apart from the others'.
  for i in 1 2 3; do
    jq -r "select(.payload | length == $((i * 32))) | .seq" out.jsonl >"seq.$i"
    seq 2000 | cmp - "seq.$i"
  done
  no_rings_left
}

@test "one of many producers that is killed holds nobody up" {
  local ring
  ring=$(ring_name)
  start tally-relay "shm:$ring,kind=mpsc,slots=64" file:out.jsonl --to-frame jsonl
  local consumer=$started
  wait_until 5 ring_is_there "$ring"
  start tally-relay gen:count=100000000,rate=20000 "shm:$ring"
  local killed=$started
  wait_until 5 producers_are "$ring" 1
  mkfifo lines
  start tally-relay file:lines "shm:$ring" --from-frame line
  local other=$started
  exec {open}>lines
  wait_until 5 producers_are "$ring" 2
  kill -KILL "$killed"
  seq 100 999 >&"$open"
  exec {open}>&-
  finish "$other"
  assert_equal "$status" 0
  # None is left, and nobody took the place of the killed one, which is what the consumer hears of.
  finish "$consumer"
  assert_equal "$status" 75
  grep -q "its producer was killed" "err.$consumer"
  # The generator's payloads are longer.
  jq -r 'select(.payload | length == 6) | .payload' out.jsonl >payloads
  seq 100 999 | perl -ne 'chomp; print unpack("H*"), "\n"' | cmp - payloads
  no_rings_left
}

# consumers_are RING COUNT: so many are attached to it.
consumers_are() {
  tally-relay ring watch "$1" --count 1 --every 1ms --json | grep -q "\"consumers\":$2,"
}
# ring_says RING TEXT: its status holds this.
ring_says() { tally-relay ring stat "$1" --json | grep -q "$2"; }

@test "consumers share the records of a ring out and each comes once" {
  local ring i
  ring=$(ring_name)
  local -a readers=() writers=()
  for i in 1 2 3; do
    start tally-relay "shm:$ring,kind=mpmc,slots=64" "file:out.$i.jsonl" --to-frame jsonl \
      --fail-on-loss --stats-out "out.$i.json"
    readers+=("$started")
    wait_until 5 consumers_are "$ring" "$i"
  done
  # Holds the ring open until the others have come and gone.
  mkfifo hold
  start tally-relay file:hold "shm:$ring" --from-frame line
  local holder=$started
  exec {open}>hold
  wait_until 5 producers_are "$ring" 1
  for i in 1 2; do
    start tally-relay gen:count=3000,bytes=$((i * 16)) "shm:$ring"
    writers+=("$started")
  done
  for i in "${writers[@]}"; do
    finish "$i"
    assert_equal "$status" 0
  done
  wait_until 5 ring_says "$ring" '"released":6000,"in_hand":0,"in_doubt":0,'
  run_tool tally-relay ring stat "$ring" --json
  [[ $output == *'"kind":"mpmc"'*'"more_consumers":[{'*'"more_producers":[{'* ]]
  run_tool tally-relay ring stat "$ring"
  [[ $output == *"0 in hand, 0 in doubt"* ]]
  assert_equal "$(grep -c ^consumer <<<"$output")" 3
  run_tool tally-relay ring ls
  [[ $output == *"1 producers"*"3 consumers"* ]]
  run_tool tally-relay ring verify "$ring"
  assert_success
  exec {open}>&-
  finish "$holder"
  for i in 0 1 2; do
    finish "${readers[i]}"
    assert_equal "$status" 0
    assert_balanced "out.$((i + 1)).json"
  done
  for i in 1 2; do
    cat out.?.jsonl | jq -r "select(.payload | length == $((i * 32))) | .seq" | sort -n >"seq.$i"
    seq 3000 | cmp - "seq.$i"
    # Each gets its own in their order.
    jq -r "select(.payload | length == $((i * 32))) | .seq" out.1.jsonl | sort -nc
  done
  no_rings_left
}

@test "what a killed consumer had taken is in doubt and goes to nobody else" {
  local ring
  ring=$(ring_name)
  # Its output is stuck, so that it keeps what it has taken.
  mkfifo stuck
  exec {hold}<>stuck
  start tally-relay "shm:$ring,kind=spmc,slots=1024,bytes=8192" file:stuck --to-frame rec
  local killed=$started
  wait_until 5 consumers_are "$ring" 1
  start tally-relay gen:count=600,bytes=8000 "shm:$ring"
  local writer=$started
  finish "$writer"
  assert_equal "$status" 0
  wait_until 5 ring_says "$ring" '"in_hand":[1-9]'
  kill -STOP "$killed"
  start tally-relay "shm:$ring" file:out.jsonl --to-frame jsonl --fail-on-loss --stats-out out.json
  local other=$started
  finish "$other"
  # It is stopped, so that its records are in hand, and none is in doubt.
  assert_equal "$status" 0
  assert_equal "$(stat_of out.json in_doubt)" 0
  run_tool tally-relay ring stat "$ring"
  [[ $output == *"stopped"*"closed"* || $output == *"closed"*"stopped"* ]]
  [[ $output == *" 0 in doubt"* && $output != *" 0 in hand"* ]]
  run_tool tally-relay ring verify "$ring"
  assert_success
  [[ $output == *"taken and not released"* ]]
  kill -KILL "$killed"
  finish "$killed"
  run_tool tally-relay ring stat "$ring" --json
  local doubt released
  doubt=$(json_field in_doubt <<<"$output")
  released=$(json_field released <<<"$output")
  ((doubt > 0))
  assert_equal $((doubt + released)) 600
  [[ $output == *'"in_hand":0'* ]]
  # Who comes next finds them, says so, and gets none of them.
  run_tool tally-relay "shm:$ring" null: --fail-on-loss --stats-out next.json
  assert_equal "$status" 1
  [[ $stderr == *"$doubt records are in doubt"* ]]
  assert_equal "$(stat_of next.json in_doubt)" "$doubt"
  assert_equal "$(stat_of next.json rx_records)" 0
  exec {hold}>&-
  no_rings_left
}

@test "a ring that is shared out refuses other kinds and what cannot share it" {
  local ring
  ring=$(ring_name)
  tally-relay gen:count=1 "shm:$ring,kind=spmc"
  run_tool tally-relay "shm:$ring,kind=spsc" null:
  assert_refused 64 "the ring has kind=spmc" "say kind=spmc"
  run_tool tally-relay gen:count=1 "shm:$ring,kind=mpmc"
  assert_refused 64 "the ring has kind=spmc"
  run_tool tally-relay gen:count=1 "shm:$ring,kind=spmc,full=drop-old"
  assert_refused 64 "kind=spmc" kind=broadcast
  tally-relay "shm:$ring" null: --fail-on-loss
  no_rings_left
}

@test "a lean ring carries short lines and says what it holds" {
  local ring
  ring=$(ring_name)
  for length in {0..56}; do printf '%*s\n' "$length" "$length"; done >in.txt
  tally-relay file:in.txt "shm:$ring,kind=lean,slots=64" --from-frame line
  run_tool tally-relay ring stat "$ring" --json
  assert_success
  assert_output --partial '"kind":"lean"'
  run_tool tally-relay ring verify "$ring"
  assert_success
  assert_output --partial "57 records"
  tally-relay "shm:$ring" file:out.txt --to-frame line --fail-on-loss
  cmp in.txt out.txt
  no_rings_left
  run_tool tally-relay gen:count=1 "shm:$ring,kind=lean,bytes=57"
  assert_refused 64 "bytes cannot be '57'" "1 to 56"
}

@test "a ring of bytes carries records of every size both ways" {
  local ring
  ring=$(ring_name)
  for length in {0..300}; do printf '%*s\n' "$length" "$length"; done >in.txt
  tally-relay file:in.txt "shm:$ring,kind=bytes,bytes=262144" --from-frame line
  run_tool tally-relay ring stat "$ring" --json
  [[ $output == *'"kind":"bytes"'*'"depth":301'* ]]
  # Who names no kind takes the ring as it is.
  tally-relay "shm:$ring" file:out.txt --to-frame line --fail-on-loss
  cmp in.txt out.txt
  no_rings_left
}

@test "a ring of bytes that is full holds the sender back or loses what it counts" {
  local ring
  ring=$(ring_name)
  start tally-relay gen:count=10000 "shm:$ring,kind=bytes,bytes=4096" --stats-out in.json
  wait_until 5 ring_is_there "$ring"
  run_tool tally-relay "shm:$ring,kind=bytes" null: --stats-out out.json --fail-on-loss
  assert_success
  finish "$started"
  assert_equal "$status" 0
  grep -q '"rx_records":10000' out.json
  run_tool tally-relay gen:count=1000 "shm:$ring,kind=bytes,bytes=4096,full=drop-new" \
    --fail-on-loss --stats-out stats.json
  assert_equal "$status" 1
  [[ $stderr == *"because the ring was full"* ]]
  assert_balanced stats.json
  tally-relay ring rm "$ring"
}

@test "a sink that drops what is new ends when its ring is given up" {
  local ring kind
  for kind in spsc mpsc spmc mpmc bytes broadcast; do
    ring=$(ring_name)
    # A reader that is stopped, for a broadcast that has none drops nothing.
    start tally-relay "shm:$ring,kind=$kind,bytes=4096" null:
    local reader=$started
    wait_until 5 ring_is_there "$ring"
    wait_until 5 is_asleep "$reader"
    kill -STOP "$reader"
    start tally-relay gen:count=0,rate=20000 "shm:$ring,kind=$kind,full=drop-new" \
      --stats-out in.json
    local writer=$started
    wait_until 20 ring_says "$ring" '"dropped_new":[1-9]'
    run_tool tally-relay ring rm "$ring" --force
    assert_success
    finish "$writer"
    assert_equal "$status" 65
    grep -q "error: ring $ring was given up" "err.$writer"
    assert_equal "$(grep -c error: "err.$writer")" 1
    assert_balanced in.json
    kill -KILL "$reader"
    finish "$reader"
  done
  no_rings_left
}

@test "what a producer does when a ring is full is refused where a ring is read" {
  local ring full
  ring=$(ring_name)
  tally-relay gen:count=3 "shm:$ring,slots=64,full=drop-new"
  for full in full=block full=drop-new kind=spsc,full=block; do
    run_tool tally-relay "shm:$ring,$full" null:
    assert_refused 64 "full has no meaning for the side that reads" "where the ring is written"
  done
  run_tool tally-relay "shm:$ring,kind=broadcast,full=drop-old" null:
  assert_refused 64 "full has no meaning for the side that reads"
  # What the creator said of the ring itself is no fault of who reads it.
  run_tool tally-relay "shm:$ring,slots=64,kind=spsc" null: --stats-out out.json
  assert_success
  assert_equal "$(stat_of out.json rx_records)" 3
  # Who reads first makes a broadcast by the word that means one.
  start tally-relay "shm:$ring,full=drop-old" null:
  wait_until 5 ring_says "$ring" '"kind":"broadcast"'
  stop "$started"
  no_rings_left
}

@test "drop old keeps the newest and each loss is told once" {
  local ring kept
  ring=$(ring_name)
  # Nobody reads: the producer tells what it overwrote, and the rest waits.
  run_tool tally-relay gen:count=1000 "shm:$ring,full=drop-old,bytes=4096" --fail-on-loss \
    --stats-out in.json
  assert_equal "$status" 1
  [[ $stderr == *"overwritten in the ring before they were read"* ]]
  assert_balanced in.json
  kept=$(stat_of in.json tx_records)
  ((kept > 20 && kept < 60))
  run_tool tally-relay ring stat "$ring" --json
  [[ $output == *'"kind":"broadcast"'*"\"depth\":$kept,"*"\"lost\":$((1000 - kept)),"* ]]
  run_tool tally-relay ring verify "$ring"
  assert_output --partial "$kept records"
  run_tool tally-relay "shm:$ring" - --to-frame jsonl --fail-on-loss
  assert_success
  assert_equal "${#lines[@]}" "$kept"
  [[ ${lines[-1]} == *'"seq":1000,'* ]]
  no_rings_left
}

@test "a stopped reader of a broadcast holds nobody up and counts what it missed" {
  local ring slow
  ring=$(ring_name)
  start tally-relay "shm:$ring,kind=broadcast,bytes=65536" null: --stats-out slow.json \
    --fail-on-loss
  slow=$started
  # Stopped before that it may hold the lock that the next one needs to attach.
  wait_until 5 readers_are "$ring" 1
  wait_until 5 is_asleep "$slow"
  kill -STOP "$slow"
  start tally-relay "shm:$ring" null: --stats-out quick.json
  wait_until 5 readers_are "$ring" 2
  run_tool tally-relay ring stat "$ring"
  assert_output --partial "stopped tally-relay"
  # What one reader released is no figure of the ring.
  refute_output --partial released
  run_tool tally-relay ring stat "$ring" --json
  refute_output --partial released
  run_tool tally-relay gen:count=20000,rate=200000 "shm:$ring" --fail-on-loss --stats-out in.json
  assert_success
  finish "$started"
  assert_equal "$status" 0
  kill -CONT "$slow"
  finish "$slow"
  assert_equal "$status" 1
  for side in slow quick; do
    assert_equal 20000 "$(($(stat_of $side.json rx_records) + \
      $(stat_of $side.json drops_overwritten)))"
  done
  (($(stat_of slow.json drops_overwritten) > 10000))
  no_rings_left
}

@test "a broadcast that waits loses nothing for a slow reader and starts in any order" {
  local ring slow quick
  ring=$(ring_name)
  # The first reader gets all, though it comes when the producer is held up already.
  start tally-relay gen:count=30000 "shm:$ring,kind=broadcast,full=block,bytes=16384" \
    --fail-on-loss --stats-out in.json
  local producer=$started
  wait_until 5 ring_holds_its_producer "$ring"
  # It takes what a pipe holds, and no more before it is told to go on.
  mkfifo slow.pipe
  start bash -c 'exec perl -e "
    while (sysread(STDIN, my \$lines, 65536)) {
      syswrite(STDOUT, \$lines);
      select(undef, undef, undef, 0.01) until -e q(go);
    }" <slow.pipe >slow.out'
  local taker=$started
  start tally-relay "shm:$ring" file:slow.pipe --to-frame jsonl --stats-out slow.json \
    --fail-on-loss
  slow=$started
  wait_until 5 test -s slow.out
  wait_until 5 ring_is_held_by_a_reader "$ring"
  kill -0 "$producer"
  touch go
  finish "$producer"
  assert_equal "$status" 0
  finish "$slow"
  assert_equal "$status" 0
  finish "$taker"
  assert_equal "$(wc -l <slow.out)" 30000
  assert_balanced in.json
  assert_equal "$(stat_of slow.json drops_overwritten)" 0
  no_rings_left
}

@test "a stopped reader holds a broadcast that waits up and a killed one lets it go on" {
  local ring slow quick producer
  ring=$(ring_name)
  start tally-relay "shm:$ring,kind=broadcast,bytes=16384" null: --stats-out quick.json \
    --fail-on-loss
  quick=$started
  wait_until 5 readers_are "$ring" 1
  start tally-relay "shm:$ring" null:
  slow=$started
  wait_until 5 readers_are "$ring" 2
  wait_until 5 is_asleep "$slow"
  kill -STOP "$slow"
  start tally-relay gen:count=20000 "shm:$ring,kind=broadcast,full=block" --fail-on-loss \
    --stats-out in.json
  producer=$started
  wait_until 5 ring_holds_its_producer "$ring"
  run_tool tally-relay ring stat "$ring"
  assert_output --partial "stopped tally-relay"
  assert_output --regexp "full=block: gated by the slowest .* tally-relay \($slow\), [1-9]"
  run_tool tally-relay ring stat "$ring" --json
  [[ $output == *'"full":"block","gated":true,"slowest_behind":'[1-9]* ]]
  run_tool tally-relay ring ls
  assert_output --regexp "$ring .*2 readers, gated, [1-9][0-9]* behind"
  run_tool tally-relay ring watch "$ring" --every 50ms --count 1
  assert_output --regexp "2, gated, [1-9][0-9]* behind"
  run_tool tally-relay ring verify "$ring"
  assert_output --regexp "gated, [1-9][0-9]* behind; it is in use"
  kill -0 "$producer"
  kill -KILL "$slow"
  finish "$producer"
  assert_equal "$status" 0
  grep -q "1 reader of the broadcast was killed" "err.$producer"
  assert_equal "$(stat_of in.json dead_readers)" 1
  finish "$quick"
  assert_equal "$status" 0
  assert_equal "$(stat_of quick.json rx_records)" 20000
  finish "$slow"
  # What the killed one had not taken waits for who follows it.
  run_tool tally-relay "shm:$ring" null: --stats-out next.json
  assert_equal 20000 "$(($(stat_of next.json rx_records) + $(stat_of next.json drops_overwritten)))"
  no_rings_left
}

@test "a broadcast that waits can be stopped while it does and one that drops counts" {
  local ring reader producer
  ring=$(ring_name)
  start tally-relay "shm:$ring,kind=broadcast,bytes=16384" null:
  reader=$started
  wait_until 5 readers_are "$ring" 1
  wait_until 5 is_asleep "$reader"
  kill -STOP "$reader"
  start tally-relay gen:count=20000 "shm:$ring,kind=broadcast,full=block" --drain 100ms \
    --stats-out in.json
  producer=$started
  wait_until 5 ring_holds_its_producer "$ring"
  kill -INT "$producer"
  finish "$producer"
  assert_equal "$status" 75
  assert_balanced in.json
  run_tool tally-relay gen:count=1000 "shm:$ring,kind=broadcast,full=drop-new" --fail-on-loss \
    --stats-out drop.json
  assert_equal "$status" 1
  [[ $stderr == *"because the ring was full"* ]]
  assert_balanced drop.json
  (($(stat_of drop.json drops_ring_full) > 500))
  kill -CONT "$reader"
  finish "$reader"
  assert_equal "$status" 0
  no_rings_left
}

@test "a sink that takes nothing for a while gets no record twice" {
  local ring kind
  ring=$(ring_name)
  for kind in spsc mpsc spmc mpmc bytes,bytes=65536; do
    start tally-relay gen:count=40 "shm:$ring,kind=$kind"
    finish "$started"
    start tally-relay "shm:$ring,kind=${kind%%,*}" "shm:$ring-next,slots=4" --fail-on-loss
    local between=$started
    wait_until 5 ring_says "$ring-next" '"depth":4'
    sleep 0.2 # four looks of a relay that waits
    tally-relay "shm:$ring-next" - --to-frame jsonl >out.jsonl
    finish "$between"
    assert_equal "$status" 0
    assert_equal "$(wc -l <out.jsonl)" 40
    assert_equal "$(jq .seq out.jsonl | sort -u | wc -l)" 40
  done
}

@test "a ring without a name is handed over and carries all" {
  start tally-relay gen:count=10000 memfd:sock --stats-out in.json
  wait_until 5 test -S sock
  run_tool tally-relay memfd:sock null: --fail-on-loss --stats-out out.json
  assert_success
  [[ $stderr == *"ring sock: pages of "* ]]
  finish "$started"
  assert_equal "$status" 0
  assert_equal "$(stat_of out.json rx_records)" 10000
  [[ ! -e sock ]]
  # Any kind, whoever comes first.
  start tally-relay memfd:sock,kind=broadcast,bytes=1048576,huge=2m null: --stats-out out.json
  wait_until 5 test -S sock
  tally-relay gen:count=1000 memfd:sock,kind=broadcast --fail-on-loss
  finish "$started"
  assert_equal "$status" 0
  assert_equal "$(stat_of out.json rx_records)" 1000
  no_rings_left
}

@test "who is left alone with a ring without a name says so" {
  for kind in broadcast,bytes=4096 spsc,slots=16; do
    start tally-relay "memfd:sock,kind=$kind" null: --count 10
    wait_until 5 test -S sock
    run_tool tally-relay gen:count=100000000 "memfd:sock,kind=$kind"
    assert_equal "$status" 75
    [[ $stderr == *"ring sock"*"has left"*"start both sides again"* ]]
    finish "$started"
    assert_equal "$status" 0
  done
}

@test "what cannot be handed over is refused with the fix" {
  run_tool tally-relay gen:count=1 memfd:sock,open-timeout=100ms
  assert_refused 75 "nobody came to sock" open-timeout
  [[ ! -e sock ]]
  echo mine >file
  for kind in spmc mpmc; do
    run_tool tally-relay gen:count=1 "memfd:sock,kind=$kind"
    assert_refused 64 "kind=$kind is for many consumers" "use shm:NAME"
    run_tool tally-relay "memfd:sock,kind=$kind" null:
    assert_refused 64 "kind=$kind is for many consumers" "use shm:NAME"
    [[ ! -e sock ]]
  done
  run_tool tally-relay gen:count=1 memfd:sock,kind=mpsc
  assert_refused 64 "kind=mpsc is for many producers" "use shm:NAME"
  run_tool tally-relay memfd:sock,kind=mpsc null:
  assert_refused 64 "kind=mpsc is for many producers" "use shm:NAME"
  run_tool tally-relay memfd:sock,full=block null:
  assert_refused 64 "full has no meaning for the side that reads" "where the ring is written"
  [[ ! -e sock ]]
  run_tool tally-relay gen:count=1 memfd:file
  assert_refused 64 "file is no socket"
  assert_equal "$(<file)" mine
  start tally-relay gen:count=10 memfd:sock
  wait_until 5 test -S sock
  run_tool tally-relay gen:count=1 memfd:sock
  assert_refused 75 "already has a producer" "end that process"
  run_tool tally-relay memfd:sock,slots=64 null:
  assert_refused 64 slots=64 "leave slots out"
  tally-relay memfd:sock null:
  finish "$started"
  assert_equal "$status" 0
  # Pages of 1 GiB are had or the error says how; never smaller ones in silence.
  run_tool tally-relay gen:count=1 memfd:sock,huge=1g,huge-strict=yes,open-timeout=100ms
  if [[ $(</sys/kernel/mm/hugepages/hugepages-1048576kB/free_hugepages) == 0 ]]; then
    assert_refused 69 "1 GiB" hugepages-1048576kB
  else
    assert_refused 75 "nobody came"
  fi
}

@test "what a ring cannot be is refused with the field and the fix" {
  local ring
  ring=$(ring_name)
  run_tool tally-relay gen:count=1 "shm:$ring,kind=bytes,bytes=5000"
  assert_refused 64 bytes "power of two"
  run_tool tally-relay gen:count=1 "shm:$ring,kind=bytes,slots=64"
  assert_refused 64 slots "bytes=SIZE"
  run_tool tally-relay gen:count=1 "shm:$ring,slots=100"
  assert_refused 64 slots "power of two"
  run_tool tally-relay gen:count=1 "shm:a/b"
  assert_refused 64 a/b "A-Z"
  run_tool tally-relay gen:count=1 "shm:$ring,kind=bytes,full=drop-old"
  assert_refused 64 drop-old kind=broadcast
  run_tool tally-relay gen:count=1 "shm:$ring,kind=broadcast,full=drop"
  assert_refused 64 full "block|drop-new|drop-old"
  run_tool tally-relay gen:count=1 "shm:$ring,huge=1g,huge-strict=yes"
  assert_refused 69 "1 GiB" "huge=2m"
  no_rings_left
  tally-relay gen:count=1 "shm:$ring,kind=bytes"
  run_tool tally-relay "shm:$ring,kind=spsc" null:
  assert_refused 64 kind=bytes
  tally-relay ring rm "$ring"
  # A record over a quarter of the area has no place in it.
  run_tool tally-relay gen:count=5,bytes=2000 "shm:$ring,kind=bytes,bytes=4096" --fail-on-loss
  assert_equal "$status" 1
  [[ $stderr == *"5 longer than a slot or datagram (raise bytes)"* ]]
}

@test "a ring is verified record by record" {
  local ring file kind
  for kind in spsc bytes broadcast; do
    ring=$(ring_name) file=/dev/shm/tally.$(id -u).$ring
    tally-relay gen:count=20,bytes=100 "shm:$ring,kind=$kind"
    run_tool tally-relay ring verify "$ring"
    assert_success
    assert_output --partial "20 records"
    # The length of the first record, in a slot at 28 and behind a stamp of an area at 8.
    printf '\377\377\377\177' | dd of="$file" bs=1 conv=notrunc status=none \
      seek=$((8192 + $([[ $kind == spsc ]] && echo 28 || echo 8)))
    run_tool tally-relay ring verify "$ring" --json
    assert_equal "$status" 1
    [[ $output == *'"ok":false'*"a length of 2147483647 is out of range at position 0"* ]]
    # Its reader gives it up, and leaves nothing.
    run_tool tally-relay "shm:$ring" null:
    assert_refused 65 "was given up" "ring stat"
    no_rings_left
  done
  run_tool tally-relay ring verify "$ring"
  assert_refused 66 "there is no ring"
}

@test "a ring is watched until it is gone" {
  local ring
  ring=$(ring_name)
  start tally-relay gen:count=0,rate=1000 "shm:$ring,full=drop-new"
  wait_until 5 ring_is_there "$ring"
  run_tool tally-relay ring watch "$ring" --every 100ms --count 3 --json
  assert_success
  assert_equal "$(grep -c '"schema":"tally.ring.watch/1"' <<<"$output")" 3
  grep -q '"records_in_per_s":[1-9]' <<<"$output"
  run_tool tally-relay ring watch "$ring" --every 0s
  assert_refused 64 --every
  kill -TERM "$started"
  finish "$started"
  tally-relay ring rm "$ring"
}

@test "records too long for a slot are dropped by name" {
  local ring
  ring=$(ring_name)
  run_tool tally-relay gen:count=5,bytes=200 "shm:$ring,bytes=100" --fail-on-loss
  assert_equal "$status" 1
  [[ $stderr == *"5 longer than a slot or datagram (raise bytes)"* ]]
}

@test "datagrams longer than the buffer are dropped by name" {
  for engine in uring poll; do
    local port
    port=$(free_port)
    start tally-relay "udp://127.0.0.1:$port,bytes=64" null: --engine $engine --fail-on-loss \
      --stats-out stats.json
    wait_until 5 listens_on "$port"
    tally-relay gen:count=3,bytes=65 "udp://127.0.0.1:$port"
    tally-relay gen:count=2,bytes=64 "udp://127.0.0.1:$port"
    sleep 0.2
    kill -TERM "$started"
    finish "$started"
    assert_equal "$status" 1
    assert_equal "$(stat_of stats.json drops_truncated)" 3
    assert_equal "$(stat_of stats.json rx_records)" 2
  done
}

@test "a window waits for replies" {
  local port
  port=$(free_port)
  perl -MIO::Socket::INET -e '
    my $socket = IO::Socket::INET->new(LocalAddr => "127.0.0.1:$ARGV[0]", Proto => "udp") or die;
    $socket->send($data) while defined $socket->recv($data, 65536)' "$port" &
  TALLY_PIDS+=($!)
  wait_until 5 listens_on "$port"
  run_tool tally-relay gen:count=500,window=8 "udp://127.0.0.1:$port" --stats-out stats.json
  assert_success
  assert_equal "$(stat_of stats.json replies)" 500
  assert_equal "$(stat_of stats.json replies_missing)" 0
  grep -q '"name":"round_trip","count":500' stats.json
}

@test "a window without replies ends and says so" {
  run_tool tally-relay gen:count=10,window=4,timeout=50ms "udp://127.0.0.1:$(free_port)" \
    --fail-on-loss
  assert_equal "$status" 1
  [[ $stderr == *"10 records were lost: 10 not replied to"* ]]
}

@test "count and duration end a relay" {
  run_tool tally-relay gen:count=0 null: --count 77 --stats-out stats.json
  assert_success
  assert_equal "$(stat_of stats.json rx_records)" 77
  run_tool tally-relay gen:count=0,rate=1000 null: --duration 100ms
  assert_success
}

@test "statistics print on request" {
  run_tool tally-relay gen:count=200,rate=1000 null: --stats 50ms --json
  assert_success
  (($(grep -c '^tally-relay: rx [0-9]* tx [0-9]* lost 0' <<<"$stderr") >= 3))
  [[ $output == '{"schema":"tally.stats/1","tool":"tally-relay","final":true,'* ]]
}

@test "a truncated frame is refused with the missing bytes" {
  tally-relay gen:count=2,bytes=10 file:whole
  head -c 80 whole >torn
  run_tool tally-relay file:torn - --to-frame jsonl
  assert_refused 65 "torn: frame at byte 42: truncated, 4 bytes are missing" "middle of a record"
  assert_equal "$(grep -c '"seq":1,' <<<"$output")" 1
}

@test "an oversized frame is refused with its size" {
  # The header of a 65537-byte payload with a CRC that is right.
  framed 544c5201010001000100000000000000000000000000000000000000c0124116 >big
  run_tool tally-relay file:big null:
  assert_refused 65 "big: frame at byte 0: payload of 65537 bytes"
}

@test "input of another framing is refused" {
  run_tool bash -c 'printf "hello, this is no frame of ours at all\n" | tally-relay - null:'
  assert_refused 65 "standard input: frame at byte 0: bad magic 68 65 6c" "framed as rec"
  run_tool bash -c 'printf "00\n0g\n" | tally-relay - null: --from-frame hex'
  assert_refused 65 "standard input: line 2: character 2 is not a hexadecimal digit"
}

@test "a payload with a newline cannot be a line" {
  run_tool bash -c 'printf "610a62\n" | tally-relay - - --from-frame hex --to-frame line'
  assert_refused 65 "record 1 cannot be written as a line" "hex, jsonl and rec"
}

@test "binary frames do not go to a terminal" {
  run timeout 20 script -qec 'tally-relay gen:count=1 -' /dev/null
  assert_equal "$status" 64
  assert_output --partial "standard output is a terminal, and rec is for programs"
}

@test "a port in use is refused with who to look for" {
  local port
  port=$(free_port)
  start_sink "$port"
  run_tool tally-relay "udp://127.0.0.1:$port" null:
  assert_refused 75 "cannot bind: Address already in use" "ss -lunp 'sport = :$port'"
}

@test "a full disk is refused with what was lost" {
  run_tool tally-relay gen:count=10 file:/dev/full
  assert_refused 74 "cannot write to /dev/full: No space left on device, 10 records lost"
  run_tool bash -c 'tally-relay gen:count=10 - >/dev/full'
  assert_refused 74 "cannot write to standard output: No space left on device, 10 records lost"
}

@test "a reader that has gone is refused with what was lost" {
  run_tool bash -c 'tally-relay gen:count=0 - | head -c 10 >/dev/null; exit "${PIPESTATUS[0]}"'
  assert_refused 74 "cannot write to standard output: Broken pipe, " "its reader has gone"
  [[ $stderr =~ [0-9]+\ records?\ lost ]]
}

@test "unknown schemes and keys are refused with a suggestion" {
  run_tool tally-relay upd://127.0.0.1:9000 -
  assert_refused 64 "unknown endpoint scheme 'upd'" "did you mean udp?"
  run_tool tally-relay gen: shm:ring,slot=4
  assert_refused 64 "unknown key 'slot'" "did you mean slots?"
  run_tool tally-relay udp://127.0.0.1:x null:
  assert_refused 64 "bad port" "udp://127.0.0.1:9000"
  run_tool tally-relay null: null:
  assert_refused 64 "can only be the second endpoint"
  run_tool tally-relay gen:window=1 null:
  assert_refused 64 "a window needs replies"
  run_tool tally-relay gen: null: --to-frame hex
  assert_refused 64 "--to-frame has no meaning for null:"
}

@test "missing inputs and taken outputs are refused" {
  run_tool tally-relay file:nowhere null:
  assert_refused 66 "cannot open nowhere"
  run_tool tally-relay gen:count=1 unix:nowhere
  assert_refused 66 "cannot connect" "start the receiver first"
  run_tool tally-relay gen:count=1 file:no/where
  assert_refused 73 "cannot create no/where"
  echo precious >kept
  run_tool tally-relay gen:count=1 file:kept
  assert_refused 73 "kept exists and is not empty" "open=append or ,open=replace"
  assert_equal "$(cat kept)" precious
  run_tool tally-relay gen:count=1 file:kept,open=append,frame=hex
  assert_success
  assert_equal "$(wc -l <kept)" 2
  run_tool tally-relay file:nowhere file:new
  [[ ! -e new ]]
}

@test "a ring of another layout is refused with its field" {
  local ring file
  ring=$(ring_name) file=/dev/shm/tally.$(id -u).$ring
  tally-relay gen:count=1 "shm:$ring"
  run_tool tally-relay gen:count=1 "shm:$ring,slots=64"
  assert_equal "$status" 64
  [[ $stderr == *slots* ]]
  # Its magic, then all of it.
  printf 'X' | dd of="$file" bs=1 conv=notrunc status=none
  run_tool tally-relay "shm:$ring" null:
  assert_equal "$status" 65
  [[ $stderr == *error:* ]]
  run_tool tally-relay ring ls
  assert_success
  assert_line --partial "$ring"
  run_tool tally-relay ring rm "$ring"
  assert_success
  no_rings_left
}

@test "a ring that was cut or is of an older layout is refused with the field and the fix" {
  local ring file kind
  ring=$(ring_name) file=/dev/shm/tally.$(id -u).$ring
  for kind in spsc bytes; do
    tally-relay gen:count=1 "shm:$ring,kind=$kind"
    truncate -s 9000 "$file"
    run_tool tally-relay "shm:$ring" null:
    assert_equal "$status" 65
    [[ $stderr == *"total bytes are "*"the file has 9000"* && $stderr == *"tally-relay ring rm"* ]]
    rm "$file"
    tally-relay gen:count=1 "shm:$ring,kind=$kind"
    # The version, two bytes behind the magic.
    printf '\001' | dd of="$file" bs=1 seek=8 conv=notrunc status=none
    run_tool tally-relay "shm:$ring" null:
    assert_equal "$status" 65
    [[ $stderr == *"layout version is 1, this program reads version 2"* ]]
    [[ $stderr == *"tally-relay ring rm"* ]]
    rm "$file"
  done
}

@test "a full dev shm is refused with the size and where to look and leaves nothing" {
  unshare -m true 2>/dev/null || skip "no mount namespace of its own is to be had here"
  local ring kind
  ring=$(ring_name)
  for kind in spsc bytes; do
    # shellcheck disable=SC2016  # the inner shell expands them
    run --separate-stderr unshare -m sh -c '
      mount -t tmpfs -o size=64k none /dev/shm || exit 99
      tally-relay gen:count=1 "$1"
      status=$?
      ls -A /dev/shm
      exit $status' sh "shm:$ring,kind=$kind"
    [[ $status -ne 99 ]] || skip "no tmpfs may be mounted here"
    assert_equal "$status" 73
    assert_equal "$output" ""
    [[ $stderr == *" bytes: No space left on device"* && $stderr == *"see df /dev/shm"* ]]
  done
}

@test "a ring that others may touch is refused" {
  local ring file
  ring=$(ring_name) file=/dev/shm/tally.$(id -u).$ring
  tally-relay gen:count=1 "shm:$ring"
  chmod 666 "$file"
  run_tool tally-relay "shm:$ring" null:
  assert_equal "$status" 77
}

@test "a producer that is killed is reported after its last record" {
  local ring
  ring=$(ring_name)
  start tally-relay gen:count=0,rate=1000 "shm:$ring"
  local in=$started
  start tally-relay "shm:$ring" null: --stats-out out.json
  local out=$started
  sleep 0.3
  kill -KILL "$in"
  finish "$out"
  assert_equal "$status" 75
  grep -q "error: ring $ring: its producer was killed" "err.$out"
  assert_balanced out.json
}

@test "a consumer that is killed stops a full producer" {
  local ring
  ring=$(ring_name)
  start tally-relay gen:count=0,rate=100000 "shm:$ring,slots=64" --stats-out in.json
  local in=$started
  # Whoever comes first makes the ring, and only this end says how large.
  wait_until 5 ring_is_there "$ring"
  start tally-relay "shm:$ring" null:
  local out=$started
  sleep 0.3
  kill -KILL "$out"
  finish "$in"
  assert_equal "$status" 75
  grep -q "error: ring $ring is full and its consumer was killed" "err.$in"
  assert_balanced in.json
}

@test "rings are listed shown and removed" {
  local ring
  ring=$(ring_name)
  tally-relay gen:count=7 "shm:$ring,slots=64,bytes=128"
  run_tool tally-relay ring ls
  assert_success
  assert_line --regexp "^$ring +64 +128 +7 +closed"
  run_tool tally-relay ring ls --json
  [[ $output == *"\"name\":\"$ring\""* ]]
  run_tool tally-relay ring stat "$ring"
  assert_line --regexp "^records +7 now; 7 published, 0 released, 0 lost"
  run_tool tally-relay ring stat "$ring" --json
  [[ $output == '{"schema":"tally.ring/1",'*'"slots":64,"bytes":128,'* ]]
  run_tool tally-relay ring rm "$ring"
  assert_success
  [[ $stderr == *"7 unread records went with ring $ring"* ]]
  run_tool tally-relay ring stat "$ring"
  assert_refused 66 "there is no ring $ring" "ring ls"
  run_tool tally-relay ring rm "$ring"
  assert_refused 66 "there is no ring $ring"
}

@test "a ring in use is only removed by force" {
  local ring
  ring=$(ring_name)
  start tally-relay "shm:$ring" null:
  wait_until 5 ring_is_there "$ring"
  run_tool tally-relay ring rm "$ring"
  assert_equal "$status" 75
  [[ $stderr == *"$started"* ]]
  run_tool tally-relay ring rm "$ring" --force
  assert_success
  finish "$started"
  assert_equal "$status" 65
  no_rings_left
}

@test "doctor names what it looked at" {
  run_tool tally-relay doctor --json
  [[ $status == 0 || $status == 1 ]]
  for name in io_uring rmem_max wmem_max memlock /dev/shm 'huge pages' 'idle states' cores; do
    [[ $output == *"\"name\":\"$name\""* ]] || fail "no $name"
  done
}

@test "a standing link as statistics file is written through" {
  ln -s real.json link.json
  touch real.json
  run_tool tally-relay gen:count=1 null: --stats-out link.json
  assert_success
  [[ -L link.json ]]
  assert_equal "$(stat_of real.json rx_records)" 1
}

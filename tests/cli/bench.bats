#!/usr/bin/env bats
# tally-bench: cases and their results, and the pipeline run against a chain that misbehaves.
# shellcheck disable=SC2030,SC2031,SC2154  # tests are subshells; bats sets output and status
load helper

# fake_chain [MISCHIEF=N]...: starts a signing chain of one process on ports that are free; its key
# is in $key, the endpoints in $to and $from.
fake_chain() {
  local out_port=$((20000 + (BASHPID * 7 + RANDOM) % 12000))
  start "$TALLY_BIN/../tests/fake_signer" 0 "$out_port" "$@"
  wait_until 10 test -s "out.$started"
  local in_port
  read -r key in_port <"out.$started"
  to=udp://127.0.0.1:$in_port
  from=udp://127.0.0.1:$out_port
}

pipeline() {
  run_tool tally-bench pipeline --to "$to" --from "$from" --pubkey "$key" "$@"
}

@test "list names every case once and the bare command does the same" {
  run_tool tally-bench list
  assert_success
  assert_line --partial "pool.lifo.64"
  assert_line --partial "ring.shm.rtt8"
  assert_line --partial "mpc.frost.sign.3of4"
  local listed=$output
  assert_equal "$(cut -d' ' -f1 <<<"$listed" | sort -u | wc -l)" "$(wc -l <<<"$listed")"
  run_tool tally-bench
  assert_success
  assert_equal "$output" "$listed"
}

@test "list takes a pattern and prints JSON" {
  run_tool tally-bench list verify.schnorr.single --json
  assert_success
  assert_equal "$(jq -r '.case, .unit, .threads, .peers[0]' <<<"$output" | tr '\n' ' ')" \
    "verify.schnorr.single ns 1 libsecp256k1 "
}

@test "a result line has every key of the contract" {
  run_tool tally-bench run sha256.64 --quick --json
  assert_success
  assert_equal "$(jq -r 'keys_unsorted | join(" ")' <<<"$output")" \
    "schema case unit median p10 p90 samples seed calibration_ns mode peers notes clock"
  assert_equal "$(jq -r '.schema, .case, .unit, .mode' <<<"$output" | tr '\n' ' ')" \
    "tally.bench.result/1 sha256.64 ns none "
  jq -e '(.median == null and (.notes | length) > 0) or
         (.median > 0 and .p10 <= .median and .median <= .p90 and .samples >= 1)' <<<"$output"
}

@test "a case has its peers with median and ratio" {
  run_tool tally-bench run verify.ecdsa.single --quick --json
  assert_success
  jq -e '.peers[0].name == "libsecp256k1" and (.peers[0] | has("median") and has("ratio"))' \
    <<<"$output"
}

@test "a case of two threads on one processor is null with the reason" {
  run_tool taskset -c 0 tally-bench run ring.shm.rtt8 --quick --json
  assert_success
  jq -e '.median == null and .samples == 0 and (.notes[0] | startswith("not measured: needs 2"))' \
    <<<"$output"
}

@test "a pattern that matches nothing and one that cannot are refused" {
  run_tool tally-bench run queue.nothing
  assert_refused 66 "no case matches 'queue.nothing'" "tally-bench list"
  run_tool tally-bench run 'Queue SPSC'
  assert_refused 64 "holds a character that no case name has" "a glob"
  run_tool tally-bench list 'sha256.6'
  assert_refused 66 "no case matches"
}

@test "a run on a terminal says how long it still takes and wipes that" {
  command -v script >/dev/null || skip "script is not installed"
  run timeout 60 script -qec "stty cols 80; TERM=xterm tally-bench run 'pool.lifo.*' --time 2s" \
    /dev/null
  assert_success
  assert_output --regexp \
    $'\r''pool\.lifo\.[0-9]+ [0-9]+ of [0-9]+, [0-9]+ %, [0-9]+ s, [0-9]+ s left'$'\e''\[K'
  # Each line of progress is gone before a result is printed.
  assert_line --regexp $'\r\e''\[Kpool\.lifo\.[0-9]+ +ns '
}

@test "an interrupted run prints the cases that it has measured" {
  start env --default-signal=INT tally-bench run --json
  wait_until 30 test -s "out.$started"
  kill -INT "$started"
  finish "$started"
  assert_equal "$status" 130
  jq -es --argjson all "$(tally-bench list | wc -l)" \
    'length >= 1 and length < $all and all(.schema == "tally.bench.result/1")' "out.$started"
}

@test "doctor looks at the host" {
  run_tool tally-bench doctor --json
  [[ $status == 0 || $status == 1 ]]
  assert_equal "$(jq -r 'select(.name == "processors") | .tool' <<<"$output")" tally-bench
}

@test "a pipeline run through an honest chain loses nothing" {
  fake_chain
  pipeline --closed-loop --count 500 --window 64 --json
  assert_success
  jq -e '.sent == 500 and .received == 500 and .signed == 500 and .verified == 500 and .lost == 0
         and .bad_signatures == 0 and .partial == false and .end == "complete"
         and .hops[-1].name == "end_to_end" and .hops[-1].count == 500
         and .hops[-1].p9999_ns == null' <<<"$output"
}

@test "a pipeline run can be recorded for pictures" {
  fake_chain
  pipeline --count 200 --rate 2000 --recording saved
  assert_success
  jq -e '.schema == "tally.bench.recording/1" and .name == "pipeline.end_to_end" and
    .latency.count == 200 and .partial == false and (.grid.cells | length) > 0' saved
}

@test "the text of a pipeline run has counts and percentiles and a picture" {
  fake_chain
  pipeline --closed-loop --count 300 --window 64 --bytes 200 --heatmap
  assert_success
  assert_line --index 0 --partial "sent 300, received 300, signed 300, verified 300, lost 0"
  assert_line --partial "p99.9"
  assert_line --partial "end_to_end"
  assert_line --regexp '^ +\+-+$'
  assert_line --partial "closed loop, at most 64 unanswered"
  refute_output --partial $'\e['
}

@test "a rate makes an open loop" {
  fake_chain
  pipeline --count 100 --rate 2000 --json
  assert_success
  jq -e '.loop == "open" and .rate_per_s == 2000 and .verified == 100' <<<"$output"
}

@test "lost packets end with status 1 after the timeout" {
  fake_chain lose=50
  pipeline --closed-loop --count 100 --timeout 300ms
  assert_failure 1
  assert_line --index 0 --partial "received 98, signed 98, verified 98, lost 2"
  assert_line --partial "ended after 300 ms without an answer"
}

@test "a wrong signature ends with status 1 and is named" {
  fake_chain spoil=60
  pipeline --closed-loop --count 100
  assert_failure 1
  assert_line --index 0 --partial "verified 99, lost 0, wrong signatures 1"
  assert_line --partial "the first wrong signature is that of packet 59"
}

@test "an unsigned answer and an altered one end with status 1" {
  fake_chain bare=50
  pipeline --closed-loop --count 60 --json
  assert_failure 1
  jq -e '.received == 60 and .signed == 59 and .lost == 0' <<<"$output"
  fake_chain alter=50
  pipeline --closed-loop --count 60 --timeout 300ms --json
  assert_failure 1
  jq -e '.altered == 1 and .lost == 1' <<<"$output"
}

@test "duplicates and strangers are counted and no failure" {
  fake_chain duplicate=20 strangers=30
  pipeline --closed-loop --count 110 --json
  assert_success
  jq -e '.duplicates == 5 and .foreign == 3 and .lost == 0' <<<"$output"
}

@test "a signature by another key is wrong" {
  fake_chain
  key=79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798
  pipeline --closed-loop --count 20 --json
  assert_failure 1
  jq -e '.verified == 0 and .bad_signatures == 20' <<<"$output"
}

@test "an interrupted run prints what it has and ends with status 130" {
  fake_chain
  # A background job of a shell without job control ignores SIGINT; env gives it back.
  start env --default-signal=INT tally-bench pipeline --to "$to" --from "$from" --pubkey "$key" \
    --count 1000000 --rate 1000 --json
  sleep 3
  kill -INT "$started"
  finish "$started"
  assert_equal "$status" 130
  jq -e '.partial == true and .end == "stopped" and .received > 0 and .received < 1000000' \
    "out.$started"
}

@test "packets that nobody takes are an error at once" {
  fake_chain
  kill -KILL "$started"
  wait "$started" || true
  pipeline --closed-loop --count 10
  assert_refused 75 "packets are refused" "start the chain"
}

@test "what is missing or malformed on the command line is refused" {
  key=79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798
  run_tool tally-bench pipeline --to udp://127.0.0.1:9 --from udp://127.0.0.1:0
  assert_refused 64 "--pubkey is missing"
  run_tool tally-bench pipeline --closed-loop --pubkey "$key" --from udp://127.0.0.1:0
  assert_refused 64 "--to is missing"
  run_tool tally-bench pipeline --closed-loop --pubkey "$key" --to udp://127.0.0.1:9 --from null:
  assert_refused 64 "--from null: is not a datagram socket"
  run_tool tally-bench pipeline --pubkey 1234 --to udp://127.0.0.1:9 --from udp://127.0.0.1:0
  assert_refused 65 "--pubkey: the public key is not 32 bytes"
}

@test "a closed loop has to be asked for" {
  key=79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798
  run_tool tally-bench pipeline --pubkey "$key" --to udp://127.0.0.1:9 --from udp://127.0.0.1:0
  assert_refused 64 "--rate is missing" "--closed-loop"
  run_tool tally-bench pipeline --pubkey "$key" --to udp://127.0.0.1:9 --from udp://127.0.0.1:0 \
    --rate 2000 --closed-loop
  assert_refused 64 "exclude each other"
}

@test "a port in use is refused" {
  fake_chain
  to_port=${to##*:}
  from=udp://127.0.0.1:$to_port
  pipeline --closed-loop --count 1
  assert_refused 75 "cannot bind"
}

@test "hops of several tools are one table" {
  printf '%s' '{"schema":"tally.stats/1","tool":"tally-relay","final":true,"hops":[' >in.json
  printf '%s' '{"name":"udp_to_ring","count":1000,"p50_ns":1500,"p99_ns":9000,' >>in.json
  printf '%s\n' '"p999_ns":12000,"p9999_ns":null,"max_ns":20000}],"counts":{}}' >>in.json
  fake_chain
  pipeline --closed-loop --count 100 --hops in.json --out pipeline.json
  assert_success
  assert_line --regexp '^in: udp_to_ring +1000 +1\.50 us +~9\.00 us +~12\.0 us +- +20\.0 us$'
  assert_line --regexp '^end_to_end +100 '
  run_tool tally-bench hops in.json pipeline.json --json
  assert_success
  assert_equal "$(jq -r .name <<<"$output" | head -1)" "in: udp_to_ring"
  run_tool tally-bench hops absent.json
  assert_refused 66 "absent.json"
}

@test "a full disk on the output is an error" {
  [[ -w /dev/full ]] || skip "no /dev/full"
  run --separate-stderr bash -c 'timeout 60 tally-bench list >/dev/full'
  assert_refused 74 ""
}

@test "peers prints ours beside the best peer and the limit" {
  run_tool tally-bench peers pool.lifo.64 --quick
  assert_success
  assert_line --index 0 --regexp '^case .* best peer .* ratio .* p10..p90 .* limit .* seed'
  assert_line --index 1 --regexp '^pool.lifo.64 .* 16.18 '
  run_tool tally-bench peers ring.shm.rtt8 --quick --json
  assert_success
  jq -es 'all(.schema == "tally.bench.result/1" and
              (.peers | all(has("ratio_p10") and has("ratio_p90") and has("pairs"))))' <<<"$output"
}

@test "peers refuses cases without any" {
  run_tool tally-bench peers queue.spsc.pair --quick
  # A build with peers has one for it.
  [[ ! -d $TALLY_BIN/tally-bench-peers ]] || skip "this build has peers for every case"
  assert_refused 66 "none of these cases has a peer" "list --json"
}

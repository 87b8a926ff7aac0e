#!/usr/bin/env bats
# tally-bench: recordings and results in other formats, and pictures of them.
# shellcheck disable=SC2030,SC2031,SC2154  # tests are subshells; bats sets output and status
load helper

# samples FILE [SHIFT [FACTOR]]: 20000 measurements over a second with a tail, times FACTOR.
samples() {
  perl -e '
    my ($shift, $factor) = @ARGV;
    my $state = 12345;
    sub uniform { $state = ($state * 1103515245 + 12345) % 2147483648; $state / 2147483648 }
    for my $i (0 .. 19999) {
      my $latency = 10000 + 4000 * (uniform() + uniform() + uniform());
      $latency += 60000 * uniform() if $i % 50 == 0;
      $latency = 3000000 + 1000000 * uniform() if $i % 4000 == 3999;
      printf "%d %d\n", 1000000000 + $i * 50000 + $shift, $latency * $factor;
    }' "${2:-0}" "${3:-1}" >"$1"
}

# recording FILE [FACTOR]: the same as a saved recording.
recording() {
  samples samples.txt 0 "${2:-1}"
  tally-bench convert samples.txt --to json >"$1"
}

@test "measurements become a recording and its table" {
  samples run.txt
  run_tool tally-bench convert run.txt
  assert_success
  assert_line --index 1 --regexp '^run +20000 +1[56]\.. us .* 3\.[0-9]+ ms$'
  run_tool tally-bench convert run.txt --json
  assert_success
  jq -e '.schema == "tally.bench.recording/1" and .name == "run" and .latency.count == 20000
         and (.latency.hdr | startswith("HISTFAAA")) and .grid.columns == 256
         and .duration_ns == 999950000 and .partial == false' <<<"$output"
}

@test "a recording passes through a log and keeps its percentiles" {
  recording run.json
  tally-bench convert run.json --to hlog >run.hlog
  run_tool tally-bench convert run.hlog
  assert_success
  local from_log=${lines[1]}
  run_tool tally-bench convert run.json
  assert_equal "$(sed 's/^[a-z]* *//' <<<"$from_log")" "$(sed 's/^[a-z]* *//' <<<"${lines[1]}")"
}

@test "the Java HistogramLogProcessor reads a log and finds the same distribution" {
  local jar=/usr/share/java/hdrhistogram.jar
  command -v java >/dev/null || skip "java is not installed (default-jre-headless)"
  [[ -f $jar ]] || skip "no $jar (libhdrhistogram-java)"
  recording run.json
  tally-bench convert run.json --to hlog >run.hlog
  tally-bench convert run.json --to hgrm >ours.hgrm
  timeout 60 java -cp "$jar" org.HdrHistogram.HistogramLogProcessor -i run.hlog \
    -outputValueUnitRatio 1000 -o theirs
  # Their first line says which part of the log it is.
  diff ours.hgrm <(sed 1d theirs.hgrm)
  grep -q 'Total count    =        20000' ours.hgrm
}

@test "compare from google benchmark reads what run prints and finds equal figures" {
  local compare=/usr/share/benchmark/compare.py
  [[ -f $compare ]] || skip "no $compare (libbenchmark-tools)"
  # Debian's own, which is where Debian's scipy is.
  local python=/usr/bin/python3
  "$python" -c 'import scipy' 2>/dev/null || skip "$python has no scipy (python3-scipy)"
  printf '%s%s\n' '{"schema":"tally.bench.result/1","case":"a.b","unit":"ns","median":12.5,' \
    '"p10":11,"p90":14,"samples":30,"seed":null,"calibration_ns":1,"mode":"near",' \
    '"peers":[{"name":"p","median":25,"ratio":0.5}],"notes":[]}' | tr -d '\n' >old.json
  sed 's/12\.5/15/' old.json >new.json
  tally-bench convert old.json --to google-benchmark >old.google.json
  tally-bench convert new.json --to google-benchmark >new.google.json
  timeout 60 "$python" "$compare" --no-color -d diff.json benchmarks old.google.json \
    new.google.json
  assert_equal "$(jq -c '[.[] | select(.name | startswith("a.b")) |
    [.name, .measurements[0].real_time, .measurements[0].real_time_other,
     .measurements[0].time]]' diff.json)" \
    '[["a.b/near",12.5,15,0.2],["a.b/near/peer:p",25,25,0]]'
}

@test "run prints google benchmark and CSV" {
  run_tool tally-bench run sha256.64 --quick --format google-benchmark
  assert_success
  jq -e '(.context.library_build_type | . == "release" or . == "debug") and
         .context.num_cpus >= 1 and (.context.caches | type == "array") and
         .benchmarks[0].name == "sha256.64" and .benchmarks[0].time_unit == "ns"' <<<"$output"
  printf '%s\n' "$output" >google.json
  run_tool tally-bench convert google.json --to csv
  assert_success
  assert_line --index 0 --regexp \
    '^case,mode,subject,unit,median,p10,p90,samples,ratio,seed,calibration_ns,notes$'
  assert_line --index 1 --regexp '^sha256\.64,none,ours,ns,'
  run_tool tally-bench run sha256.64 --quick --format csv
  assert_success
  assert_line --index 1 --regexp '^sha256\.64,none,ours,ns,'
}

@test "a malformed measurement is refused with its line" {
  printf '1 2\n3 4\n5 six\n' >bad.txt
  run_tool tally-bench convert bad.txt
  assert_refused 65 "bad.txt: line 3: '5 six' is not two whole numbers" "TIME_NS LATENCY_NS"
  run_tool tally-bench convert - <bad.txt
  assert_refused 65 "standard input: line 3:"
}

@test "what cannot be read or written is refused" {
  run_tool tally-bench convert absent.json
  assert_refused 66 "cannot open absent.json"
  : >empty
  run_tool tally-bench convert empty
  assert_refused 65 "empty: nothing in it" "google-benchmark JSON"
  recording run.json
  sed 's/"count":20000/"count":20001/' run.json >false.json
  run_tool tally-bench convert false.json
  assert_refused 65 "false.json: line 1: count 20001 is not that of the histogram, 20000"
  run_tool tally-bench convert run.json --to google-benchmark
  assert_refused 64 "recordings cannot be written as google-benchmark" "hgrm"
  run_tool tally-bench convert run.json --name other
  assert_refused 66 "run.json has no recording 'other'" "it has samples"
  cat run.json run.json >two.json
  run_tool tally-bench convert two.json --to hgrm
  assert_refused 64 "hgrm holds one series, and here are 2: samples, samples" "--name"
  run_tool tally-bench run sha256.64 --quick --format google-benchmark
  assert_success
  printf '%s\n' "$output" >google.json
  run_tool tally-bench convert google.json --to hlog
  assert_refused 64 "results have no distribution to write as hlog"
}

@test "two times a line are sending and receiving" {
  printf '1000 1500\n2000 2700\n' >stamps.txt
  run_tool tally-bench convert stamps.txt --stamps --json
  assert_success
  jq -e '.latency.min_ns == 500 and .latency.max_ns == 700' <<<"$output"
  printf '1000 900\n' >stamps.txt
  run_tool tally-bench convert stamps.txt --stamps
  assert_refused 65 "line 1: received at 900, before it was sent at 1000"
}

@test "an interrupted pipe gives a partial recording and status 130" {
  mkfifo pipe
  start env --default-signal=INT tally-bench convert pipe --json
  exec 7>pipe
  printf '1 500\n2 600\n3 7' >&7
  sleep 0.5
  kill -INT "$started"
  finish "$started"
  exec 7>&-
  assert_equal "$status" 130
  jq -e '.partial == true and .latency.count == 2' "out.$started"
}

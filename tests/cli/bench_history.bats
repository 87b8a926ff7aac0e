#!/usr/bin/env bats
# tally-bench baseline, history and watch. Figures are written by hand where a verdict hangs on
# them.
# shellcheck disable=SC2154  # bats sets output and status
load helper

# result CASE MEDIAN [UNIT]: a result line with no spread.
result() {
  printf '{"schema":"tally.bench.result/1","case":"%s","unit":"%s","median":%s,"mode":"none"}\n' \
    "$1" "${3:-ns}" "$2"
}

# entry TIME_S MEDIAN [LABEL]: a line of a history.
entry() {
  printf '{"schema":"tally.bench.history/1","time_ns":%s,"label":"%s","host":"0a0b0c0d",' \
    "$1"000000000 "${3:-}"
  printf '"case":"a","unit":"ns","mode":"none","median":%s,"p10":null,"p90":null,' "$2"
  printf '"samples":40,"calibration_ns":null}\n'
}

baseline() {
  run_tool tally-bench baseline "$@" --dir kept
}

history() {
  run_tool tally-bench history "$@"
}

# save_ab: a baseline "v1" of the cases a and b.
save_ab() {
  { result a 100 && result b 50 op/s; } >old
  baseline save v1 --from old
  assert_success
}

@test "a baseline is saved and listed and equal results are no change" {
  save_ab
  baseline list --json
  assert_success
  jq -e '.name == "v1" and .results == 2 and .differs == [] and .file == "kept/v1.jsonl" and
         (.host | has("kernel") and has("cpu_model") and has("tuned"))' <<<"$output"
  baseline compare v1 --from old --json
  assert_success
  assert_equal "$(jq -r .verdict <<<"$output" | sort | uniq -c | tr -s ' ')" " 2 none"
}

@test "without a folder baselines are kept below the data folder of the user" {
  export XDG_DATA_HOME=$PWD/data
  result a 1 >one
  run_tool tally-bench baseline save mine --from one
  assert_success
  [[ -s data/tally-bench/baselines/mine.jsonl ]]
}

@test "a cost that rose and a rate that fell are regressions and end with status 1" {
  save_ab
  { result a 140 && result b 50 op/s; } >new
  baseline compare v1 --from new --json
  assert_failure 1
  jq -s -e 'map(select(.case == "a"))[0] | .verdict == "regression" and .before == 100 and
         .now == 140 and .ratio > 1.39 and .informational == false' <<<"$output"
  { result a 100 && result b 30 op/s; } >new
  baseline compare v1 --from new
  assert_failure 1
  { result a 60 && result b 80 op/s; } >new
  baseline compare v1 --from new --json
  assert_success
  assert_equal "$(jq -r .verdict <<<"$output" | uniq)" improvement
  { result a 140 && result b 50 op/s; } >new
  baseline compare v1 --from new --floor 50
  assert_success
}

@test "a baseline of another host informs and fails nothing" {
  save_ab
  sed -i '1s/"kernel":"[^"]*"/"kernel":"2.4.0"/' kept/v1.jsonl
  result a 500 >new
  baseline compare v1 --from new --json
  assert_success
  [[ $stderr == *"of another host: kernel (2.4.0 there, "* ]]
  jq -s -e 'map(select(.case == "a"))[0] | .verdict == "regression" and .informational == true and
         (.differs[0] | startswith("kernel"))' <<<"$output"
}

@test "a damaged baseline and a foreign file are refused" {
  save_ab
  sed -i 's/"median":100/"median":101/' kept/v1.jsonl
  baseline compare v1 --from old
  assert_refused 65 "kept/v1.jsonl is damaged: its checksum is another" "--replace"
  head -c 30 /dev/urandom >kept/v2.jsonl
  baseline compare v2 --from old
  assert_refused 65 "kept/v2.jsonl is not a baseline" "baseline save"
  baseline list
  assert_success
  [[ $stderr == *"v1.jsonl is damaged"*"v2.jsonl is not a baseline"* ]]
}

@test "a baseline is not written over by accident" {
  save_ab
  baseline save v1 --from old
  assert_refused 73 "kept/v1.jsonl exists" "--replace"
  result c 1 >one
  baseline save v1 --from one --replace
  assert_success
  baseline list
  assert_line --partial "1 results"
}

@test "what is missing or wrong about a baseline is refused" {
  baseline compare none --from /dev/null
  assert_refused 66 "there is no baseline kept/none.jsonl" "list"
  baseline save ../v1 --from /dev/null
  assert_refused 64 "'../v1' cannot be the name of a baseline"
  echo words >words
  baseline save v1 --from words
  assert_refused 65 "words:1"
  baseline save v1 pool --from words
  assert_refused 64 "a PATTERN and --from exclude each other"
  baseline save v1 no.such.case
  assert_refused 66 "no case matches"
}

@test "cases are measured for a baseline and measured again to compare" {
  baseline save now sha256.64 --quick
  assert_success
  baseline compare now --quick --json
  [[ $status == 0 || $status == 1 ]]
  jq -e '.case == "sha256.64" and .baseline == "now" and .now > 0' <<<"$output"
}

@test "results are appended to a history" {
  { result a 100 && result b 50; } | tally-bench history add h.jsonl --label first
  result a 101 >later
  history add h.jsonl later --label second
  assert_success
  assert_equal "$(jq -r '[.schema, .case, .label] | join(" ")' h.jsonl)" \
    "tally.bench.history/1 a first
tally.bench.history/1 b first
tally.bench.history/1 a second"
  history show h.jsonl --json
  assert_success
  jq -s -e 'map(select(.case == "a"))[0] | .entries == 2 and .changes == [] and
            .last_median == 101' <<<"$output"
}

@test "a change of level is found with its time and label" {
  for i in {1..12}; do entry "$((1700000000 + i))" "10$((i % 3))"; done >h.jsonl
  for i in {13..24}; do entry "$((1700000000 + i))" "15$((i % 3))" "v$i"; done >>h.jsonl
  history show h.jsonl --json
  assert_success
  jq -e '.schema == "tally.bench.series/1" and .entries == 24 and (.changes | length) == 1 and
         (.changes[0] | .index == 12 and .label == "v13" and .before == 101 and .after == 151 and
          .worse == true and .p_value <= 0.01)' <<<"$output"
  history show h.jsonl
  assert_line --partial 'worse since 2023-11-14 22:13:33Z (v13): 101 -> 151 ns (+49.5 %'
  history show h.jsonl --min-change 80
  refute_output --partial worse
}

@test "a torn last line is reported and the history goes on" {
  entry 1 100 >h.jsonl
  entry 2 100 | head -c 50 >>h.jsonl
  history show h.jsonl --json
  assert_success
  assert_equal "$stderr" "tally-bench: warning: h.jsonl:2: torn, skipped"
  result a 7 | tally-bench history add h.jsonl
  history show h.jsonl --json
  assert_equal "$(jq -s 'map(.entries) | add' <<<"$output")" 2
}

@test "a history is made of results and nothing else" {
  echo words >words
  history add h.jsonl - <words
  assert_refused 65 "standard input:1"
  result a 1 >one
  echo 'key = 1' >settings
  history add settings one
  assert_refused 65 "settings:1: not a line of schema" "history add"
  assert_equal "$(cat settings)" 'key = 1'
  history show settings
  assert_refused 65 "settings: not a line of schema"
  history show absent.jsonl
  assert_refused 66 "absent.jsonl"
  history add no/such/folder.jsonl one
  assert_refused 73 "cannot open no/such/folder.jsonl"
}

@test "watch appends as many rounds as it is told" {
  run_tool tally-bench watch --count 2 --every 1ms --history h.jsonl --label x --quick sha256.64
  assert_success
  jq -e '.case == "sha256.64" and .label == "x" and .median > 0' h.jsonl
  assert_equal "$(wc -l <h.jsonl)" 2
  run_tool tally-bench watch
  assert_refused 64 "--history is missing"
  echo 'key = 1' >settings
  run_tool tally-bench watch --history settings
  assert_refused 65 "settings:1"
}

@test "watch stops cleanly when it is told to end" {
  start tally-bench watch --every 1h --history h.jsonl --quick sha256.64
  wait_until 20 test -s h.jsonl
  sleep 0.2
  kill -TERM "$started"
  finish "$started"
  assert_equal "$status" 0
  jq -e '.case == "sha256.64"' h.jsonl
}

@test "the unit that watches a host is confined" {
  command -v systemd-analyze >/dev/null || skip 'systemd-analyze is not installed'
  sed 's|^ExecStart=tally-bench|ExecStart=/bin/true|' \
    "$TALLY_SOURCE_DIR/packaging/systemd/tally-bench-watch.service" >tally-bench-watch.service
  run systemd-analyze security --offline=true --no-pager --threshold=25 tally-bench-watch.service
  assert_success
  # The command it runs is one that the tool takes.
  local words
  words=$(sed -n 's/^ExecStart=//p' \
    "$TALLY_SOURCE_DIR/packaging/systemd/tally-bench-watch.service")
  export STATE_DIRECTORY=$PWD
  run_tool sh -c "$words sha256.64"
  assert_success
  [[ -s history.jsonl ]]
}

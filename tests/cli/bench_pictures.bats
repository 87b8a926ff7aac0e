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
  # All but the name, which a log does not carry.
  local from_log figures
  read -r _ from_log <<<"${lines[1]}"
  run_tool tally-bench convert run.json
  read -r _ figures <<<"${lines[1]}"
  assert_equal "$from_log" "$figures"
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
  printf '%s' '{"schema":"tally.bench.result/1","case":"a.b","unit":"ns","median":12.5,' \
    '"p10":11,"p90":14,"samples":30,"seed":null,"calibration_ns":1,"mode":"near",' \
    '"peers":[{"name":"p","median":25,"ratio":0.5}],"notes":[]}' >old.json
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

# assert_picture NAME FILE: that FILE is tests/golden/plot/NAME, byte for byte.
assert_picture() {
  assert_same_file "$TALLY_SOURCE_DIR/tests/golden/plot/$1" "$(cat "$2")"
}

@test "a heatmap is drawn as text and as an image" {
  samples run.txt
  run_tool tally-bench heatmap run.txt
  assert_success
  assert_golden plot/heatmap.txt
  run_tool env LC_ALL=C tally-bench heatmap --from - <run.txt
  assert_success
  ! LC_ALL=C grep -q '[^ -~]' <<<"$output" || fail "not ASCII: $output"
  tally-bench heatmap run.txt --title "latency of a made run" --svg run.svg --html run.html
  assert_picture heatmap.svg run.svg
  grep -q 'Content-Security-Policy' run.html
  run_tool tally-bench heatmap run.txt --json
  assert_success
  jq -e '.schema == "tally.bench.heatmap/1" and (.cells | length) == .bands and
         (.cells[0] | length) == .width and (.edges | length) == .bands + 1 and
         ([.cells[][] | numbers] | add | round) == 20000' <<<"$output"
}

@test "the difference of two runs is drawn as text and as an image" {
  samples before.txt
  samples after.txt 7000000000 1.25
  run_tool tally-bench heatmap before.txt --diff after.txt
  assert_success
  assert_golden plot/difference.txt
  tally-bench heatmap before.txt --diff after.txt --svg difference.svg
  assert_picture difference.svg difference.svg
  run_tool tally-bench heatmap before.txt --diff before.txt
  assert_success
  ! grep '|.*[#=]' <<<"$output" || fail "a difference between a run and itself"
}

@test "percentile curves are drawn as text and as an image" {
  samples before.txt
  samples after.txt 0 1.25
  run_tool tally-bench percentiles before.txt after.txt
  assert_success
  assert_golden plot/percentiles.txt
  assert_line --regexp '^p50 +1[56]\.[0-9] us +(19|20)\.[0-9] us +1\.2[45]'
  tally-bench percentiles before.txt after.txt --title "before and after" --svg curves.svg
  assert_picture percentiles.svg curves.svg
}

@test "an omission corrected series is a curve of its own" {
  recording run.json
  jq -c '.expected_interval_ns = 50000 | .corrected = .latency' run.json >both.json
  run_tool tally-bench percentiles both.json
  assert_success
  assert_line --partial "samples, omission corrected"
  run_tool tally-bench convert both.json --name samples:corrected
  assert_success
  assert_line --index 1 --regexp '^samples:corrected +20000'
}

@test "an image of 120 by 64 cells has at most 70 KB" {
  # Counts of every size in about half of 120 x 64 cells, 8 to an octave.
  perl -e 'my $s = 1; for my $x (0 .. 119) { for my $y (0 .. 63) {
    $s = ($s * 1103515245 + 12345) % 2147483648;
    next if $s & 65536;
    my $latency = int(1024 * 2 ** int($y / 8) * (8 + $y % 8 + 0.5) / 8);
    print $x * 1048576, " $latency\n" for 1 .. 1 << ($s >> 20) % 7; } }
    print 119 * 1048576 + 1048575, " 1100\n"' >cells.txt
  tally-bench heatmap --from cells.txt --svg cells.svg
  grep -q '120 by 64 cells' cells.svg
  run stat -c %s cells.svg
  ((output <= 70000)) || fail "$output bytes"
}

@test "a terminal of any width is filled and kept to" {
  command -v script >/dev/null || skip "script is not installed"
  samples run.txt
  local columns widest
  for columns in 40 80 200; do
    run timeout 60 script -qec "stty cols $columns rows 50
      TERM=xterm-256color tally-bench heatmap run.txt" /dev/null
    assert_success
    assert_output --partial $'\e[38;5;'
    assert_output --partial "▀"
    widest=$(sed 's/\x1b\[[0-9;]*m//g; s/\r$//' <<<"$output" | wc -L)
    assert_equal "$widest" "$columns"
  done
}

@test "a picture has no colour where none is wanted" {
  samples run.txt
  run timeout 60 script -qec "stty cols 80
    NO_COLOR=1 TERM=xterm-256color tally-bench heatmap run.txt" /dev/null
  assert_success
  refute_output --partial $'\e['
  run timeout 60 script -qec "TERM=xterm-256color
    tally-bench heatmap --color never run.txt" /dev/null
  refute_output --partial $'\e['
  run_tool tally-bench percentiles run.txt --color always
  assert_output --partial $'\e['
}

# history_file FILE: 16 results of a case that got slower at the ninth.
history_file() {
  local i
  for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do
    printf '{"schema":"tally.bench.history/1","time_ns":%d,"label":"c%d","host":"h","case":"a.b",' \
      $((i * 1000000000)) "$i"
    printf '"unit":"ns","mode":"none","median":%d.%d,"p10":9,"p90":18,"samples":9,' \
      $((i > 8 ? 15 : 10)) $((i % 3))
    printf '"calibration_ns":1}\n'
  done >"$1"
}

# Appended to a page: puts into its title whether it is dark, how many texts it has, and the least
# contrast of a text to what is drawn below it, as WCAG 2.1 defines it, with that text.
probe='<script>
const rgb = s => s.match(/[\d.]+/g).map(Number);
const light = c => c.slice(0, 3).map(v => v / 255)
  .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
  .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
const opaque = s => s && s.startsWith("rgb") && (rgb(s)[3] ?? 1) > 0.5;
const paint = e => { const s = getComputedStyle(e);
  return e instanceof SVGElement && !(e instanceof SVGSVGElement) ? s.fill : s.backgroundColor; };
let texts = 0, least = 99, which = "";
for (const e of document.querySelectorAll("svg text, td, th, caption, footer")) {
  if (!e.textContent.trim()) continue;
  e.scrollIntoView({block: "center"});
  const r = e.getBoundingClientRect();
  const below = document.elementsFromPoint(r.x + r.width / 2, r.y + r.height / 2)
    .filter(b => b != e && b.tagName != "text" && opaque(paint(b)))[0];
  const s = getComputedStyle(e), ink = light(rgb(e instanceof SVGElement ? s.fill : s.color));
  const ground = light(rgb(paint(below ?? document.body)));
  const contrast = (Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05);
  texts++;
  if (contrast < least) { least = contrast; which = e.textContent.trim(); }
}
document.title = ["look", matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light",
  getComputedStyle(document.body).backgroundColor.replaceAll(" ", ""), texts,
  least.toFixed(1), which].join(" ");
</script>'

# chromium_dom PAGE MODE: what PAGE has become in Chromium, to PAGE.MODE.dom; fails when it
# complains or asks for anything.
chromium_dom() {
  local page=$1 mode=$2 scheme=1
  [[ $mode == light ]] || scheme=0
  # A root without a user namespace needs --no-sandbox; the page is ours.
  timeout 100 chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run \
    --disable-background-networking --disable-component-update --disable-sync \
    --disable-dev-shm-usage --user-data-dir="$PWD/profile" --enable-logging=stderr --v=0 \
    --blink-settings=preferredColorScheme=$scheme --log-net-log="$PWD/$page.net" \
    --window-size=1040,1100 --dump-dom "file://$PWD/$page" >"$page.$mode.dom" 2>"$page.log" ||
    fail "$(tail -5 "$page.log")"
  ! grep -E 'CONSOLE|Uncaught|Refused' "$page.log" || fail "$page complains"
  # What Chromium itself asks for, as far as it does, goes to Google's own services.
  ! grep -oE '"url":"https?://[^"]*"' "$page.net" | grep -vE 'google(apis|usercontent)?\.com/' ||
    fail "$page asks for something"
}

@test "pages render in Chromium in light and dark without an error or a request" {
  skip_under_sanitizers
  command -v chromium >/dev/null || skip "chromium is not installed"
  samples before.txt
  samples after.txt 0 1.25
  history_file bench.jsonl
  tally-bench heatmap before.txt --html heatmap.html
  tally-bench heatmap before.txt --diff after.txt --html difference.html
  tally-bench percentiles before.txt after.txt --html percentiles.html
  tally-bench history show bench.jsonl --html history.html >/dev/null
  local -a pages=(heatmap difference percentiles history)
  if (($(nproc) >= 2)); then
    tally-bench cores --rounds 1 --html cores.html >/dev/null
    pages+=(cores)
  fi
  local page mode look texts contrast which
  for page in "${pages[@]}"; do
    { sed 's/<\/body>.*//; /^<\/html>/d' "$page.html" && printf '%s</body></html>\n' "$probe"; } \
      >"$page.probed.html"
    for mode in light dark; do
      chromium_dom "$page.html" "$mode"
      grep -q '</svg>' "$page.html.$mode.dom"
      chromium_dom "$page.probed.html" "$mode"
      look=$(sed -n 's/.*<title>look \(.*\)<\/title>.*/\1/p' "$page.probed.html.$mode.dom")
      echo "$page: $look"
      [[ $mode == light ]] || [[ $look == "dark rgb(20,22,26) "* ]] || fail "$page is not dark"
      [[ $mode == dark ]] || [[ $look == "light rgb(255,255,255) "* ]] || fail "$page is not light"
      read -r _ _ texts contrast which <<<"$look"
      ((texts >= 4)) || fail "$page has $texts texts"
      # 4.5 is what WCAG 2.1 (1.4.3) asks of text.
      jq -en "$contrast >= 4.5" || fail "$page in $mode: '$which' has a contrast of $contrast"
    done
  done
  # The script has run: it has put its cursor into the image.
  grep -q '<rect class="q"' heatmap.html.light.dom
}

@test "what cannot be drawn is refused" {
  run_tool tally-bench heatmap
  assert_refused 64 "nothing to draw" "--from -"
  printf '1 2\n\nx\n' >bad.txt
  run_tool tally-bench heatmap --from - <bad.txt
  assert_refused 65 "standard input: line 3: 'x' is not two whole numbers" "TIME_NS LATENCY_NS"
  run_tool tally-bench heatmap --from bad.txt bad.txt
  assert_refused 64 "a file and --from at once"
  recording run.json
  jq -c '.grid = null' run.json >flat.json
  run_tool tally-bench heatmap flat.json
  assert_refused 65 "flat.json: recording samples has no grid over time" "percentiles"
  run_tool tally-bench heatmap run.json --diff absent.json
  assert_refused 66 "cannot open absent.json"
  run_tool tally-bench heatmap run.json --svg absent/run.svg
  assert_refused 73 "cannot create absent/run.svg"
  run_tool tally-bench percentiles run.json run.json run.json run.json run.json run.json run.json
  assert_refused 64 "7 curves are too many" "at most 6"
  echo '{"schema":"tally.stats/1"}' >stats.json
  run_tool tally-bench percentiles stats.json
  assert_refused 65 "stats.json: schema tally.stats/1 cannot be read here"
}

@test "the first of several recordings is drawn and a name chooses another" {
  recording run.json
  jq -c '.name = "other" | .what = "wake-up latency"' run.json >other.json
  cat run.json other.json >two.json
  run_tool tally-bench heatmap two.json
  assert_success
  assert_line --index 0 --partial "samples: 20 000 values"
  assert_line --partial "note: two.json has 2 recordings"
  run_tool tally-bench heatmap two.json --name other
  assert_success
  assert_line --index 0 --partial "other: 20 000 values"
  run_tool tally-bench heatmap two.json --name nothing
  assert_refused 66 "two.json has no recording 'nothing'" "it has samples, other"
}

@test "a history and a core matrix are pages as well" {
  history_file bench.jsonl
  run_tool tally-bench history show bench.jsonl --plot --html history.html
  assert_success
  assert_output --partial "^"
  grep -q 'worse +[45][0-9]' history.html
  (($(nproc) >= 2)) || skip "a core matrix needs two processors"
  run_tool tally-bench cores --rounds 1 --svg cores.svg --html cores.html
  assert_success
  grep -q '<title>core to core</title>' cores.svg
  grep -q 'Content-Security-Policy' cores.html
}

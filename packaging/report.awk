# From ctest's JUnit file: how many tests ran, failed and were skipped, each skip with its reason,
# and what tests say about themselves in lines that begin with "ran:". A bats file is one ctest; its
# tests are counted from its TAP lines. `label` stands before each line.

function text_of(line) {
  gsub(/&lt;/, "<", line); gsub(/&gt;/, ">", line); gsub(/&quot;/, "\"", line)
  gsub(/&apos;/, "'", line); gsub(/&amp;/, "\\&", line)
  return line
}

function note_skip(test, why) {
  skips[++skip_count] = test ": " why
}

/<testcase name="/ {
  name = $0
  sub(/^.*<testcase name="/, "", name)
  sub(/" classname=.*$/, "", name)
  name = text_of(name)
  skipped = 0
  reason = ""
  if ($0 ~ /status="run"/) ran++
  if ($0 ~ /status="fail"/) { ran++; failed++ }
  if ($0 ~ /status="disabled"/) { note_skip(name, "disabled") }
}

/<skipped message="SKIP_RETURN_CODE/ { skipped = 1 }
/<skipped message="/ && !/SKIP_RETURN_CODE/ { failed++ }

{
  line = $0
  sub(/^.*<system-out>/, "", line)
  sub(/<\/system-out>.*$/, "", line)
}
skipped && line ~ /^skipped: / { reason = text_of(substr(line, 10)) }
line ~ /^ran: / { says[++say_count] = text_of(line) }
line ~ /^ok [0-9]+ / || line ~ /^not ok [0-9]+ / {
  bats++
  if (match(line, / # skip/)) {
    bats_skipped++
    why = text_of(substr(line, RSTART + 7))
    sub(/^ +/, "", why)
    title = text_of(substr(line, 1, RSTART - 1))
    sub(/^(not )?ok [0-9]+ /, "", title)
    note_skip(name ", " title, why == "" ? "no reason given" : why)
  }
}

/<\/testcase>/ && skipped {
  whole++
  note_skip(name, reason == "" ? "no reason given" : reason)
  skipped = 0
}

END {
  printf "%s: %d tests ran, %d failed, %d skipped", label, ran, failed, whole
  if (bats) printf "; inside them %d command-line tests, %d skipped", bats, bats_skipped
  printf "\n"
  for (i = 1; i <= say_count; i++) printf "%s: %s\n", label, says[i]
  for (i = 1; i <= skip_count; i++) printf "%s: skipped: %s\n", label, skips[i]
}

#!/bin/sh
# run_one.sh FILE NAME: runs the one test NAME of a bats file. Exit 0 passed, 77 skipped with the
# reason printed, 1 failed, also when not exactly one test ran.
set -u
file=$1
name=$2
case ${BATS:-} in
'' | *NOTFOUND)
  echo 'skipped: bats is not installed'
  exit 77
  ;;
esac

output=$("$BATS" --tap --filter "^$name\$" "$file" 2>&1 </dev/null)
status=$?
ran=$(printf '%s\n' "$output" | grep -c -E '^(not )?ok [0-9]+ ')
if [ "$status" -ne 0 ] || [ "$ran" -ne 1 ]; then
  # Indented, so that nothing takes these for lines of a TAP stream of its own.
  printf '%s\n' "$output" | sed 's/^/  /'
  echo "failed: $ran tests ran, bats ended with $status"
  exit 1
fi

skipped=$(printf '%s\n' "$output" | sed -n 's/^ok [0-9]* .*# skip *//p')
case $output in
*'# skip'*)
  echo "skipped: ${skipped:-no reason given}"
  exit 77
  ;;
esac
# What the test wrote to descriptor 3 are the figures it saw.
printf '%s\n' "$output" | sed -n 's/^# /ran: /p'
echo "passed: $name"

#!/usr/bin/env bats
# tally-tune on fake hosts, below --root; see tests/support/fake_host.sh for what they are.
# shellcheck disable=SC2154  # bats sets stderr
load helper

timers=proc/sys/kernel/timer_migration
drop_in=etc/default/grub.d/90-tallyio.cfg
journal=var/lib/tallyio/tune/t0001/journal

# host KIND [FOLDER]: builds a fake host; its root is then $root.
host() {
  root=${2:-$1}
  sh "$TALLY_SOURCE_DIR/tests/support/fake_host.sh" "$1" "$root"
}

# snapshot: every value of the host, without the journal.
snapshot() {
  (cd "$root" && find . -path ./var -prune -o -type f -print | sort | xargs sha256sum)
}

need_root() {
  [[ $(id -u) -eq 0 ]] || skip 'needs root to become another user'
}

# as_nobody COMMAND...: without the rights of root. Its folder must let nobody in.
as_nobody() {
  local at=$PWD
  while [[ $at != / ]]; do
    chmod o+x "$at" 2>/dev/null || true
    at=$(dirname "$at")
  done
  run_tool setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
}

@test "status of every fake host is as it was" {
  for kind in vm2 smt8 numa32 odd empty; do
    host "$kind"
    run_tool tally-tune status --root "$root"
    assert_success
    assert_golden "tune/status-$kind.txt"
    run_tool tally-tune status --root "$root" --json
    assert_success
    assert_json_lines
    assert_equal "$(grep -c '^{"schema":"tally.tune.status/1",' <<<"$output")" "${#lines[@]}"
  done
}

@test "no command shows the status" {
  host vm2
  run_tool tally-tune --root "$root"
  assert_success
  assert_golden tune/status-vm2.txt
}

@test "plans of every fake host are as they were" {
  for kind in vm2 smt8 numa32 odd empty; do
    host "$kind"
    run_tool tally-tune plan --root "$root"
    assert_success
    assert_golden "tune/plan-$kind.txt"
    run_tool tally-tune apply --dry-run --root "$root"
    assert_golden "tune/plan-$kind.txt"
  done
}

@test "plan and status change nothing" {
  host numa32
  before=$(snapshot)
  tally-tune plan --root "$root" --out plan.json >/dev/null
  tally-tune status --root "$root" >/dev/null
  assert_equal "$(snapshot)" "$before"
  assert [ ! -e "$root/var/lib/tallyio" ]
}

@test "two cores have nothing to isolate and it is said" {
  host vm2
  run_tool tally-tune plan --root "$root"
  assert_success
  [[ $stderr == *'nothing to isolate: node 0 has 2 cores'* ]]
  refute_output --partial isolcpus
}

@test "what is applied is undone to the byte" {
  for kind in vm2 smt8 numa32; do
    host "$kind"
    before=$(snapshot)
    run_tool tally-tune apply --yes --root "$root"
    assert_success
    assert_equal "$(cat "$root/$timers")" 0
    run_tool tally-tune plan --check --root "$root"
    assert_success
    assert_output 'nothing to change'
    run_tool tally-tune rollback --root "$root" t0001
    assert_success
    assert_equal "$(snapshot)" "$before"
  done
}

@test "a saved plan is applied and its JSON says what came of it" {
  host numa32
  run_tool tally-tune plan --root "$root" --out plan.json
  assert_success
  run_tool tally-tune apply --root "$root" --yes --json plan.json
  assert_success
  assert_json_lines
  assert_line --partial '"id":"boot.drop_in"'
  grep -q 'isolcpus=managed_irq,domain,2-7,10-15,18-23,26-31' "$root/$drop_in"
}

@test "a plan is read from standard input" {
  host vm2
  tally-tune plan --root "$root" --out - >plan.json
  run --separate-stderr sh -c "tally-tune apply --root '$root' --yes - <plan.json"
  assert_success
  assert_equal "$(cat "$root/$timers")" 0
}

@test "a plan does not fit a host that has drifted or another machine" {
  host smt8
  tally-tune plan --root "$root" --out plan.json >/dev/null
  echo 5 >"$root/$timers"
  before=$(snapshot)
  run_tool tally-tune apply --root "$root" --yes plan.json
  assert_refused 75 'sched.timer_migration host was 1 and is 5' 'make a new plan'
  echo 1 >"$root/$timers"
  echo ffff >"$root/etc/machine-id"
  run_tool tally-tune apply --root "$root" --yes plan.json
  assert_refused 78 'made on another machine'
  echo 00112233445566778899aabbccddeeff >"$root/etc/machine-id"
  echo 5 >"$root/$timers"
  assert_equal "$(snapshot)" "$before"
}

@test "a plan that names what is not ours is refused" {
  host smt8
  tally-tune plan --root "$root" --out good.json >/dev/null
  before=$(snapshot)
  sed 's|/proc/sys/kernel/timer_migration|/etc/shadow|' good.json >bad.json
  run_tool tally-tune apply --root "$root" --yes bad.json
  assert_refused 78 'not something that tally-tune sets'
  sed 's|"new":"nohz_full=[^"]*"|"new":"mitigations=off"|' good.json >bad.json
  run_tool tally-tune apply --root "$root" --yes bad.json
  assert_refused 78 'never turned off'
  assert_equal "$(snapshot)" "$before"
}

@test "a broken plan and a missing one are refused" {
  host vm2
  echo '{"schema":' >bad.json
  run_tool tally-tune apply --root "$root" --yes bad.json
  assert_refused 65 bad.json
  run_tool tally-tune apply --root "$root" --yes nowhere.json
  assert_refused 66 nowhere.json
}

@test "without a terminal nothing is applied unless told to" {
  host smt8
  before=$(snapshot)
  run --separate-stderr sh -c "tally-tune apply --root '$root' </dev/null"
  assert_refused 64 'without being told' 'add --yes'
  assert_equal "$(snapshot)" "$before"
}

@test "what somebody else changed is not rolled back unless forced" {
  host vm2
  tally-tune apply --root "$root" --yes >/dev/null 2>&1
  echo 7 >"$root/$timers"
  run_tool tally-tune status --check --root "$root"
  assert_failure 1
  assert_line --regexp '^drift +sched.timer_migration'
  run_tool tally-tune status --root "$root"
  assert_success
  run_tool tally-tune rollback --root "$root" t0001
  assert_refused 1 'was set to 0 and is 7' '--force'
  assert_equal "$(cat "$root/$timers")" 7
  run_tool tally-tune rollback --root "$root" --force t0001
  assert_success
  assert_equal "$(cat "$root/$timers")" 1
}

@test "an edited drop in is not removed" {
  host smt8
  tally-tune apply --root "$root" --yes >/dev/null 2>&1
  echo '# mine' >>"$root/$drop_in"
  run_tool tally-tune rollback --root "$root" --all
  assert_failure 1
  grep -q '# mine' "$root/$drop_in"
}

@test "the printed undo is a shell script that does it" {
  host smt8
  before=$(snapshot)
  tally-tune apply --root "$root" --yes >/dev/null 2>&1
  tally-tune rollback --root "$root" --all --print >undo.sh
  sh -eu undo.sh
  assert_equal "$(snapshot)" "$before"
}

@test "rollback wants to know what and says what there is" {
  host vm2
  run_tool tally-tune rollback --root "$root"
  assert_refused 64 'say which transaction' 'nothing is in force'
  tally-tune apply --root "$root" --yes >/dev/null 2>&1
  run_tool tally-tune rollback --root "$root" t0009
  assert_refused 64 'no transaction t0009' 'in force: t0001'
}

@test "a refused setting undoes the rest or is stepped over when told" {
  need_root
  host vm2
  chown -R 65534 "$root"
  chown root "$root/$timers"
  chmod 644 "$root/$timers"
  before=$(snapshot)
  as_nobody tally-tune apply --root "$root" --yes
  assert_equal "$status" 77
  [[ $stderr == *'sched.timer_migration host:'*'Permission denied; nothing is changed'* ]]
  assert_equal "$(snapshot)" "$before"
  as_nobody tally-tune apply --root "$root" --yes --keep-going
  assert_failure 1
  assert_equal "$(cat "$root/$timers")" 1
  assert_equal "$(cat "$root/sys/devices/system/cpu/cpu1/power/pm_qos_resume_latency_us")" n/a
}

@test "without a journal nothing is applied" {
  need_root
  host vm2
  before=$(snapshot)
  as_nobody tally-tune apply --root "$root" --yes
  assert_refused 77 'cannot create' 'journal'
  rm -r "${root:?}/var"
  echo file >"$root/var"
  run_tool tally-tune apply --root "$root" --yes
  assert_refused 73 var 'journal'
  rm "$root/var"
  assert_equal "$(snapshot)" "$before"
}

@test "a damaged journal stops apply and rollback and not status" {
  host vm2
  tally-tune apply --root "$root" --yes >/dev/null 2>&1
  printf X | dd of="$root/$journal" bs=1 seek=20 conv=notrunc status=none
  run_tool tally-tune rollback --root "$root" --all
  assert_refused 65 'damaged at byte 8'
  run_tool tally-tune apply --root "$root" --yes
  assert_refused 65 'damaged at byte 8'
  run_tool tally-tune status --root "$root"
  assert_success
  [[ $stderr == *'warning: '*'damaged at byte 8'* ]]
}

@test "a journal that was cut is mended at the next start" {
  host vm2
  before=$(snapshot)
  tally-tune apply --root "$root" --yes >/dev/null 2>&1
  # The last two records are the commit of 9 bytes and what came of the last step.
  truncate -s -12 "$root/$journal"
  run_tool tally-tune status --root "$root"
  [[ $stderr == *'t0001 was cut short'* ]]
  run_tool tally-tune rollback --root "$root"
  assert_success
  [[ $stderr == *'t0001 was cut short, and is undone'* ]]
  assert_equal "$(snapshot)" "$before"
}

@test "one at a time" {
  host vm2
  mkdir -p "$root/var/lib/tallyio/tune"
  exec 7>"$root/var/lib/tallyio/tune/lock"
  flock 7
  run_tool tally-tune apply --root "$root" --yes
  assert_refused 75 'another tally-tune'
  exec 7>&-
}

@test "SIGTERM in the middle of apply undoes it or leaves what can be undone" {
  host numa32
  before=$(snapshot)
  start tally-tune apply --root "$root" --yes
  wait_until 10 test -s "$root/$journal"
  # It may have ended by itself already; then it is undone as a whole.
  kill -TERM "$started" || true
  finish "$started"
  [[ $status -eq 143 || $status -eq 0 ]] || fail "ended with $status"
  if [[ $status -eq 0 ]]; then
    tally-tune rollback --root "$root" --all
  fi
  assert_equal "$(snapshot)" "$before"
}

@test "SIGKILL in the middle of apply leaves a journal that is mended" {
  host numa32
  before=$(snapshot)
  start tally-tune apply --root "$root" --yes
  wait_until 10 test -s "$root/$journal"
  # It may have ended by itself already; then it is undone as a whole.
  kill -KILL "$started" || true
  finish "$started"
  run_tool tally-tune rollback --root "$root" --all
  assert_success
  assert_equal "$(snapshot)" "$before"
}

@test "a full disk on output is said" {
  host smt8
  run --separate-stderr sh -c "tally-tune status --root '$root' >/dev/full"
  assert_refused 74 'standard output'
  run_tool tally-tune plan --root "$root" --out /dev/full
  assert_refused 73 'not an ordinary file'
}

@test "wishes that cannot be met are refused" {
  host smt8
  run_tool tally-tune plan --root "$root" --cpus 3
  assert_refused 64 '3,11 are hardware threads of one core' 'all of them or none'
  run_tool tally-tune plan --root "$root" --cpus 0,8
  assert_refused 64 'boots the host'
  run_tool tally-tune plan --root "$root" --cpus two
  assert_refused 64 "'two' is not a list"
  run_tool tally-tune plan --root "$root" --profile low-latancy
  assert_equal "$status" 64
  run_tool tally-tune status --root nowhere
  assert_refused 66 nowhere
  run_tool tally-tune apply --root "$root" --yes --run-update-grub
  assert_refused 64 'works on this host only'
}

@test "huge pages of 1 GiB are asked for live and for the boot by node" {
  host numa32
  run_tool tally-tune plan --root "$root" --profile memory --huge-2m 0 --huge-1g 2
  assert_success
  assert_line 'memory.huge_1g node0-1 (live): 0 -> 2'
  assert_line 'boot.huge_1g host (boot): - -> hugepagesz=1G hugepages=0:2,1:2'
}

@test "links that lead out of the root are refused" {
  host smt8
  mkdir -p outside
  rm -r "$root/etc/default/grub.d"
  ln -s "$PWD/outside" "$root/etc/default/grub.d"
  run_tool tally-tune apply --root "$root" --yes
  assert_success
  [[ $stderr == *'boot parameters are left alone: '*'leads out of the tree'* ]]
  assert_equal "$(ls outside)" ''
  run_tool tally-tune status --root "$root"
  assert_line --regexp '^refused +boot.isolcpus'
}

@test "explain tells every setting and suggests for an unknown one" {
  run_tool tally-tune explain
  assert_success
  assert_golden tune/explain.txt
  for id in $(tally-tune --complete settings); do
    run_tool tally-tune explain "$id"
    assert_success
    assert_line --regexp '^  risk '
    assert_line --regexp '^  undo '
  done
  run_tool tally-tune explain cpu.governer
  assert_refused 64 'cpu.governer' 'did you mean cpu.governor?'
}

@test "hold ends as its command ends" {
  [[ -w /dev/cpu_dma_latency ]] || skip '/dev/cpu_dma_latency is not writable here'
  run_tool tally-tune hold -- sh -c 'exit 7'
  assert_equal "$status" 7
  run_tool tally-tune hold -- sh -c 'kill -9 $$'
  assert_equal "$status" 137
  run_tool tally-tune hold -- ./nowhere
  assert_refused 66 'cannot run ./nowhere'
  start tally-tune hold -- sleep 30
  sleep 0.3
  kill -TERM "$started"
  finish "$started"
  assert_equal "$status" 143
}

@test "doctor answers in JSON too" {
  run_tool tally-tune doctor --json
  assert_json_lines
  assert_line --partial '"name":"journal"'
}

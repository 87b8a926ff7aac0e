#!/usr/bin/env bats
# The examples of the man pages, executed. Each display of a section EXAMPLES is one example and
# goes by its first line; the table below says which function here runs it, or why none can. Ports,
# names of rings and numbers of processors are replaced, because other tests or this host may hold
# or lack them; the rest runs as it is typed.
# shellcheck disable=SC2030,SC2031,SC2154  # tests are subshells; bats sets output and status
load helper

teardown() {
  [[ -z ${session:-} ]] || kill -KILL -- "-$session" 2>/dev/null || true
  tally_teardown
}

# PAGE | FIRST LINE | FUNCTION, or "not: REASON".
table() {
  cat <<'END'
tally-bench.1 | tally-bench run queue.spsc | quickly
tally-bench.1 | tally-bench pipeline --to udp://127.0.0.1:9000 \ | through_a_chain
tally-bench.1 | tally-bench convert jitter.json --to hlog > jitter.hlog | converted
tally-bench.1 | tally-bench jitter --cpus 2,3 --duration 10s --json | on_two_processors
tally-bench.1 | tally-bench ab --json -- ./old --input x -- ./new --input x | compared
tally-bench.1 | tally-bench ab --metric queue.spsc.rtt8:median \ | compared
tally-bench.1 | tally-bench baseline save v1.2 queue | kept
tally-bench.1 | tally-bench net --serve udp://127.0.0.1:9100 --duration 1m | served
tally-bench.1 | tally-bench heatmap before.json --html before.html | drawn
tally-config.5 | no_input = true | configured
tally-config.5 | TALLY_SIGN_PARTY_TIMEOUT=250ms tally-sign serve --print-config | shown
tally-relay.1 | tally-relay udp://127.0.0.1:9000 shm:requests,slots=4096 | relayed
tally-relay.1 | tally-relay gen:count=3,bytes=16 - --to-frame jsonl | plain
tally-relay.1 | echo hello | tally-relay - - --from-frame line --to-frame rec | plain
tally-ring.5 | tally-relay udp://127.0.0.1:9000 shm:requests,slots=8192,bytes=512 | looked_at
tally-ring.5 | tally-relay gen:count=1000 shm:ticks,full=drop-old,bytes=4194304 | broadcast
tally-ring.5 | tally-relay gen:count=10 shm:orders,kind=broadcast,full=block | broadcast
tally-sign.1 | tally-sign deal --threshold 3 --parties 4 --out keys | plain
tally-sign.1 | mkdir -m 700 run | party_started
tally-sign.1 | echo 'pay 5 to carol' | | signed_line
tally-sign.1 | tally-sign pair --dir pairs --share keys/key-0.share | paired
tally-sign.1 | tally-sign serve --role party --scheme ecdsa \ | ecdsa_started
tally-sign.1 | echo 'pay 5 to dave' | | ecdsa_signed
tally-sign.1 | tally-sign cosign --dir release --share keys/key-0.share \ | cosigned
tally-sign.1 | tally-sign cosign --dir release --group keys/key.group \ | plain
tally-sign.1 | tally-sign serve --role coordinator --group keys/key.group \ | coordinated
tally-sign.1 | tally-sign dkg key --out eve.host | host_made
tally-sign.1 | tally-sign refresh --dir epoch-1 --share keys/key-0.share --with HEX | admitted
tally-tune.1 | tally-tune | on_a_made_host
tally-tune.1 | tally-tune plan --out night.json | on_a_made_host
tally-tune.1 | tally-tune status --check | on_a_made_host
tally-tune.1 | tally-tune hold -- sleep 1 | held
tallyio.7 | tally-sign deal --threshold 3 --parties 4 --out keys | parties_signed
tallyio.7 | tally-relay udp://127.0.0.1:9000 shm:requests & | chained
tallyio.7 | for tool in tune bench sign relay; do tally-$tool doctor; done | doctored
END
}

# examples_of PAGE: its examples as they are read, each behind a line "@ FIRST LINE".
examples_of() {
  awk '
    function show(line) {
      gsub(/\\e/, "\\", line)
      if (line ~ /\\[&(*]/) print "@ cannot read: " line
      if (fresh) print "@ " line
      fresh = 0
      print line
    }
    /^\.Sh/ { inside = $2 == "EXAMPLES" }
    !inside { next }
    /^\.Dl / { fresh = 1; show(substr($0, 5)); next }
    /^\.Bd / { display = fresh = 1; next }
    /^\.Ed/ { display = 0; next }
    display { show($0) }' "$TALLY_SOURCE_DIR/man/$1"
}

# text_of PAGE FIRST_LINE: the example.
text_of() {
  examples_of "$1" | first="@ $2" awk '
    /^@ / { on = $0 == ENVIRON["first"]; next } on'
}

pages() { (cd "$TALLY_SOURCE_DIR/man" && grep -l '^\.Sh EXAMPLES' -- *.[157]); }

# run_examples PAGE: every one that has a function, in the order of the page.
run_examples() {
  skip_under_sanitizers
  local page first how ran=0
  while IFS= read -r row <&9; do
    page=${row%% | *} how=${row##* | }
    first=${row#"$page | "}
    first=${first%" | $how"}
    [[ $page == "$1" && $how != not:* ]] || continue
    text_of "$page" "$first" >example
    [[ -s example ]] || fail "$page has no example '$first'"
    echo "example of $page: $first"
    "$how"
    ((++ran))
  done 9< <(table)
  ((ran > 0)) || fail "no example of $1 was run"
}

# --- how they are run -----------------------------------------------------------------------------

# The example in one shell, as typed.
shell() {
  run_tool bash -euo pipefail example
  [[ $status == 0 ]] || fail "status $status: $(cat example): $stderr"
}
plain() {
  shell
  refute_output ""
}
# each ALLOWED...: every command of the example by itself, in order; each may end so.
each() {
  local command
  while IFS= read -r command <&8; do
    run_tool bash -uo pipefail -c "$command"
    [[ " $* " == *" $status "* ]] || fail "status $status: $command: $stderr"
  done 8< <(sed -e ':a' -e '/\\$/{N;s/\\\n *//;ba' -e '}' example)
}
# replace FROM TO: in the example, which must have it.
replace() {
  grep -qF -- "$1" example || fail "no '$1' in: $(cat example)"
  from=$1 to=$2 perl -pi -e 's/\Q$ENV{from}\E/$ENV{to}/g' example
}

quickly() {
  TALLY_BENCH_QUICK=true shell
  assert_line --partial 'queue.spsc.rtt8'
}

through_a_chain() {
  local key port out
  # Bound a moment, so that nobody else has it.
  out=$(free_port)
  start "$TALLY_BIN/../tests/fake_signer" 0 "$out"
  wait_until 10 test -s "out.$started"
  read -r key port <"out.$started"
  replace 127.0.0.1:9000 "127.0.0.1:$port"
  replace 127.0.0.1:9001 "127.0.0.1:$out"
  replace HEX "$key"
  shell
  assert_line --index 0 --partial 'lost 0'
}

converted() {
  tally-bench jitter --wake --policy other --cpus 0 --duration 50ms --recording jitter.json
  tally-bench run sha256.64 --quick --format google-benchmark >google.json
  shell
  grep -q HISTFAAA jitter.hlog
  assert_line --partial sha256.64
}

on_two_processors() {
  local cpus
  cpus=$(taskset -cp $$ | sed 's/.*: //' | tr ',' '\n' |
    awk -F- '{ for (i = $1; i <= ($2 == "" ? $1 : $2); i++) print i }' | tail -2 | paste -sd,)
  replace 2,3 "$cpus"
  replace 10s 100ms
  # 69: a core matrix needs two processors.
  if [[ $cpus == *,* ]]; then each 0; else each 0 69; fi
}

compared() {
  printf '#!/bin/sh\nexec tally-bench "$@"\n' >tool_stub
  printf '#!/bin/sh\nexec tally-bench spin alu --work 200000\n' >load_stub
  chmod +x tool_stub load_stub
  local build as=load_stub
  if grep -q metric example; then as=tool_stub; fi
  for build in old new; do ln -sf "$as" "$build"; done
  # Nothing is known of the host: every verdict will do, a wrong command line will not.
  TALLY_BENCH_QUICK=true TALLY_BENCH_BUDGET=3s each 0 1 75
}

kept() {
  # Comparisons of a busy host may find a regression.
  TALLY_BENCH_QUICK=true each 0 1
  assert_line --partial queue.spsc
}

served() {
  local port
  port=$(free_port)
  replace :9100 ":$port"
  sed -n 1p example >server
  sed -i 1d example
  start bash -c "exec $(cat server)"
  wait_until 10 test -s "out.$started"
  TALLY_BENCH_DURATION=300ms shell
  assert_line --partial 'lost 0'
}

drawn() {
  local run
  for run in before after; do
    tally-bench jitter --wake --policy other --cpus 0 --duration 50ms --recording $run.json
  done
  printf '%s\n' '1000000 500 x' '2000000 600 y' >times.txt
  shell
  grep -q '</svg>' compare.svg
  grep -q '</html>' before.html
}

configured() {
  run_tool tally-sign serve --config example --print-config
  assert_success
  assert_line --regexp '^party_timeout = "500ms" +# example:'
}

shown() {
  shell
  assert_line --regexp '^party_timeout = "250ms" +# TALLY_SIGN_PARTY_TIMEOUT$'
}

# in_background [SIGNAL]: every command of the example, joined and started, until they have rings.
in_background() {
  local command
  while IFS= read -r command <&8; do
    start env --default-signal=INT bash -c "exec ${command%&}"
    running+=("$started")
  done 8< <(sed -e ':a' -e '/\\$/{N;s/\\\n *//;ba' -e '}' example)
}
ring_is_there() { tally-relay ring stat "$1" >/dev/null; }
# Ends them from the source on; those behind may have ended by themselves by then.
end_all() {
  local pid
  for pid in "${running[@]}"; do
    kill -TERM "$pid" 2>/dev/null || true
    finish "$pid"
    [[ $status == 0 ]] || fail "ended with $status: $(cat "err.$pid")"
  done
}
own_rings_and_ports() {
  local name
  for name in requests signed ticks orders; do
    if grep -q "shm:$name" example; then replace "shm:$name" "shm:$(ring_name $name)"; fi
  done
  if grep -q :9000 example; then replace :9000 ":$(free_port)"; fi
  if grep -q :9001 example; then replace :9001 ":$(free_port)"; fi
}

relayed() {
  running=()
  own_rings_and_ports
  # The second waits for the ring of somebody who signs.
  in_background
  wait_until 10 ring_is_there "$(ring_name requests)"
  tally-relay gen:count=5 "shm:$(ring_name signed)"
  wait_until 20 test -s "err.${running[1]}"
  end_all
}

looked_at() {
  running=()
  own_rings_and_ports
  sed -n 2p example >look
  sed -i 2d example
  in_background
  wait_until 10 ring_is_there "$(ring_name requests)"
  mv look example
  replace 'stat requests' "stat $(ring_name requests)"
  shell
  assert_output --partial 8192
  end_all
}

# The area holds them all: nothing is lost.
broadcast() {
  own_rings_and_ports
  each 0
}

passphrase() {
  umask 077
  printf 'correct horse\n' >pass
  export TALLY_SIGN_PASSPHRASE_FILE=$PWD/pass TALLY_SIGN_KDF_MEMORY=64MiB TALLY_SIGN_KDF_PASSES=2
}
pubkey_of() { tally-sign inspect "$1" --json | sed 's/.*"pubkey":"\([0-9a-f]*\)".*/\1/'; }
listens() { [[ -S run/$1.sock ]]; }

party_started() {
  local i
  sed -n 1p example | bash -eu
  sed -i 1d example
  for i in 0 1 2; do
    [[ $i == 0 ]] || sed -i "s/key-$((i - 1))/key-$i/; s/$((i - 1))\.sock/$i.sock/" example
    in_background
  done
  for i in 0 1 2; do wait_until 30 listens $i; done
}
signed_line() {
  replace HEX "$(pubkey_of keys/key.group)"
  shell
  assert_output --partial '"ok":true'
}
paired() {
  local i
  for _ in hello offer answer pair; do
    for i in 0 1 2 3; do
      run_tool bash -eu <(sed "s/key-0/key-$i/" example)
      [[ $status == 0 || $status == 75 ]] || fail "status $status: $stderr"
    done
  done
  [[ -f keys/key-3.share.pair-2 ]] || fail "parties 2 and 3 are no pair"
}
cosigned() {
  local i
  echo 'release 1' >release.txt
  for _ in nonce partial signature; do
    for i in 0 1 2; do
      run_tool bash -eu <(sed "s/key-0/key-$i/; s/--with 1 --with 2/\
--with $(((i + 1) % 3)) --with $(((i + 2) % 3))/" example)
      [[ $status == 0 || $status == 75 ]] || fail "status $status: $stderr"
    done
  done
  assert_line --regexp '^signature +[0-9a-f]{128}$'
}
ecdsa_started() {
  local i
  for i in 0 1 2; do
    [[ $i == 0 ]] || sed -i "s/key-$((i - 1))/key-$i/; s/$((i - 1))\.sock/$i.sock/" example
    in_background
  done
  for i in 0 1 2; do wait_until 30 listens "ecdsa-$i"; done
}
ecdsa_signed() {
  shell
  assert_output --partial '"recovery_id":'
}
coordinated() {
  local parties=("${running[@]}")
  own_rings_and_ports
  running=()
  # Its input is a ring that a relay makes, and goes.
  start bash -c "(echo 'pay 5 to carol'; sleep 3) |
    tally-relay - 'shm:$(ring_name requests)' --from-frame line"
  local source=$started
  wait_until 10 ring_is_there "$(ring_name requests)"
  in_background
  wait_until 20 ring_is_there "$(ring_name signed)"
  finish "$source"
  assert_equal "$status" 0
  end_all
  running=("${parties[@]}")
}

host_made() {
  plain
  host_key=${output##* }
}
admitted() {
  local i
  replace HEX "$host_key"
  for _ in hello deal agree hold; do
    for i in 0 1 2 3; do
      run_tool bash -eu <(head -n 1 example | sed "s/key-0/key-$i/")
      [[ $status == 0 || $status == 75 ]] || fail "status $status: $stderr"
    done
    run_tool bash -eu <(tail -n 2 example)
    [[ $status == 0 || $status == 75 ]] || fail "status $status: $stderr"
  done
  assert_line "share       eve.share"
  assert_equal "$(tally-sign inspect eve.share --json | json_field party)" 4
}

on_a_made_host() {
  if [[ ! -d made ]]; then sh "$TALLY_SOURCE_DIR/tests/support/fake_host.sh" smt8 made; fi
  # Drift is an answer of status --check.
  TALLY_TUNE_ROOT=$PWD/made each 0 1
}

held() {
  # 77 and 69: no right to the file, or no such file.
  each 0 77 69
}

# The loop's parties outlive its shell; teardown ends them with their session.
parties_signed() {
  # They need a moment more than a reader's fingers do.
  local wait='until [ -S run/0.sock -a -S run/1.sock -a -S run/2.sock ]; do sleep 0.1; done'
  sed -i "s|^echo hello|$wait\n&|" example
  start setsid bash -euo pipefail example
  session=$started
  finish "$session"
  assert_equal "$status" 0
  grep -q '"sig":"' "out.$session"
}

chained() {
  running=()
  own_rings_and_ports
  sed -i 's/ &$//' example
  in_background
  wait_until 20 ring_is_there "$(ring_name requests)"
  end_all
}

doctored() {
  each 0 1
  assert_output --regexp '^(good|missing|note) '
}

# --- the tests ------------------------------------------------------------------------------------

@test "every example is run here or says why it cannot be" {
  local page
  for page in $(pages); do
    diff -u <(table | sed -n "s/^$page | \(.*\) | [^|]*$/@ \1/p") \
      <(examples_of "$page" | grep '^@ ') ||
      fail "the examples of man/$page (+) differ from the table of this file (-)"
  done
  # Each function is there, and each page of the table.
  while IFS= read -r row; do
    [[ ${row##* | } == not:* ]] || declare -F "${row##* | }" >/dev/null || fail "no function: $row"
    [[ -f $TALLY_SOURCE_DIR/man/${row%% | *} ]] || fail "no such page: $row"
  done < <(table)
}

@test "an example that nobody listed is found" {
  mkdir -p tree/man
  printf '%s\n' '.Sh EXAMPLES' '.Dl tally-relay --version' '.Bd -literal' 'a \e' '  b' '.Ed' \
    '.Sh SEE ALSO' '.Dl no' >tree/man/x.1
  TALLY_SOURCE_DIR=$PWD/tree run examples_of x.1
  assert_output $'@ tally-relay --version\ntally-relay --version\n@ a \\\na \\\n  b'
}

@test "the examples of tally bench work" {
  run_examples tally-bench.1
}

@test "the examples of the page on configuration work" {
  run_examples tally-config.5
}

@test "the examples of tally relay work" {
  run_examples tally-relay.1
}

@test "the examples of the page on rings work" {
  run_examples tally-ring.5
}

@test "the examples of tally sign work" {
  running=()
  passphrase
  run_examples tally-sign.1
  end_all
}

@test "the examples of tally tune work" {
  run_examples tally-tune.1
}

@test "the examples of the introduction work" {
  passphrase
  run_examples tallyio.7
}

# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154  # what the test files use, and what bats sets
# What the command-line tests share. To add a test, write it into tests/cli/TOOL.bats:
#
#   #!/usr/bin/env bats
#   load helper
#
#   @test "an unknown scheme is refused with a suggestion" {
#     run_tool tally-relay upd://127.0.0.1:9000 -
#     assert_refused 64 "unknown scheme 'upd'" "did you mean udp?"
#   }
#
# Names are letters, digits and spaces, and each test is a ctest of its own, "cli_TOOL: NAME", after
# the next build (ctest --preset release -R 'cli_TOOL'). A test runs in an empty folder that goes
# with it, with no configuration, no colour and no TALLY_ variable of the caller; $output is what
# the tool printed, $stderr its words, $status its exit status. A file with a setup of its own calls
# tally_setup in it first, and with a teardown tally_teardown in it last.
#
# Text that is to stay as it is stands in tests/golden; after a change that is meant,
#   UPDATE_GOLDEN=1 ctest --preset release -L cli
# rewrites the files, and the diff is read before it is committed. Nothing is rewritten unless all
# four tools are built, because a file of all tools would lose what the missing one says.

bats_require_minimum_version 1.5.0
BATS_LIB_PATH=${BATS_LIB_PATH:-/usr/lib/bats}
bats_load_library bats-support
bats_load_library bats-assert

TALLY_TOOLS=(tally-bench tally-relay tally-sign tally-tune)
TALLY_SOURCE_DIR=${TALLY_SOURCE_DIR:-$(cd "$BATS_TEST_DIRNAME/../.." && pwd)}
TALLY_BIN=${TALLY_BIN:-$TALLY_SOURCE_DIR/build/release/bin}

setup() { tally_setup; }
teardown() { tally_teardown; }

tally_setup() {
  local variable
  for variable in $(compgen -e TALLY_); do
    case $variable in
    TALLY_BIN | TALLY_SOURCE_DIR | TALLY_VECTORS | TALLY_CPU | TALLY_TOOLS | TALLY_SANITIZE) ;;
    *) unset "$variable" ;;
    esac
  done
  unset NO_COLOR CLICOLOR_FORCE
  export LC_ALL=C.UTF-8 TERM=dumb PATH="$TALLY_BIN:$PATH"
  export HOME=$BATS_TEST_TMPDIR XDG_CONFIG_HOME=$BATS_TEST_TMPDIR/config
  umask 022
  TALLY_PIDS=()
  TALLY_RING_PREFIX=bats$$x${RANDOM}
  cd "$BATS_TEST_TMPDIR" || return 1
}

# Ends what the test left running and removes its rings.
tally_teardown() {
  local pid
  for pid in "${TALLY_PIDS[@]}"; do
    kill -KILL "$pid" 2>/dev/null && wait "$pid" 2>/dev/null
  done
  rm -f "/dev/shm/tally.$(id -u).$TALLY_RING_PREFIX"*
}

# run_tool COMMAND...: standard output in $output, words in $stderr, at most 60 s (status 124).
run_tool() {
  run --separate-stderr timeout 60 "$@"
}

# json_field NAME: the value of that member in each JSON line of standard input, without its quotes.
json_field() { sed "s/.*\"$1\":\"\{0,1\}\([^,\"}]*\).*/\1/"; }

# assert_refused CODE MESSAGE [HINT]: the exit status, and that the words are one error line with
# MESSAGE in it and, when given, a hint line with HINT in it; no full stop at an end.
assert_refused() {
  local code=$1 message=$2 hint=${3:-}
  local -a lines
  mapfile -t lines <<<"$stderr"
  assert_equal "$status" "$code"
  [[ ${lines[0]} =~ ^tally-[a-z]+:\ error:\ .*[^.]$ ]] || fail "not an error line: ${lines[0]}"
  [[ ${lines[0]} == *"$message"* ]] || fail "no '$message' in: ${lines[0]}"
  [[ ${#lines[@]} -le 2 ]] || fail "more than an error and a hint: $stderr"
  [[ ${#lines[@]} -eq 1 || ${lines[1]} =~ ^tally-[a-z]+:\ hint:\ .*[^.]$ ]] ||
    fail "not a hint line: ${lines[1]}"
  [[ -z $hint || ${lines[1]:-} == *"$hint"* ]] || fail "no '$hint' in: ${lines[1]:-}"
}

# assert_golden NAME: that $output is the file tests/golden/NAME.
assert_golden() {
  assert_same_file "$TALLY_SOURCE_DIR/tests/golden/$1" "$output"
}

# assert_same_file FILE TEXT: that FILE holds TEXT, which is not empty, and a newline; writes it
# under UPDATE_GOLDEN=1.
assert_same_file() {
  local file=$1 text=$2 tool
  [[ $text == *[![:space:]]* ]] || fail "no text for $file" || return
  if [[ ${UPDATE_GOLDEN:-} == 1 ]]; then
    for tool in "${TALLY_TOOLS[@]}"; do
      [[ -x $TALLY_BIN/$tool ]] ||
        fail "$file is left alone: there is no $TALLY_BIN/$tool; build it" || return
    done
    mkdir -p "$(dirname "$file")"
    printf '%s\n' "$text" >"$file"
  fi
  [[ -f $file ]] || fail "no $file; UPDATE_GOLDEN=1 writes it"
  diff -u "$file" <(printf '%s\n' "$text") || fail "differs from $file; see helper.bash"
}

# start COMMAND...: runs in the background until the test ends; the process id is in $started, its
# output in files out.$started and err.$started. Descriptor 3 is bats' own and must not be held.
start() {
  local out err
  out=$(mktemp out.XXXXXX) err=$(mktemp err.XXXXXX)
  "$@" >"$out" 2>"$err" 3>&- </dev/null &
  started=$!
  TALLY_PIDS+=("$started")
  ln -s "$out" "out.$started"
  ln -s "$err" "err.$started"
}

# finish PID: waits at most 60 s for a started process; its exit status in $status.
finish() {
  local pid=$1 tries=0
  while kill -0 "$pid" 2>/dev/null; do
    ((tries++ < 1200)) || fail "process $pid did not end"
    sleep 0.05
  done
  status=0
  wait "$pid" || status=$?
}

# wait_until SECONDS COMMAND...: until COMMAND succeeds; fails when it does not in time.
wait_until() {
  local tries=$(($1 * 20))
  shift
  until "$@" >/dev/null 2>&1; do
    ((tries-- > 0)) || fail "did not happen in time: $*"
    sleep 0.05
  done
}

# producers_are RING COUNT: so many are attached to it.
producers_are() {
  tally-relay ring watch "$1" --count 1 --every 1ms --json | grep -q "\"producers\":$2,"
}

# Under sanitizers what texts and pages show is not tried again: other tests run the same there.
skip_under_sanitizers() {
  [[ -z ${TALLY_SANITIZE:-} ]] || skip "texts and pages are the same without sanitizers"
}

# flip FILE AT: one bit of the byte at that place.
flip() {
  local byte
  byte=$((0x$(od -An -v -tx1 -j "$2" -N 1 "$1" | tr -d ' \n') ^ 1))
  # shellcheck disable=SC2059  # the byte is the format
  printf "\\$(printf '%03o' "$byte")" |
    dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

# A name for a shared-memory ring that no other test has; tally_teardown removes it.
ring_name() { printf '%s%s' "$TALLY_RING_PREFIX" "${1:-}"; }

# A UDP or TCP port of 127.0.0.1 that is free now.
free_port() {
  perl -MIO::Socket::INET -e '
    my $proto = shift;
    my $socket = IO::Socket::INET->new(
      LocalAddr => "127.0.0.1", Proto => $proto, $proto eq "tcp" ? (Listen => 1) : ()) or die;
    print $socket->sockport' "${1:-udp}"
}

# assert_json_lines: that each line of $output is one JSON object.
assert_json_lines() {
  [[ -n $output ]] || fail 'no JSON line'
  printf '%s\n' "$output" | perl -MJSON::PP -ne '
    chomp; my $o = eval { JSON::PP->new->utf8->decode($_) };
    die "not a JSON object: $_\n" unless ref $o eq "HASH"' || fail "bad JSON lines: $output"
}

#!/usr/bin/env bats
# packaging/check on hosts that lack something, played by stand-ins for apt-get, sudo, cmake and
# ctest that write down how they were called.
# shellcheck disable=SC2016,SC2154 # stand-ins expand their own text; run sets stderr_lines
load helper

setup() {
  tally_setup
  mkdir tree stand-ins
  cp -r "$TALLY_SOURCE_DIR/packaging" tree/
  PATH=$PWD/stand-ins:/usr/bin:/bin:/usr/sbin:/sbin
  export CALLS=$PWD/calls INSTALLED=$PWD/installed
  : >"$CALLS"
  stand_in id 'echo 1000'
  stand_in dpkg-checkbuilddeps '[ -e "$INSTALLED" ] ||
    { echo "dpkg-checkbuilddeps: error: Unmet build dependencies: cmake" >&2; exit 1; }'
  stand_in apt-get 'case "$*" in *build-dep*) : >"$INSTALLED" ;; esac'
  stand_in sudo 'exit 1'
  stand_in cmake ''
  stand_in ctest '
    for argument; do case $argument in *.xml) cat >"$argument" <<XML
<testcase name="a" classname="a" time="0" status="run">
  <system-out>ran: 12 vectors
</system-out>
</testcase>
<testcase name="b" classname="b" time="0" status="notrun">
  <skipped message="SKIP_RETURN_CODE=77"/>
  <system-out>skipped: no &lt;device&gt;
</system-out>
</testcase>
XML
    esac; done
    echo "100% tests passed, 0 tests failed out of 1"
    echo "Total Test time (real) = 0.01 sec"
    exit "${CTEST_STATUS:-0}"'
}

# stand_in NAME BODY: a program that notes its call and then runs BODY.
stand_in() {
  printf '#!/bin/sh\necho "%s $*" >>"$CALLS"\n%s\n' "$1" "$2" >"stand-ins/$1"
  chmod +x "stand-ins/$1"
}

@test "nothing missing means that apt is not touched" {
  : >"$INSTALLED"
  run tree/packaging/check
  assert_success
  run grep -c -E '^(apt-get|sudo) ' "$CALLS"
  assert_output 0
}

@test "the summary of ctest ends the output after counts and skips" {
  : >"$INSTALLED"
  run tree/packaging/check
  assert_success
  assert_line "check: release: 1 tests ran, 0 failed, 1 skipped"
  assert_line "check: release: ran: 12 vectors"
  assert_line "check: release: skipped: b: no <device>"
  assert_equal "${lines[-2]}" "100% tests passed, 0 tests failed out of 1"
  assert_equal "${lines[-1]}" "Total Test time (real) = 0.01 sec"
}

@test "failed tests fail the check" {
  : >"$INSTALLED"
  CTEST_STATUS=8 run tree/packaging/check
  assert_failure 1
  assert_line "check: FAILED: release-tests"
}

@test "a compiler warning fails the check" {
  : >"$INSTALLED"
  stand_in cmake 'echo "x.cpp:1:1: warning: unused"'
  run tree/packaging/check
  assert_failure 1
  assert_line "check: FAILED: release-build"
  assert_line --partial "x.cpp:1:1: warning: unused"
  run grep -c 'clean$' "$CALLS"
  assert_output 1
}

@test "without root and sudo the one line for root is printed" {
  run --separate-stderr tree/packaging/check </dev/null
  assert_equal "$status" 77
  [[ ${stderr_lines[0]} == "check: error: missing packages: cmake" ]]
  [[ ${stderr_lines[1]} == *"hint: root has to run: apt-get update && apt-get -y build-dep "* ]]
  run grep -c '^apt-get ' "$CALLS"
  assert_output 0
}

@test "sudo that asks nothing installs after refreshing the lists" {
  stand_in sudo 'shift; exec "$@"'
  run tree/packaging/check </dev/null
  assert_success
  run grep '^apt-get ' "$CALLS"
  assert_line --index 0 --partial ' update'
  assert_line --index 1 --partial " build-dep $PWD/tree/packaging"
  assert_equal "${#lines[@]}" 2
}

@test "an apt that fails says why and leaves its log" {
  stand_in id 'echo 0'
  stand_in apt-get 'echo "E: no route to the mirror"; exit 100'
  run --separate-stderr tree/packaging/check
  assert_equal "$status" 69
  assert_equal "${stderr_lines[0]}" "E: no route to the mirror"
  assert_equal "${stderr_lines[1]}" "check: error: apt-get update failed"
  assert_file_contains_line tree/build/apt.log "E: no route to the mirror"
}

assert_file_contains_line() {
  grep -qxF "$2" "$1" || fail "$1 has no line '$2'"
}

@test "a dry run prints the commands and writes nothing" {
  run tree/packaging/check --dry-run
  assert_success
  assert_line "check: missing: cmake"
  assert_line --partial "would run: apt-get update && apt-get -y build-dep '$PWD/tree/packaging'"
  assert [ ! -e tree/build ]
  run grep -c -E '^(apt-get|sudo|cmake|ctest) ' "$CALLS"
  assert_output 0
}

@test "the full check asks for the linters and clang as well" {
  run tree/packaging/check --full --dry-run
  assert_success
  assert_line --partial 'apt-get -y -P pkg.tallyio.full build-dep'
  run grep '^dpkg-checkbuilddeps ' "$CALLS"
  assert_output 'dpkg-checkbuilddeps -Ppkg.tallyio.full'
}

@test "a build folder of somebody else is named" {
  : >"$INSTALLED"
  : >tree/build
  run --separate-stderr tree/packaging/check
  assert_equal "$status" 73
  assert_equal "${stderr_lines[0]}" "check: error: cannot create $PWD/tree/build"
}

@test "a second run in the same folder is refused" {
  : >"$INSTALLED"
  mkdir tree/build
  run --separate-stderr flock tree/build/.lock tree/packaging/check
  assert_equal "$status" 75
  assert_equal "${stderr_lines[0]}" "check: error: another run is using $PWD/tree/build"
}

@test "the scripts refuse what they do not know" {
  for script in check demo; do
    run --separate-stderr "tree/packaging/$script" --fast
    assert_equal "$status" 64
    assert_equal "${stderr_lines[0]}" "$script: error: unknown option '--fast'"
    run "tree/packaging/$script" --help
    assert_success
    assert_line --partial "Usage: packaging/$script"
  done
}

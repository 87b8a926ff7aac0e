#!/usr/bin/env bats
# The units for systemd, as far as systemd-analyze judges them without a running systemd.
load helper

setup() {
  tally_setup
  command -v systemd-analyze >/dev/null || skip 'systemd-analyze is not installed (systemd)'
  mkdir units
  cp "$TALLY_SOURCE_DIR"/packaging/systemd/* units/
  # An installed tool is found in /usr/bin; this one is not there.
  sed -i "s|^\(Exec[A-Za-z]*=\)\(tally-[a-z]*\)|\1$TALLY_BIN/\2|" units/*.service
}

@test "every unit is what systemd accepts" {
  run systemd-analyze --man=no verify units/*
  assert_success
  assert_output ''
}

@test "a unit with a mistake is not accepted" {
  sed -i 's/^DynamicUser=/DynamicUsr=/' units/tally-bench-watch.service
  run systemd-analyze --man=no verify units/*
  assert_output --partial "'DynamicUsr'"
}

@test "no service is exposed more than a strict one" {
  systemd-analyze --help | grep -q -e --offline || skip 'systemd-analyze has no --offline'
  local service
  for service in units/*.service; do
    # In tenths: below 2.5.
    run systemd-analyze --no-pager security --offline=true --threshold=24 "$service"
    assert_success
    assert_line --partial 'Overall exposure level'
  done
  # The threshold does decide.
  printf '[Service]\nExecStart=/bin/true\n' >units/open.service
  run systemd-analyze --no-pager security --offline=true --threshold=24 units/open.service
  assert_failure
}

#!/usr/bin/env bats
# cmake --install puts everything where Debian's shells and man look for it.
load helper

@test "an installed tree holds programs and pages and completions" {
  DESTDIR=$PWD/root run cmake --install "$(dirname "$TALLY_BIN")" --prefix /usr
  assert_success
  for tool in "${TALLY_TOOLS[@]}"; do
    for file in "bin/$tool" "share/bash-completion/completions/$tool" \
      "share/zsh/vendor-completions/_$tool" "share/fish/vendor_completions.d/$tool.fish"; do
      [[ -s root/usr/$file ]] || fail "not installed: $file"
    done
    run_tool "$PWD/root/usr/bin/$tool" --version
    assert_success
    assert_output --partial "$tool "
  done
  for page in "$TALLY_SOURCE_DIR"/man/*.[157]; do
    [[ -e $page ]] || continue
    cmp "$page" "root/usr/share/man/man${page##*.}/${page##*/}"
  done
  for unit in "$TALLY_SOURCE_DIR"/packaging/systemd/*; do
    cmp "$unit" "root/usr/lib/systemd/system/${unit##*/}"
  done
  # And nothing beside.
  run find root -mindepth 1 -maxdepth 2 -printf '%P\n'
  assert_equal "$(sort <<<"$output" | tr '\n' ' ')" "usr usr/bin usr/lib usr/share "
}

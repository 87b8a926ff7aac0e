#!/usr/bin/env bats
# The completions are written by the tools; the files in completions/ are what they write now.
#   UPDATE_GOLDEN=1 ctest --preset release -R cli_completions
# writes them anew after an option has changed.
load helper

completions=$TALLY_SOURCE_DIR/completions

# bash_offers WORD...: what the function of the first word offers for the last, one a line.
bash_offers() {
  local line="$*"
  bash --norc -c '
    source "$1"
    COMP_WORDBREAKS=:=
    COMP_LINE=$2 COMP_POINT=${#2}
    "_${3//-/_}" 2>/dev/null
    printf "%s\n" "${COMPREPLY[@]}"' _ "$completions/$1.bash" "$line" "$1" | sort
}

# fish_offers TOOL LINE: what is offered after LINE, without the descriptions.
fish_offers() {
  fish --no-config -c "source $completions/$1.fish; complete -C'$2'" | cut -f1 | sort
}

# The long options that the registry has for a command: its own and those it inherits.
options_of() {
  local tool=${1%% *}
  "$tool" --generate options | awk -F '\t' -v path="$1" '
    $1 == "argument" { takes[$2] = 1 }
    $1 == "option" { lines[++n] = $0 }
    END {
      for (i = 1; i <= n; i++) {
        split(lines[i], field, "\t")
        above = index(path " ", field[2] " ") == 1
        everywhere = (field[3] ~ /--(json|quiet|verbose|color|no-input|config|print-config)$/ ||
                      field[3] ~ /^(--version|--help|-h)$/)
        if (above && (path == field[2] || everywhere || !takes[field[2]])) {
          sub(/^-[^-],/, "", field[3])
          print field[3]
        }
      }
    }' | sort -u
}

commands_of() { "$1" --generate options | awk -F '\t' '$1 == "command" { print $2 }'; }

@test "the bash completions are what the tools write and parse" {
  for tool in "${TALLY_TOOLS[@]}"; do
    run_tool "$tool" --generate bash
    assert_success
    assert_same_file "$completions/$tool.bash" "$output"
    bash -n "$completions/$tool.bash"
  done
}

@test "the zsh completions are what the tools write and parse" {
  command -v zsh >/dev/null || skip 'zsh is not installed'
  for tool in "${TALLY_TOOLS[@]}"; do
    run_tool "$tool" --generate zsh
    assert_success
    assert_same_file "$completions/_$tool" "$output"
    zsh -n "$completions/_$tool"
  done
}

@test "the fish completions are what the tools write and parse" {
  command -v fish >/dev/null || skip 'fish is not installed'
  for tool in "${TALLY_TOOLS[@]}"; do
    run_tool "$tool" --generate fish
    assert_success
    assert_same_file "$completions/$tool.fish" "$output"
    fish --no-config -n "$completions/$tool.fish"
  done
}

@test "bash offers the options of each command and no others" {
  for tool in "${TALLY_TOOLS[@]}"; do
    while read -r command; do
      # shellcheck disable=SC2086  # a path is words
      assert_equal "$(bash_offers $command -)" "$(options_of "$command")"
    done < <(commands_of "$tool")
  done
}

@test "bash offers commands and the choices of an option" {
  for tool in "${TALLY_TOOLS[@]}"; do
    assert_equal "$(bash_offers "$tool" hel)" help
    assert_equal "$(bash_offers "$tool" --col)" --color
    assert_equal "$(bash_offers "$tool" --color '')" $'always\nauto\nnever'
    assert_equal "$(bash_offers "$tool" help --color=al)" always
  done
}

@test "bash offers files for an option that names one" {
  touch 'a file.toml'
  for tool in "${TALLY_TOOLS[@]}"; do
    assert_equal "$(bash_offers "$tool" --config 'a\ f')" 'a file.toml'
  done
}

@test "bash completes a word with a colon in it" {
  # tally-relay names schemes and rings; the part before the last colon stays as it is typed.
  assert_equal "$(bash_offers tally-relay nul)" null:
  assert_equal "$(bash_offers tally-relay udp://127)" '//127.0.0.1:'
  assert_equal "$(bash_offers tally-relay gen: nul)" null:
}

@test "fish offers the options of each command and no others" {
  command -v fish >/dev/null || skip 'fish is not installed'
  for tool in "${TALLY_TOOLS[@]}"; do
    while read -r command; do
      # fish does not list a short option behind two dashes.
      expected=$(options_of "$command" | grep -v '^-h$')
      assert_equal "$(fish_offers "$tool" "$command --" | grep '^--')" "$expected"
    done < <(commands_of "$tool")
    assert_equal "$(fish_offers "$tool" "$tool --color=al")" --color=always
    assert_equal "$(fish_offers "$tool" "$tool hel")" help
  done
}

@test "zsh finds the function of each tool" {
  command -v zsh >/dev/null || skip 'zsh is not installed'
  for tool in "${TALLY_TOOLS[@]}"; do
    # shellcheck disable=SC2016  # for zsh to expand
    run zsh -fc 'fpath=($1 $fpath); autoload -Uz compinit && compinit -u -D
      print $_comps[$2]; autoload +X $_comps[$2] && whence -w $_comps[$2]' - "$completions" "$tool"
    assert_success
    assert_output "_$tool"$'\n'"_$tool: function"
  done
}

#!/usr/bin/env bats
# What all four tools have in common.
# shellcheck disable=SC2154  # bats sets stderr
load helper

@test "version is printed by every tool" {
  for tool in "${TALLY_TOOLS[@]}"; do
    run_tool "$tool" --version
    assert_success
    assert_output --regexp "^$tool [0-9]+\.[0-9]+\.[0-9]+$"
  done
}

@test "an unknown option is refused with a suggestion" {
  for tool in "${TALLY_TOOLS[@]}"; do
    run_tool "$tool" --print-cofnig
    assert_refused 64 "unknown option '--print-cofnig'" "did you mean --print-config?"
    assert_output ""
  done
}

@test "an unknown key is refused with its place and a suggestion" {
  printf '\n  quite = true\n' >bad.toml
  for tool in "${TALLY_TOOLS[@]}"; do
    run_tool "$tool" --print-config --config bad.toml
    assert_refused 78 "bad.toml:2:3: 'quite' is not a key of $tool" "did you mean quiet?"
  done
}

@test "a value of the wrong type is refused with its place" {
  echo 'quiet = 1' >bad.toml
  for tool in "${TALLY_TOOLS[@]}"; do
    run_tool "$tool" --print-config --config bad.toml
    assert_refused 78 "bad.toml:1:9: 'quiet' should be true or false"
  done
}

@test "a configuration file that is named and missing is refused" {
  for tool in "${TALLY_TOOLS[@]}"; do
    run_tool "$tool" --print-config --config nowhere.toml
    assert_refused 66 "cannot open nowhere.toml"
  done
}

@test "the file of the user is read when none is named" {
  mkdir -p config/tallyio
  for tool in "${TALLY_TOOLS[@]}"; do
    echo 'no_input = true' >"config/tallyio/$tool.toml"
    run_tool "$tool" --print-config
    assert_success
    assert_line --regexp "^no_input = true +# $PWD/config/tallyio/$tool.toml:1:12$"
  done
}

@test "flag goes before environment before file before default" {
  echo 'color = "never"' >ok.toml
  for tool in "${TALLY_TOOLS[@]}"; do
    variable=${tool^^}
    variable=${variable/-/_}_COLOR
    run_tool "$tool" --print-config
    assert_line --regexp '^color = "auto" +# default$'
    run_tool "$tool" --print-config --config ok.toml
    assert_line --regexp '^color = "never" +# ok.toml:1:9$'
    run_tool env "$variable=always" "$tool" --print-config --config ok.toml
    assert_line --regexp "^color = \"always\" +# $variable\$"
    run_tool env "$variable=always" "$tool" --print-config --config ok.toml --color auto
    assert_line --regexp '^color = "auto" +# --color$'
  done
}

@test "a bad variable is named" {
  for tool in "${TALLY_TOOLS[@]}"; do
    variable=${tool^^}
    variable=${variable/-/_}_COLOR
    run_tool env "$variable=alwasy" "$tool" --print-config
    assert_refused 64 "$variable: 'alwasy' is not auto, always or never" "did you mean always?"
  done
}

@test "the printed configuration reads back the same" {
  for tool in "${TALLY_TOOLS[@]}"; do
    run_tool "$tool" --print-config --quiet
    assert_success
    printf '%s\n' "$output" >printed.toml
    first=$(sed 's/ *#.*//' printed.toml)
    run_tool "$tool" --print-config --config printed.toml
    assert_success
    assert_equal "$(printf '%s\n' "$output" | sed 's/ *#.*//')" "$first"
  done
}

@test "output that cannot be written is an io error" {
  for tool in "${TALLY_TOOLS[@]}"; do
    run --separate-stderr bash -c "$tool --help >/dev/full"
    assert_refused 74 "cannot write standard output: No space left on device"
    run --separate-stderr bash -c "$tool --help >&-"
    assert_refused 74 "cannot write standard output: Bad file descriptor"
  done
}

@test "a closed pipe ends a tool quietly" {
  for tool in "${TALLY_TOOLS[@]}"; do
    # The reader is gone before the tool starts; SIGPIPE has its default here.
    run --separate-stderr bash -c "{ sleep 0.2; env --default-signal=PIPE $tool --help; } | true
      exit \${PIPESTATUS[0]}"
    assert_equal "$status" 141
    assert_equal "$stderr" ""
  done
}

@test "help prints what the option does" {
  for tool in "${TALLY_TOOLS[@]}"; do
    run_tool "$tool" --help
    assert_success
    by_option=$output
    run_tool "$tool" help
    assert_success
    assert_output "$by_option"
    run_tool "$tool" help help
    assert_success
    assert_line --partial "usage: $tool help [OPTIONS] [COMMAND...]"
  done
}

@test "the short help is shorter and names the long one" {
  for tool in "${TALLY_TOOLS[@]}"; do
    run_tool "$tool" --help
    long=${#output}
    run_tool "$tool" -h
    assert_success
    assert_line "$tool --help says more"
    ((${#output} < long)) || fail "$tool -h is not shorter"
  done
}

@test "the help of every command is as it was" {
  for tool in "${TALLY_TOOLS[@]}"; do
    help=''
    while read -r command; do
      # shellcheck disable=SC2086  # a path is words
      run_tool $command --help
      assert_success
      assert_equal "$stderr" ""
      # What every command takes is shown once, with the tool itself.
      [[ $command == "$tool" ]] || output=${output%%$'\n\noptions of every command:'*}
      help+="$output"$'\n\n'
    done < <("$tool" --generate options | awk -F '\t' '$1 == "command" { print $2 }')
    assert_same_file "$TALLY_SOURCE_DIR/tests/golden/$tool-help.txt" "${help%$'\n\n'}"
  done
}

@test "doctor says what it found and answers by its status" {
  for tool in "${TALLY_TOOLS[@]}"; do
    run_tool "$tool" doctor
    [[ $status == 0 || $status == 1 ]] || fail "$tool doctor ended with $status: $stderr"
    refute_output ""
    missing=0
    while IFS= read -r line; do
      [[ $line =~ ^(good|missing|note)\ +[^:]+:\ .+$ || $line =~ ^\ {9}(cost|remedy):\ .+$ ]] ||
        fail "$tool doctor prints: $line"
      [[ $line != missing* ]] || missing=1
    done <<<"$output"
    assert_equal "$status" "$missing"
  done
}

@test "doctor prints JSON lines of its schema" {
  for tool in "${TALLY_TOOLS[@]}"; do
    run_tool "$tool" doctor --json
    [[ $status == 0 || $status == 1 ]] || fail "$tool doctor ended with $status: $stderr"
    assert_json_lines
    while IFS= read -r line; do
      [[ $line == '{"schema":"tally.doctor/1","tool":"'$tool'","name":"'*'","state":"'*'}' ]] ||
        fail "$tool doctor prints: $line"
    done <<<"$output"
  done
}

@test "words for people have neither colour nor progress without a terminal" {
  for tool in "${TALLY_TOOLS[@]}"; do
    run_tool "$tool" doctor
    [[ $output$stderr != *$'\e'* && $output$stderr != *$'\r'* ]] || fail "$tool: $output$stderr"
  done
}

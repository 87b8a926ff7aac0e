#!/usr/bin/env bats
# The man pages against the options the tools have.
load helper

man=$TALLY_SOURCE_DIR/man

# documented PAGE: the options that stand as items of a list: ".It Fl n , Fl -count Ar N".
documented() {
  awk '/^\.It / {
      for (i = 2; i < NF; i++) if ($i == "Fl" && $(i + 1) ~ /^-?[a-z]/) print "-" $(i + 1)
    }' "$1" | sort -u
}

# registered TOOL: the options of the tool and of its commands, each name for itself.
registered() {
  "$1" --generate options | awk -F '\t' '$1 == "option" { gsub(",", "\n", $3); print $3 }' | sort -u
}

# config_keys TOOL: the list of the tool's keys as tally-config(5) has it.
config_keys() {
  "$1" --generate options | awk -F '\t' -v tool="$1" '
    function escaped(text) { gsub(/\\/, "\\e", text); return text }
    $1 == "option" && $5 != "-" {
      if ($2 != path) {
        path = $2
        table = path
        sub("^" tool " ?", "", table)
        gsub(" ", ".", table)
        gsub("-", "_", table)
        if (open) print ".El"
        if (table == "") print "At the top:"
        else print ".Pp\nIn the table\n.Ic [" table "] :"
        print ".Bl -tag -width Ds -compact"
        open = 1
      }
      print ".It Va " $5 " , Ev " $6
      print escaped($7)
    }
    END { if (open) print ".El" }'
}

# with_keys FILE TOOL: FILE with the list of the tool as it should be.
with_keys() {
  config_keys "$2" >keys
  awk -v tool="$2" '
    $0 == ".\\\" end of keys" { skip = 0 }
    !skip { print }
    $0 == ".\\\" keys of " tool { while ((getline line < "keys") > 0) print line; skip = 1 }' "$1"
}

@test "every man page passes the linter" {
  command -v mandoc >/dev/null || skip 'mandoc is not installed'
  for page in "$man"/*.[157]; do
    run mandoc -T lint -W warning "$page"
    assert_success
  done
}

@test "the man page of each tool has its options and no others" {
  for tool in "${TALLY_TOOLS[@]}"; do
    diff -u <(registered "$tool") <(documented "$man/$tool.1") ||
      fail "man/$tool.1 (+) differs from the options of $tool (-)"
  done
}

@test "the man page of each tool names its commands" {
  for tool in "${TALLY_TOOLS[@]}"; do
    while read -r command; do
      grep -q -E "^\.(Nm|It|Ic|Ss|Cm).*\b${command##* }\b" "$man/$tool.1" ||
        fail "man/$tool.1 does not name: $command"
    done < <("$tool" --generate options | awk -F '\t' '$1 == "command" { print $2 }')
  done
}

@test "the man page of each tool has the sections a reader looks for" {
  for tool in "${TALLY_TOOLS[@]}"; do
    for section in NAME SYNOPSIS DESCRIPTION EXAMPLES 'EXIT STATUS' 'SEE ALSO'; do
      grep -q -x ".Sh $section" "$man/$tool.1" || fail "man/$tool.1 has no $section"
    done
  done
}

@test "the page on configuration has every key of every tool" {
  for tool in "${TALLY_TOOLS[@]}"; do
    page=$(with_keys "$man/tally-config.5" "$tool")
    [[ $page == *"It Va quiet"* ]] || fail "no list of keys for $tool"
    assert_same_file "$man/tally-config.5" "$page"
  done
}

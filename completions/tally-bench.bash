# bash completion for tally-bench, written by tally-bench --generate bash
_tally_bench() {
  local line=${COMP_LINE:0:COMP_POINT} command=tally-bench arguments=0 skip=0 words='' i
  local -a typed
  COMPREPLY=()
  # The shell takes shm:NAME and --name=value apart; here a word ends at a blank only.
  # shellcheck disable=SC2162  # a backslash before a blank is meant
  read -a typed <<<"$line"
  [[ $line == *[[:space:]] ]] && typed+=('')
  local cur=${typed[-1]} prev=${typed[-2]}
  [[ $cur == --*=* ]] && prev=${cur%%=*} cur=${cur#*=}

  # The command, and how many of its arguments stand before the cursor.
  for ((i = 1; i < ${#typed[@]} - 1; i++)); do
    if ((skip)); then
      skip=0
      continue
    fi
    case ${typed[i]} in
    --color | --config) skip=1 ;;
    -?*) ;;
    *)
      case "$command ${typed[i]}" in
      'tally-bench help')
        command+=" ${typed[i]}"
        arguments=0
        ;;
      *) ((arguments++)) ;;
      esac
      ;;
    esac
  done

  case "$command:$prev" in
    'tally-bench:--color' | 'tally-bench '*':--color')
      mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur")
      return
      ;;
    'tally-bench:--config' | 'tally-bench '*':--config')
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return
      ;;
  esac

  if [[ $cur == -* ]]; then
    case $command in
      'tally-bench') words='--json --quiet --verbose --color --no-input --config --print-config --version -h --help' ;;
      'tally-bench help') words='--json --quiet --verbose --color --no-input --config --print-config --version -h --help' ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
    return
  fi

  words=''
  case $command:$arguments in
    'tally-bench':0) words='help' ;;
  esac
  local -a commands
  mapfile -t commands < <(compgen -W "$words" -- "$cur")
  COMPREPLY+=("${commands[@]}")
}
complete -F _tally_bench tally-bench

# bash completion for tally-relay, written by tally-relay --generate bash
_tally_relay() {
  local line=${COMP_LINE:0:COMP_POINT} command=tally-relay arguments=0 skip=0 words='' i
  local -a typed
  COMPREPLY=()
  # The shell takes shm:NAME and --name=value apart; here a word ends at a blank only.
  # shellcheck disable=SC2162  # a backslash before a blank is meant
  read -a typed <<<"$line"
  [[ $line == *[[:space:]] ]] && typed+=('')
  local cur=${typed[-1]} prev=${typed[-2]}
  [[ $cur == --*=* ]] && prev=${cur%%=*} cur=${cur#*=}
  # What stands before the last colon is not replaced, so it is not offered.
  local kept=''
  [[ $cur == *:* && $COMP_WORDBREAKS == *:* ]] && kept=${cur%:*}:

  # The command, and how many of its arguments stand before the cursor.
  for ((i = 1; i < ${#typed[@]} - 1; i++)); do
    if ((skip)); then
      skip=0
      continue
    fi
    case ${typed[i]} in
    --color | --config | --count | --cpu | --drain | --duration | --engine | --every | --from-frame | --stats | --stats-out | --to-frame) skip=1 ;;
    -?*) ;;
    *)
      case "$command ${typed[i]}" in
      'tally-relay ring' | 'tally-relay ring ls' | 'tally-relay ring stat' | 'tally-relay ring watch' | 'tally-relay ring verify' | 'tally-relay ring rm' | 'tally-relay doctor' | 'tally-relay help')
        command+=" ${typed[i]}"
        arguments=0
        ;;
      *) ((arguments++)) ;;
      esac
      ;;
    esac
  done

  case "$command:$prev" in
    'tally-relay ring watch:--every')
      return
      ;;
    'tally-relay ring watch:--count')
      return
      ;;
    'tally-relay:--from-frame')
      mapfile -t COMPREPLY < <(compgen -W 'rec line hex jsonl' -- "$cur")
      return
      ;;
    'tally-relay:--to-frame')
      mapfile -t COMPREPLY < <(compgen -W 'rec line hex jsonl' -- "$cur")
      return
      ;;
    'tally-relay:--engine')
      mapfile -t COMPREPLY < <(compgen -W 'auto spin uring poll' -- "$cur")
      return
      ;;
    'tally-relay:--cpu')
      return
      ;;
    'tally-relay:--count')
      return
      ;;
    'tally-relay:--duration')
      return
      ;;
    'tally-relay:--drain')
      return
      ;;
    'tally-relay:--stats')
      return
      ;;
    'tally-relay:--stats-out')
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return
      ;;
    'tally-relay:--color' | 'tally-relay '*':--color')
      mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur")
      return
      ;;
    'tally-relay:--config' | 'tally-relay '*':--config')
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return
      ;;
  esac

  if [[ $cur == -* ]]; then
    case $command in
      'tally-relay') words='--from-frame --to-frame --engine --cpu --count --duration --drain --stats --stats-out --fail-on-loss --json --quiet --verbose --color --no-input --config --print-config --version -h --help' ;;
      'tally-relay ring') words='--json --quiet --verbose --color --no-input --config --print-config --version -h --help' ;;
      'tally-relay ring ls') words='--json --quiet --verbose --color --no-input --config --print-config --version -h --help' ;;
      'tally-relay ring stat') words='--json --quiet --verbose --color --no-input --config --print-config --version -h --help' ;;
      'tally-relay ring watch') words='--every --count --json --quiet --verbose --color --no-input --config --print-config --version -h --help' ;;
      'tally-relay ring verify') words='--json --quiet --verbose --color --no-input --config --print-config --version -h --help' ;;
      'tally-relay ring rm') words='--force --json --quiet --verbose --color --no-input --config --print-config --version -h --help' ;;
      'tally-relay doctor') words='--json --quiet --verbose --color --no-input --config --print-config --version -h --help' ;;
      'tally-relay help') words='--json --quiet --verbose --color --no-input --config --print-config --version -h --help' ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
    return
  fi

  case $command:$arguments in
    'tally-relay':0)
      words=$("${typed[0]}" --complete endpoints 2>/dev/null)
      mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
      COMPREPLY=("${COMPREPLY[@]#"$kept"}")
      ;;
    'tally-relay':1)
      words=$("${typed[0]}" --complete endpoints 2>/dev/null)
      mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
      COMPREPLY=("${COMPREPLY[@]#"$kept"}")
      ;;
    'tally-relay ring stat':0)
      words=$("${typed[0]}" --complete rings 2>/dev/null)
      mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
      COMPREPLY=("${COMPREPLY[@]#"$kept"}")
      ;;
    'tally-relay ring watch':0)
      words=$("${typed[0]}" --complete rings 2>/dev/null)
      mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
      COMPREPLY=("${COMPREPLY[@]#"$kept"}")
      ;;
    'tally-relay ring verify':0)
      words=$("${typed[0]}" --complete rings 2>/dev/null)
      mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
      COMPREPLY=("${COMPREPLY[@]#"$kept"}")
      ;;
    'tally-relay ring rm':0)
      words=$("${typed[0]}" --complete rings 2>/dev/null)
      mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
      COMPREPLY=("${COMPREPLY[@]#"$kept"}")
      ;;
  esac
  words=''
  case $command:$arguments in
    'tally-relay':0) words='ring doctor help' ;;
    'tally-relay ring':0) words='ls stat watch verify rm' ;;
  esac
  local -a commands
  mapfile -t commands < <(compgen -W "$words" -- "$cur")
  COMPREPLY+=("${commands[@]}")
}
complete -F _tally_relay tally-relay

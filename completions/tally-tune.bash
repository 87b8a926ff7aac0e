# bash completion for tally-tune, written by tally-tune --generate bash
_tally_tune() {
  local line=${COMP_LINE:0:COMP_POINT} command=tally-tune arguments=0 skip=0 words='' i
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
    --color | --config | --cpus | --huge-1g | --huge-2m | --out | --profile | --root | -o) skip=1 ;;
    -?*) ;;
    *)
      case "$command ${typed[i]}" in
      'tally-tune status' | 'tally-tune plan' | 'tally-tune apply' | 'tally-tune rollback' | 'tally-tune explain' | 'tally-tune hold' | 'tally-tune doctor' | 'tally-tune help')
        command+=" ${typed[i]}"
        arguments=0
        ;;
      *) ((arguments++)) ;;
      esac
      ;;
    esac
  done

  case "$command:$prev" in
    'tally-tune status:--root')
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur")
      return
      ;;
    'tally-tune status:--profile')
      mapfile -t COMPREPLY < <(compgen -W 'low-latency memory observe' -- "$cur")
      return
      ;;
    'tally-tune status:--cpus')
      return
      ;;
    'tally-tune status:--huge-2m')
      return
      ;;
    'tally-tune status:--huge-1g')
      return
      ;;
    'tally-tune plan:--root')
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur")
      return
      ;;
    'tally-tune plan:--profile')
      mapfile -t COMPREPLY < <(compgen -W 'low-latency memory observe' -- "$cur")
      return
      ;;
    'tally-tune plan:--cpus')
      return
      ;;
    'tally-tune plan:--huge-2m')
      return
      ;;
    'tally-tune plan:--huge-1g')
      return
      ;;
    'tally-tune plan:-o' | 'tally-tune plan:--out')
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return
      ;;
    'tally-tune apply:--root')
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur")
      return
      ;;
    'tally-tune apply:--profile')
      mapfile -t COMPREPLY < <(compgen -W 'low-latency memory observe' -- "$cur")
      return
      ;;
    'tally-tune apply:--cpus')
      return
      ;;
    'tally-tune apply:--huge-2m')
      return
      ;;
    'tally-tune apply:--huge-1g')
      return
      ;;
    'tally-tune rollback:--root')
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur")
      return
      ;;
    'tally-tune:--root' | 'tally-tune '*':--root')
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur")
      return
      ;;
    'tally-tune:--profile' | 'tally-tune '*':--profile')
      mapfile -t COMPREPLY < <(compgen -W 'low-latency memory observe' -- "$cur")
      return
      ;;
    'tally-tune:--cpus' | 'tally-tune '*':--cpus')
      return
      ;;
    'tally-tune:--huge-2m' | 'tally-tune '*':--huge-2m')
      return
      ;;
    'tally-tune:--huge-1g' | 'tally-tune '*':--huge-1g')
      return
      ;;
    'tally-tune:--color' | 'tally-tune '*':--color')
      mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur")
      return
      ;;
    'tally-tune:--config' | 'tally-tune '*':--config')
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return
      ;;
  esac

  if [[ $cur == -* ]]; then
    case $command in
      'tally-tune') words='--root --profile --cpus --huge-2m --huge-1g --check --json --quiet --verbose --color --no-input --config --print-config --version -h --help' ;;
      'tally-tune status') words='--root --profile --cpus --huge-2m --huge-1g --check --json --quiet --verbose --color --no-input --config --print-config --version -h --help' ;;
      'tally-tune plan') words='--root --profile --cpus --huge-2m --huge-1g --out --check --json --quiet --verbose --color --no-input --config --print-config --version -h --help' ;;
      'tally-tune apply') words='--root --profile --cpus --huge-2m --huge-1g --yes --dry-run --keep-going --run-update-grub --check --json --quiet --verbose --color --no-input --config --print-config --version -h --help' ;;
      'tally-tune rollback') words='--root --all --force --print --run-update-grub --profile --cpus --huge-2m --huge-1g --check --json --quiet --verbose --color --no-input --config --print-config --version -h --help' ;;
      'tally-tune explain') words='--root --profile --cpus --huge-2m --huge-1g --check --json --quiet --verbose --color --no-input --config --print-config --version -h --help' ;;
      'tally-tune hold') words='--root --profile --cpus --huge-2m --huge-1g --check --json --quiet --verbose --color --no-input --config --print-config --version -h --help' ;;
      'tally-tune doctor') words='--root --profile --cpus --huge-2m --huge-1g --check --json --quiet --verbose --color --no-input --config --print-config --version -h --help' ;;
      'tally-tune help') words='--root --profile --cpus --huge-2m --huge-1g --check --json --quiet --verbose --color --no-input --config --print-config --version -h --help' ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
    return
  fi

  case $command:$arguments in
    'tally-tune apply':0)
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      ;;
    'tally-tune explain':0)
      words=$("${typed[0]}" --complete settings 2>/dev/null)
      mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
      COMPREPLY=("${COMPREPLY[@]#"$kept"}")
      ;;
  esac
  words=''
  case $command:$arguments in
    'tally-tune':0) words='status plan apply rollback explain hold doctor help' ;;
  esac
  local -a commands
  mapfile -t commands < <(compgen -W "$words" -- "$cur")
  COMPREPLY+=("${commands[@]}")
}
complete -F _tally_tune tally-tune

# bash completion for tally-bench, written by tally-bench --generate bash
_tally_bench() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
  local command=tally-bench arguments=0 skip=0 words='' i
  COMPREPLY=()
  # The shell makes three words of --name=value.
  [[ $cur == = ]] && cur=''
  [[ $prev == = ]] && prev=${COMP_WORDS[COMP_CWORD - 2]}

  # The command, and how many of its arguments stand before the cursor.
  for ((i = 1; i < COMP_CWORD; i++)); do
    if [[ ${COMP_WORDS[i]} == = ]]; then
      skip=1
      continue
    elif ((skip)); then
      skip=0
      continue
    fi
    case ${COMP_WORDS[i]} in
    --color | --config) skip=1 ;;
    -?*) ;;
    *)
      case "$command ${COMP_WORDS[i]}" in
      'tally-bench help')
        command+=" ${COMP_WORDS[i]}"
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

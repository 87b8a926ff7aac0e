# bash completion for tally-sign, written by tally-sign --generate bash
_tally_sign() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
  local command=tally-sign arguments=0 skip=0 words='' i
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
      'tally-sign help')
        command+=" ${COMP_WORDS[i]}"
        arguments=0
        ;;
      *) ((arguments++)) ;;
      esac
      ;;
    esac
  done

  case "$command:$prev" in
    'tally-sign:--color' | 'tally-sign '*':--color')
      mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur")
      return
      ;;
    'tally-sign:--config' | 'tally-sign '*':--config')
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return
      ;;
  esac

  if [[ $cur == -* ]]; then
    case $command in
      'tally-sign') words='--json --quiet --verbose --color --no-input --config --print-config --version -h --help' ;;
      'tally-sign help') words='--json --quiet --verbose --color --no-input --config --print-config --version -h --help' ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
    return
  fi

  words=''
  case $command:$arguments in
    'tally-sign':0) words='help' ;;
  esac
  local -a commands
  mapfile -t commands < <(compgen -W "$words" -- "$cur")
  COMPREPLY+=("${commands[@]}")
}
complete -F _tally_sign tally-sign

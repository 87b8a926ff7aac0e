# bash completion for tally-sign, written by tally-sign --generate bash
_tally_sign() {
  local line=${COMP_LINE:0:COMP_POINT} command=tally-sign arguments=0 skip=0 words='' i
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
    --allow | --backend | --color | --config | --digest | --dir | --from | --from-frame | --group | --hash | --host-key | --kdf-memory | --kdf-passes | --key | --listen | --message-file | --name | --out | --parties | --party | --party-timeout | --passphrase-fd | --passphrase-file | --path | --presignatures | --pubkey | --recovery | --reset | --role | --scheme | --self-check | --share | --stats | --stats-out | --table | --threads | --threshold | --to | --window | --with | --without) skip=1 ;;
    -?*) ;;
    *)
      case "$command ${typed[i]}" in
      'tally-sign deal' | 'tally-sign dkg' | 'tally-sign dkg key' | 'tally-sign dkg start' | 'tally-sign dkg contribute' | 'tally-sign dkg collect' | 'tally-sign dkg agree' | 'tally-sign dkg certify' | 'tally-sign dkg finish' | 'tally-sign recover' | 'tally-sign derive' | 'tally-sign pair' | 'tally-sign refresh' | 'tally-sign join' | 'tally-sign inspect' | 'tally-sign serve' | 'tally-sign sign' | 'tally-sign cosign' | 'tally-sign verify' | 'tally-sign doctor' | 'tally-sign help')
        command+=" ${typed[i]}"
        arguments=0
        ;;
      *) ((arguments++)) ;;
      esac
      ;;
    esac
  done

  case "$command:$prev" in
    'tally-sign deal:--threshold')
      return
      ;;
    'tally-sign deal:--parties')
      return
      ;;
    'tally-sign deal:--out')
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur")
      return
      ;;
    'tally-sign deal:--name')
      return
      ;;
    'tally-sign deal:--passphrase-file')
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return
      ;;
    'tally-sign deal:--passphrase-fd')
      return
      ;;
    'tally-sign deal:--kdf-memory')
      return
      ;;
    'tally-sign deal:--kdf-passes')
      return
      ;;
    'tally-sign dkg key:--out')
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return
      ;;
    'tally-sign dkg key:--passphrase-file')
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return
      ;;
    'tally-sign dkg key:--passphrase-fd')
      return
      ;;
    'tally-sign dkg key:--kdf-memory')
      return
      ;;
    'tally-sign dkg key:--kdf-passes')
      return
      ;;
    'tally-sign dkg start:--dir')
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur")
      return
      ;;
    'tally-sign dkg start:--threshold')
      return
      ;;
    'tally-sign dkg start:--host-key')
      return
      ;;
    'tally-sign dkg contribute:--dir')
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur")
      return
      ;;
    'tally-sign dkg contribute:--key')
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return
      ;;
    'tally-sign dkg contribute:--passphrase-file')
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return
      ;;
    'tally-sign dkg contribute:--passphrase-fd')
      return
      ;;
    'tally-sign dkg collect:--dir')
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur")
      return
      ;;
    'tally-sign dkg agree:--dir')
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur")
      return
      ;;
    'tally-sign dkg agree:--key')
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return
      ;;
    'tally-sign dkg agree:--passphrase-file')
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return
      ;;
    'tally-sign dkg agree:--passphrase-fd')
      return
      ;;
    'tally-sign dkg certify:--dir')
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur")
      return
      ;;
    'tally-sign dkg certify:--name')
      return
      ;;
    'tally-sign dkg finish:--dir')
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur")
      return
      ;;
    'tally-sign dkg finish:--key')
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return
      ;;
    'tally-sign dkg finish:--passphrase-file')
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return
      ;;
    'tally-sign dkg finish:--passphrase-fd')
      return
      ;;
    'tally-sign dkg finish:--out')
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return
      ;;
    'tally-sign recover:--recovery')
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return
      ;;
    'tally-sign recover:--group')
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return
      ;;
    'tally-sign recover:--key')
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return
      ;;
    'tally-sign recover:--passphrase-file')
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return
      ;;
    'tally-sign recover:--passphrase-fd')
      return
      ;;
    'tally-sign recover:--out')
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return
      ;;
    'tally-sign derive:--group')
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return
      ;;
    'tally-sign pair:--dir')
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur")
      return
      ;;
    'tally-sign pair:--share')
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return
      ;;
    'tally-sign pair:--passphrase-file')
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return
      ;;
    'tally-sign pair:--passphrase-fd')
      return
      ;;
    'tally-sign pair:--reset')
      return
      ;;
    'tally-sign refresh:--dir')
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur")
      return
      ;;
    'tally-sign refresh:--share')
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return
      ;;
    'tally-sign refresh:--passphrase-file')
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return
      ;;
    'tally-sign refresh:--passphrase-fd')
      return
      ;;
    'tally-sign refresh:--threshold')
      return
      ;;
    'tally-sign refresh:--without')
      return
      ;;
    'tally-sign refresh:--with')
      return
      ;;
    'tally-sign join:--dir')
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur")
      return
      ;;
    'tally-sign join:--group')
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return
      ;;
    'tally-sign join:--key')
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return
      ;;
    'tally-sign join:--passphrase-file')
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return
      ;;
    'tally-sign join:--passphrase-fd')
      return
      ;;
    'tally-sign join:--out')
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return
      ;;
    'tally-sign inspect:--passphrase-file')
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return
      ;;
    'tally-sign inspect:--passphrase-fd')
      return
      ;;
    'tally-sign serve:--role')
      mapfile -t COMPREPLY < <(compgen -W 'party coordinator' -- "$cur")
      return
      ;;
    'tally-sign serve:--scheme')
      mapfile -t COMPREPLY < <(compgen -W 'schnorr ecdsa' -- "$cur")
      return
      ;;
    'tally-sign serve:--hash')
      mapfile -t COMPREPLY < <(compgen -W 'sha256 sha256d' -- "$cur")
      return
      ;;
    'tally-sign serve:--path')
      return
      ;;
    'tally-sign serve:--presignatures')
      return
      ;;
    'tally-sign serve:--share')
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return
      ;;
    'tally-sign serve:--listen')
      return
      ;;
    'tally-sign serve:--allow')
      return
      ;;
    'tally-sign serve:--self-check')
      mapfile -t COMPREPLY < <(compgen -W 'on off' -- "$cur")
      return
      ;;
    'tally-sign serve:--passphrase-file')
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return
      ;;
    'tally-sign serve:--passphrase-fd')
      return
      ;;
    'tally-sign serve:--group')
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return
      ;;
    'tally-sign serve:--party')
      return
      ;;
    'tally-sign serve:--party-timeout')
      return
      ;;
    'tally-sign serve:--from')
      return
      ;;
    'tally-sign serve:--to')
      return
      ;;
    'tally-sign serve:--window')
      return
      ;;
    'tally-sign serve:--stats')
      return
      ;;
    'tally-sign serve:--stats-out')
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return
      ;;
    'tally-sign sign:--group')
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return
      ;;
    'tally-sign sign:--party')
      return
      ;;
    'tally-sign sign:--party-timeout')
      return
      ;;
    'tally-sign sign:--scheme')
      mapfile -t COMPREPLY < <(compgen -W 'schnorr ecdsa' -- "$cur")
      return
      ;;
    'tally-sign sign:--hash')
      mapfile -t COMPREPLY < <(compgen -W 'sha256 sha256d' -- "$cur")
      return
      ;;
    'tally-sign sign:--path')
      return
      ;;
    'tally-sign sign:--presignatures')
      return
      ;;
    'tally-sign sign:--digest')
      return
      ;;
    'tally-sign sign:--message-file')
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return
      ;;
    'tally-sign sign:--from-frame')
      mapfile -t COMPREPLY < <(compgen -W 'rec line hex jsonl' -- "$cur")
      return
      ;;
    'tally-sign cosign:--dir')
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur")
      return
      ;;
    'tally-sign cosign:--share')
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return
      ;;
    'tally-sign cosign:--passphrase-file')
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return
      ;;
    'tally-sign cosign:--passphrase-fd')
      return
      ;;
    'tally-sign cosign:--with')
      return
      ;;
    'tally-sign cosign:--message-file')
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return
      ;;
    'tally-sign cosign:--path')
      return
      ;;
    'tally-sign cosign:--group')
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return
      ;;
    'tally-sign verify:--from')
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return
      ;;
    'tally-sign verify:--pubkey')
      return
      ;;
    'tally-sign verify:--table')
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return
      ;;
    'tally-sign verify:--threads')
      return
      ;;
    'tally-sign verify:--backend')
      mapfile -t COMPREPLY < <(compgen -W 'auto ifma portable libsecp' -- "$cur")
      return
      ;;
    'tally-sign verify:--stats')
      return
      ;;
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
      'tally-sign deal') words='--threshold --parties --out --name --passphrase-file --passphrase-fd --kdf-memory --kdf-passes --json --quiet --verbose --color --no-input --config --print-config --version -h --help' ;;
      'tally-sign dkg') words='--json --quiet --verbose --color --no-input --config --print-config --version -h --help' ;;
      'tally-sign dkg key') words='--out --passphrase-file --passphrase-fd --kdf-memory --kdf-passes --json --quiet --verbose --color --no-input --config --print-config --version -h --help' ;;
      'tally-sign dkg start') words='--dir --threshold --host-key --json --quiet --verbose --color --no-input --config --print-config --version -h --help' ;;
      'tally-sign dkg contribute') words='--dir --key --passphrase-file --passphrase-fd --json --quiet --verbose --color --no-input --config --print-config --version -h --help' ;;
      'tally-sign dkg collect') words='--dir --json --quiet --verbose --color --no-input --config --print-config --version -h --help' ;;
      'tally-sign dkg agree') words='--dir --key --passphrase-file --passphrase-fd --json --quiet --verbose --color --no-input --config --print-config --version -h --help' ;;
      'tally-sign dkg certify') words='--dir --name --json --quiet --verbose --color --no-input --config --print-config --version -h --help' ;;
      'tally-sign dkg finish') words='--dir --key --passphrase-file --passphrase-fd --out --json --quiet --verbose --color --no-input --config --print-config --version -h --help' ;;
      'tally-sign recover') words='--recovery --group --key --passphrase-file --passphrase-fd --out --json --quiet --verbose --color --no-input --config --print-config --version -h --help' ;;
      'tally-sign derive') words='--group --json --quiet --verbose --color --no-input --config --print-config --version -h --help' ;;
      'tally-sign pair') words='--dir --share --passphrase-file --passphrase-fd --reset --json --quiet --verbose --color --no-input --config --print-config --version -h --help' ;;
      'tally-sign refresh') words='--dir --share --passphrase-file --passphrase-fd --threshold --without --with --anew --json --quiet --verbose --color --no-input --config --print-config --version -h --help' ;;
      'tally-sign join') words='--dir --group --key --passphrase-file --passphrase-fd --out --json --quiet --verbose --color --no-input --config --print-config --version -h --help' ;;
      'tally-sign inspect') words='--check --passphrase-file --passphrase-fd --json --quiet --verbose --color --no-input --config --print-config --version -h --help' ;;
      'tally-sign serve') words='--role --scheme --hash --path --presignatures --share --listen --allow --self-check --passphrase-file --passphrase-fd --group --party --party-timeout --from --to --window --stats --stats-out --json --quiet --verbose --color --no-input --config --print-config --version -h --help' ;;
      'tally-sign sign') words='--group --party --party-timeout --scheme --hash --path --presignatures --digest --message-file --from-frame --records --json --quiet --verbose --color --no-input --config --print-config --version -h --help' ;;
      'tally-sign cosign') words='--dir --share --passphrase-file --passphrase-fd --with --message-file --path --anew --group --json --quiet --verbose --color --no-input --config --print-config --version -h --help' ;;
      'tally-sign verify') words='--from --records --pubkey --table --threads --backend --stats --json --quiet --verbose --color --no-input --config --print-config --version -h --help' ;;
      'tally-sign doctor') words='--json --quiet --verbose --color --no-input --config --print-config --version -h --help' ;;
      'tally-sign help') words='--json --quiet --verbose --color --no-input --config --print-config --version -h --help' ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
    return
  fi

  case $command:$arguments in
    'tally-sign inspect':0)
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      ;;
  esac
  words=''
  case $command:$arguments in
    'tally-sign':0) words='deal dkg recover derive pair refresh join inspect serve sign cosign verify doctor help' ;;
    'tally-sign dkg':0) words='key start contribute collect agree certify finish' ;;
  esac
  local -a commands
  mapfile -t commands < <(compgen -W "$words" -- "$cur")
  COMPREPLY+=("${commands[@]}")
}
complete -F _tally_sign tally-sign

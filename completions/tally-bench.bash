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
    --aa | --against | --arrivals | --budget | --bytes | --color | --config | --count | --counts | --cpus | --dialect | --diff | --dir | --duration | --every | --extra | --floor | --format | --from | --history | --hops | --html | --interval | --label | --metric | --min-change | --name | --only | --out | --policy | --priority | --pubkey | --rate | --recording | --rounds | --seed | --svg | --threshold | --time | --timeout | --title | --to | --window | --work | -n | -o) skip=1 ;;
    -?*) ;;
    *)
      case "$command ${typed[i]}" in
      'tally-bench run' | 'tally-bench list' | 'tally-bench peers' | 'tally-bench pipeline' | 'tally-bench hops' | 'tally-bench convert' | 'tally-bench ab' | 'tally-bench spin' | 'tally-bench selftest' | 'tally-bench jitter' | 'tally-bench cores' | 'tally-bench baseline' | 'tally-bench baseline save' | 'tally-bench baseline list' | 'tally-bench baseline compare' | 'tally-bench history' | 'tally-bench history add' | 'tally-bench history show' | 'tally-bench watch' | 'tally-bench net' | 'tally-bench heatmap' | 'tally-bench percentiles' | 'tally-bench doctor' | 'tally-bench help')
        command+=" ${typed[i]}"
        arguments=0
        ;;
      *) ((arguments++)) ;;
      esac
      ;;
    esac
  done

  case "$command:$prev" in
    'tally-bench run:--time')
      return
      ;;
    'tally-bench run:--counts')
      mapfile -t COMPREPLY < <(compgen -W 'off callgrind' -- "$cur")
      return
      ;;
    'tally-bench run:--against')
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return
      ;;
    'tally-bench run:--format')
      mapfile -t COMPREPLY < <(compgen -W 'text json google-benchmark csv' -- "$cur")
      return
      ;;
    'tally-bench peers:--time')
      return
      ;;
    'tally-bench pipeline:--to')
      return
      ;;
    'tally-bench pipeline:--from')
      return
      ;;
    'tally-bench pipeline:--pubkey')
      return
      ;;
    'tally-bench pipeline:-n' | 'tally-bench pipeline:--count')
      return
      ;;
    'tally-bench pipeline:--window')
      return
      ;;
    'tally-bench pipeline:--bytes')
      return
      ;;
    'tally-bench pipeline:--rate')
      return
      ;;
    'tally-bench pipeline:--timeout')
      return
      ;;
    'tally-bench pipeline:--hops')
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return
      ;;
    'tally-bench pipeline:-o' | 'tally-bench pipeline:--out')
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return
      ;;
    'tally-bench pipeline:--recording')
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return
      ;;
    'tally-bench convert:--to')
      mapfile -t COMPREPLY < <(compgen -W 'text json google-benchmark csv hlog hgrm' -- "$cur")
      return
      ;;
    'tally-bench convert:--name')
      return
      ;;
    'tally-bench ab:--floor')
      return
      ;;
    'tally-bench ab:--budget')
      return
      ;;
    'tally-bench ab:--timeout')
      return
      ;;
    'tally-bench ab:--metric')
      return
      ;;
    'tally-bench ab:--policy')
      mapfile -t COMPREPLY < <(compgen -W 'auto fifo other' -- "$cur")
      return
      ;;
    'tally-bench ab:--seed')
      return
      ;;
    'tally-bench spin:--extra')
      return
      ;;
    'tally-bench spin:--work')
      return
      ;;
    'tally-bench selftest:--aa')
      return
      ;;
    'tally-bench selftest:--only')
      return
      ;;
    'tally-bench selftest:--budget')
      return
      ;;
    'tally-bench jitter:--cpus')
      return
      ;;
    'tally-bench jitter:--policy')
      mapfile -t COMPREPLY < <(compgen -W 'other fifo both' -- "$cur")
      return
      ;;
    'tally-bench jitter:--priority')
      return
      ;;
    'tally-bench jitter:--interval')
      return
      ;;
    'tally-bench jitter:--duration')
      return
      ;;
    'tally-bench jitter:--threshold')
      return
      ;;
    'tally-bench jitter:-o' | 'tally-bench jitter:--out')
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return
      ;;
    'tally-bench jitter:--recording')
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return
      ;;
    'tally-bench cores:--cpus')
      return
      ;;
    'tally-bench cores:--rounds')
      return
      ;;
    'tally-bench cores:-o' | 'tally-bench cores:--out')
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return
      ;;
    'tally-bench cores:--svg')
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return
      ;;
    'tally-bench cores:--html')
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return
      ;;
    'tally-bench baseline save:--from')
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return
      ;;
    'tally-bench baseline save:--time')
      return
      ;;
    'tally-bench baseline compare:--from')
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return
      ;;
    'tally-bench baseline compare:--time')
      return
      ;;
    'tally-bench baseline compare:--floor')
      return
      ;;
    'tally-bench baseline:--dir' | 'tally-bench baseline '*':--dir')
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur")
      return
      ;;
    'tally-bench history add:--label')
      return
      ;;
    'tally-bench history show:--min-change')
      return
      ;;
    'tally-bench history show:--html')
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return
      ;;
    'tally-bench watch:--every')
      return
      ;;
    'tally-bench watch:--history')
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return
      ;;
    'tally-bench watch:--label')
      return
      ;;
    'tally-bench watch:--count')
      return
      ;;
    'tally-bench watch:--time')
      return
      ;;
    'tally-bench net:--rate')
      return
      ;;
    'tally-bench net:--arrivals')
      mapfile -t COMPREPLY < <(compgen -W 'fixed poisson' -- "$cur")
      return
      ;;
    'tally-bench net:--seed')
      return
      ;;
    'tally-bench net:-n' | 'tally-bench net:--count')
      return
      ;;
    'tally-bench net:--duration')
      return
      ;;
    'tally-bench net:--window')
      return
      ;;
    'tally-bench net:--bytes')
      return
      ;;
    'tally-bench net:--timeout')
      return
      ;;
    'tally-bench net:--dialect')
      mapfile -t COMPREPLY < <(compgen -W 'echo sockperf' -- "$cur")
      return
      ;;
    'tally-bench net:-o' | 'tally-bench net:--out')
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return
      ;;
    'tally-bench net:--recording')
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return
      ;;
    'tally-bench heatmap:--from')
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return
      ;;
    'tally-bench heatmap:--diff')
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return
      ;;
    'tally-bench heatmap:--name')
      return
      ;;
    'tally-bench heatmap:--title')
      return
      ;;
    'tally-bench heatmap:--svg')
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return
      ;;
    'tally-bench heatmap:--html')
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return
      ;;
    'tally-bench percentiles:--name')
      return
      ;;
    'tally-bench percentiles:--title')
      return
      ;;
    'tally-bench percentiles:--svg')
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return
      ;;
    'tally-bench percentiles:--html')
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return
      ;;
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
      'tally-bench run') words='--quick --time --counters --require-pmu --counts --against --accept --format --json --quiet --verbose --color --no-input --config --print-config --version -h --help' ;;
      'tally-bench list') words='--json --quiet --verbose --color --no-input --config --print-config --version -h --help' ;;
      'tally-bench peers') words='--quick --time --json --quiet --verbose --color --no-input --config --print-config --version -h --help' ;;
      'tally-bench pipeline') words='--to --from --pubkey --count --window --bytes --rate --closed-loop --timeout --heatmap --hops --out --recording --json --quiet --verbose --color --no-input --config --print-config --version -h --help' ;;
      'tally-bench hops') words='--json --quiet --verbose --color --no-input --config --print-config --version -h --help' ;;
      'tally-bench convert') words='--to --name --stamps --json --quiet --verbose --color --no-input --config --print-config --version -h --help' ;;
      'tally-bench ab') words='--floor --budget --timeout --metric --policy --seed --json --quiet --verbose --color --no-input --config --print-config --version -h --help' ;;
      'tally-bench spin') words='--extra --work --json --quiet --verbose --color --no-input --config --print-config --version -h --help' ;;
      'tally-bench selftest') words='--aa --injected --only --budget --json --quiet --verbose --color --no-input --config --print-config --version -h --help' ;;
      'tally-bench jitter') words='--spin --wake --cpus --policy --priority --interval --duration --threshold --hold-dma-latency --out --recording --json --quiet --verbose --color --no-input --config --print-config --version -h --help' ;;
      'tally-bench cores') words='--cpus --rounds --out --svg --html --json --quiet --verbose --color --no-input --config --print-config --version -h --help' ;;
      'tally-bench baseline') words='--dir --json --quiet --verbose --color --no-input --config --print-config --version -h --help' ;;
      'tally-bench baseline save') words='--from --quick --time --replace --dir --json --quiet --verbose --color --no-input --config --print-config --version -h --help' ;;
      'tally-bench baseline list') words='--dir --json --quiet --verbose --color --no-input --config --print-config --version -h --help' ;;
      'tally-bench baseline compare') words='--from --quick --time --floor --dir --json --quiet --verbose --color --no-input --config --print-config --version -h --help' ;;
      'tally-bench history') words='--json --quiet --verbose --color --no-input --config --print-config --version -h --help' ;;
      'tally-bench history add') words='--label --json --quiet --verbose --color --no-input --config --print-config --version -h --help' ;;
      'tally-bench history show') words='--min-change --plot --html --json --quiet --verbose --color --no-input --config --print-config --version -h --help' ;;
      'tally-bench watch') words='--every --history --label --count --quick --time --json --quiet --verbose --color --no-input --config --print-config --version -h --help' ;;
      'tally-bench net') words='--serve --rate --arrivals --seed --closed-loop --count --duration --window --bytes --timeout --dialect --no-stamps --fail-on-loss --out --recording --json --quiet --verbose --color --no-input --config --print-config --version -h --help' ;;
      'tally-bench heatmap') words='--from --stamps --diff --name --title --svg --html --json --quiet --verbose --color --no-input --config --print-config --version -h --help' ;;
      'tally-bench percentiles') words='--name --title --svg --html --stamps --json --quiet --verbose --color --no-input --config --print-config --version -h --help' ;;
      'tally-bench doctor') words='--json --quiet --verbose --color --no-input --config --print-config --version -h --help' ;;
      'tally-bench help') words='--json --quiet --verbose --color --no-input --config --print-config --version -h --help' ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
    return
  fi

  case $command:$arguments in
    'tally-bench run':0)
      words=$("${typed[0]}" --complete cases 2>/dev/null)
      mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
      COMPREPLY=("${COMPREPLY[@]#"$kept"}")
      ;;
    'tally-bench list':0)
      words=$("${typed[0]}" --complete cases 2>/dev/null)
      mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
      COMPREPLY=("${COMPREPLY[@]#"$kept"}")
      ;;
    'tally-bench peers':0)
      words=$("${typed[0]}" --complete cases 2>/dev/null)
      mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
      COMPREPLY=("${COMPREPLY[@]#"$kept"}")
      ;;
    'tally-bench hops':*)
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      ;;
    'tally-bench convert':0)
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      ;;
    'tally-bench ab':*)
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      ;;
    'tally-bench spin':0)
      mapfile -t COMPREPLY < <(compgen -W 'alu chase syscall' -- "$cur")
      ;;
    'tally-bench baseline save':1)
      words=$("${typed[0]}" --complete cases 2>/dev/null)
      mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
      COMPREPLY=("${COMPREPLY[@]#"$kept"}")
      ;;
    'tally-bench baseline compare':1)
      words=$("${typed[0]}" --complete cases 2>/dev/null)
      mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
      COMPREPLY=("${COMPREPLY[@]#"$kept"}")
      ;;
    'tally-bench history add':0)
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      ;;
    'tally-bench history add':1)
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      ;;
    'tally-bench history show':*)
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      ;;
    'tally-bench watch':0)
      words=$("${typed[0]}" --complete cases 2>/dev/null)
      mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
      COMPREPLY=("${COMPREPLY[@]#"$kept"}")
      ;;
    'tally-bench heatmap':0)
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      ;;
    'tally-bench percentiles':*)
      compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      ;;
  esac
  words=''
  case $command:$arguments in
    'tally-bench':0) words='run list peers pipeline hops convert ab spin selftest jitter cores baseline history watch net heatmap percentiles doctor help' ;;
    'tally-bench baseline':0) words='save list compare' ;;
    'tally-bench history':0) words='add show' ;;
  esac
  local -a commands
  mapfile -t commands < <(compgen -W "$words" -- "$cur")
  COMPREPLY+=("${commands[@]}")
}
complete -F _tally_bench tally-bench

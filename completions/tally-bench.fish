# fish completion for tally-bench, written by tally-bench --generate fish

# The command in the words before the cursor.
function __tally_bench_command
    set -l command tally-bench
    set -l words (commandline -opc)
    set -e words[1]
    for word in $words
        switch "$command $word"
            case 'tally-bench help'
                set command "$command $word"
        end
    end
    echo $command
end

function __tally_bench_is
    test (__tally_bench_command) = $argv[1]
end

function __tally_bench_below
    string match -q -- "$argv[1] *" (__tally_bench_command)" "
end

complete -c tally-bench -f
complete -c tally-bench -n '__tally_bench_is \'tally-bench\'' -a help -d 'print the help of a command'
complete -c tally-bench -l json -d 'print JSON Lines, one object a line'
complete -c tally-bench -s q -l quiet -d 'print errors only'
complete -c tally-bench -s v -l verbose -d 'say more; again for yet more'
complete -c tally-bench -l color -x -a 'auto always never' -d 'colour the output'
complete -c tally-bench -l no-input -d 'never ask, fail instead'
complete -c tally-bench -l config -r -F -d 'read this configuration file and no other'
complete -c tally-bench -l print-config -d 'print every setting and where it comes from'
complete -c tally-bench -l version -d 'print the version'
complete -c tally-bench -s h -d 'print the usage in short'
complete -c tally-bench -l help -d 'print everything, with examples'

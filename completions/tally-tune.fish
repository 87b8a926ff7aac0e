# fish completion for tally-tune, written by tally-tune --generate fish

# The command in the words before the cursor.
function __tally_tune_command
    set -l command tally-tune
    set -l words (commandline -opc)
    set -e words[1]
    for word in $words
        switch "$command $word"
            case 'tally-tune help'
                set command "$command $word"
        end
    end
    echo $command
end

function __tally_tune_is
    test (__tally_tune_command) = $argv[1]
end

function __tally_tune_below
    string match -q -- "$argv[1] *" (__tally_tune_command)" "
end

complete -c tally-tune -f
complete -c tally-tune -n '__tally_tune_is \'tally-tune\'' -a help -d 'print the help of a command'
complete -c tally-tune -l json -d 'print JSON Lines, one object a line'
complete -c tally-tune -s q -l quiet -d 'print errors only'
complete -c tally-tune -s v -l verbose -d 'say more; again for yet more'
complete -c tally-tune -l color -x -a 'auto always never' -d 'colour the output'
complete -c tally-tune -l no-input -d 'never ask, fail instead'
complete -c tally-tune -l config -r -F -d 'read this configuration file and no other'
complete -c tally-tune -l print-config -d 'print every setting and where it comes from'
complete -c tally-tune -l version -d 'print the version'
complete -c tally-tune -s h -d 'print the usage in short'
complete -c tally-tune -l help -d 'print everything, with examples'

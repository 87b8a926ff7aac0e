# fish completion for tally-relay, written by tally-relay --generate fish

# The command in the words before the cursor.
function __tally_relay_command
    set -l command tally-relay
    set -l words (commandline -opc)
    set -e words[1]
    for word in $words
        switch "$command $word"
            case 'tally-relay help'
                set command "$command $word"
        end
    end
    echo $command
end

function __tally_relay_is
    test (__tally_relay_command) = $argv[1]
end

function __tally_relay_below
    string match -q -- "$argv[1] *" (__tally_relay_command)" "
end

complete -c tally-relay -f
complete -c tally-relay -n '__tally_relay_is \'tally-relay\'' -a help -d 'print the help of a command'
complete -c tally-relay -l json -d 'print JSON Lines, one object a line'
complete -c tally-relay -s q -l quiet -d 'print errors only'
complete -c tally-relay -s v -l verbose -d 'say more; again for yet more'
complete -c tally-relay -l color -x -a 'auto always never' -d 'colour the output'
complete -c tally-relay -l no-input -d 'never ask, fail instead'
complete -c tally-relay -l config -r -F -d 'read this configuration file and no other'
complete -c tally-relay -l print-config -d 'print every setting and where it comes from'
complete -c tally-relay -l version -d 'print the version'
complete -c tally-relay -s h -d 'print the usage in short'
complete -c tally-relay -l help -d 'print everything, with examples'

# fish completion for tally-sign, written by tally-sign --generate fish

# The command in the words before the cursor.
function __tally_sign_command
    set -l command tally-sign
    set -l words (commandline -opc)
    set -e words[1]
    for word in $words
        switch "$command $word"
            case 'tally-sign help'
                set command "$command $word"
        end
    end
    echo $command
end

function __tally_sign_is
    test (__tally_sign_command) = $argv[1]
end

function __tally_sign_below
    string match -q -- "$argv[1] *" (__tally_sign_command)" "
end

complete -c tally-sign -f
complete -c tally-sign -n '__tally_sign_is \'tally-sign\'' -a help -d 'print the help of a command'
complete -c tally-sign -l json -d 'print JSON Lines, one object a line'
complete -c tally-sign -s q -l quiet -d 'print errors only'
complete -c tally-sign -s v -l verbose -d 'say more; again for yet more'
complete -c tally-sign -l color -x -a 'auto always never' -d 'colour the output'
complete -c tally-sign -l no-input -d 'never ask, fail instead'
complete -c tally-sign -l config -r -F -d 'read this configuration file and no other'
complete -c tally-sign -l print-config -d 'print every setting and where it comes from'
complete -c tally-sign -l version -d 'print the version'
complete -c tally-sign -s h -d 'print the usage in short'
complete -c tally-sign -l help -d 'print everything, with examples'

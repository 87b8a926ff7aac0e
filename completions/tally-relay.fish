# fish completion for tally-relay, written by tally-relay --generate fish

# The command in the words before the cursor.
function __tally_relay_command
    set -l command tally-relay
    set -l words (commandline -opc)
    set -e words[1]
    for word in $words
        switch "$command $word"
            case 'tally-relay ring' 'tally-relay ring ls' 'tally-relay ring stat' 'tally-relay ring watch' 'tally-relay ring verify' 'tally-relay ring rm' 'tally-relay doctor' 'tally-relay help'
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
complete -c tally-relay -n '__tally_relay_is \'tally-relay\'' -a ring -d 'look after shared-memory rings'
complete -c tally-relay -n '__tally_relay_is \'tally-relay\'' -a doctor -d 'say what this host lacks, the cost and the remedy'
complete -c tally-relay -n '__tally_relay_is \'tally-relay\'' -a help -d 'print the help of a command'
complete -c tally-relay -n '__tally_relay_is \'tally-relay\'' -l from-frame -x -a 'rec line hex jsonl' -d 'framing of a FROM that is - or file:'
complete -c tally-relay -n '__tally_relay_is \'tally-relay\'' -l to-frame -x -a 'rec line hex jsonl' -d 'framing of a TO that is - or file:'
complete -c tally-relay -n '__tally_relay_is \'tally-relay\'' -l engine -x -a 'auto spin uring poll' -d 'how datagrams are received'
complete -c tally-relay -n '__tally_relay_is \'tally-relay\'' -l cpu -x -d 'run on processor N; -1 lets the kernel choose'
complete -c tally-relay -n '__tally_relay_is \'tally-relay\'' -l count -x -d 'stop after N records; 0 goes on'
complete -c tally-relay -n '__tally_relay_is \'tally-relay\'' -l duration -x -d 'stop after this time; 0 goes on'
complete -c tally-relay -n '__tally_relay_is \'tally-relay\'' -l drain -x -d 'how long a stop may take to deliver what had arrived'
complete -c tally-relay -n '__tally_relay_is \'tally-relay\'' -l stats -x -d 'print counts and times this often, and at the end'
complete -c tally-relay -n '__tally_relay_is \'tally-relay\'' -l stats-out -r -F -d 'write the final counts and times as JSON'
complete -c tally-relay -n '__tally_relay_is \'tally-relay\'' -l fail-on-loss -d 'exit 1 when a record was lost or is in doubt'
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
complete -c tally-relay -n '__tally_relay_is \'tally-relay\'' -a '(tally-relay --complete endpoints 2>/dev/null)' -d 'FROM'
complete -c tally-relay -n '__tally_relay_is \'tally-relay\'' -a '(tally-relay --complete endpoints 2>/dev/null)' -d 'TO'
complete -c tally-relay -n '__tally_relay_is \'tally-relay ring\'' -a ls -d 'list this user\'s rings'
complete -c tally-relay -n '__tally_relay_is \'tally-relay ring\'' -a stat -d 'show one ring and both its sides'
complete -c tally-relay -n '__tally_relay_is \'tally-relay ring\'' -a watch -d 'print what comes and goes, a line a period'
complete -c tally-relay -n '__tally_relay_is \'tally-relay ring\'' -a verify -d 'check the header, the cursors and every record that waits'
complete -c tally-relay -n '__tally_relay_is \'tally-relay ring\'' -a rm -d 'remove a ring that nobody holds'
complete -c tally-relay -n '__tally_relay_is \'tally-relay ring stat\'' -a '(tally-relay --complete rings 2>/dev/null)' -d 'NAME'
complete -c tally-relay -n '__tally_relay_is \'tally-relay ring watch\'' -l every -x -d 'the period'
complete -c tally-relay -n '__tally_relay_is \'tally-relay ring watch\'' -l count -x -d 'end after N lines; 0 goes on'
complete -c tally-relay -n '__tally_relay_is \'tally-relay ring watch\'' -a '(tally-relay --complete rings 2>/dev/null)' -d 'NAME'
complete -c tally-relay -n '__tally_relay_is \'tally-relay ring verify\'' -a '(tally-relay --complete rings 2>/dev/null)' -d 'NAME'
complete -c tally-relay -n '__tally_relay_is \'tally-relay ring rm\'' -l force -d 'also one that is held; both sides end with an error'
complete -c tally-relay -n '__tally_relay_is \'tally-relay ring rm\'' -a '(tally-relay --complete rings 2>/dev/null)' -d 'NAME'

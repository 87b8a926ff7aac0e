# fish completion for tally-tune, written by tally-tune --generate fish

# The command in the words before the cursor.
function __tally_tune_command
    set -l command tally-tune
    set -l words (commandline -opc)
    set -e words[1]
    for word in $words
        switch "$command $word"
            case 'tally-tune status' 'tally-tune plan' 'tally-tune apply' 'tally-tune rollback' 'tally-tune explain' 'tally-tune hold' 'tally-tune doctor' 'tally-tune help'
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
complete -c tally-tune -n '__tally_tune_is \'tally-tune\'' -a status -d 'what is set, what is wanted, and why'
complete -c tally-tune -n '__tally_tune_is \'tally-tune\'' -a plan -d 'what apply would change; changes nothing'
complete -c tally-tune -n '__tally_tune_is \'tally-tune\'' -a apply -d 'change the host, journalled and undoable'
complete -c tally-tune -n '__tally_tune_is \'tally-tune\'' -a rollback -d 'undo what was applied, exactly'
complete -c tally-tune -n '__tally_tune_is \'tally-tune\'' -a explain -d 'why a setting, its risk and its undo'
complete -c tally-tune -n '__tally_tune_is \'tally-tune\'' -a hold -d 'keep every processor awake while a command runs'
complete -c tally-tune -n '__tally_tune_is \'tally-tune\'' -a doctor -d 'say what this host lacks, the cost and the remedy'
complete -c tally-tune -n '__tally_tune_is \'tally-tune\'' -a help -d 'print the help of a command'
complete -c tally-tune -l root -x -a '(__fish_complete_directories)' -d 'look at and change the files below DIR'
complete -c tally-tune -l profile -x -a 'low-latency memory observe' -d 'what is wanted of the host'
complete -c tally-tune -l cpus -x -d 'processors to isolate, as 2-7,10-15, instead of those the topology gives'
complete -c tally-tune -l huge-2m -x -d 'pages of 2 MiB on each node; -1: as the profile has it'
complete -c tally-tune -l huge-1g -x -d 'pages of 1 GiB on each node'
complete -c tally-tune -l check -d 'exit 1 when something that was applied has drifted'
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
complete -c tally-tune -n '__tally_tune_below \'tally-tune status\'' -l root -x -a '(__fish_complete_directories)' -d 'look at and change the files below DIR'
complete -c tally-tune -n '__tally_tune_below \'tally-tune status\'' -l profile -x -a 'low-latency memory observe' -d 'what is wanted of the host'
complete -c tally-tune -n '__tally_tune_below \'tally-tune status\'' -l cpus -x -d 'processors to isolate, as 2-7,10-15, instead of those the topology gives'
complete -c tally-tune -n '__tally_tune_below \'tally-tune status\'' -l huge-2m -x -d 'pages of 2 MiB on each node; -1: as the profile has it'
complete -c tally-tune -n '__tally_tune_below \'tally-tune status\'' -l huge-1g -x -d 'pages of 1 GiB on each node'
complete -c tally-tune -n '__tally_tune_below \'tally-tune status\'' -l check -d 'exit 1 when something that was applied has drifted'
complete -c tally-tune -n '__tally_tune_below \'tally-tune plan\'' -l root -x -a '(__fish_complete_directories)' -d 'look at and change the files below DIR'
complete -c tally-tune -n '__tally_tune_below \'tally-tune plan\'' -l profile -x -a 'low-latency memory observe' -d 'what is wanted of the host'
complete -c tally-tune -n '__tally_tune_below \'tally-tune plan\'' -l cpus -x -d 'processors to isolate, as 2-7,10-15, instead of those the topology gives'
complete -c tally-tune -n '__tally_tune_below \'tally-tune plan\'' -l huge-2m -x -d 'pages of 2 MiB on each node; -1: as the profile has it'
complete -c tally-tune -n '__tally_tune_below \'tally-tune plan\'' -l huge-1g -x -d 'pages of 1 GiB on each node'
complete -c tally-tune -n '__tally_tune_below \'tally-tune plan\'' -s o -l out -r -F -d 'save the plan as JSON'
complete -c tally-tune -n '__tally_tune_below \'tally-tune plan\'' -l check -d 'exit 1 when there is something to change'
complete -c tally-tune -n '__tally_tune_is \'tally-tune apply\'' -l root -x -a '(__fish_complete_directories)' -d 'look at and change the files below DIR'
complete -c tally-tune -n '__tally_tune_is \'tally-tune apply\'' -l profile -x -a 'low-latency memory observe' -d 'what is wanted of the host'
complete -c tally-tune -n '__tally_tune_is \'tally-tune apply\'' -l cpus -x -d 'processors to isolate, as 2-7,10-15, instead of those the topology gives'
complete -c tally-tune -n '__tally_tune_is \'tally-tune apply\'' -l huge-2m -x -d 'pages of 2 MiB on each node; -1: as the profile has it'
complete -c tally-tune -n '__tally_tune_is \'tally-tune apply\'' -l huge-1g -x -d 'pages of 1 GiB on each node'
complete -c tally-tune -n '__tally_tune_is \'tally-tune apply\'' -l yes -d 'do not ask'
complete -c tally-tune -n '__tally_tune_is \'tally-tune apply\'' -l dry-run -d 'show the plan and change nothing, as plan does'
complete -c tally-tune -n '__tally_tune_is \'tally-tune apply\'' -l keep-going -d 'when a setting is refused, apply the rest and exit 1'
complete -c tally-tune -n '__tally_tune_is \'tally-tune apply\'' -l run-update-grub -d 'run update-grub after a change of boot parameters'
complete -c tally-tune -n '__tally_tune_is \'tally-tune apply\'' -F -d 'FILE'
complete -c tally-tune -n '__tally_tune_is \'tally-tune rollback\'' -l root -x -a '(__fish_complete_directories)' -d 'look at and change the files below DIR'
complete -c tally-tune -n '__tally_tune_is \'tally-tune rollback\'' -l all -d 'everything that is in force'
complete -c tally-tune -n '__tally_tune_is \'tally-tune rollback\'' -l force -d 'also what somebody else has changed since'
complete -c tally-tune -n '__tally_tune_is \'tally-tune rollback\'' -l print -d 'print the undo as shell commands and change nothing'
complete -c tally-tune -n '__tally_tune_is \'tally-tune rollback\'' -l run-update-grub -d 'run update-grub after a change of boot parameters'
complete -c tally-tune -n '__tally_tune_is \'tally-tune explain\'' -a '(tally-tune --complete settings 2>/dev/null)' -d 'ID'

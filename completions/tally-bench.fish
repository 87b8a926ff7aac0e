# fish completion for tally-bench, written by tally-bench --generate fish

# The command in the words before the cursor.
function __tally_bench_command
    set -l command tally-bench
    set -l words (commandline -opc)
    set -e words[1]
    for word in $words
        switch "$command $word"
            case 'tally-bench run' 'tally-bench list' 'tally-bench pipeline' 'tally-bench hops' 'tally-bench convert' 'tally-bench ab' 'tally-bench spin' 'tally-bench selftest' 'tally-bench jitter' 'tally-bench cores' 'tally-bench doctor' 'tally-bench help'
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
complete -c tally-bench -n '__tally_bench_is \'tally-bench\'' -a run -d 'measure cases, each between calibrations and in turn with its peers'
complete -c tally-bench -n '__tally_bench_is \'tally-bench\'' -a list -d 'list the cases'
complete -c tally-bench -n '__tally_bench_is \'tally-bench\'' -a pipeline -d 'send packets into a signing chain, receive them signed, verify every signature'
complete -c tally-bench -n '__tally_bench_is \'tally-bench\'' -a hops -d 'print the hops of a chain as one table, from its statistics files'
complete -c tally-bench -n '__tally_bench_is \'tally-bench\'' -a convert -d 'write results or recordings in another format'
complete -c tally-bench -n '__tally_bench_is \'tally-bench\'' -a ab -d 'whether command B is slower than command A, by pairs of fresh processes'
complete -c tally-bench -n '__tally_bench_is \'tally-bench\'' -a spin -d 'do a fixed piece of work, to try ab out'
complete -c tally-bench -n '__tally_bench_is \'tally-bench\'' -a selftest -d 'how often ab errs here: A against A, and work added on purpose'
complete -c tally-bench -n '__tally_bench_is \'tally-bench\'' -a jitter -d 'measure what disturbs processors: gaps of a spinning thread, late wake-ups'
complete -c tally-bench -n '__tally_bench_is \'tally-bench\'' -a cores -d 'measure the round trip of a cache line between every two processors'
complete -c tally-bench -n '__tally_bench_is \'tally-bench\'' -a doctor -d 'say what this host lacks, the cost and the remedy'
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
complete -c tally-bench -n '__tally_bench_is \'tally-bench run\'' -l quick -d 'few slices, at most a second a case'
complete -c tally-bench -n '__tally_bench_is \'tally-bench run\'' -l time -x -d 'at most this long for a case'
complete -c tally-bench -n '__tally_bench_is \'tally-bench run\'' -l counters -d 'count cycles, instructions, misses, faults and switches of ours'
complete -c tally-bench -n '__tally_bench_is \'tally-bench run\'' -l require-pmu -d 'the same, and end with status 69 where the processor\'s counters cannot be had'
complete -c tally-bench -n '__tally_bench_is \'tally-bench run\'' -l counts -x -a 'off callgrind' -d 'count instructions instead of time, the same on every run'
complete -c tally-bench -n '__tally_bench_is \'tally-bench run\'' -l against -r -F -d 'with --counts: fail when a count is more than 1 % from this file\'s'
complete -c tally-bench -n '__tally_bench_is \'tally-bench run\'' -l accept -d 'with --against: write the counts to that file'
complete -c tally-bench -n '__tally_bench_is \'tally-bench run\'' -l format -x -a 'text json google-benchmark csv' -d 'how results are printed'
complete -c tally-bench -n '__tally_bench_is \'tally-bench run\'' -a '(tally-bench --complete cases 2>/dev/null)' -d 'PATTERN'
complete -c tally-bench -n '__tally_bench_is \'tally-bench list\'' -a '(tally-bench --complete cases 2>/dev/null)' -d 'PATTERN'
complete -c tally-bench -n '__tally_bench_below \'tally-bench pipeline\'' -l to -x -d 'where the chain takes packets, udp://HOST:PORT'
complete -c tally-bench -n '__tally_bench_below \'tally-bench pipeline\'' -l from -x -d 'where the chain delivers signed packets, bound here'
complete -c tally-bench -n '__tally_bench_below \'tally-bench pipeline\'' -l pubkey -x -d 'the group\'s BIP340 public key'
complete -c tally-bench -n '__tally_bench_below \'tally-bench pipeline\'' -s n -l count -x -d 'packets to send'
complete -c tally-bench -n '__tally_bench_below \'tally-bench pipeline\'' -l window -x -d 'unanswered packets at most'
complete -c tally-bench -n '__tally_bench_below \'tally-bench pipeline\'' -l bytes -x -d 'size of a packet'
complete -c tally-bench -n '__tally_bench_below \'tally-bench pipeline\'' -l rate -x -d 'packets a second in an open loop; 0 for as fast as the window allows'
complete -c tally-bench -n '__tally_bench_below \'tally-bench pipeline\'' -l timeout -x -d 'end after this long without an answer'
complete -c tally-bench -n '__tally_bench_below \'tally-bench pipeline\'' -l heatmap -d 'draw latency over time'
complete -c tally-bench -n '__tally_bench_below \'tally-bench pipeline\'' -l hops -r -F -d 'show the hops of this --stats-out file too; may be repeated'
complete -c tally-bench -n '__tally_bench_below \'tally-bench pipeline\'' -s o -l out -r -F -d 'write the JSON result to FILE as well'
complete -c tally-bench -n '__tally_bench_is \'tally-bench hops\'' -F -d 'FILE'
complete -c tally-bench -n '__tally_bench_is \'tally-bench convert\'' -l to -x -a 'text json google-benchmark csv hlog hgrm' -d 'the format to write'
complete -c tally-bench -n '__tally_bench_is \'tally-bench convert\'' -l name -x -d 'only this recording of the file'
complete -c tally-bench -n '__tally_bench_is \'tally-bench convert\'' -l stamps -d 'lines hold the times of sending and of receiving'
complete -c tally-bench -n '__tally_bench_is \'tally-bench convert\'' -F -d 'FILE'
complete -c tally-bench -n '__tally_bench_is \'tally-bench ab\'' -l floor -x -d 'changes up to this many percent are none'
complete -c tally-bench -n '__tally_bench_is \'tally-bench ab\'' -l budget -x -d 'decide within this long, or say that it cannot be'
complete -c tally-bench -n '__tally_bench_is \'tally-bench ab\'' -l timeout -x -d 'a run that takes longer has failed'
complete -c tally-bench -n '__tally_bench_is \'tally-bench ab\'' -l metric -x -d 'compare this field of the result lines both print; may be repeated'
complete -c tally-bench -n '__tally_bench_is \'tally-bench ab\'' -l priority -x -a 'auto fifo normal' -d 'run the commands under SCHED_FIFO; auto: where that is permitted'
complete -c tally-bench -n '__tally_bench_is \'tally-bench ab\'' -l seed -x -d 'of the bootstrap'
complete -c tally-bench -n '__tally_bench_is \'tally-bench ab\'' -F -d 'CMD'
complete -c tally-bench -n '__tally_bench_is \'tally-bench spin\'' -l extra -x -d 'this much more work'
complete -c tally-bench -n '__tally_bench_is \'tally-bench spin\'' -l work -x -d 'operations instead of some 30 ms\' worth; 0 for that worth'
complete -c tally-bench -n '__tally_bench_is \'tally-bench spin\'' -a 'alu chase syscall' -d 'LOAD'
complete -c tally-bench -n '__tally_bench_below \'tally-bench selftest\'' -l aa -x -d 'comparisons of each load with itself'
complete -c tally-bench -n '__tally_bench_below \'tally-bench selftest\'' -l injected -d 'also 20 trials each of +5 %, +10 % and +20 %'
complete -c tally-bench -n '__tally_bench_below \'tally-bench selftest\'' -l only -x -d 'only tests with this in their name'
complete -c tally-bench -n '__tally_bench_below \'tally-bench selftest\'' -l budget -x -d 'of one comparison'
complete -c tally-bench -n '__tally_bench_below \'tally-bench jitter\'' -l spin -d 'gaps of a spinning thread; both measures without either'
complete -c tally-bench -n '__tally_bench_below \'tally-bench jitter\'' -l wake -d 'how late a sleeping thread is woken'
complete -c tally-bench -n '__tally_bench_below \'tally-bench jitter\'' -l cpus -x -d 'processors, as 0-3,8; all allowed ones when empty'
complete -c tally-bench -n '__tally_bench_below \'tally-bench jitter\'' -l policy -x -a 'other fifo both' -d 'scheduling policy'
complete -c tally-bench -n '__tally_bench_below \'tally-bench jitter\'' -l priority -x -d 'real-time priority under fifo'
complete -c tally-bench -n '__tally_bench_below \'tally-bench jitter\'' -l interval -x -d 'between wake-ups'
complete -c tally-bench -n '__tally_bench_below \'tally-bench jitter\'' -l duration -x -d 'of each measure and policy'
complete -c tally-bench -n '__tally_bench_below \'tally-bench jitter\'' -l threshold -x -d 'gaps from here on count'
complete -c tally-bench -n '__tally_bench_below \'tally-bench jitter\'' -l hold-dma-latency -d 'keep idle states away meanwhile, as cyclictest does unasked'
complete -c tally-bench -n '__tally_bench_below \'tally-bench jitter\'' -s o -l out -r -F -d 'write the JSON result to FILE as well'
complete -c tally-bench -n '__tally_bench_below \'tally-bench jitter\'' -l recording -r -F -d 'write histograms and their course to FILE, for pictures'
complete -c tally-bench -n '__tally_bench_below \'tally-bench cores\'' -l cpus -x -d 'processors, as 0-3,8; all allowed ones when empty'
complete -c tally-bench -n '__tally_bench_below \'tally-bench cores\'' -l rounds -x -d 'times each pair is measured'
complete -c tally-bench -n '__tally_bench_below \'tally-bench cores\'' -s o -l out -r -F -d 'write the JSON result to FILE as well'

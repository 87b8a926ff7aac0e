# fish completion for tally-sign, written by tally-sign --generate fish

# The command in the words before the cursor.
function __tally_sign_command
    set -l command tally-sign
    set -l words (commandline -opc)
    set -e words[1]
    for word in $words
        switch "$command $word"
            case 'tally-sign deal' 'tally-sign dkg' 'tally-sign dkg key' 'tally-sign dkg start' 'tally-sign dkg contribute' 'tally-sign dkg collect' 'tally-sign dkg agree' 'tally-sign dkg certify' 'tally-sign dkg finish' 'tally-sign recover' 'tally-sign derive' 'tally-sign inspect' 'tally-sign serve' 'tally-sign sign' 'tally-sign verify' 'tally-sign doctor' 'tally-sign help'
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
complete -c tally-sign -n '__tally_sign_is \'tally-sign\'' -a deal -d 'make a key and cut it into shares, one encrypted file a party'
complete -c tally-sign -n '__tally_sign_is \'tally-sign\'' -a dkg -d 'make a key that no machine ever holds, by files that custodians carry'
complete -c tally-sign -n '__tally_sign_is \'tally-sign\'' -a recover -d 'write a share again from recovery data and a host key'
complete -c tally-sign -n '__tally_sign_is \'tally-sign\'' -a derive -d 'print the public key of a child, after BIP-32'
complete -c tally-sign -n '__tally_sign_is \'tally-sign\'' -a inspect -d 'show the public facts of a share or group file'
complete -c tally-sign -n '__tally_sign_is \'tally-sign\'' -a serve -d 'hold a share and sign with it, or coordinate those who do'
complete -c tally-sign -n '__tally_sign_is \'tally-sign\'' -a sign -d 'have standard input signed: one message, or records with --records or --from-frame'
complete -c tally-sign -n '__tally_sign_is \'tally-sign\'' -a verify -d 'check signatures: JSON lines with keys, or signed records of one key'
complete -c tally-sign -n '__tally_sign_is \'tally-sign\'' -a doctor -d 'say what this host lacks, the cost and the remedy'
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
complete -c tally-sign -n '__tally_sign_below \'tally-sign deal\'' -l threshold -x -d 'parties that a signature takes'
complete -c tally-sign -n '__tally_sign_below \'tally-sign deal\'' -l parties -x -d 'parties that get a share'
complete -c tally-sign -n '__tally_sign_below \'tally-sign deal\'' -l out -x -a '(__fish_complete_directories)' -d 'new folder for the files'
complete -c tally-sign -n '__tally_sign_below \'tally-sign deal\'' -l name -x -d 'files are NAME.group and NAME-0.share onwards'
complete -c tally-sign -n '__tally_sign_below \'tally-sign deal\'' -l passphrase-file -r -F -d 'passphrase for all shares, or once for each party in their order'
complete -c tally-sign -n '__tally_sign_below \'tally-sign deal\'' -l passphrase-fd -x -d 'read one passphrase for all from an open descriptor, -1 for none'
complete -c tally-sign -n '__tally_sign_below \'tally-sign deal\'' -l kdf-memory -x -d 'memory that each guess at a passphrase costs, 64MiB to 1GiB'
complete -c tally-sign -n '__tally_sign_below \'tally-sign deal\'' -l kdf-passes -x -d 'passes over that memory'
complete -c tally-sign -n '__tally_sign_is \'tally-sign dkg\'' -a key -d 'first, each custodian: make a host key'
complete -c tally-sign -n '__tally_sign_is \'tally-sign dkg\'' -a start -d 'then, the coordinator: open the ceremony\'s folder'
complete -c tally-sign -n '__tally_sign_is \'tally-sign dkg\'' -a contribute -d 'each custodian: the first message'
complete -c tally-sign -n '__tally_sign_is \'tally-sign dkg\'' -a collect -d 'the coordinator: answer the first messages'
complete -c tally-sign -n '__tally_sign_is \'tally-sign dkg\'' -a agree -d 'each custodian: check the own share and sign the result'
complete -c tally-sign -n '__tally_sign_is \'tally-sign dkg\'' -a certify -d 'the coordinator: put the signatures together'
complete -c tally-sign -n '__tally_sign_is \'tally-sign dkg\'' -a finish -d 'each custodian: write the own share'
complete -c tally-sign -n '__tally_sign_below \'tally-sign dkg key\'' -l out -r -F -d 'new file for the encrypted host key'
complete -c tally-sign -n '__tally_sign_below \'tally-sign dkg key\'' -l passphrase-file -r -F -d 'read the passphrase from a file that is yours alone'
complete -c tally-sign -n '__tally_sign_below \'tally-sign dkg key\'' -l passphrase-fd -x -d 'read the passphrase from an open descriptor, -1 for none'
complete -c tally-sign -n '__tally_sign_below \'tally-sign dkg key\'' -l kdf-memory -x -d 'memory that each guess at a passphrase costs, 64MiB to 1GiB'
complete -c tally-sign -n '__tally_sign_below \'tally-sign dkg key\'' -l kdf-passes -x -d 'passes over that memory'
complete -c tally-sign -n '__tally_sign_below \'tally-sign dkg start\'' -l dir -x -a '(__fish_complete_directories)' -d 'folder of the ceremony'
complete -c tally-sign -n '__tally_sign_below \'tally-sign dkg start\'' -l threshold -x -d 'parties that a signature takes'
complete -c tally-sign -n '__tally_sign_below \'tally-sign dkg start\'' -l host-key -x -d 'host public key of a participant; once for each, in the order of their numbers'
complete -c tally-sign -n '__tally_sign_below \'tally-sign dkg contribute\'' -l dir -x -a '(__fish_complete_directories)' -d 'folder of the ceremony'
complete -c tally-sign -n '__tally_sign_below \'tally-sign dkg contribute\'' -l key -r -F -d 'your host key, as tally-sign dkg key made it'
complete -c tally-sign -n '__tally_sign_below \'tally-sign dkg contribute\'' -l passphrase-file -r -F -d 'read the passphrase from a file that is yours alone'
complete -c tally-sign -n '__tally_sign_below \'tally-sign dkg contribute\'' -l passphrase-fd -x -d 'read the passphrase from an open descriptor, -1 for none'
complete -c tally-sign -n '__tally_sign_below \'tally-sign dkg collect\'' -l dir -x -a '(__fish_complete_directories)' -d 'folder of the ceremony'
complete -c tally-sign -n '__tally_sign_below \'tally-sign dkg agree\'' -l dir -x -a '(__fish_complete_directories)' -d 'folder of the ceremony'
complete -c tally-sign -n '__tally_sign_below \'tally-sign dkg agree\'' -l key -r -F -d 'your host key, as tally-sign dkg key made it'
complete -c tally-sign -n '__tally_sign_below \'tally-sign dkg agree\'' -l passphrase-file -r -F -d 'read the passphrase from a file that is yours alone'
complete -c tally-sign -n '__tally_sign_below \'tally-sign dkg agree\'' -l passphrase-fd -x -d 'read the passphrase from an open descriptor, -1 for none'
complete -c tally-sign -n '__tally_sign_below \'tally-sign dkg certify\'' -l dir -x -a '(__fish_complete_directories)' -d 'folder of the ceremony'
complete -c tally-sign -n '__tally_sign_below \'tally-sign dkg certify\'' -l name -x -d 'the group file is NAME.group'
complete -c tally-sign -n '__tally_sign_below \'tally-sign dkg finish\'' -l dir -x -a '(__fish_complete_directories)' -d 'folder of the ceremony'
complete -c tally-sign -n '__tally_sign_below \'tally-sign dkg finish\'' -l key -r -F -d 'your host key, as tally-sign dkg key made it'
complete -c tally-sign -n '__tally_sign_below \'tally-sign dkg finish\'' -l passphrase-file -r -F -d 'read the passphrase from a file that is yours alone'
complete -c tally-sign -n '__tally_sign_below \'tally-sign dkg finish\'' -l passphrase-fd -x -d 'read the passphrase from an open descriptor, -1 for none'
complete -c tally-sign -n '__tally_sign_below \'tally-sign dkg finish\'' -l out -r -F -d 'new file for the share, under the passphrase of the host key'
complete -c tally-sign -n '__tally_sign_below \'tally-sign recover\'' -l recovery -r -F -d 'the ceremony\'s file recovery'
complete -c tally-sign -n '__tally_sign_below \'tally-sign recover\'' -l group -r -F -d 'group file of the key as it is now: a share of another epoch is refused'
complete -c tally-sign -n '__tally_sign_below \'tally-sign recover\'' -l key -r -F -d 'your host key, as tally-sign dkg key made it'
complete -c tally-sign -n '__tally_sign_below \'tally-sign recover\'' -l passphrase-file -r -F -d 'read the passphrase from a file that is yours alone'
complete -c tally-sign -n '__tally_sign_below \'tally-sign recover\'' -l passphrase-fd -x -d 'read the passphrase from an open descriptor, -1 for none'
complete -c tally-sign -n '__tally_sign_below \'tally-sign recover\'' -l out -r -F -d 'new file for the share, under the passphrase of the host key'
complete -c tally-sign -n '__tally_sign_is \'tally-sign derive\'' -l group -r -F -d 'group file of the key'
complete -c tally-sign -n '__tally_sign_is \'tally-sign inspect\'' -l check -d 'open the share, and compare it with its public share'
complete -c tally-sign -n '__tally_sign_is \'tally-sign inspect\'' -l passphrase-file -r -F -d 'read the passphrase from a file that is yours alone'
complete -c tally-sign -n '__tally_sign_is \'tally-sign inspect\'' -l passphrase-fd -x -d 'read the passphrase from an open descriptor, -1 for none'
complete -c tally-sign -n '__tally_sign_is \'tally-sign inspect\'' -F -d 'FILE'
complete -c tally-sign -n '__tally_sign_below \'tally-sign serve\'' -l role -x -a 'party coordinator' -d 'hold one share, or none and bring the parties together'
complete -c tally-sign -n '__tally_sign_below \'tally-sign serve\'' -l share -r -F -d 'party: share file'
complete -c tally-sign -n '__tally_sign_below \'tally-sign serve\'' -l listen -x -d 'party: socket for coordinators'
complete -c tally-sign -n '__tally_sign_below \'tally-sign serve\'' -l allow -x -d 'party: what to sign: any, or prefix=HEX,max-bytes=N; rules are alternatives'
complete -c tally-sign -n '__tally_sign_below \'tally-sign serve\'' -l self-check -x -a 'on off' -d 'party: verify each partial signature before it leaves'
complete -c tally-sign -n '__tally_sign_below \'tally-sign serve\'' -l passphrase-file -r -F -d 'read the passphrase from a file that is yours alone'
complete -c tally-sign -n '__tally_sign_below \'tally-sign serve\'' -l passphrase-fd -x -d 'read the passphrase from an open descriptor, -1 for none'
complete -c tally-sign -n '__tally_sign_below \'tally-sign serve\'' -l group -r -F -d 'group file of the key'
complete -c tally-sign -n '__tally_sign_below \'tally-sign serve\'' -l party -x -d 'socket of a party; once for each, at least as many as the threshold'
complete -c tally-sign -n '__tally_sign_below \'tally-sign serve\'' -l party-timeout -x -d 'leave out a party that is silent for so long; give up after it when too few are left'
complete -c tally-sign -n '__tally_sign_below \'tally-sign serve\'' -l from -x -d 'coordinator: records to sign, shm:NAME or - for rec frames'
complete -c tally-sign -n '__tally_sign_below \'tally-sign serve\'' -l to -x -d 'coordinator: signed records, shm:NAME or - for rec frames'
complete -c tally-sign -n '__tally_sign_below \'tally-sign serve\'' -l window -x -d 'coordinator: records in work at a time'
complete -c tally-sign -n '__tally_sign_below \'tally-sign serve\'' -l stats -x -d 'coordinator: a line of figures so often'
complete -c tally-sign -n '__tally_sign_below \'tally-sign serve\'' -l stats-out -r -F -d 'coordinator: figures as one JSON object at the end'
complete -c tally-sign -n '__tally_sign_below \'tally-sign sign\'' -l group -r -F -d 'group file of the key'
complete -c tally-sign -n '__tally_sign_below \'tally-sign sign\'' -l party -x -d 'socket of a party; once for each, at least as many as the threshold'
complete -c tally-sign -n '__tally_sign_below \'tally-sign sign\'' -l party-timeout -x -d 'leave out a party that is silent for so long; give up after it when too few are left'
complete -c tally-sign -n '__tally_sign_below \'tally-sign sign\'' -l message-file -r -F -d 'the message, - for standard input (the default)'
complete -c tally-sign -n '__tally_sign_below \'tally-sign sign\'' -l from-frame -x -a 'rec line hex jsonl' -d 'standard input holds many records, framed like this'
complete -c tally-sign -n '__tally_sign_below \'tally-sign sign\'' -l records -d 'the same as --from-frame rec'
complete -c tally-sign -n '__tally_sign_below \'tally-sign verify\'' -l from -r -F -d 'read from a file, - for standard input'
complete -c tally-sign -n '__tally_sign_below \'tally-sign verify\'' -l records -d 'signed records in rec frames, not JSON lines'
complete -c tally-sign -n '__tally_sign_below \'tally-sign verify\'' -l pubkey -x -d 'x-only key of the records, or of the table'
complete -c tally-sign -n '__tally_sign_below \'tally-sign verify\'' -l table -r -F -d 'multiples of the key, shared between processes; made when there is none'
complete -c tally-sign -n '__tally_sign_below \'tally-sign verify\'' -l threads -x -d 'workers, each pinned to a processor; 0: this thread, not pinned'
complete -c tally-sign -n '__tally_sign_below \'tally-sign verify\'' -l backend -x -a 'auto ifma portable libsecp' -d 'who verifies: lanes of AVX-512, portable code, libsecp256k1'
complete -c tally-sign -n '__tally_sign_below \'tally-sign verify\'' -l stats -x -d 'a line of figures so often and at the end: rate, cost of reading and verifying'

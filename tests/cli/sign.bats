#!/usr/bin/env bats
# tally-sign with real processes and sockets: keys, parties, coordinators, signatures, and all that
# goes wrong with them.
# shellcheck disable=SC2030,SC2031,SC2154  # each test is a shell of its own; set elsewhere
load helper
load signing

verify_records() { run_tool tally-sign verify --records --pubkey "$pubkey" --from "$1"; }

# --- deal and inspect -----------------------------------------------------------------------------

@test "deal writes shares for their owner alone and a group for all" {
  run_tool tally-sign deal --threshold 2 --parties 3 --out keys --passphrase-file pass --json
  assert_success
  assert_json_lines
  [[ $stderr == *"this machine held the whole key for a moment"* ]]
  for i in 0 1 2; do assert_equal "$(stat -c %a "keys/key-$i.share")" 600; done
  assert_equal "$(stat -c %a keys)" 700
  assert_equal "$(stat -c %a keys/key.group)" 644
  assert_equal "$(find keys -type f | wc -l)" 4
}

@test "inspect shows a share without its passphrase and checks it with it" {
  deal 2 3
  run_tool tally-sign inspect keys/key-1.share
  assert_success
  assert_line --partial "2 of 3"
  assert_line "party       1"
  run_tool tally-sign inspect keys/key-1.share --check --passphrase-file pass --json
  assert_success
  assert_output --partial '"checked":true'
  run_tool tally-sign inspect keys/key.group --json
  assert_success
  assert_output --partial "\"pubkey\":\"$pubkey\""
}

@test "deal leaves what exists alone" {
  mkdir keys && touch keys/precious
  run_tool tally-sign deal --threshold 2 --parties 3 --out keys --passphrase-file pass
  assert_refused 73 "keys exists already" "name a folder that does not exist"
  assert_equal "$(find . -name 'key*')" ./keys
  assert_equal "$(ls keys)" precious
}

@test "deal on a full disk leaves nothing" {
  [[ ${TALLY_SANITIZE:-} != thread ]] || skip "the thread sanitizer writes a file when it starts"
  # shellcheck disable=SC2016  # expanded by the inner shell
  # Through a pipe, for the limit holds for the file of words too.
  run --separate-stderr bash -c '(ulimit -f 0; exec tally-sign deal --threshold 2 --parties 3 \
    --out keys --passphrase-file pass) 2>&1 >/dev/null | cat >&2; exit "${PIPESTATUS[0]}"'
  assert_refused 74 "File too large"
  assert_equal "$(find . -name 'key*')" ""
}

@test "deal refuses thresholds and passphrases that cannot be" {
  run_tool tally-sign deal --threshold 4 --parties 3 --out keys --passphrase-file pass
  assert_refused 64 "a threshold of 4 is above 3 parties"
  run_tool tally-sign deal --threshold 2 --parties 3 --passphrase-file pass
  assert_refused 64 "a folder for the shares is needed"
  run_tool tally-sign deal --threshold 2 --parties 3 --out keys --no-input
  assert_refused 64 "a passphrase is needed" "--passphrase-file"
  printf '\n' >empty
  run_tool tally-sign deal --threshold 2 --parties 3 --out keys --passphrase-file empty
  assert_refused 65 "is empty"
  chmod 644 pass
  run_tool tally-sign deal --threshold 2 --parties 3 --out keys --passphrase-file pass
  assert_refused 77 "pass may be read or written by others" "chmod 600 pass"
  assert_equal "$(find . -name 'key*')" ""
}

@test "a passphrase is asked for twice and shown never" {
  command -v expect >/dev/null || skip "expect is not installed"
  cat >prompt.exp <<'EXPECT'
set timeout 30
spawn tally-sign deal --threshold 1 --parties 2 --out keys
foreach {party word again} {0 first first 1 second second} {
  expect "new passphrase for party $party: " ; send "$word\r"
  expect "new passphrase for party $party, again: " ; send "$again\r"
}
expect eof
exit [lindex [wait] 3]
EXPECT
  run timeout 60 expect prompt.exp
  assert_success
  refute_output --partial first
  refute_output --partial second
  printf second >other
  run_tool tally-sign inspect keys/key-1.share --check --passphrase-file other
  assert_success
}

@test "two passphrases that differ and an interrupt at the prompt make no key" {
  command -v expect >/dev/null || skip "expect is not installed"
  cat >differ.exp <<'EXPECT'
set timeout 30
spawn tally-sign deal --threshold 1 --parties 2 --out keys
expect "party 0: " ; send "one\r"
expect "again: " ; send "two\r"
expect eof
exit [lindex [wait] 3]
EXPECT
  run timeout 60 expect differ.exp
  assert_equal "$status" 64
  assert_output --partial "the two passphrases differ"
  cat >interrupt.exp <<'EXPECT'
set timeout 30
spawn sh -c "tally-sign deal --threshold 1 --parties 2 --out keys; echo status \$?; stty -a"
expect "party 0: " ; send "o\003"
expect eof
EXPECT
  run timeout 60 expect interrupt.exp
  assert_output --partial "status 130"
  assert_output --regexp ' echo '
  [[ ! -e keys ]]
}

# --- shares that are not as they should be --------------------------------------------------------

@test "a wrong passphrase is told from a damaged share" {
  deal 2 3
  printf 'battery staple\n' >wrong
  run_tool tally-sign inspect keys/key-0.share --check --passphrase-file wrong
  assert_refused 77 "wrong passphrase, or the file was changed"
  flip keys/key-0.share 200
  run_tool tally-sign inspect keys/key-0.share --check --passphrase-file pass
  assert_refused 65 "its checksum does not match"
}

@test "truncated and foreign files are refused by every command that reads shares" {
  deal 2 3
  head -c 300 keys/key-0.share >cut.share
  head -c 300 keys/key.group >cut.group
  echo nonsense >nonsense
  for args in "inspect cut.share" \
    "serve --role party --share cut.share --listen unix:x --allow any --passphrase-file pass"; do
    # shellcheck disable=SC2086 # words of a command
    run_tool tally-sign $args
    assert_refused 65 "share file is truncated"
  done
  run_tool tally-sign inspect cut.group
  assert_refused 65 "not a group file, or a truncated one"
  run_tool tally-sign inspect nonsense
  assert_refused 65 "not a share file"
  run_tool tally-sign inspect nowhere
  assert_refused 66 "cannot open nowhere"
  [[ ! -e x.sock ]]
}

@test "a share that others may read is refused with the command that mends it" {
  deal 2 3
  chmod 640 keys/key-0.share
  run_tool tally-sign serve --role party --share keys/key-0.share --listen unix:x.sock \
    --allow any --passphrase-file pass
  assert_refused 77 "may be read or written by others (mode 0640)" "chmod 600 keys/key-0.share"
}

@test "a share of another key is named with both keys" {
  deal 2 3 other
  deal 2 3
  mv other/key-1.share keys/key-1.share
  start_parties 3 --allow any
  run_tool tally-sign sign --group keys/key.group "${sockets[@]}" --json <<<hello
  # Whether the line had been read before is a matter of time.
  stderr=$(grep -v "warning: records accepted and not signed: 1" <<<"$stderr")
  assert_refused 65 "it holds a share of key $(tally-sign inspect other/key.group --json |
    json_field key_id), the group file is of key $(tally-sign inspect keys/key.group --json |
      json_field key_id)"
}

# --- parties --------------------------------------------------------------------------------------

@test "a party refuses to start without being told what to sign" {
  deal 2 3
  run_tool tally-sign serve --role party --share keys/key-0.share --listen unix:x.sock \
    --passphrase-file pass
  assert_refused 64 "a party needs to be told what it may sign" "--allow any"
  run_tool tally-sign serve --role party --share keys/key-0.share --listen unix:x.sock \
    --passphrase-file pass --allow everything
  assert_refused 64 "--allow everything" "--allow any"
  run_tool tally-sign serve --role party --share keys/key-0.share --passphrase-file pass \
    --listen x.sock --allow any
  assert_refused 64 "'x.sock' is no socket address" "write unix:PATH"
}

@test "a party does not listen where everybody may write or where somebody listens" {
  deal 2 3
  mkdir -m 777 open && chmod 777 open
  run_tool tally-sign serve --role party --share keys/key-0.share --passphrase-file pass \
    --listen unix:open/x.sock --allow any
  assert_refused 77 "may be written by everybody" "mkdir -m 700"
  start_parties 1 --allow any
  run_tool tally-sign serve --role party --share keys/key-1.share --passphrase-file pass \
    --listen unix:0.sock --allow any
  assert_refused 73 "somebody listens on 0.sock already"
  assert_equal "$(stat -c %a 0.sock)" 600
}

@test "a party takes the socket of one that was killed and removes its own" {
  deal 2 3
  start_parties 1 --allow any
  kill -KILL "${party[0]}"
  finish "${party[0]}"
  [[ -S 0.sock ]]
  start_party 0 --allow any
  wait_until 30 grep -q "listens on" "err.${party[0]}"
  stop "${party[0]}"
  [[ ! -e 0.sock ]]
}

@test "a party lives on after bytes that mean nothing" {
  deal 2 3
  start_parties 2 --allow any
  perl -MIO::Socket::UNIX -e '
    for my $bytes ("\xff" x 100, pack("VC", 41, 1) . "x" x 41, pack("VC", 2, 2) . "\x40\x00") {
      my $s = IO::Socket::UNIX->new(Peer => "0.sock") or die;
      print $s $bytes; $s->flush; 1 while sysread($s, my $answer, 4096);
    }'
  run_tool tally-sign sign --group keys/key.group "${sockets[@]}" --json <<<hello
  assert_success
  assert_equal "$(grep -c 'left: ' "err.${party[0]}")" 3
}

@test "secrets are in no argument and no environment and no core file" {
  deal 2 3
  ulimit -c unlimited
  # A sanitizer would answer the signal below itself.
  export ASAN_OPTIONS=handle_segv=0 TSAN_OPTIONS=handle_segv=0
  start_parties 1 --allow any
  run cat "/proc/${party[0]}/cmdline"
  refute_output --partial horse
  if [[ -r /proc/${party[0]}/environ ]]; then
    run cat "/proc/${party[0]}/environ"
    refute_output --partial horse
  fi
  kill -SEGV "${party[0]}"
  finish "${party[0]}"
  assert_equal "$status" 139
  assert_equal "$(find . -name 'core*')" ""
}

@test "a party that has signed holds its share once and in locked memory and no passphrase" {
  [[ -z ${TALLY_SANITIZE:-} ]] || skip "sanitizers lock no memory and keep what was on the stack"
  deal 2 3
  start_parties 2 --allow any
  run_tool tally-sign sign --group keys/key.group "${sockets[@]}" --json <<<"pay 5 to carol"
  assert_success
  run "$TALLY_BIN/../tests/memory_search" keys/key-1.share pass "${party[1]}"
  [[ $status -ne 77 ]] || skip "only root may read the memory of a party"
  assert_output "locked 1 unlocked 0 passphrase 0"
  run "$TALLY_BIN/../tests/memory_search" keys/key-0.share pass "${party[1]}"
  assert_output "locked 0 unlocked 0 passphrase 0"
}

# --- signing --------------------------------------------------------------------------------------

@test "a line goes through relay and sign and verify" {
  deal 3 4
  start_parties 4 --allow any
  run --separate-stderr bash -c "echo hello | tally-relay - - --from-frame line --to-frame rec |
    tally-sign sign --group keys/key.group ${sockets[*]} --records |
    tally-sign verify --records --pubkey $pubkey --json"
  assert_success
  assert_output '{"schema":"tally.sign.verify/1","seq":1,"ok":true,"payload":"68656c6c6f"}'
}

@test "one message from a file and from standard input" {
  deal 2 3
  start_parties 3 --allow any
  printf 'a message' >message
  run_tool tally-sign sign --group keys/key.group "${sockets[@]}" --message-file message --json
  assert_success
  assert_json_lines
  from_file=$(printf '{"scheme":"bip340","pubkey":"%s","message":"%s","sig":"%s"}' "$pubkey" \
    "$(printf 'a message' | od -An -tx1 -v | tr -d ' \n')" "$(json_field sig <<<"$output")")
  run_tool tally-sign verify <<<"$from_file"
  assert_success
  run_tool tally-sign sign --group keys/key.group "${sockets[@]}" --message-file nowhere --json
  assert_refused 66 "cannot open nowhere"
  run_tool tally-sign sign --group keys/key.group "${sockets[@]}" --json </dev/null
  assert_success
}

# child_of PATH: the x-only public key of the child of keys.
child_of() {
  tally-sign derive --group keys/key.group "$1" --json | json_field pubkey
}

@test "parties sign for a child of the key and its signature verifies under the child alone" {
  deal 2 3
  start_parties 3 --allow any
  local path line
  for path in m/0 m/44/0/7 2147483647; do
    run_tool tally-sign sign --group keys/key.group "${sockets[@]}" --path "$path" --json <<<hello
    assert_success
    assert_output --partial "\"pubkey\":\"$(child_of "$path")\""
    line='{"scheme":"bip340","pubkey":"%s","message":"68656c6c6f0a","sig":"%s"}\n'
    # shellcheck disable=SC2059  # the format is the line above
    printf "$line$line" "$(child_of "$path")" "$(json_field sig <<<"$output")" \
      "$pubkey" "$(json_field sig <<<"$output")" >lines
    run tally-sign verify --backend libsecp --from lines
    assert_line --index 0 --partial '"ok":true'
    assert_line --index 1 --partial '"ok":false'
  done
  # A stream of records, and the key itself, by the same parties.
  run --separate-stderr bash -c "seq 1 200 | tally-relay - - --from-frame line --to-frame rec |
    tally-sign sign --group keys/key.group ${sockets[*]} --path m/9 --records |
    tally-sign verify --records --pubkey $(child_of m/9) | tail -n 1"
  assert_success
  assert_output --partial "200 records good, 0 bad"
  run_tool tally-sign sign --group keys/key.group "${sockets[@]}" --path m --json <<<hello
  assert_output --partial "\"pubkey\":\"$pubkey\""
}

@test "a path that is hardened or misspelled or of a key without a chain code is refused" {
  deal 2 2
  sockets=(--party unix:0.sock --party unix:1.sock)
  child() {
    run_tool tally-sign sign --group keys/key.group "${sockets[@]}" --json --path "$1" <<<hello
  }
  child m/2147483648
  assert_refused 65 "nobody holds the secret key" "take indices below 2147483648"
  local wrong
  for wrong in "m/44'/0" m/44h "" m/ /0 m//0 0/ m/x -1 4294967296 "0 "; do
    child "$wrong"
    assert_refused 64 "'$wrong' is no path of numbers" "m/44/0/7, without hardened levels"
  done
  child "m$(printf '/0%.0s' {1..65})"
  assert_refused 64 "a path has 64 levels at most"
  sed -i "s/^chain .*/chain $(printf '%064d' 0)/" keys/key.group
  run_tool tally-sign derive --group keys/key.group m/0
  assert_refused 65 "keys/key.group"
}

@test "fewer parties than the threshold is an answer in time" {
  deal 3 4
  start_parties 4 --allow any
  run_tool tally-sign sign --group keys/key.group "${sockets[@]:0:4}" --json <<<hello
  assert_refused 64 "2 parties are given and the key needs 3"
  stop "${party[1]}"
  stop "${party[3]}"
  run_tool tally-sign sign --group keys/key.group "${sockets[@]}" --party-timeout 300ms --json \
    <<<hello
  assert_refused 75 "2 of the 3 parties that are needed answer" "cannot connect to 1.sock"
}

@test "a message outside the policy is refused by name and the others are signed" {
  deal 2 3
  start_parties 3 --allow prefix=6f6b,max-bytes=6 --allow prefix=7974
  printf 'ok 1\nno 2\nytterbium is long\nok too long\nok 5\n' >lines
  run_tool bash -c \
    "tally-sign sign --group keys/key.group ${sockets[*]} --from-frame line --json <lines"
  assert_equal "$status" 1
  assert_equal "${#lines[@]}" 3
  [[ $stderr == *"record 2 is not signed: party "*"the policy does not allow this message"* ]]
  [[ $stderr == *"record 4 is not signed"* ]]
}

@test "a party killed in the middle costs no record" {
  deal 3 4
  start_parties 4 --allow any
  seq 1 3000 >lines
  start bash -c "exec tally-sign sign --group keys/key.group ${sockets[*]} --party-timeout 10s \
    --from-frame line <lines >signed"
  signer=$started
  wait_until 30 test -s signed
  kill -KILL "${party[2]}"
  finish "$signer"
  assert_equal "$status" 0
  grep -q "party 2 is gone" "err.$signer"
  verify_records signed
  assert_output "3000 records good, 0 bad"
}

@test "a party that comes back is used again" {
  deal 3 3
  start_parties 3 --allow any
  seq 1 2000 >lines
  start bash -c "exec tally-sign sign --group keys/key.group ${sockets[*]} --party-timeout 20s \
    --from-frame line <lines >signed"
  signer=$started
  wait_until 30 test -s signed
  kill -KILL "${party[2]}"
  finish "${party[2]}"
  start_party 2 --allow any
  finish "$signer"
  assert_equal "$status" 0
  verify_records signed
  assert_output "2000 records good, 0 bad"
}

@test "a stopped party is left out after the timeout" {
  deal 2 3
  start_parties 3 --allow any
  kill -STOP "${party[1]}"
  seq 1 50 >lines
  run_tool bash -c "tally-sign sign --group keys/key.group ${sockets[*]} --party-timeout 2s \
    --from-frame line <lines >signed"
  kill -CONT "${party[1]}"
  assert_success
  verify_records signed
  assert_output "50 records good, 0 bad"
}

@test "what ends in the middle of a frame is signed up to there" {
  deal 2 3
  start_parties 3 --allow any
  printf 'one\ntwo\n' | tally-relay - - --from-frame line --to-frame rec >whole
  head -c 69 whole >part
  run_tool bash -c "tally-sign sign --group keys/key.group ${sockets[*]} --records <part >signed"
  assert_refused 65 "frame at byte 35"
  verify_records signed
  assert_output "1 records good, 0 bad"
}

@test "a full output is an error" {
  [[ -w /dev/full ]] || skip "no /dev/full"
  deal 2 3
  start_parties 3 --allow any
  run_tool bash -c "echo x | tally-sign sign --group keys/key.group ${sockets[*]} >/dev/full"
  assert_equal "$status" 74
  run_tool bash -c "echo x | tally-sign sign --json --group keys/key.group ${sockets[*]} >/dev/full"
  assert_equal "$status" 74
}

# --- the coordinator between rings ----------------------------------------------------------------

# start_coordinator [OPTION...]: from ring in to ring out; its pid in $coordinator.
start_coordinator() {
  start tally-sign serve --role coordinator --group keys/key.group "${sockets[@]}" \
    --from "shm:$(ring_name in)" --to "shm:$(ring_name out)" --stats-out stats.json "$@"
  coordinator=$started
}
no_rings_left() { [[ -z $(find /dev/shm -name "tally.*.$TALLY_RING_PREFIX*") ]]; }

@test "records go through rings in order and nothing stays behind" {
  deal 3 4
  start_parties 4 --allow any
  start_coordinator --party-timeout 20s
  start bash -c "exec tally-relay shm:$(ring_name out) - --to-frame rec >signed"
  out=$started
  seq 1 500 | tally-relay - "shm:$(ring_name in)" --from-frame line
  finish "$coordinator"
  assert_equal "$status" 0
  finish "$out"
  assert_equal "$status" 0
  verify_records signed
  assert_output "500 records good, 0 bad"
  run tally-sign verify --records --pubkey "$pubkey" --json --from signed
  assert_equal "$(json_field seq <<<"$output")" "$(seq 1 500)"
  for i in 0 1 2 3; do stop "${party[i]}"; done
  no_rings_left
  assert_equal "$(find . -type s)" ""
  output=$(cat stats.json) assert_json_lines
  grep -q '"name":"ring_wait","count":500' stats.json
  grep -q '"signed":500' stats.json
}

@test "records of many producers of one ring are all signed" {
  deal 2 3
  start_parties 3 --allow any
  start tally-sign serve --role coordinator --group keys/key.group "${sockets[@]}" \
    --from "shm:$(ring_name in),kind=mpsc" --to "shm:$(ring_name out)" --party-timeout 20s
  coordinator=$started
  start bash -c "exec tally-relay shm:$(ring_name out) - --to-frame rec >signed"
  out=$started
  wait_until 10 tally-relay ring stat "$(ring_name in)"
  # The first holds the ring open until the second has come and gone.
  mkfifo lines
  start tally-relay file:lines "shm:$(ring_name in)" --from-frame line
  exec {open}>lines
  seq 1 50 >&"$open"
  wait_until 10 producers_are "$(ring_name in)" 1
  seq 1 30 | tally-relay - "shm:$(ring_name in)" --from-frame line
  exec {open}>&-
  finish "$coordinator"
  assert_equal "$status" 0
  finish "$out"
  assert_equal "$status" 0
  verify_records signed
  assert_output "80 records good, 0 bad"
  for i in 0 1 2; do stop "${party[i]}"; done
  no_rings_left
}

@test "a coordinator that is told to stop drains and leaves the rest to its successor" {
  deal 2 3
  start_parties 3 --allow any
  start bash -c "exec tally-relay shm:$(ring_name out) - --to-frame rec >first"
  start bash -c "seq 1 3000 | tally-relay - shm:$(ring_name in) --from-frame line"
  start_coordinator --party-timeout 20s
  wait_until 30 test -s first
  stop "$coordinator" || fail "$(cat "err.$coordinator")"
  grep -q '"failed":0' stats.json
  signed=$(json_field signed <stats.json)
  [[ $signed -gt 0 ]]
  wait_until 30 bash -c "tally-sign verify --records --pubkey $pubkey --from first |
    grep -q '^$signed records good, 0 bad'"
}

@test "a coordinator names what is wrong with its command line" {
  deal 2 3
  sockets=(--party unix:0.sock --party unix:1.sock)
  run_tool tally-sign serve --role coordinator --group keys/key.group "${sockets[@]}" \
    --from udp://127.0.0.1:1 --to -
  assert_refused 64 "--from: 'udp://127.0.0.1:1' is no endpoint of the coordinator" "shm:NAME"
  run_tool tally-sign serve --role coordinator --group keys/key.group "${sockets[@]}" \
    --from - --to "shm:$(ring_name),full=drop-new"
  assert_refused 64 "a signed record is never dropped"
  local full
  for full in full=block full=drop-new kind=mpsc,full=block kind=broadcast,full=drop-old; do
    run_tool tally-sign serve --role coordinator --group keys/key.group "${sockets[@]}" \
      --from "shm:$(ring_name),$full" --to -
    assert_refused 64 "full has no meaning for the side that reads" "where the ring is written"
  done
  run_tool tally-sign serve --role coordinator --group keys/key.group "${sockets[@]}" \
    --from "shm:$(ring_name),full=drop-old" --to -
  assert_refused 64 "full=drop-old makes a broadcast" "leave full and kind out"
  no_rings_left
  run_tool tally-sign serve --role coordinator --share keys/key-0.share
  assert_refused 64 "--share is not for --role coordinator"
  run_tool tally-sign serve --role party --group keys/key.group
  assert_refused 64 "--group is not for --role party"
  run_tool tally-sign serve
  assert_refused 64 "a role is needed"
  run_tool tally-sign sign --group keys/key.group --party unix:0.sock --party unix:1.sock \
    --party-timeout 200ms --json <<<x
  assert_refused 75 "0 of the 2 parties that are needed answer"
}

@test "two sockets of one party are noticed" {
  deal 2 3
  start_parties 2 --allow any
  ln -s 0.sock alias.sock
  run_tool tally-sign sign --group keys/key.group --party unix:0.sock --party unix:alias.sock \
    --json <<<x
  assert_refused 64 "it is party 0 as 0.sock is" "give each party's socket once"
}

# --- verify ---------------------------------------------------------------------------------------

@test "the vectors of BIP 340 get their verdicts" {
  perl -00 -ne '
    my %case = /^(\w+) (\S+)$/mg;
    next unless defined $case{valid} && defined $case{msg};
    $case{msg} = "" if $case{msg} eq "-";
    print {*STDERR} $case{valid} ? "true" : "false", "\n";
    printf qq({"id":%d,"scheme":"bip340","pubkey":"%s","message":"%s","sig":"%s"}\n),
      $case{case}, @case{qw(pubkey msg sig)};' "$TALLY_SOURCE_DIR/tests/vectors/bip340.txt" \
    >questions 2>verdicts
  [[ $(wc -l <verdicts) -ge 15 ]]
  run_tool tally-sign verify --from questions
  assert_equal "$status" 1
  assert_equal "$(json_field ok <<<"$output")" "$(cat verdicts)"
  grep -q false verdicts
  grep true -n verdicts | cut -d: -f1 | while read -r n; do sed -n "${n}p" questions; done >good
  run_tool tally-sign verify --from - <good
  assert_success
}

@test "a line that cannot be read is answered and the rest goes on" {
  good='"scheme":"bip340",'
  good+='"pubkey":"F9308A019258C31049344F85F89D5229B531C845836F99B08601F113BCE036F9"'
  {
    echo 'not json'
    echo '[1,2]'
    echo
    echo "{\"id\":4,$good,\"sig\":\"00\"}"
    echo "{\"id\":5,$good,\"message\":\"00\",\"sig\":\"0\"}"
    echo "{\"id\":6,$good,\"message\":\"00\",\"digest\":\"00\",\"sig\":\"00\"}"
    echo '{"id":7,"scheme":"rsa","pubkey":"00","message":"00","sig":"00"}'
    head -c 1100000 /dev/zero | tr '\0' x
    echo
    printf '{"id":9,%s,"message":"00","sig":"00"}' "$good"
  } >questions
  run_tool tally-sign verify --from questions
  assert_equal "$status" 1
  assert_json_lines
  assert_equal "${#lines[@]}" 8
  [[ ${lines[0]} == '{"id":null,"line":1,"ok":false,"why":"'* ]]
  [[ ${lines[1]} == '{"id":null,"line":2,"ok":false,"why":"the line is not a JSON object"}' ]]
  [[ ${lines[2]} == '{"id":4,"ok":false,"why":"either message or digest is needed"}' ]]
  [[ ${lines[3]} == '{"id":5,"ok":false,"why":"sig: '* ]]
  [[ ${lines[5]} == '{"id":7,"ok":false,"why":"scheme should be ecdsa or bip340"}' ]]
  [[ ${lines[6]} == '{"id":null,"line":8,"ok":false,"why":"the line is longer than 1 MiB"}' ]]
  [[ ${lines[7]} == '{"id":9,"ok":false,"why":"sig should have 64 bytes"}' ]]
}

@test "ecdsa in both encodings and readings of s" {
  key=0479BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798
  key+=483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8
  # Made with OpenSSL 3.0: private key 1, SHA-256 of "hello".
  command -v openssl >/dev/null || skip "openssl is not installed"
  printf '302e0201010420%064d%s' 1 a00706052b8104000a | perl -ne 'print pack "H*", $_' >key.der
  printf hello >message
  openssl dgst -sha256 -sign key.der -keyform DER message >sig.der 2>/dev/null ||
    skip "openssl does not sign on secp256k1"
  sig=$(od -An -tx1 -v sig.der | tr -d ' \n')
  printf '%s"pubkey":"%s","message":"68656c6c6f","hash":"sha256","sig":"%s","low_s":false}\n' \
    '{"id":1,"scheme":"ecdsa",' \
    "$key" "$sig" >questions
  printf '{"id":2,"scheme":"ecdsa","pubkey":"%s","digest":"%s","sig":"%s","low_s":false}\n' "$key" \
    "$(sha256sum message | cut -d' ' -f1)" "$sig" >>questions
  run_tool tally-sign verify --from questions
  assert_success
  assert_equal "${#lines[@]}" 2
  sed -i 's/68656c6c6f/68656c6c70/' questions
  run_tool tally-sign verify --from questions
  assert_equal "$status" 1
}

@test "every backend and number of threads gives the same answers in the same order" {
  # Good and bad ones of BIP 340 in turn, more than one slice of them.
  perl -00 -ne '
    my %case = /^(\w+) (\S+)$/mg;
    next unless defined $case{valid} && defined $case{msg};
    $case{msg} = "" if $case{msg} eq "-";
    printf qq({"id":%d,"scheme":"bip340","pubkey":"%s","message":"%s","sig":"%s"}\n),
      $case{case}, @case{qw(pubkey msg sig)};' "$TALLY_SOURCE_DIR/tests/vectors/bip340.txt" >few
  perl -e 'my @few = <>; print @few, "not json\n" for 1 .. 150' few >questions
  run tally-sign verify --from questions --backend libsecp
  assert_equal "$status" 1
  assert_equal "${#lines[@]}" "$(wc -l <questions)"
  expected=$output
  for way in "--backend portable" "--backend auto --threads 1" "--backend libsecp --threads 1"; do
    # shellcheck disable=SC2086
    run tally-sign verify --from questions $way
    assert_equal "$status" 1
    [[ $output == "$expected" ]]
  done
  run --separate-stderr tally-sign verify --from questions --backend ifma
  if [[ $status == 69 ]]; then
    [[ $stderr == *"no AVX-512 IFMA"* ]]
  else
    [[ $output == "$expected" ]]
  fi
  run_tool tally-sign verify --from questions --threads 256
  assert_refused 64 "this process may run on"
}

@test "an answer comes while the input pauses" {
  line='{"id":1,"scheme":"bip340","pubkey":"00","message":"00","sig":"00"}'
  good=$(perl -00 -ne '
    my %case = /^(\w+) (\S+)$/mg;
    next unless $case{valid} && $case{msg} ne "-";
    printf qq({"id":2,"scheme":"bip340","pubkey":"%s","message":"%s","sig":"%s"}),
      @case{qw(pubkey msg sig)}; exit;' "$TALLY_SOURCE_DIR/tests/vectors/bip340.txt")
  coproc verifier { exec tally-sign verify --threads 1; }
  # The shell forgets the variable as soon as it has noticed the end of the process.
  pid=$verifier_PID
  for question in "$line" "$good" "$line"; do
    echo "$question" >&"${verifier[1]}"
    read -r -t 20 answer <&"${verifier[0]}"
    [[ $answer == '{"id":'*'"ok":'* ]]
  done
  end_of_input=${verifier[1]}
  exec {end_of_input}>&-
  wait "$pid" || status=$?
  assert_equal "$status" 1
}

@test "verify says what reading and verifying cost" {
  echo '{"id":1}' >questions
  run --separate-stderr tally-sign verify --from questions --stats 1s --backend portable
  assert_equal "$status" 1
  [[ $stderr == *"stats: 1 lines, 1 bad, "*" ns each to read and answer, nothing to verify" ]]
  printf '{"scheme":"bip340","pubkey":"%s","message":"","sig":"%0128d"}\n' \
    F9308A019258C31049344F85F89D5229B531C845836F99B08601F113BCE036F9 0 >>questions
  run --separate-stderr tally-sign verify --from questions --stats 1s --backend portable
  assert_equal "$status" 1
  [[ $stderr == *"stats: 2 lines, 2 bad, "*" ns each to read and answer, "* ]]
  [[ $stderr == *" ns to verify by portable, reading "*" % of verifying" ]]
}

# Records that are too short to be signed, of which many are verified in no time.
short_records() {
  seq 1 "$1" | tally-relay - - --from-frame line --to-frame rec
}

@test "figures of records come while a fast input keeps up" {
  short_records 100000 >records
  tally-sign verify --records --from records --stats 1ms >answers 2>figures \
    --pubkey F9308A019258C31049344F85F89D5229B531C845836F99B08601F113BCE036F9 || status=$?
  assert_equal "$status" 1
  assert_equal "$(tail -n 1 answers)" "0 records good, 100000 bad"
  # One at the end there is in any case.
  [[ $(grep -c '^tally-sign: stats: ' figures) -ge 3 ]]
}

@test "figures come while the input pauses" {
  key=F9308A019258C31049344F85F89D5229B531C845836F99B08601F113BCE036F9
  echo '{"id":1}' >line
  short_records 1 >record
  for what in line record; do
    options=(--stats 100ms)
    [[ $what == line ]] || options+=(--records --pubkey "$key")
    { cat "$what" && sleep 1; } | tally-sign verify "${options[@]}" >answers 2>figures || status=$?
    assert_equal "$status" 1
    # One at the end there is in any case.
    [[ $(grep -c '^tally-sign: stats: 1 ' figures) -ge 3 ]]
  done
}

# slow_questions FILE: twice the 50 questions in FILE, longer apart than the half second for which a
# terminal shows no progress, and the end when all are verified. What is goes to the file answers.
slow_questions() {
  cat "$1"
  until [[ -s answers ]]; do sleep 0.05; done
  sleep 0.7
  cat "$1"
  until (($(wc -l <answers) == 100)); do sleep 0.05; done
}

# on_terminal COMMAND: bash runs it, its standard output and error are one terminal, what came there
# is in $output. It is named, for script takes the shell of the one who runs it, or sh, and sh may
# drop the functions that bash has exported.
on_terminal() {
  command -v script >/dev/null || skip "script is not installed"
  : >answers
  SHELL=$BASH run timeout 60 script -qec "stty cols 80; TERM=xterm; $1" /dev/null
}

# assert_progress WHAT: that only progress came to the terminal, and nothing of it stays. The last
# that is drawn may be older than the end.
assert_progress() {
  local drawn=', [0-9]+ s'$'\e''\[K'
  assert_output --regexp $'^(\r'"$1 (50|100)$drawn)+"$'\r\e''\[K$'
}

@test "verify on a terminal shows how many it has verified and wipes that" {
  export -f slow_questions
  perl -e 'print qq({"id":$_}\n) for 1 .. 50' >questions
  on_terminal 'slow_questions questions | tally-sign verify >answers'
  assert_equal "$(wc -l <answers)" 100
  assert_progress lines
  short_records 50 >records
  key=F9308A019258C31049344F85F89D5229B531C845836F99B08601F113BCE036F9
  on_terminal "slow_questions records |
    tally-sign verify --records --pubkey $key --json >answers"
  assert_equal "$(wc -l <answers)" 100
  assert_progress records
}

@test "answers and figures on a terminal do not begin behind the progress" {
  perl -e 'print qq({"id":$_}\n) for 1 .. 50' >questions
  # A blank line that fills the pipe is in when it is read.
  printf '%200000s\n' '' >blank
  on_terminal '(cat blank; sleep 0.7; cat questions; sleep 0.3; cat questions) |
    tally-sign verify --stats 1h'
  assert_output --regexp $'\rlines 50, [0-9]+ s\e\\[K\r\e\\[K\\{"id":1,'
  local line begun=$'^(\r\e\\[K|\rlines [0-9]+, [0-9]+ s\e\\[K\r\e\\[K)*'
  for line in "${lines[@]}"; do
    [[ $line =~ $begun\{\"id\":.*\}$'\r'$ || $line =~ ${begun}tally-sign:\ stats:\  ||
      $line == $'\r\e[K' ]] || fail "$line"
  done
  [[ ${#lines[@]} -ge 101 ]]
}

@test "verify shows no progress where its words are no terminal" {
  export -f slow_questions
  perl -e 'print qq({"id":$_}\n) for 1 .. 50' >questions
  on_terminal 'slow_questions questions | tally-sign verify 2>words | tee answers'
  assert_equal "${#lines[@]}" 100
  [[ $output != *$'\e'* && ! -s words ]]
  : >answers
  run bash -c 'slow_questions questions | tally-sign verify >answers 2>words'
  assert_equal "$(wc -l <answers)" 100
  [[ -z $output && ! -s words ]]
}

@test "a full disk ends verify while its workers are at it" {
  perl -00 -ne '
    my %case = /^(\w+) (\S+)$/mg;
    next unless $case{valid} && $case{msg} ne "-";
    print qq({"scheme":"bip340","pubkey":"$case{pubkey}","message":"$case{msg}",),
      qq("sig":"$case{sig}"}\n) x 20000; exit;' \
    "$TALLY_SOURCE_DIR/tests/vectors/bip340.txt" >many
  run_tool bash -c 'exec tally-sign verify --from many --threads 1 >/dev/full'
  assert_equal "$status" 74
}

@test "a reader that goes away ends verify" {
  perl -e 'print qq({"id":$_}\n) for 1 .. 200000' >questions
  # shellcheck disable=SC2016
  run --separate-stderr bash -c \
    'tally-sign verify --from questions | head -n 1; echo "${PIPESTATUS[0]}"'
  [[ ${lines[0]} == '{"id":1,"ok":false,"why":'* ]]
  [[ ${lines[1]} != 0 && ${lines[1]} != 1 ]]
}

@test "signed records are refused when they are changed or cut or none" {
  deal 2 3
  start_parties 3 --allow any
  run_tool bash -c "printf 'one\ntwo\n' | tally-sign sign --group keys/key.group ${sockets[*]} \
    --from-frame line >signed"
  assert_success
  verify_records signed
  assert_success
  run_tool tally-sign verify --records --pubkey "$pubkey" --from signed --threads 1 --stats 1s
  assert_success
  [[ $stderr == *"stats: 2 records, 0 bad, "* ]]
  # The payload has no checksum of its own: the signature is what notices.
  cp signed changed
  printf X | dd of=changed bs=1 seek=32 conv=notrunc status=none
  verify_records changed
  assert_equal "$status" 1
  assert_line "record 1: the signature does not verify"
  assert_line "1 records good, 1 bad"
  head -c 150 signed >part
  verify_records part
  assert_equal "$status" 65
  : >none
  verify_records none
  assert_equal "$status" 1
  [[ $stderr == *"no record came, so nothing was verified"* ]]
  run_tool tally-sign verify --records --pubkey 00 --from signed
  assert_refused 64 "--pubkey should be the x-only key"
}

@test "a key table is made once and refused when altered or foreign" {
  perl -00 -ne '
    my %case = /^(\w+) (\S+)$/mg;
    next unless $case{valid} && $case{msg} ne "-";
    printf qq({"id":%d,"scheme":"bip340","pubkey":"%s","message":"%s","sig":"%s"}\n),
      $case{case}, @case{qw(pubkey msg sig)};' "$TALLY_SOURCE_DIR/tests/vectors/bip340.txt" >lines
  key=$(sed -n '2s/.*"pubkey":"\([^"]*\)".*/\1/p' lines)
  run_tool tally-sign verify --from lines
  expected=$output
  for _ in made mapped; do
    run_tool tally-sign verify --from lines --pubkey "$key" --table key.table
    assert_success
    assert_output "$expected"
  done
  assert_equal "$(stat -c %a key.table)" 600
  sed 's/"sig":"../"sig":"00/' lines >wrong
  run_tool tally-sign verify --from wrong --pubkey "$key" --table key.table
  assert_equal "$status" 1
  other=$(sed -n '1s/.*"pubkey":"\([^"]*\)".*/\1/p' lines)
  run_tool tally-sign verify --from lines --pubkey "$other" --table key.table
  assert_refused 65 "it is the table of another key"
  chmod g+w key.table
  run_tool tally-sign verify --from lines --pubkey "$key" --table key.table
  assert_refused 77 "could be written by another user"
  chmod 600 key.table
  ln -s key.table link.table
  run_tool tally-sign verify --from lines --pubkey "$key" --table link.table
  assert_refused 77 "link.table is a symbolic link" "name the key table itself"
  ln -s nowhere.table lost.table
  run_tool tally-sign verify --from lines --pubkey "$key" --table lost.table
  assert_refused 77 "lost.table is a symbolic link" "name the key table itself"
  [ -L lost.table ]
  flip key.table 70000
  run_tool tally-sign verify --from lines --pubkey "$key" --table key.table
  assert_refused 65 "the key table was altered"
  run_tool tally-sign verify --from lines --table key.table
  assert_refused 64 "--pubkey and --table go together"
}

@test "doctor answers in text and JSON" {
  run_tool tally-sign doctor --json
  assert_json_lines
  [[ $status -le 1 ]]
  assert_output --partial '"name":"locked memory"'
  assert_output --partial '"name":"shared memory"'
}

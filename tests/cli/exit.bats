#!/usr/bin/env bats
# Every exit status of tallyio(7), provoked. Only 70, an error of ours, cannot be from outside: the
# unit tests of lib/cli throw at it.
# shellcheck disable=SC2154  # bats sets stderr
load helper

# deal NAME: a key of two of three parties in keys/, its passphrase in the file passphrase.
deal() {
  (umask 077 && echo correct horse >passphrase)
  run_tool tally-sign deal --threshold 2 --parties 3 --out keys --passphrase-file passphrase
  assert_success
}

# failing_syscall NUMBER ERRNO COMMAND...: runs COMMAND under a seccomp filter that lets the system
# call (of x86-64) fail with ERRNO. 157 is prctl, 38 PR_SET_NO_NEW_PRIVS, 317 seccomp.
failing_syscall() {
  perl -e '
    my ($call, $errno) = splice(@ARGV, 0, 2);
    my $filter = pack("SCCL" x 4, 0x20, 0, 0, 0, 0x15, 0, 1, $call, 0x06, 0, 0, 0x50000 | $errno,
                      0x06, 0, 0, 0x7fff0000);
    my $program = pack("Sx6p", 4, $filter);
    syscall(157, 38, 1, 0, 0, 0) == 0 && syscall(317, 1, 0, $program) == 0 or die "seccomp: $!";
    exec @ARGV or die' "$@"
}

# lying_party SOCKET REAL: stands between the coordinator and the party at REAL, and spoils each
# partial signature, a message of type 5, in its last byte.
lying_party() {
  perl -MIO::Socket::UNIX -MIO::Select -e '
    my ($listen, $real) = @ARGV;
    my $server = IO::Socket::UNIX->new(Local => $listen, Listen => 8) or die;
    my $select = IO::Select->new($server);
    my (%other, %is_party, %held);
    while (1) {
      for my $from ($select->can_read) {
        if ($from == $server) {
          my $client = $server->accept;
          my $party = IO::Socket::UNIX->new(Peer => $real) or die;
          ($other{$client}, $other{$party}, $is_party{$party}) = ($party, $client, 1);
          $select->add($client, $party);
          next;
        }
        $held{$from} //= "";
        exit unless sysread($from, $held{$from}, 65536, length $held{$from});
        # A message: the length of its body in four bytes, its type in one, the body.
        while (length $held{$from} >= 4) {
          my $size = 5 + unpack("V", $held{$from});
          last if length $held{$from} < $size;
          my $message = substr($held{$from}, 0, $size, "");
          my $spoil = $is_party{$from} && substr($message, 4, 1) eq "\x05";
          substr($message, -1, 1) ^= "\x01" if $spoil;
          syswrite($other{$from}, $message);
        }
      }
    }' "$@"
}

@test "status 0 is done and 1 is the answer no" {
  run_tool tally-relay gen:count=3 null:
  assert_success
  # The first vector of BIP-340, and the same with another message.
  key=f9308a019258c31049344f85f89d5229b531c845836f99b08601f113bce036f9
  signature=e907831f80848d1069a5371b402410364bdf1c5f8307b0084c55f1ce2dca8215
  signature+=25f66a4a85ea8b71e482a74f382d2ce5ebeee8fdb2172f477df4900d310536c0
  zeros=$(printf '0%.0s' {1..64})
  line='{"id":1,"scheme":"bip340","pubkey":"%s","message":"%s","sig":"%s"}\n'
  # shellcheck disable=SC2059  # the format is ours
  printf "$line" "$key" "$zeros" "$signature" >good.jsonl
  # shellcheck disable=SC2059  # the format is ours
  printf "$line" "$key" "1${zeros:1}" "$signature" >bad.jsonl
  run_tool tally-sign verify --from good.jsonl
  assert_success
  run_tool tally-sign verify --from bad.jsonl
  assert_equal "$status" 1
}

@test "status 64 is a wrong command line" {
  run_tool tally-relay upd://127.0.0.1:9000 null:
  assert_refused 64 upd udp
}

@test "status 65 is malformed input" {
  printf 'this is no record header, and long enough to be one\n' >garbage
  run_tool tally-relay file:garbage null: --from-frame rec
  assert_refused 65 garbage
}

@test "status 66 is a missing input" {
  run_tool tally-relay file:nowhere null:
  assert_refused 66 nowhere
}

@test "status 69 is a feature that the kernel lacks" {
  # io_uring_setup answers ENOSYS.
  run --separate-stderr failing_syscall 425 38 \
    tally-relay "udp://127.0.0.1:$(free_port)" null: --engine uring --duration 1s
  assert_refused 69 io_uring
}

@test "status 71 is a system call that fails though it should not" {
  # eventfd2 answers EMFILE.
  run --separate-stderr failing_syscall 290 24 \
    tally-relay "udp://127.0.0.1:$(free_port)" null: --duration 1s
  assert_refused 71 'Too many open files'
}

@test "status 73 is an output that cannot be created" {
  run_tool tally-relay gen:count=1 file:no/such/folder --to-frame rec
  assert_refused 73 no/such/folder
}

@test "status 74 is an output that cannot be written" {
  run_tool bash -c 'tally-relay gen:count=100000 - --to-frame rec >/dev/full'
  assert_equal "$status" 74
}

@test "status 75 is a peer that does not come" {
  deal
  run_tool tally-sign sign --group keys/key.group --party unix:a.sock --party unix:b.sock \
    --party-timeout 300ms <passphrase
  assert_equal "$status" 75
}

@test "status 76 is a peer that breaks the protocol and is named" {
  deal
  for i in 0 1; do
    start tally-sign serve --role party --share "keys/key-$i.share" --listen "unix:real-$i.sock" \
      --allow any --passphrase-file passphrase
    wait_until 20 test -S "real-$i.sock"
  done
  # Only one of the two lies: two errors of one bit each may cancel in the sum.
  start lying_party liar.sock real-0.sock
  wait_until 20 test -S liar.sock
  run_tool tally-sign sign --group keys/key.group --party-timeout 10s \
    --party unix:liar.sock --party unix:real-1.sock <passphrase
  assert_equal "$status" 76
  assert_equal "$output" ""
  [[ $stderr == *'party 0 is banned'* ]] || fail "no party is named: $stderr"
}

@test "status 77 is a missing permission" {
  deal
  chmod 644 keys/key-0.share
  run_tool tally-sign serve --role party --share keys/key-0.share --listen unix:p.sock \
    --allow any --passphrase-file passphrase
  assert_refused 77 key-0.share
}

@test "status 78 is a wrong configuration" {
  echo 'cuont = 1' >wrong.toml
  run_tool tally-relay gen:count=1 null: --config wrong.toml
  assert_refused 78 'wrong.toml:1:1' 'did you mean count?'
}

@test "a signal that ends a tool is 128 and its number" {
  for tool in "${TALLY_TOOLS[@]}"; do
    run --separate-stderr bash -c "{ sleep 0.2; env --default-signal=PIPE $tool --help; } | true
      exit \${PIPESTATUS[0]}"
    assert_equal "$status" 141
  done
  start tally-relay "udp://127.0.0.1:$(free_port)" null:
  sleep 0.3
  kill -KILL "$started"
  finish "$started"
  assert_equal "$status" 137
}

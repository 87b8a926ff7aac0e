#!/usr/bin/env bats
# tally-sign verify keeps up with its verifier, by instructions: the same on any machine and however
# busy it is. Reading is all that is not the verifier: lines or records taken apart, and answers.
# shellcheck disable=SC2154  # bats sets output and status
load helper

setup() {
  tally_setup
  [[ -z ${TALLY_SANITIZE:-} ]] || skip "sanitizers count as well, and decide nothing"
  command -v valgrind >/dev/null || skip "valgrind is not installed"
  valgrind -q --tool=callgrind --callgrind-out-file=counted tally-sign --version >counts 2>&1 ||
    skip "valgrind does not read this build, as with the symbols of clang"
}

# count KIND BACKEND COUNT: instructions for so many signatures, in $verifying the verifier's alone
# and in $reading all others.
count() {
  local options=() all
  "$TALLY_BIN/../tests/signed_input" "$1" "$3" >input 2>key
  [[ $1 != records ]] || options=(--records --json --pubkey "$(cat key)")
  TALLY_CPU=portable valgrind -q --tool=callgrind --callgrind-out-file=counted \
    tally-sign verify --from input --backend "$2" "${options[@]}" >answers
  assert_equal "$(grep -c '"ok":true' answers)" "$3"
  # The function stands there once more for each header that is inlined in it, with the little that
  # comes from there.
  callgrind_annotate --inclusive=yes --threshold=100 counted | tr -d , >functions
  all=$(awk '/PROGRAM TOTALS/ {print $1}' functions)
  verifying=$(awk '/::verify_var\(/ && $1 > most {most = $1} END {print most + 0}' functions)
  [[ $verifying -gt 0 && $all -gt $verifying ]] || fail "$(head -n 40 functions)"
  reading=$((all - verifying))
}

# assert_reading KIND BACKEND COUNT PARTS: that reading so many signatures takes at most a quarter
# of one of the PARTS of verifying them, without what a run costs in any case.
assert_reading() {
  local verifying reading once_verifying once_reading
  count "$1" "$2" 1
  once_verifying=$verifying once_reading=$reading
  count "$1" "$2" "$3"
  ((verifying -= once_verifying, reading -= once_reading))
  echo "$1 by $2: reading $((reading / ($3 - 1))) of $((verifying / ($3 - 1))) instructions"
  ((reading > 0 && 4 * $4 * reading <= verifying)) || fail "reading does not keep up"
}

@test "reading takes at most a quarter of verifying in portable code" {
  # One slice of the window, as a steady stream has it.
  local kind
  for kind in ecdsa bip340 records; do assert_reading "$kind" portable 2048 1; done
}

@test "reading takes at most a quarter of verifying in wide lanes" {
  # Valgrind runs no lanes of AVX-512: they are to be twelve times as fast as libsecp256k1 at best.
  local kind
  for kind in ecdsa bip340 records; do assert_reading "$kind" libsecp 256 12; done
}

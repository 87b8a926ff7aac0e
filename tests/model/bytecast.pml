/* A broadcast in an area of five units, as ring/broadcast_producer.hpp and broadcast_reader.hpp
 * move it, where either process may be killed between any two of its stores and a successor
 * takes over. Records are one or two units long; the second unit of one is a payload that a
 * sender has chosen so that it is the right stamp there one lap later. The producer never waits:
 * it stores a head behind what it is about to overwrite. The reader copies a record word by word
 * and looks at the head after that; where it stands is kept twice. Every record that it takes
 * must be whole and the one of its position, and those that it takes and those that it counts as
 * lost must be all. `committed`, `made` and `taken` are the checker's own.
 *
 * LATE_HEAD: the head is stored once the record is published. NO_SECOND_LOOK: the reader does
 * not look at the head after the copy. NO_ZERO: the next stamp's word is not set to 0 before a
 * record is published. STAMP_FIRST: a batch is published before its records are written.
 * TRUST_CURSOR: a producer's successor believes the stored tail, which may be behind. ONE_PLACE:
 * the reader overwrites where it stands. Each must fail.
 */
#define CAP 5
#define LAST 6
#define KILLS 2
#define PAD 99
#define MOST 24

byte word[CAP];
byte id[CAP];
byte tail = 0;
byte head = 0;
byte committed = 0;
byte made[MOST];
byte position[2];
byte number[2];
byte lost[2];
bit turn = 0;
byte taken = 0;
byte kills = 0;

#define MAY_DIE if :: kills < KILLS -> kills++; goto again :: skip fi
#define SPAN(r) (2 - (r) % 2)
#ifdef ONE_PLACE
#define NEXT turn
#else
#define NEXT 1 - turn
#endif

proctype Producer() {
  byte t;
  byte h;
  byte n;
  byte start;
  byte end;
again:
  t = tail;
#ifndef TRUST_CURSOR
  do
  :: word[t % CAP] == t + 1 && id[t % CAP] == PAD -> t = t + CAP - t % CAP
  :: word[t % CAP] == t + 1 && id[t % CAP] != PAD -> t = t + SPAN(id[t % CAP])
  :: else -> break
  od;
#endif
  skip;  /* nothing jumps into what follows */
  d_step {
    n = 0;
    h = head;
    do
    :: h == t -> break
    :: h != t && id[h % CAP] == PAD -> h = h + CAP - h % CAP
    :: h != t && id[h % CAP] != PAD -> n = id[h % CAP] + 1; h = h + SPAN(id[h % CAP])
    od;
    h = head;
    tail = t
  }
  assert(n == committed);
  do
  :: n == LAST -> break
  :: else ->
    start = t;
    if
    :: t % CAP + SPAN(n) > CAP -> start = t + CAP - t % CAP
    :: else
    fi;
    end = start + SPAN(n);
    do
    :: end + 1 - h <= CAP -> break
    :: end + 1 - h > CAP && id[h % CAP] == PAD -> h = h + CAP - h % CAP
    :: end + 1 - h > CAP && id[h % CAP] != PAD -> h = h + SPAN(id[h % CAP])
    od;
#ifndef LATE_HEAD
    head = h;
    MAY_DIE;
#endif
#ifdef STAMP_FIRST
    word[t % CAP] = t + 1;
    MAY_DIE;
#endif
    if
    :: start != t ->
      id[t % CAP] = PAD;
      MAY_DIE;
      word[start % CAP] = start + 1;
      MAY_DIE
    :: else
    fi;
    id[start % CAP] = n;
    MAY_DIE;
    if
    :: SPAN(n) == 2 ->
      word[(start + 1) % CAP] = start + 1 + CAP + 1;
      MAY_DIE;
      id[(start + 1) % CAP] = n;
      MAY_DIE
    :: else
    fi;
#ifndef NO_ZERO
    word[end % CAP] = 0;
    MAY_DIE;
#endif
    d_step { made[start] = n; word[t % CAP] = t + 1; committed++ }
#ifdef LATE_HEAD
    head = h;
#endif
    MAY_DIE;
    t = end;
    n++;
    tail = t
  od
}

proctype Reader() {
  byte p;
  byte e;
  byte l;
  byte n;
  byte m;
again:
  p = position[turn];
  e = number[turn];
  l = lost[turn];
  do
  :: e == LAST -> break
  :: e < LAST && (word[p % CAP] == p + 1 || head > p) ->
    if
    :: word[p % CAP] == p + 1 ->
      n = id[p % CAP];
      m = id[(p + 1) % CAP];
      if
#ifndef NO_SECOND_LOOK
      :: head > p -> p = head
      :: head <= p && n == PAD -> p = p + CAP - p % CAP
      :: head <= p && n != PAD ->
#else
      :: n == PAD -> p = p + CAP - p % CAP
      :: n != PAD ->
#endif
        assert(n < committed && n == made[p]);
        assert(SPAN(n) == 1 || m == n);
        l = l + n - e;
        p = p + SPAN(n);
        MAY_DIE;
        position[NEXT] = p;
        MAY_DIE;
        number[NEXT] = n + 1;
        MAY_DIE;
        lost[NEXT] = l;
        MAY_DIE;
        d_step {
#ifndef ONE_PLACE
          turn = 1 - turn;
#endif
          taken++
        }
        e = n + 1;
        assert(l + taken == e);
        MAY_DIE
      fi
    :: else ->
      if
      :: head > p -> p = head
      :: else
      fi
    fi
  od
}

init {
  atomic { run Producer(); run Reader() }
}

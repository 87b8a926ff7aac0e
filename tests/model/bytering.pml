/* A ring of variable records in an area of five units, as ring/byte_producer.hpp and
 * ring/byte_consumer.hpp move them, where either process may be killed between any two of its stores
 * and a successor takes over. Records are one or two units long; the second unit of one is a payload
 * that a sender has chosen so that it is the right stamp there one lap later. Where a record does not
 * fit before the end of the area, a pad record leads it in one batch. Every record must be read once,
 * in order, and nothing else; both must finish. `committed` and `taken` are the checker's own counts.
 *
 * NO_ZERO: the next stamp's word is not set to 0 before a record is published. STAMP_FIRST: a batch
 * is published before its records are written. TRUST_CURSOR: a producer's successor believes the
 * stored cursor, which may be behind. Each must fail.
 */
#define CAP 5
#define LAST 8
#define KILLS 2
#define PAD 99

byte word[CAP];
byte id[CAP];
byte tail = 0;
byte head = 0;
byte committed = 0;
byte taken = 0;
byte kills = 0;

#define MAY_DIE if :: kills < KILLS -> kills++; goto again :: skip fi
#define SPAN(r) (2 - (r) % 2)

proctype Producer() {
  byte t;
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
  tail = t;
  do
  :: committed == LAST -> break
  :: else ->
    start = t;
    if
    :: t % CAP + SPAN(committed) > CAP -> start = t + CAP - t % CAP
    :: else
    fi;
    end = start + SPAN(committed);
    end + 1 - head <= CAP;  /* room, and the word behind it */
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
    id[start % CAP] = committed;
    MAY_DIE;
    if
    :: SPAN(committed) == 2 -> word[(start + 1) % CAP] = start + 1 + CAP + 1; MAY_DIE
    :: else
    fi;
#ifndef NO_ZERO
    word[end % CAP] = 0;
    MAY_DIE;
#endif
    d_step { word[t % CAP] = t + 1; committed++ }
    MAY_DIE;
    t = end;
    tail = t
  od
}

proctype Consumer() {
  byte h;
again:
  h = head;
  do
  :: taken == LAST -> break
  :: taken < LAST && word[h % CAP] == h + 1 ->
    if
    :: id[h % CAP] == PAD -> h = h + CAP - h % CAP
    :: else ->
      assert(taken < committed);
      assert(id[h % CAP] == taken);
      MAY_DIE;
      h = h + SPAN(taken);
      d_step { head = h; taken++ }
      MAY_DIE
    fi
  od
}

init {
  atomic { run Producer(); run Consumer() }
}

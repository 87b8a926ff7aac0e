/* A stamped ring of two slots, as ring/producer.hpp and ring/consumer.hpp move records, where either
 * process may be killed between any two of its stores and a successor takes over with nothing but
 * what lies in shared memory. Every record must be read whole, as one writer wrote it, and in order,
 * and both must finish.
 *
 * TRUST_CURSOR: a producer's successor believes the stored cursor instead of the stamps (it is
 * stored after them, so it may be behind). STAMP_FIRST: the stamp is stored before the payload.
 * RELEASE_FIRST: the head is stored before the record is read. Each must fail.
 */
#define CAP 2
#define LAST 5
#define KILLS 2

byte stamp[CAP];
byte low[CAP];
byte high[CAP];
byte tail = 0;
byte head = 0;
byte kills = 0;

#define MAY_DIE if :: kills < KILLS -> kills++; goto again :: skip fi

proctype Producer() {
  byte t;
  byte seen;
  byte writer;
again:
  writer = kills + 1;
  t = tail;
#ifndef TRUST_CURSOR
  do
  :: stamp[t % CAP] == t + 1 -> t++
  :: else -> break
  od;
#endif
  tail = t;
  seen = head;
  do
  :: t == LAST -> break
  :: t < LAST && t - seen >= CAP -> t - head < CAP; seen = head
  :: t < LAST && t - seen < CAP ->
    MAY_DIE;
#ifdef STAMP_FIRST
    stamp[t % CAP] = t + 1;
    MAY_DIE;
#endif
    low[t % CAP] = 10 * writer + t;
    MAY_DIE;
    high[t % CAP] = 10 * writer + t;
    MAY_DIE;
#ifndef STAMP_FIRST
    stamp[t % CAP] = t + 1;
    MAY_DIE;
#endif
    t++;
    tail = t
  od
}

proctype Consumer() {
  byte h;
  byte value;
again:
  h = head;
  do
  :: h == LAST -> break
  :: h < LAST && stamp[h % CAP] == h + 1 ->
#ifdef RELEASE_FIRST
    head = h + 1;
#endif
    value = low[h % CAP];
    assert(value % 10 == h);
    assert(high[h % CAP] == value);
    MAY_DIE;
    h++;
    head = h
  od
}

init {
  atomic { run Producer(); run Consumer() }
}

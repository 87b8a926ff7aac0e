/* A stamped ring of two slots, as ring/producer.cpp and ring/consumer.cpp move records, where either
 * process may be killed between any two of its stores and a successor takes over with nothing but
 * what lies in shared memory. Every record must be read whole and in order, and both must finish.
 *
 * TRUST_CURSOR: a successor believes the stored cursor instead of the stamps (it is stored after
 * them, so it may be behind). STAMP_FIRST: the stamp is stored before the payload. FORGET_REUSE: the
 * consumer's successor does not know a released slot that was filled again. Each must fail.
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
again:
  t = tail;
#ifndef TRUST_CURSOR
  do
  :: stamp[t % CAP] == t + 1 || stamp[t % CAP] == t + CAP -> t++
  :: else -> break
  od;
#endif
  tail = t;
  do
  :: t == LAST -> break
  :: t < LAST && stamp[t % CAP] == t ->
    MAY_DIE;
#ifdef STAMP_FIRST
    stamp[t % CAP] = t + 1;
    MAY_DIE;
#endif
    low[t % CAP] = 100 + t;
    MAY_DIE;
    high[t % CAP] = 100 + t;
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
again:
  h = head;
  do
  :: stamp[h % CAP] == h + CAP -> h++
#ifndef FORGET_REUSE
  :: stamp[h % CAP] == h + CAP + 1 -> h++
#endif
  :: else -> break
  od;
  head = h;
  do
  :: h == LAST -> break
  :: h < LAST && stamp[h % CAP] == h + 1 ->
    assert(low[h % CAP] == 100 + h && high[h % CAP] == 100 + h);
    MAY_DIE;
    stamp[h % CAP] = h + CAP;
    MAY_DIE;
    h++;
    head = h
  od
}

init {
  stamp[0] = 0;
  stamp[1] = 1;
  atomic { run Producer(); run Consumer() }
}

/* A ring of two slots with two producers and a consumer, as ring/mpsc_producer.hpp and
 * ring/consumer.hpp move records: either producer may be killed between any two of its stores, and a
 * successor may take its entry or not. The consumer has nothing but the head, so that its successor
 * is the same again. A process that does not move for long is a
 * schedule like any other, so that whatever holds here holds for one that is stopped and continued.
 *
 * No living producer writes where the consumer has passed; what was committed is delivered once,
 * whole, and in the order of its producer; nobody waits for the dead.
 *
 * INTENT_LATE: the intent is stored after the exchange. FORGET_EARLY: it is taken back before the
 * stamp. TAIL_LAST: the consumer looks at the intents before the tail. NO_SECOND_LOOK: it does not
 * look at the stamp again. NO_LOCKS: an intent is taken for a claimant whether it lives or not.
 * TIMEOUT: a claimant that lives may be taken for dead. KEEP_INTENT: a
 * producer that lost the exchange and finds no room keeps its intent while it waits. Each must fail.
 */
#define CAP 2
#define PRODUCERS 2
#define KILLS 1

#define NO_RUN 0
#define RUN(position, count) (4 * (position) + (count))
#define COVERS(word, position) ((position) - (word) / 4 >= 0 && (position) - (word) / 4 < (word) % 4)
#define SETTLED(position) \
  (stamp[(position) % CAP] == (position) + 1 || stamp[(position) % CAP] == (position) + CAP)

byte stamp[CAP];
byte low[CAP];
byte high[CAP];
byte tail = 0;
byte head = 0;
byte intent[PRODUCERS];
bool alive[PRODUCERS]; /* the lock is held */
byte over = 0;         /* producers that have left, or died without a successor */
byte kills = 0;

/* What is only for the assertions. */
byte committed = 0;
byte delivered = 0;
byte last[PRODUCERS];

/* A store, and perhaps the end of its process behind it. */
#define DO(store) \
  atomic { \
    store; \
    if \
    :: kills < KILLS -> kills++; alive[me] = false; goto dead \
    :: true \
    fi \
  }

proctype Producer(byte me; byte pushes) {
  byte number = 0;
  byte pushed = 0;
  byte t = 0;
  byte n = 0;
  byte i = 0;
  bool won = false;
  alive[me] = true;
again:
  do
  :: pushed >= pushes -> break
  :: pushed < pushes ->
    atomic {
      t = tail;
      i = 0;
      won = false;
      if
      :: t - head < CAP -> n = 1
      :: t - head <= 0 -> n = 2
      :: t - head >= CAP -> n = 0
      fi
    };
    if
#ifndef KEEP_INTENT
    :: n == 0 -> intent[me] = NO_RUN; tail - head < CAP; goto again
#else
    :: n == 0 -> tail - head < CAP; goto again
#endif
    :: n > 0
    fi;
#ifndef INTENT_LATE
    DO(intent[me] = RUN(t, n));
#endif
    DO(won = (tail == t); tail = (won -> tail + n : tail));
    if
    :: !won -> goto again
    :: won
    fi;
#ifdef INTENT_LATE
    DO(intent[me] = RUN(t, n));
#endif
#ifdef FORGET_EARLY
    DO(intent[me] = NO_RUN);
#endif
    do
    :: i == n -> break
    :: i == 1 && i < n -> /* of two, the second is given up */
      assert(head <= t + i);
      DO(stamp[(t + i) % CAP] = t + i + CAP; i++)
    :: i < n ->
      DO(assert(head <= t + i); number++; low[(t + i) % CAP] = 16 * me + number);
      DO(assert(head <= t + i); high[(t + i) % CAP] = 16 * me + number);
      DO(assert(head <= t + i); stamp[(t + i) % CAP] = t + i + 1; committed++; i++)
    od;
    DO(intent[me] = NO_RUN; pushed++)
  od;
  goto left;
dead:
  atomic { t = 0; n = 0; i = 0; won = false };
  if
  :: alive[me] = true; /* a successor has the lock, and looks at nothing else before this */
    intent[me] = NO_RUN;
    pushed++;
    goto again
  :: goto left
  fi;
left:
  atomic { alive[me] = false; over++ }
}

proctype Consumer() {
  byte h = 0;
  byte i = 0;
  byte value = 0;
  byte claimed = 0;
  do
  :: atomic { stamp[h % CAP] == h + 1 -> value = low[h % CAP] };
    /* Killed here, it leaves a successor what it has itself: the head. */
    atomic {
      assert(high[h % CAP] == value);
      assert(value % 16 > last[value / 16]);
      last[value / 16] = value % 16;
      value = 0;
      delivered++;
      h++;
      head = h
    }
  :: atomic { stamp[h % CAP] == h + CAP -> h++; head = h }
  :: else ->
#ifndef TAIL_LAST
    claimed = tail;
#endif
    i = 0;
    do
    :: i == PRODUCERS -> break
    :: i < PRODUCERS && COVERS(intent[i], h) ->
      if
#ifndef NO_LOCKS
      :: !alive[i] -> i++
      :: alive[i] -> break
#else
      :: break
#endif
#ifdef TIMEOUT
      :: alive[i] -> i++
#endif
      fi
    :: i < PRODUCERS && !COVERS(intent[i], h) -> i++
    od;
#ifdef TAIL_LAST
    claimed = tail;
#endif
    if
    :: claimed == h && over == PRODUCERS && tail == h -> break
    :: claimed == h && !(over == PRODUCERS && tail == h) -> tail != h || over == PRODUCERS
    :: claimed != h && i < PRODUCERS -> /* a claimant lives: until it has moved on, or is dead */
#ifndef NO_LOCKS
      SETTLED(h) || !COVERS(intent[i], h) || !alive[i]
#else
      SETTLED(h) || !COVERS(intent[i], h)
#endif
#ifndef NO_SECOND_LOOK
    :: claimed != h && i == PRODUCERS && SETTLED(h)
    :: claimed != h && i == PRODUCERS && !SETTLED(h) -> atomic { h++; head = h }
#else
    :: claimed != h && i == PRODUCERS -> atomic { h++; head = h }
#endif
    fi;
    atomic { claimed = 0; i = 0 }
  od;
  assert(delivered == committed)
}

init {
  atomic { run Producer(0, 2); run Producer(1, 1); run Consumer() }
}

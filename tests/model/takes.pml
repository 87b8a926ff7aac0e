/* A ring of two slots that a producer fills and two consumers empty, as ring/spmc_consumer.hpp and
 * ring/mending.hpp do it. Any of them may be killed between any two of its stores, or leave with what
 * it has claimed, and a successor may take its entry or not; the producer is one of many and may leave a claim that nobody will
 * commit. A process that does not move for long is a schedule like any other, so that whatever holds
 * here holds for one that is stopped and continued.
 *
 * No slot is free while a living consumer reads it. In the end every record that was committed was
 * released or counted as in doubt, none both or twice, and those are counted that no consumer
 * released. Who leaves while nobody else is there has counted what it had claimed. Nobody waits for
 * the dead.
 *
 * INTENT_LATE: the intent is stored after the exchange. FORGET_EARLY: it is taken back before the
 * stamp. TAKEN_LAST: who counts looks at the intents before `taken`. NO_SECOND_LOOK: it does not look
 * at the stamp again. NO_LOCKS: an intent is taken for a claimant whether it lives or not. TIMEOUT: a
 * claimant that lives may be taken for dead. NO_MEND_LOCK: two may count at once. FORGET_COUNT: what
 * a killed one had counted is not settled first. FREE_FIRST: the slot is freed before it is counted.
 * STORE_GAP: a gap is marked by a store, not by an exchange. STALE_STAMP: the stamp of a gap is read
 * after the look at `taken`. HEAD_PAST_TAKEN: the head moves over what nobody took. LEAVE_INTENDED:
 * who leaves takes its intent back only after it has counted. LEAVE_UNCOUNTED: it does not count.
 * LEAVE_RELEASED: it frees what it had claimed as if it had released it. Each must fail.
 */
#define CAP 2
#define CONSUMERS 2
#define RECORDS 3
#ifndef KILLS
#define KILLS 2 /* and leavings with a claim, which are those of one of the two that are alike */
#endif

#define NO_RUN 0
#define RUN(position, count) (4 * (position) + (count))
#define COVERS(word, position) ((position) - (word) / 4 >= 0 && (position) - (word) / 4 < (word) % 4)
#define STAMP(position) stamp[(position) % CAP]
#define COMMITTED(position) (STAMP(position) == (position) + 1)
#define DONE(position) ((position) + CAP)

byte stamp[CAP];
byte tail = 0;
byte taken = 0;
byte head = 0;
byte made_intent = NO_RUN; /* the producer's */
bool made_alive = true;    /* its lock is held */
bool made_over = false;
byte intent[CONSUMERS];
bool alive[CONSUMERS];
bool alone[CONSUMERS]; /* leaves, and nobody else has been there since it began to */
byte over = 0;
byte kills = 0;
bool mending = false; /* the lock of who counts */
byte counted = 0;
byte counted_at = 0;
byte settled = 0;

/* What is only for the assertions, by position. */
#define POSITIONS 6
bool committed[POSITIONS];
bool released[POSITIONS];
bool doubted[POSITIONS];

/* Whether an intent tells of somebody who is taken to live. */
#ifdef NO_LOCKS
#define HOLDS(i, position) (COVERS(intent[i], position))
#else
#define HOLDS(i, position) (COVERS(intent[i], position) && alive[i])
#endif

/* Whether there is something to free or to count at the head. */
#ifdef TIMEOUT
#define LEFT_AT_HEAD COMMITTED(head)
#else
#define LEFT_AT_HEAD (COMMITTED(head) && !HOLDS(0, head) && !HOLDS(1, head))
#endif
#define MENDABLE (head != taken && (STAMP(head) == DONE(head) || LEFT_AT_HEAD))

/* The end of the process, perhaps, and with it of the locks that it held. */
#define MAY_DIE \
  if \
  :: kills < KILLS -> kills++; goto dead \
  :: true \
  fi
#define DO(store) atomic { store; MAY_DIE }

/* Its protocol beside other producers, and its deaths elsewhere, are those of claims.pml. */
proctype Producer() {
  byte made = 0;
again:
  do
  :: made == RECORDS -> goto left
  :: made < RECORDS && tail - head < CAP ->
    atomic { made++; made_intent = RUN(tail, 1) };
    DO(tail++);
    atomic {
      assert(taken < tail && head < tail);
      committed[tail - 1] = true;
      STAMP(tail - 1) = tail
    };
    made_intent = NO_RUN
  od;
dead:
  made_alive = false;
  if
  :: atomic { made_alive = true; made_intent = NO_RUN }; goto again
  :: true
  fi;
left:
  atomic { made_alive = false; made_over = true }
}

inline free_done() {
  won = false;
  do
  :: won -> break
  :: !won ->
    atomic { h = head; e = h };
    limit = taken;
    do
#ifdef HEAD_PAST_TAKEN
    :: STAMP(e) == DONE(e) -> e++
    :: STAMP(e) != DONE(e) -> break
#else
    :: e != limit && STAMP(e) == DONE(e) -> e++
    :: e == limit || STAMP(e) != DONE(e) -> break
#endif
    od;
    if
    :: e == h -> break
    :: e != h ->
      atomic {
        if
        :: head == h -> head = e; won = true
        :: head != h
        fi;
        MAY_DIE
      }
    fi
  od;
  atomic { h = 0; e = 0; limit = 0; won = false }
}

/* Whether position p was taken by one who is dead and had not released it. */
inline look_left() {
#ifndef TAKEN_LAST
  left = taken != p;
#else
  left = true;
#endif
  if
  :: left && !COMMITTED(p) -> left = false
  :: left && COMMITTED(p) ->
    i = 0;
    do
    :: i == CONSUMERS || !left -> break
    :: i < CONSUMERS && left && HOLDS(i, p) -> left = false
#ifdef TIMEOUT
    :: i < CONSUMERS && left -> i++
#else
    :: i < CONSUMERS && left && !HOLDS(i, p) -> i++
#endif
    od;
    i = 0
  :: !left
  fi;
#ifdef TAKEN_LAST
  left = left && taken != p;
#endif
#ifndef NO_SECOND_LOOK
  left = left && COMMITTED(p)
#endif
}

inline settle_counted() {
  if
  :: counted != settled ->
    if
    :: COMMITTED(counted_at) -> DO(STAMP(counted_at) = DONE(counted_at))
    :: !COMMITTED(counted_at)
    fi;
    DO(settled = counted)
  :: counted == settled
  fi
}

inline mend() {
  free_done();
  p = head;
  look_left();
  if
#ifdef NO_MEND_LOCK
  :: left ->
#else
  :: atomic { left && !mending -> mending = true; has_lock = true };
#endif
#ifndef FORGET_COUNT
    settle_counted();
#endif
    free_done();
    p = head;
    look_left();
    if
    :: left ->
#ifdef FREE_FIRST
      DO(STAMP(p) = DONE(p));
#endif
      DO(counted_at = p);
      atomic {
        assert(!doubted[p] && !released[p]);
        doubted[p] = true;
        counted = settled + 1;
        MAY_DIE
      };
      settle_counted();
      free_done()
    :: !left
    fi;
    atomic { mending = false; has_lock = false }
#ifndef NO_MEND_LOCK
  :: left && mending
#endif
  :: !left
  fi;
  atomic { left = false; p = 0 }
}

proctype Consumer(byte me) {
  byte t = 0; /* the run is [t, t + n) */
  byte n = 0;
  byte i = 0;
  byte p = 0;
  byte h = 0;
  byte e = 0;
  byte limit = 0;
  byte seen = 0;
  bool won = false;
  bool left = false;
  bool has_lock = false;
  atomic { alive[me] = true; alone[1 - me] = false };
again:
  do
  :: atomic { COMMITTED(taken) -> t = taken }; /* there is a record, or there are two */
    atomic {
      if
      :: COMMITTED(t) -> n = 1
      :: COMMITTED(t) && COMMITTED(t + 1) -> n = 2
      :: !COMMITTED(t) -> n = 0
      fi
    };
    if
    :: n == 0
    :: n != 0 ->
#ifndef INTENT_LATE
      DO(intent[me] = RUN(t, n));
#endif
      atomic {
        won = taken == t;
        if
        :: won -> taken = t + n
        :: !won
        fi;
        MAY_DIE
      };
      if
      :: !won -> DO(intent[me] = NO_RUN)
      :: won ->
#ifdef INTENT_LATE
        DO(intent[me] = RUN(t, n));
#endif
#ifdef FORGET_EARLY
        DO(intent[me] = NO_RUN);
#endif
        do
        :: i == n -> break
        :: i < n ->
          atomic {
            assert(COMMITTED(t + i) && head <= t + i);
            assert(!released[t + i] && !doubted[t + i]);
            released[t + i] = true;
            STAMP(t + i) = DONE(t + i);
            i++;
            MAY_DIE
          }
        :: atomic { i < n && me == 0 && kills < KILLS -> kills++ }; goto leaves
        od;
        DO(intent[me] = NO_RUN);
        free_done()
      fi
    fi;
    atomic { won = false; n = 0; i = 0; t = 0 }
  :: atomic { taken != tail && !COMMITTED(taken) && !(COVERS(made_intent, taken) && made_alive) ->
      t = taken };
#ifdef STALE_STAMP
    won = taken == t;
    seen = STAMP(t);
#else
    seen = STAMP(t);
    won = taken == t;
#endif
    if
    :: won && seen != t + 1 && seen != DONE(t) && tail != t &&
       !(COVERS(made_intent, t) && made_alive) ->
      atomic {
#ifdef STORE_GAP
        STAMP(t) = DONE(t);
#else
        if
        :: STAMP(t) == seen -> STAMP(t) = DONE(t); seen = DONE(t)
        :: STAMP(t) != seen
        fi;
#endif
        MAY_DIE
      }
    :: else
    fi;
    if
    :: seen == DONE(t) ->
      atomic {
        if
        :: taken == t -> taken = t + 1
        :: taken != t
        fi;
        MAY_DIE
      };
      atomic { t = 0; seen = 0; won = false };
      free_done()
    :: seen != DONE(t)
    fi;
    atomic { t = 0; seen = 0; won = false }
  :: MENDABLE -> mend()
  :: made_over && taken == tail && head == taken -> goto gone
  od;
leaves:
  alone[me] = !alive[1 - me];
#ifdef LEAVE_RELEASED
  do
  :: i == n -> break
  :: i < n -> DO(STAMP(t + i) = DONE(t + i)); i++
  od;
#endif
#ifndef LEAVE_INTENDED
  DO(intent[me] = NO_RUN);
#endif
#ifndef LEAVE_UNCOUNTED
  do
  :: MENDABLE -> mend()
  :: !(MENDABLE) -> break
  od;
#endif
#ifdef LEAVE_INTENDED
  DO(intent[me] = NO_RUN);
#endif
  atomic {
    i = 0;
    do
    :: i == n -> break
    :: i < n -> assert(!alone[me] || released[t + i] || doubted[t + i]); i++
    od
  };
dead:
  atomic {
    if
    :: has_lock -> mending = false
    :: !has_lock
    fi;
    alive[me] = false;
    alone[me] = false;
    t = 0; n = 0; i = 0; p = 0; h = 0; e = 0; limit = 0; seen = 0;
    won = false; left = false; has_lock = false
  };
  if
  :: atomic { alive[me] = true; alone[1 - me] = false }; /* a successor has the lock, and looks at nothing else before this */
    intent[me] = NO_RUN;
    goto again
  :: atomic { over < CONSUMERS - 1 -> over++ }; goto end
  fi;
gone:
  atomic { alive[me] = false; over++ };
end:
  skip
}

init {
  byte i = 0;
  byte sum = 0;
  atomic { run Producer(); run Consumer(0); run Consumer(1) };
  over == CONSUMERS && made_over;
  assert(head == tail && taken == tail);
  do
  :: i == tail -> break
  :: i < tail ->
    assert(committed[i] == (released[i] || doubted[i]));
    assert(!released[i] || !doubted[i]);
    sum = sum + doubted[i];
    i++
  od;
  assert(sum == counted)
}

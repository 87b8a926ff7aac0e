/* A broadcast of two slots whose producer waits for its readers, as ring/reader_gate.hpp says. Two
 * readers come at most twice each, and the second one may leave in between. One of the three
 * processes may be killed between any two of its stores: a producer's successor takes over at
 * once, a reader's comes or does not. A process that does not move for long is a schedule like any
 * other, so that whatever holds here holds for one that is stopped. The tail may stay behind what
 * is published, as a store that waits in its processor, until the producer tells it: where it looks
 * at the readers and finds that the tail it told last is all that limits it.
 *
 * A reader reads every record, whole, from where it begins to where it leaves. It is never
 * overtaken, but for one that follows a killed reader before its first record. The first one that
 * ever comes begins with record 0. Nobody waits for the dead: all end.
 *
 * EARLY_TAIL: a reader reads the tail before it says that it is attached. LATE_TAIL: the tail is
 * not stored before the look that takes it for the limit. NO_LOCKS: the producer does not ask who
 * lives. TIMEOUT: it passes over a reader that lives. KEEP_PASSED: a killed reader is known by its
 * entry, not by its epoch. RELEASE_FIRST: a reader releases a record before it has read it.
 * ONE_LOOK: whether a reader ever came is seen in the same look as who is there. NO_WAIT: the
 * producer does not wait for the first reader. Each must fail.
 */
#define CAP 2
#define LAST 4
#define READERS 2
#define COMINGS 2
#define KILLS 1

#define NEVER 0
#define ATTACHED 1
#define CLOSED 2

byte word[CAP]; /* the record, */
byte stamp[CAP];
byte tail = 0;
byte head = 0;
byte phase[READERS];
byte epoch[READERS];
byte place[READERS];
bool alive[READERS]; /* the lock is held */
bool setup = false;  /* the set-up lock */
byte kills = 0;

#define HAD_READER (phase[0] != NEVER || phase[1] != NEVER)
#define MAY_DIE if :: kills < KILLS -> kills++; goto again :: skip fi

proctype Producer() {
  byte t;
  byte h;
  byte least;
  byte i;
  byte slowest;
  byte e;
  byte passed[READERS];
  byte told; /* the tail before this side's last look */
  bool seen;
#ifdef ONE_LOOK
  bool any;
#endif
again:
  skip; /* nothing jumps into what follows */
  d_step {
    t = tail;
    do
    :: t < LAST && stamp[t % CAP] == t + 1 -> t++
    :: else -> break
    od;
    h = head;
    tail = t;
    told = t;
    passed[0] = 0;
    passed[1] = 0;
    seen = false
  }
  do
  :: t == LAST -> break
  :: t < LAST && t - h < CAP ->
    word[t % CAP] = t;
    MAY_DIE;
    stamp[t % CAP] = t + 1;
    MAY_DIE;
    t++;
    if
    :: tail = t
    :: skip
    fi
  :: t < LAST && t - h == CAP ->
#ifndef ONE_LOOK
#ifndef NO_WAIT
    if
    :: !seen -> HAD_READER; seen = true
    :: seen
    fi;
#endif
#endif
    d_step { least = told; slowest = READERS; i = 0 };
    do
    :: i == READERS -> break
    :: i < READERS ->
#ifdef ONE_LOOK
      any = any || phase[i] != NEVER;
#endif
      if
      :: phase[i] == ATTACHED ->
        if
#ifndef KEEP_PASSED
        :: epoch[i] != passed[i] ->
#else
        :: passed[i] == 0 ->
#endif
          d_step {
            if
            :: place[i] < least -> least = place[i]; slowest = i
            :: else
            fi;
            i++
          }
        :: else -> i++
        fi
      :: else -> i++
      fi
    od;
#ifdef ONE_LOOK
    if
    :: !any -> HAD_READER
    :: any -> any = false;
#else
    if
    :: true ->
#endif
      if
      :: least > h ->
        atomic { h++; least = 0; slowest = 0; i = 0 };
        head = h;
        MAY_DIE
      :: least == h && slowest == READERS && told < t ->
        /* What was told is all that limits it. */
#ifndef LATE_TAIL
        tail = t;
#endif
        d_step { told = t; least = 0; slowest = 0; i = 0 }
      :: else ->
        /* It waits until the slowest one has gone on, or is no more. */
        e = epoch[slowest];
        if
        :: place[slowest] > h
        :: phase[slowest] != ATTACHED
        :: epoch[slowest] != e
#ifndef NO_LOCKS
#ifdef TIMEOUT
        :: passed[slowest] = e
#else
        :: atomic { !alive[slowest] && epoch[slowest] == e -> passed[slowest] = e }
#endif
#endif
        fi;
        d_step { e = 0; least = 0; slowest = 0; i = 0 }
      fi
    fi
  od;
  tail = t;
  told = 0
}

proctype Reader(byte me) {
  byte p;
  byte comings;
  byte begin;
  bool first;
  bool follows;
  bool promised;
again:
  atomic {
    /* Killed, it leaves the lock bytes. */
    begin = 0;
    first = false;
    follows = false;
    promised = false;
    p = 0;
    if
    :: alive[me] -> alive[me] = false
    :: else
    fi;
    if
    :: comings == COMINGS -> goto gone
    :: comings < COMINGS
    :: me == 1 -> goto gone
    fi;
    comings++
  }
  atomic {
    !setup -> setup = true;
    alive[me] = true;
    first = !HAD_READER;
    follows = phase[me] == ATTACHED
  }
  if
  :: !follows -> place[me] = head
  :: follows
  fi;
#ifdef EARLY_TAIL
  begin = tail;
#endif
  epoch[me]++;
  if :: kills < KILLS -> kills++; setup = false; goto again :: skip fi;
  phase[me] = ATTACHED;
  if :: kills < KILLS -> kills++; setup = false; goto again :: skip fi;
  if
  :: !follows && !first ->
#ifndef EARLY_TAIL
    begin = tail;
#endif
    atomic { place[me] = begin; begin = 0 }
  :: else
  fi;
  atomic {
    setup = false;
    p = place[me];
    promised = !follows;
    assert(!first || p == 0);
    first = false;
    follows = false
  }
  do
  :: p == LAST -> break
  :: p < LAST && (stamp[p % CAP] == p + 1 || head > p) ->
    if
    :: stamp[p % CAP] == p + 1 ->
#ifdef RELEASE_FIRST
      place[me] = p + 1;
#endif
      begin = word[p % CAP];
      if
      :: head > p -> assert(!promised); p = head
      :: else ->
        assert(begin == p);
        atomic { p++; promised = true; begin = 0 };
        place[me] = p;
        MAY_DIE
      fi
    :: else ->
      if
      :: head > p -> assert(!promised); p = head
      :: else
      fi
    fi
  :: me == 1 && comings < COMINGS ->
    atomic { phase[me] = CLOSED; alive[me] = false; goto again }
  od;
  atomic { phase[me] = CLOSED; alive[me] = false };
gone:
  skip
}

init {
  atomic { run Producer(); run Reader(0); run Reader(1) }
}

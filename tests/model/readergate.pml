/* A broadcast of two slots whose producer waits for its readers, as ring/reader_gate.hpp says. Two
 * readers come at most twice each, and the second one may leave in between. Two of the processes
 * may be killed, or one of them and the one that follows it, before any store and while they wait:
 * a producer's successor takes over at once, a reader's comes or does not. A process that does not
 * move for long is a schedule like any other, so that whatever holds here holds for one that is
 * stopped. The tail may stay behind what is published, as a store that waits in its processor,
 * until the producer tells it: where it looks at the readers and finds that the tail it told last
 * is all that limits it. A look gives up one record or more at once.
 *
 * A reader reads every record from where it begins to where it leaves, and is never overtaken (that
 * it reads each whole is searched by bytecast.pml). One that follows a killed reader may be, by a
 * look that began before it came, and by no later one, whichever producer makes it; but if that
 * reader was killed before it had begun, the one that follows begins like any other. The first one
 * that ever comes begins with record 0. A killed reader is counted once at most, however many
 * producers follow each other. Nobody waits for the dead: all end.
 *
 * EARLY_TAIL: a reader reads the tail before it says that it is attached. LATE_TAIL: the tail is
 * not stored before the look that takes it for the limit. TRUST_TAIL: a producer that follows goes
 * on at the tail that was told last, and does not look at the stamps. UNTOLD: a producer that
 * follows takes for told what it found published. NO_LOCKS: the producer does not ask who lives.
 * TIMEOUT: it passes over a reader that lives. KEEP_PASSED: a killed reader is known by its entry,
 * not by its epoch. COUNT_ANEW: which ones were passed over is not handed on to the producer that
 * follows. COUNT_FIRST: one is counted before its entry says so. FOLLOW_COMING: a reader goes on at
 * the place of one that was killed while it came. BEGUN_EARLY: an entry says that its reader has
 * begun before it has stored where. RELEASE_FIRST: a reader releases a record before it has read
 * it. ONE_LOOK: whether a reader ever came is seen in the same look as who is there. NO_WAIT: the
 * producer does not wait for the first reader. FIRST_AT_TAIL: the first reader begins at the tail,
 * like those after it. Each must fail.
 */
#define CAP 2
#define LAST 4
#define READERS 2
#define COMINGS 2
#if defined(ONE_LOOK) || defined(NO_WAIT) || defined(FIRST_AT_TAIL)
#define KILLS 1 /* which is enough, and searched sooner */
#else
#define KILLS 2
#endif

#define NEVER 0
#define ATTACHED 1
#define CLOSED 2

byte word[CAP]; /* the record, */
byte stamp[CAP];
byte tail = 0; /* that was told last; who reads it finds that or any up to what is published */
byte head = 0;
byte phase[READERS];
byte epoch[READERS];
byte place[READERS];
bool coming[READERS]; /* it has yet to store where it begins: Endpoint::intent */
byte passed[READERS]; /* the epoch of one that was found killed: Endpoint::passed_epoch */
bool alive[READERS];  /* the lock is held */
bool setup = false;   /* the set-up lock */
byte kills = 0;

/* What is only for the assertions. */
#define NONE 255
byte published = 0;
byte counted[READERS]; /* the epoch of who was counted last */
bool begun[READERS];   /* whoever was there last had stored where it begins */
byte kept[READERS];    /* no record from this one on is given up before it is released */

#define HAD_READER (phase[0] != NEVER || phase[1] != NEVER)
#ifdef KEEP_PASSED
#define IS_PASSED(i) (passed[i] != 0)
#else
#define IS_PASSED(i) (passed[i] == epoch[i])
#endif
#ifdef FOLLOW_COMING
#define HAS_BEGUN(i) true
#else
#define HAS_BEGUN(i) (!coming[i])
#endif

/* Who is killed leaves nothing but its stores, so that what it read since the last one is no
 * matter: it dies before a store or where it waits. */
#define DIE atomic { kills < KILLS -> kills++; goto again }
#define DO(store) \
  if \
  :: atomic { store } \
  :: DIE \
  fi
/* By a reader that holds the set-up lock. */
#define COME(store) \
  if \
  :: atomic { store } \
  :: atomic { kills < KILLS -> kills++; setup = false; goto again } \
  fi

/* A look begins, which sees the one that has come to this entry. */
inline keep(i) {
  if
  :: kept[i] == NONE && alive[i] && phase[i] == ATTACHED && passed[i] != epoch[i] -> kept[i] = head
  :: else
  fi
}

proctype Producer() {
  byte t = 0;
  byte h;
  byte least;
  byte i;
  byte slowest;
  byte e;
  byte told; /* the tail before this side's last look */
#ifdef ONE_LOOK
  bool any;
#endif
again:
  /* By the stamps, and the head that was stored before anything behind it was written. */
  atomic {
    d_step {
      t = tail;
#ifndef TRUST_TAIL
      do
      :: t < LAST && stamp[t % CAP] == t + 1 -> t++
      :: else -> break
      od
#endif
    };
    assert(t == published);
    h = head;
#ifndef UNTOLD
    tail = t;
#endif
    told = t;
    least = 0;
    i = 0;
    slowest = 0;
    e = 0;
#ifdef COUNT_ANEW
    passed[0] = 0;
    passed[1] = 0;
#endif
  };
  /* A valid end: with both readers killed before they had come, it waits for a first one as it
   * should, which would get every record. It waits here for nothing else. */
end_unread:
  do
  :: t == LAST -> break
  :: atomic { t < LAST && kills < KILLS -> kills++; goto again }
  :: t < LAST && t - h < CAP ->
    word[t % CAP] = t;
    DO(stamp[t % CAP] = t + 1; t++; published = t)
  :: d_step {
#if defined(ONE_LOOK) || defined(NO_WAIT)
      t < LAST && t - h == CAP ->
#else
      t < LAST && t - h == CAP && HAD_READER ->
#endif
      least = told;
      slowest = READERS;
      keep(0);
      keep(1)
    };
    do
    :: i < READERS && phase[i] == ATTACHED ->
#ifdef ONE_LOOK
      any = true;
#endif
      if
      :: d_step { IS_PASSED(i) -> i++ }
      :: !IS_PASSED(i) ->
        d_step {
          if
          :: place[i] < least -> least = place[i]; slowest = i
          :: else
          fi;
          i++
        }
      fi
    :: d_step {
        i < READERS && phase[i] != ATTACHED ->
#ifdef ONE_LOOK
        any = any || phase[i] != NEVER;
#endif
        i++
      }
#ifdef ONE_LOOK
    :: d_step { i == READERS && !any -> i = 0; least = 0; slowest = 0 }; goto end_unread
    :: d_step { i == READERS && any -> i = 0; any = false }; break
#else
    :: d_step { i == READERS -> i = 0 }; break
#endif
    od;
    if
    :: d_step { least > h -> h++; head = h; least = 0; slowest = 0 }
    :: d_step { least > h + 1 -> h = least; head = h; least = 0; slowest = 0 }
    :: d_step {
        least == h && slowest == READERS && told < t ->
        /* What was told is all that limits it. */
#ifndef LATE_TAIL
        tail = t;
#endif
        told = t;
        least = 0;
        slowest = 0
      }
    :: d_step { least <= h && slowest != READERS -> least = 0; e = epoch[slowest] };
      /* It waits until the slowest one has gone on, or is no more. */
      if
      :: place[slowest] > h
      :: phase[slowest] != ATTACHED
      :: epoch[slowest] != e
      :: DIE
#ifndef NO_LOCKS
#ifdef TIMEOUT
      :: true ->
#else
      :: !alive[slowest] ->
#endif
#ifdef COUNT_FIRST
        DO(assert(counted[slowest] != e); counted[slowest] = e);
        DO(passed[slowest] = e)
#else
        DO(passed[slowest] = e);
        DO(assert(counted[slowest] != e); counted[slowest] = e)
#endif
#endif
      fi;
      d_step { e = 0; slowest = 0 }
    fi
  od;
  atomic { told = 0; h = 0 }
}

proctype Reader(byte me) {
  byte p;
  byte begin;
  byte comings;
  bool first;
  bool follows;
  bool anew; /* nobody had begun there: it is kept like any other, whatever it takes itself for */
again:
  atomic {
    /* Killed, it leaves the locks. */
    alive[me] = false;
    p = 0;
    begin = 0;
    first = false;
    follows = false;
    anew = false;
    kept[me] = NONE;
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
    follows = phase[me] == ATTACHED && HAS_BEGUN(me);
    anew = phase[me] != ATTACHED || !begun[me];
    begun[me] = !anew
  }
#ifdef EARLY_TAIL
  begin = tail;
#endif
  if
  :: follows
#ifdef FIRST_AT_TAIL
  :: !follows && first -> COME(place[me] = tail)
#else
  :: !follows && first -> COME(place[me] = head)
#endif
  :: !follows && !first -> COME(coming[me] = true); COME(place[me] = head)
  fi;
  COME(epoch[me]++);
  COME(phase[me] = ATTACHED; begun[me] = begun[me] || first);
  if
  :: follows || first
  :: !follows && !first ->
#ifndef EARLY_TAIL
    if
    :: begin = tail
    :: begin = published
    fi;
#endif
#ifdef BEGUN_EARLY
    COME(coming[me] = false);
#endif
    COME(place[me] = begin; begun[me] = true; begin = 0)
  fi;
  COME(
    coming[me] = false;
    setup = false;
    p = place[me];
    assert(!first || p == 0);
    kept[me] = (anew || !follows -> p : kept[me]);
    first = false;
    follows = false;
    anew = false
  );
  do
  :: p == LAST -> break
  :: p < LAST && stamp[p % CAP] == p + 1 ->
#ifdef RELEASE_FIRST
    place[me] = p + 1;
#endif
    if
    :: d_step { head <= p -> assert(word[p % CAP] == p); p++ };
      DO(place[me] = p)
    :: d_step { head > p -> assert(head <= kept[me]); p = head }
    fi
  :: d_step {
      p < LAST && stamp[p % CAP] != p + 1 && head > p ->
      assert(head <= kept[me]);
      p = head
    }
  :: atomic { p < LAST && kills < KILLS -> kills++; goto again }
  :: atomic { me == 1 && comings < COMINGS -> phase[me] = CLOSED; goto again }
  od;
  atomic { phase[me] = CLOSED; alive[me] = false; p = 0; kept[me] = NONE };
gone:
  skip
}

init {
  atomic { kept[0] = NONE; kept[1] = NONE; run Producer(); run Reader(0); run Reader(1) }
}

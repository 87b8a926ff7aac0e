/* The sleeping protocol of queue::Gate (queue/wait.hpp) with a futex that never times out: whoever
 * sleeps is woken. A lost wake shows as an end state in which the reader still sleeps.
 *
 * The publisher stamps an item, stores its cursor and then looks for a sleeper. The reader follows
 * the stamps, as a ring's consumers do, and so may be ahead of the cursor that is stored: it must
 * sleep then as well, or it turns around for as long as the publisher is stopped in between.
 *
 * NO_SECOND_LOOK: the reader sleeps without looking again after it said that it waits.
 * NO_EPOCH: the reader sleeps whatever the epoch is.
 * CURSOR_LOOK: its second look is at the cursor, which it may be ahead of.
 * EARLY_LOOK: the publisher looks for a sleeper before it has stamped. Each must fail.
 */
#define ITEMS 4

byte stamped = 0; /* items that are there */
byte tail = 0;    /* the cursor */
byte waiting = 0;
byte epoch = 0;
bool asleep = false;

#ifdef CURSOR_LOOK
#define SEEN tail
#else
#define SEEN stamped
#endif

inline wake_if_waiting() {
  if
  :: waiting != 0 ->
    waiting = 0;
    epoch++;
    asleep = false
  :: else
  fi
}

active proctype Publisher() {
  do
  :: stamped == ITEMS -> break
  :: stamped < ITEMS ->
#ifdef EARLY_LOOK
    wake_if_waiting();
#endif
    stamped++;
    tail = stamped;
#ifndef EARLY_LOOK
    wake_if_waiting()
#endif
  od
}

active proctype Reader() {
  byte head = 0;
  byte seen;
  do
  :: head == ITEMS -> break
  :: head < ITEMS && head < stamped -> head++
  :: head < ITEMS && head == stamped ->
    seen = epoch;
    waiting = 1;
    if
#ifndef NO_SECOND_LOOK
    :: atomic { head != SEEN -> assert(head < stamped) } /* who does not sleep has an item */
    :: head == SEEN ->
#else
    :: true ->
#endif
#ifndef NO_EPOCH
      atomic { asleep = (epoch == seen) };
#else
      asleep = true;
#endif
      !asleep
    fi
  od
}

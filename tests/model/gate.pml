/* The sleeping protocol of queue::Gate (queue/wait.hpp) with a futex that never times out: whoever
 * sleeps is woken. A lost wake shows as an end state in which the reader still sleeps.
 *
 * NO_SECOND_LOOK: the reader sleeps without looking at the cursor again after it said that it waits.
 * NO_EPOCH: the reader sleeps whatever the epoch is. Each must fail.
 */
#define ITEMS 4

byte tail = 0;
byte waiting = 0;
byte epoch = 0;
bool asleep = false;

active proctype Publisher() {
  do
  :: tail == ITEMS -> break
  :: tail < ITEMS ->
    tail++;
    if
    :: waiting != 0 ->
      waiting = 0;
      epoch++;
      asleep = false
    :: else
    fi
  od
}

active proctype Reader() {
  byte head = 0;
  byte seen;
  do
  :: head == ITEMS -> break
  :: head < ITEMS && head < tail -> head++
  :: head < ITEMS && head == tail ->
    seen = epoch;
    waiting = 1;
    if
#ifndef NO_SECOND_LOOK
    :: head != tail -> skip
    :: head == tail ->
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

// Processes that are killed at their n-th durable step: an fsync(), rename() or renameat2(), which
// the program of these tests counts in the place of the C library (refreshing_test.cpp).
#pragma once

#include <csignal>

namespace tally::test {

// What may still be synced or renamed before the process is killed; no bound below zero.
inline int steps_left = -1;
inline void one_step() {
  if (steps_left == 0) ::raise(SIGKILL);
  if (steps_left > 0) --steps_left;
}

}  // namespace tally::test

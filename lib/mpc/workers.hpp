// The threads a session is given for work that falls into independent parts. lib/mpc starts none:
// whoever has a pool passes it; everybody else passes one_thread().
#pragma once

#include <cstddef>
#include <functional>

namespace tally::mpc {

class Workers {
 public:
  Workers() = default;
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;
  virtual ~Workers() = default;

  // Calls work(0) .. work(count - 1), each once, on any threads and in any order, and returns when
  // all have returned and what they wrote is visible here.
  virtual void each(std::size_t count, const std::function<void(std::size_t)>& work) = 0;
};

// Everything on the caller's thread.
[[nodiscard]] Workers& one_thread();

}  // namespace tally::mpc

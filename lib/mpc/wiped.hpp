// Working memory for secrets: wiped when it leaves the scope.
#pragma once

#include <type_traits>

#include "core/secret.hpp"

namespace tally::mpc {

template <typename T>
requires std::is_trivially_copyable_v<T>
class Wiped {
 public:
  Wiped() = default;
  Wiped(const Wiped&) = delete;
  Wiped& operator=(const Wiped&) = delete;
  ~Wiped() { core::wipe(&value_, sizeof value_); }

  T& operator*() { return value_; }
  const T& operator*() const { return value_; }
  T* operator->() { return &value_; }
  const T* operator->() const { return &value_; }

 private:
  T value_;
};

}  // namespace tally::mpc

// Secrets in memory: locked against swap, left out of core dumps, not inherited by a fork, wiped
// when they go. Each object maps pages of its own, so these are for keys and shares held for long,
// not for every intermediate value; those are wiped with wipe().
#pragma once

#include <cstddef>
#include <utility>

#include "core/bytes.hpp"
#include "core/result.hpp"

namespace tally::core {

// Overwrites memory with zeros in a way the compiler keeps.
void wipe(void* memory, std::size_t size_bytes);
inline void wipe(MutableByteView bytes) {
  wipe(bytes.data(), bytes.size());
}

// Compares in time that depends on the lengths only.
[[nodiscard]] bool equal_constant_time(ByteView a, ByteView b);

// Bytes of the kernel's random generator. Ends the process if the kernel refuses: there is no safe
// way on without randomness.
void random_bytes(MutableByteView out);

// A buffer of secret bytes. Move-only; one thread at a time. Allocation maps whole pages, mlocks
// them and sets MADV_DONTDUMP and MADV_WIPEONFORK: a child of fork() reads zeros.
class SecretBytes {
 public:
  SecretBytes() = default;
  // Errors: os_failure, with a hint on RLIMIT_MEMLOCK, when the pages cannot be mapped or locked.
  [[nodiscard]] static Result<SecretBytes> allocate(std::size_t size_bytes);

  SecretBytes(SecretBytes&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        mapped_bytes_(std::exchange(other.mapped_bytes_, 0)) {}
  SecretBytes& operator=(SecretBytes&& other) noexcept;
  SecretBytes(const SecretBytes&) = delete;
  SecretBytes& operator=(const SecretBytes&) = delete;
  ~SecretBytes();

  [[nodiscard]] MutableByteView bytes() { return {data_, size_}; }
  [[nodiscard]] ByteView bytes() const { return {data_, size_}; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  // Gives up the bytes past `size_bytes`, wiped. Pre: size_bytes <= size().
  void shrink(std::size_t size_bytes);

 private:
  void free_pages();

  std::uint8_t* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t mapped_bytes_ = 0;
};

// Makes the process unreadable to others of the same user and unable to leave a core dump. Called
// by tools before the first secret is read. Errors: os_failure.
[[nodiscard]] Status harden_process();

}  // namespace tally::core

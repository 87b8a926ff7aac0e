// A cache of 64-bit values by 64-bit keys in memory that is fixed when it is made: what has been
// put may be gone later, and never is a value found under another key or half of one. Sets of three
// or seven ways (cache/set.hpp) under a sequence lock each. Three ways fill a cache line and are
// found at the price of one miss; seven fill two and forget less: filled to a third, three ways
// keep some 98 % of the keys and seven 99.9 %.
//
// Any number of threads, and of processes that map the same memory, may read and write at once.
// Readers never wait for each other; a reader that meets a write looks again, and after a bounded
// number of looks the key counts as not found. Larger values live in a pool (mem/pool.hpp) and
// their index here.
//
// A writer that is killed in the middle of a write leaves its set locked: keys of that set are not
// found and not put until release_dead() has emptied it. Whether a writer is dead the caller says,
// by a predicate, for instance from a lock that the kernel drops with its process.
//
// create() allocates everything; afterwards nothing is.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include "cache/set.hpp"
#include "core/bytes.hpp"
#include "core/result.hpp"
#include "core/threads.hpp"
#include "mem/pages.hpp"

namespace tally::cache {

template <unsigned kWays>
class Cache {
 public:
  using CacheSet = Set<kWays>;

  // Room for at least `pairs` pairs: the sets are the next power of two, and a key has only those
  // of one set, so that a cache is made three times as large as what it shall keep nearly all of.
  // Errors: usage when there are none or too many for any memory; what Mapping::anonymous says.
  [[nodiscard]] static Result<Cache> create(std::size_t pairs, const mem::PageRequest& pages = {}) {
    TALLY_TRY(const std::size_t bytes, bytes_for(pairs));
    TALLY_TRY(auto mapping, mem::Mapping::anonymous(bytes, pages));
    TALLY_TRY(auto cache, over(mapping.bytes().first(bytes)));
    cache.mapping_ = std::move(mapping);
    return cache;
  }
  [[nodiscard]] static Result<std::size_t> bytes_for(std::size_t pairs) {
    constexpr std::size_t kMostPairs = std::size_t{1} << 48U;
    if (pairs == 0 || pairs > kMostPairs) {
      return fail(Code::usage, "a cache of " + std::to_string(pairs) + " pairs is of no use");
    }
    return std::bit_ceil((pairs + kWays - 1) / kWays) * sizeof(CacheSet);
  }

  // A cache in memory of the caller's, which stays mapped as long as this: zeroes are an empty
  // cache, and what other processes have put there is found. Errors: usage when the memory is not
  // what bytes_for() says of some number, or does not begin on a cache line.
  [[nodiscard]] static Result<Cache> over(MutableByteView memory) {
    const std::size_t sets = memory.size() / sizeof(CacheSet);
    if (!std::has_single_bit(sets) || memory.size() % sizeof(CacheSet) != 0 ||
        reinterpret_cast<std::uintptr_t>(memory.data()) % alignof(CacheSet) != 0) {
      return fail(Code::usage,
                  std::to_string(memory.size()) + " bytes are no cache of " +
                      std::to_string(kWays) + " ways",
                  "Cache::bytes_for says how many are, and they begin on a cache line");
    }
    return Cache(reinterpret_cast<CacheSet*>(memory.data()), sets);
  }

  // Whether the key is there, and then its value. Otherwise `value` is left alone.
  [[nodiscard]] bool get(std::uint64_t key, std::uint64_t& value) const {
    CacheSet& set = set_of(key);
    Look look;
    look.found = set.find(key, look.value);
    if (look.found == Found::busy) [[unlikely]]
      look = look_again(set, key);
    if (look.found != Found::yes) return false;
    value = look.value;
    return true;
  }

  // Puts the value in place of the key's last one, or of a pair that was not read for long.
  // `writer` is what release_dead() will ask about. False when the set stayed locked by others.
  bool put(std::uint64_t key, std::uint64_t value, std::uint16_t writer = 0) {
    return write(key, writer, [&](CacheSet& set, unsigned valid) {
      unsigned way = set.way_of(key, valid);
      if (way == kWays) way = set.victim(valid);
      set.replace(way, key, value);
      return valid | 1U << way;
    });
  }
  // Forgets the key. False when the set stayed locked by others.
  bool erase(std::uint64_t key, std::uint16_t writer = 0) {
    return write(key, writer, [&](CacheSet& set, unsigned valid) {
      const unsigned way = set.way_of(key, valid);
      return way == kWays ? valid : valid & ~(1U << way);
    });
  }

  // Empties each set whose writer died in the middle of a write; returns how many these were.
  // `is_dead` is asked once for each locked set. Any thread, beside readers and writers.
  template <typename IsDead>
  std::size_t release_dead(IsDead is_dead) {
    std::size_t released = 0;
    for (CacheSet& set : std::span(sets_, count_)) {
      std::uint64_t word = set.word.load(std::memory_order_relaxed);
      if (!CacheSet::is_writing(word) || !is_dead(CacheSet::writer_of(word))) continue;
      // By an exchange, for another may do the same. Orders nothing: no way is valid afterwards.
      if (set.word.compare_exchange_strong(word, CacheSet::written(word, 0),
                                           std::memory_order_relaxed)) {
        ++released;
      }
    }
    return released;
  }

  [[nodiscard]] std::size_t capacity() const { return count_ * kWays; }  // in pairs
  // Of a cache that create() made.
  [[nodiscard]] const mem::PageReport& pages() const { return mapping_.report(); }

 private:
  Cache(CacheSet* sets, std::size_t count)
      : sets_(sets), count_(count), shift_(63 - static_cast<unsigned>(std::countr_zero(count))) {}

  // The highest bits of a product with 2^64 divided by the golden ratio: keys that count up, in
  // steps of any size, spread over all sets (Knuth, volume 3, section 6.4).
  [[nodiscard]] CacheSet& set_of(std::uint64_t key) const {
    return sets_[key * 0x9e37'79b9'7f4a'7c15U >> 1U >> shift_];  // in two, for a single set
  }

  // What fits into registers: a value that went over memory would cost a store with each get().
  struct Look {
    std::uint64_t value = 0;
    Found found = Found::busy;
  };
  [[gnu::noinline]] static Look look_again(CacheSet& set, std::uint64_t key) {
    Look look;
    for (unsigned tries = 1; tries < kTriesMost && look.found == Found::busy; ++tries) {
      core::cpu_relax();
      look.found = set.find(key, look.value);
    }
    return look;
  }

  template <typename Change>
  bool write(std::uint64_t key, std::uint16_t writer, Change change) {
    CacheSet& set = set_of(key);
    for (unsigned tries = 0; tries < kTriesMost; ++tries) {
      const auto before = set.try_begin(writer);
      if (before) [[likely]] {
        set.finish(*before, change(set, CacheSet::valid_of(*before)));
        return true;
      }
      core::cpu_relax();
    }
    return false;
  }

  mem::Mapping mapping_;  // nothing when the memory is the caller's
  CacheSet* sets_;
  std::size_t count_;
  unsigned shift_;
};

}  // namespace tally::cache

// A broadcast in shared memory: one producer and up to 16 readers, each of which gets every record
// that it is there for in time. The producer waits for nobody, or for the slowest reader that lives
// (ring/reader_gate.hpp). It is a ring of bytes (ring/byte_area.hpp) whose producer itself moves
// `head`, the oldest record that is still there:
//
//   producer   before it writes over records it stores a head behind them, an eighth of the area at
//              a time, so that a reader that goes on at the head has a start. Then it writes, and
//              publishes a batch by the stamp of its first record.
//   reader     copies a record out and looks at the head after that. A head beyond the record says
//              that the copy may be torn: it does not count, and the reader goes on at the head.
//
// The words of records are atomics, stored with release and loaded with acquire: who has copied a
// word of a later lap finds the head that was stored before it, without a fence between. (Hans
// Boehm, "Can seqlocks get along with programming language memory models?", MSPC 2012, section 4;
// as queue/broadcast.hpp.)
//
// Every record begins with its number, from 0 and without gaps, so that a reader that was overtaken
// knows exactly how many records it has lost: the number it finds minus the one it expected. Where
// it stands is in its endpoint's entry (ReaderCursor). A reader that comes after one that was
// killed goes on there, and what was overwritten between the two is lost to it and counted. Any
// other begins with the oldest record; where the producer waits for its readers and this is not the
// first one ever, with the next that is published.
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "ring/byte_area.hpp"
#include "ring/layout.hpp"

namespace tally::ring {

static_assert(std::endian::native == std::endian::little);

inline constexpr std::size_t kNumberBytes = sizeof(std::uint64_t);

// Where a reader stands.
struct BroadcastPlace {
  std::uint64_t position = 0;  // of the next record
  std::uint64_t number = 0;    // that it should have
  std::uint64_t lost = 0;
};

// Cold; any process that has mapped the ring.
[[nodiscard]] BroadcastPlace load_place(const ReaderCursor& cursor);
// Called by the reader alone. Killed anywhere inside, it leaves the place before. `order` is
// release, or seq_cst where a producer may sleep until the place has moved (queue::Gate).
void store_place(ReaderCursor& cursor, const BroadcastPlace& place,
                 std::memory_order order = std::memory_order_release);

// The oldest record that is there, whatever the producer does meanwhile; number 0 when none is.
[[nodiscard]] BroadcastPlace oldest_place(const Header& header, const ByteArea& area);

// Whether the producer that is there, or was last, waits for its readers.
[[nodiscard]] bool is_gated(const Header& header);
// Behind the last record published. For a reader that the producer waits for meanwhile.
[[nodiscard]] BroadcastPlace newest_place(const Header& header, const ByteArea& area);

// Whether a reader can go on at `place`, which a process that was killed, or a broken one, has
// left: it is before the oldest record, or it is where a record is or will be.
[[nodiscard]] bool is_believable(const Header& header, const ByteArea& area,
                                 const BroadcastPlace& place, const BroadcastPlace& oldest);

// The number of the record that will be published at `tail`: one behind that of the last record.
// Walks over all that is there. For the producer, when it opens.
[[nodiscard]] std::uint64_t next_number(const ByteArea& area, std::uint64_t head,
                                        std::uint64_t tail);

[[nodiscard]] inline std::atomic_ref<std::uint64_t> word_at(std::uint8_t* at) {
  return std::atomic_ref<std::uint64_t>(*reinterpret_cast<std::uint64_t*>(at));
}

// Whether it is a record, with a number.
[[nodiscard]] inline bool is_whole(const ByteLook& look) {
  return look.is == ByteLook::Is::record && look.length >= kNumberBytes;
}

// The number of the record at `position`, whatever is there.
[[nodiscard]] inline std::uint64_t number_at(const ByteArea& area, std::uint64_t position) {
  // Acquire: as said at the head of this file.
  return word_at(area.payload(position)).load(std::memory_order_acquire);
}

// Copies into a record, whose room is rounded up to words. `to` lies on one.
inline void store_words(std::uint8_t* to, const std::uint8_t* from, std::size_t bytes) {
  constexpr std::size_t kWord = sizeof(std::uint64_t);
  for (; bytes >= kWord; bytes -= kWord, to += kWord, from += kWord) {
    std::uint64_t word = 0;
    std::memcpy(&word, from, kWord);
    // Release: orders the head before itself.
    word_at(to).store(word, std::memory_order_release);
  }
  if (bytes == 0) return;
  std::uint64_t last = 0;
  std::memcpy(&last, from, bytes);
  word_at(to).store(last, std::memory_order_release);  // as above
}

// Copies out of a record. `from` lies on a word.
inline void load_words(std::uint8_t* to, std::uint8_t* from, std::size_t bytes) {
  constexpr std::size_t kWord = sizeof(std::uint64_t);
  for (; bytes >= kWord; bytes -= kWord, to += kWord, from += kWord) {
    // Acquire: the look at the head comes after it, and sees what was stored before the word.
    const std::uint64_t word = word_at(from).load(std::memory_order_acquire);
    std::memcpy(to, &word, kWord);
  }
  if (bytes == 0) return;
  const std::uint64_t last = word_at(from).load(std::memory_order_acquire);  // as above
  std::memcpy(to, &last, bytes);
}

}  // namespace tally::ring

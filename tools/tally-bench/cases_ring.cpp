// Cases of lib/ring: two ends of shared-memory rings, in two threads of one process, and what the
// kernel offers for the same work.
#include <array>
#include <atomic>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "cases.hpp"
#include "core/fd.hpp"
#include "core/threads.hpp"
#include "ring/byte_consumer.hpp"
#include "ring/byte_producer.hpp"
#include "ring/consumer.hpp"
#include "ring/options.hpp"
#include "ring/producer.hpp"
#include "ring_subjects.hpp"
#include "ring_words.hpp"
#include "subjects.hpp"

namespace tally::bench_tool {

namespace {

constexpr std::uint32_t kAreaBytes = 256 * 1024;  // a batch of the longest records is 45 KB
constexpr std::size_t kChunkBytes = 64 * 1024;    // a pipe's capacity

// A ring with both its ends, under a name that goes at once: the mapping is all that is needed.
struct BothEnds {
  ring::Producer producer;
  ring::Consumer consumer;
};

Result<BothEnds> open_ring(std::uint64_t slots) {
  const std::string name = next_name();
  const ring::Options options = slot_options(slots);
  TALLY_TRY(auto producer, ring::Producer::open(name, options));
  auto consumer = ring::Consumer::open(name, options);
  ::unlink(ring::ring_path(name).c_str());
  if (!consumer) return fail(consumer.error());
  return BothEnds{std::move(producer), std::move(*consumer)};
}

Result<Subject> ring_pair() {
  TALLY_TRY(auto ends, open_ring(kPairSlots));
  return pair_of(std::move(ends));
}

template <std::size_t Bytes>
struct Words {
  bool push(std::uint64_t word) { return push_word<Bytes>(ends.producer, word); }
  bool pop(std::uint64_t& word) { return pop_word<Bytes>(ends.consumer, word); }

  BothEnds ends;
};

template <std::size_t Bytes>
Result<Subject> ring_round_trip() {
  TALLY_TRY(auto there, open_ring(kNearSlots));
  TALLY_TRY(auto back, open_ring(kNearSlots));
  return std::make_unique<WordRoundTrip<Words<Bytes>>>(Words<Bytes>{std::move(there)},
                                                       Words<Bytes>{std::move(back)});
}

// Side 1 fills batches of records in place, side 0 reads them where they lie.
class InPlace {
 public:
  explicit InPlace(BothEnds ends) : ends_(std::move(ends)) {}

  std::size_t send(std::uint64_t first, std::size_t most) {
    const std::size_t room = ends_.producer.claim(most);
    for (std::size_t i = 0; i < room; ++i) {
      const ring::Producer::Slot slot = ends_.producer.slot(i);
      slot.meta = stamped(first + i);
      slot.meta.length = kRecordBytes;
      fill_record(slot.payload.data(), first + i);
    }
    if (room != 0) ends_.producer.commit(room);
    return room;
  }
  std::size_t take(std::uint64_t first, std::size_t most, bool& good) {
    const std::size_t there = ends_.consumer.peek(most);
    for (std::size_t i = 0; i < there; ++i) {
      const ring::Consumer::Record record = ends_.consumer.record(i);
      good &= record.meta.sequence == first + i && is_record(record.payload.data(), first + i);
    }
    if (there != 0) ends_.consumer.release(there);
    return there;
  }

 private:
  BothEnds ends_;
};

Result<Subject> ring_batches() {
  TALLY_TRY(auto ends, open_ring(kNearSlots));
  return std::make_unique<RecordBatches<InPlace>>(std::move(ends));
}

struct ByteEnds {
  ring::ByteProducer producer;
  ring::ByteConsumer consumer;
};

// Side 1 writes records of one size in place, a batch at a time; side 0 reads them where they lie.
class ByteStream final : public bench::Subject {
 public:
  ByteStream(ByteEnds ends, std::size_t record_bytes)
      : ends_(std::move(ends)),
        record_bytes_(record_bytes),
        out_(record_bytes, 7),
        in_(record_bytes) {}

  [[nodiscard]] std::uint64_t granularity() const override { return kBatchRecords; }
  void run(std::size_t side, std::uint64_t operations) override {
    for (std::uint64_t done = 0; done < operations;) {
      const std::uint64_t most = std::min<std::uint64_t>(kBatchRecords, operations - done);
      const std::uint64_t moved = side == 0 ? consume(most) : produce(most);
      // As every wait of a ring's ends does: who looks without a break takes the lines that the
      // other side is at.
      if (moved == 0) core::cpu_relax();
      done += moved;
    }
  }
  [[nodiscard]] bool healthy() const override { return !wrong_; }

 private:
  std::uint64_t produce(std::uint64_t most) {
    std::uint64_t count = 0;
    for (; count < most; ++count) {
      const MutableByteView room = ends_.producer.claim(record_bytes_);
      if (room.data() == nullptr) break;
      std::memcpy(room.data(), out_.data(), record_bytes_);
      // Into the copy: a store into what is copied next would have to reach the cache first, behind
      // all stores into the ring.
      std::memcpy(room.data(), &sent_, sizeof sent_);
      ends_.producer.finish(record_bytes_);
      ++sent_;
    }
    ends_.producer.commit();
    return count;
  }

  std::uint64_t consume(std::uint64_t most) {
    std::array<ring::ByteRecord, kBatchRecords> records;
    const std::size_t count = ends_.consumer.peek({records.data(), most});
    for (std::size_t i = 0; i < count; ++i) {
      if (records[i].payload.size() != record_bytes_) {
        wrong_ = true;
        continue;
      }
      std::memcpy(in_.data(), records[i].payload.data(), record_bytes_);
      std::uint64_t number = 0;
      std::memcpy(&number, in_.data(), sizeof number);
      if (number != taken_++) wrong_ = true;
    }
    ends_.consumer.release({records.data(), count});
    return count;
  }

  ByteEnds ends_;
  std::size_t record_bytes_;
  alignas(128) Bytes out_;  // side 1 alone, and sent_
  std::uint64_t sent_ = 0;
  alignas(128) Bytes in_;  // side 0 alone, and what follows
  std::uint64_t taken_ = 0;
  bool wrong_ = false;
};

bench::Factory byte_stream(std::size_t record_bytes) {
  return [record_bytes]() -> Result<Subject> {
    const std::string name = next_name();
    ring::Options options;
    options.bytes = kAreaBytes;
    options.wait = queue::WaitPolicy::spin;
    TALLY_TRY(auto producer, ring::ByteProducer::open(name, options));
    auto consumer = ring::ByteConsumer::open(name, options);
    ::unlink(ring::ring_path(name).c_str());
    if (!consumer) return fail(consumer.error());
    return std::make_unique<ByteStream>(ByteEnds{std::move(producer), std::move(*consumer)},
                                        record_bytes);
  };
}

struct Pipe {
  UniqueFd read;
  UniqueFd write;
};

Result<Pipe> open_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail_errno("no pipe", errno);
  return Pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

bool write_whole(int fd, const std::uint8_t* at, std::size_t bytes) {
  while (bytes != 0) {
    const ssize_t done = ::write(fd, at, bytes);
    if (done <= 0) return false;
    at += done;
    bytes -= static_cast<std::size_t>(done);
  }
  return true;
}

bool read_whole(int fd, std::uint8_t* at, std::size_t bytes) {
  while (bytes != 0) {
    const ssize_t done = ::read(fd, at, bytes);
    if (done <= 0) return false;
    at += done;
    bytes -= static_cast<std::size_t>(done);
  }
  return true;
}

// The same round trip over two pipes, each end asleep until the other has written.
class PipeRoundTrip final : public bench::Subject {
 public:
  PipeRoundTrip(Pipe there, Pipe back) : there_(std::move(there)), back_(std::move(back)) {}

  void run(std::size_t side, std::uint64_t operations) override {
    std::array<std::uint8_t, 8> word{};
    bool good = true;
    for (std::uint64_t i = 0; i < operations && good; ++i)
      good = side == 0 ? write_whole(there_.write.get(), word.data(), word.size()) &&
                             read_whole(back_.read.get(), word.data(), word.size())
                       : read_whole(there_.read.get(), word.data(), word.size()) &&
                             write_whole(back_.write.get(), word.data(), word.size());
    if (!good) wrong_.store(true, std::memory_order_relaxed);  // read after the threads have met
  }
  [[nodiscard]] bool healthy() const override {
    return !wrong_.load(std::memory_order_relaxed);  // ordered by the end of the slice
  }

 private:
  Pipe there_;
  Pipe back_;
  std::atomic<bool> wrong_{false};
};

Result<Subject> pipe_round_trip() {
  TALLY_TRY(auto there, open_pipe());
  TALLY_TRY(auto back, open_pipe());
  return std::make_unique<PipeRoundTrip>(std::move(there), std::move(back));
}

// Records through a pipe, `write_bytes` of them in one write(2); the reader takes what is there.
class PipeStream final : public bench::Subject {
 public:
  PipeStream(Pipe pipe, std::size_t record_bytes, std::size_t write_bytes)
      : pipe_(std::move(pipe)),
        record_bytes_(record_bytes),
        out_(write_bytes / record_bytes * record_bytes, 7),
        in_(kChunkBytes) {}

  [[nodiscard]] std::uint64_t granularity() const override { return out_.size() / record_bytes_; }
  void run(std::size_t side, std::uint64_t operations) override {
    std::size_t left = operations * record_bytes_;
    bool good = true;
    while (left != 0 && good) {
      if (side == 1) {
        good = write_whole(pipe_.write.get(), out_.data(), out_.size());
        left -= out_.size();
        continue;
      }
      const ssize_t got = ::read(pipe_.read.get(), in_.data(), std::min(left, in_.size()));
      good = got > 0;
      if (good) left -= static_cast<std::size_t>(got);
    }
    if (!good) wrong_.store(true, std::memory_order_relaxed);  // read after the threads have met
  }
  [[nodiscard]] bool healthy() const override {
    return !wrong_.load(std::memory_order_relaxed);  // ordered by the end of the slice
  }

 private:
  Pipe pipe_;
  std::size_t record_bytes_;
  Bytes out_;
  Bytes in_;
  std::atomic<bool> wrong_{false};
};

bench::Factory pipe_stream(std::size_t record_bytes, std::size_t write_bytes) {
  return [record_bytes, write_bytes]() -> Result<Subject> {
    TALLY_TRY(auto pipe, open_pipe());
    return std::make_unique<PipeStream>(std::move(pipe), record_bytes, write_bytes);
  };
}

// memcpy between cores, the limit of everything that copies: two chunks handed to and fro.
class CrossCoreCopy final : public bench::Subject {
 public:
  explicit CrossCoreCopy(std::size_t record_bytes)
      : records_(kChunkBytes / record_bytes),
        chunk_bytes_(records_ * record_bytes),
        own_(2, Bytes(chunk_bytes_, 7)),
        shared_(2, Bytes(chunk_bytes_)) {}

  [[nodiscard]] std::uint64_t granularity() const override { return records_; }
  void run(std::size_t side, std::uint64_t operations) override {
    std::uint64_t& position = position_[side].value;
    const std::uint64_t end = position + operations / granularity();
    for (; position < end; ++position) {
      Bytes& shared = shared_[position % 2];
      // Acquire in each wait pairs with the other side's release below: chunks change hands whole.
      if (side == 1) {
        while (position - emptied_.load(std::memory_order_acquire) >= 2) core::cpu_relax();
        std::memcpy(shared.data(), own_[1].data(), chunk_bytes_);
        filled_.store(position + 1, std::memory_order_release);
      } else {
        while (filled_.load(std::memory_order_acquire) == position) core::cpu_relax();
        std::memcpy(own_[0].data(), shared.data(), chunk_bytes_);
        emptied_.store(position + 1, std::memory_order_release);
      }
    }
  }

 private:
  struct alignas(128) Position {
    std::uint64_t value = 0;
  };
  std::size_t records_;
  std::size_t chunk_bytes_;
  std::vector<Bytes> own_;
  std::vector<Bytes> shared_;
  std::array<Position, 2> position_{};
  alignas(128) std::atomic<std::uint64_t> filled_{0};
  alignas(128) std::atomic<std::uint64_t> emptied_{0};
};

bench::Factory cross_core_copy(std::size_t record_bytes) {
  return
      [record_bytes]() -> Result<Subject> { return std::make_unique<CrossCoreCopy>(record_bytes); };
}

std::vector<bench::Peer> stream_peers(std::size_t record_bytes) {
  return {{"pipe", pipe_stream(record_bytes, record_bytes)},
          {"pipe64k", pipe_stream(record_bytes, kChunkBytes)},
          {"memcpy", cross_core_copy(record_bytes), true}};
}

}  // namespace

void add_ring_cases(bench::Registry& registry) {
  bench::Case definition;
  definition.name = "ring.shm.pair";
  definition.summary = "push and pop of 8 bytes through a shared-memory ring, one thread";
  definition.seed = 50;
  definition.make = ring_pair;
  registry.add(definition);

  definition = {};
  definition.name = "ring.shm.rtt8";
  definition.summary = "round trip of 8 bytes through two shared-memory rings";
  definition.threads = 2;
  definition.round_trip = true;
  definition.make = ring_round_trip<8>;
  definition.peers = {{"pipe", pipe_round_trip}};
  registry.add(definition);

  definition.name = "ring.shm.rtt56";
  definition.summary = "round trip of 56 bytes through two shared-memory rings";
  definition.make = ring_round_trip<56>;
  definition.peers.clear();
  registry.add(definition);

  definition = {};
  definition.name = "ring.shm.batch32x64";
  definition.summary = "a record of 64 bytes in batches of 32, from one core to the other";
  definition.threads = 2;
  definition.make = ring_batches;
  definition.peers = stream_peers(kRecordBytes);
  registry.add(definition);

  for (const std::size_t bytes : {std::size_t{64}, std::size_t{1400}}) {
    definition.name = fmt::format("ring.bytes.stream{}", bytes);
    definition.summary =
        fmt::format("a record of {} bytes through a ring of bytes, in batches of 32", bytes);
    definition.make = byte_stream(bytes);
    definition.peers = stream_peers(bytes);
    registry.add(definition);
  }
}

}  // namespace tally::bench_tool

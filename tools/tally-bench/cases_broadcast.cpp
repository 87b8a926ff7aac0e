// Cases of lib/ring's broadcasts: a producer that waits for its readers, which are in one thread.
#include <array>
#include <fmt/format.h>
#include <unistd.h>
#include <vector>

#include "cases.hpp"
#include "ring/broadcast_producer.hpp"
#include "ring/broadcast_reader.hpp"
#include "ring/options.hpp"
#include "ring_subjects.hpp"
#include "subjects.hpp"

namespace tally::bench_tool {
namespace {

// The first-level caches hold it.
constexpr std::uint32_t kStreamBytes = 32 * 1024;

// Side 1 publishes batches, side 0 takes each with every reader.
class GatedBroadcast {
 public:
  GatedBroadcast(ring::BroadcastProducer producer, std::vector<ring::BroadcastReader> readers)
      : producer_(std::move(producer)),
        readers_(std::move(readers)),
        room_(kBatchRecords * kRecordBytes + readers_.front().room_bytes()) {}

  std::size_t send(std::uint64_t first, std::size_t most) {
    std::array<std::uint8_t, kRecordBytes> record;
    std::size_t count = 0;
    for (; count < most; ++count) {
      fill_record(record.data(), first + count);
      if (producer_.put({}, record) != ring::PushResult::ok) break;
    }
    producer_.commit();
    return count;
  }

  std::size_t take(std::uint64_t first, std::size_t most, bool& good) {
    std::size_t count = 0;
    for (std::size_t i = 0; i < readers_.size(); ++i) {
      // What the first one found is there for all.
      const std::size_t taken = take_with(readers_[i], first, i == 0 ? most : count, good);
      if (i != 0 && taken != count) good = false;
      if (i == 0) count = taken;
    }
    return count;
  }

 private:
  std::size_t take_with(ring::BroadcastReader& reader, std::uint64_t first, std::size_t most,
                        bool& good) {
    std::array<ring::BroadcastRecord, kBatchRecords> records;
    const std::size_t count = reader.read({records.data(), most}, room_);
    for (std::size_t i = 0; i < count; ++i) {
      good &= records[i].next.number == first + i + 1 &&
              records[i].payload.size() == kRecordBytes &&
              is_record(records[i].payload.data(), first + i);
    }
    reader.release({records.data(), count});
    return count;
  }

  ring::BroadcastProducer producer_;
  alignas(128) std::vector<ring::BroadcastReader> readers_;  // side 0 alone, and room_
  Bytes room_;
};

bench::Factory gated_stream(std::size_t reader_count) {
  return [=]() -> Result<std::unique_ptr<bench::Subject>> {
    const std::string name = fmt::format("bench.cast{}.{}", reader_count, ::getpid());
    ring::Options options;
    options.bytes = kStreamBytes;
    options.full = ring::Full::block;
    options.wait = queue::WaitPolicy::spin;
    TALLY_TRY(auto producer, ring::BroadcastProducer::open(name, options));
    std::vector<ring::BroadcastReader> readers;
    readers.reserve(reader_count);
    Status opened;
    while (opened && readers.size() < reader_count) {
      auto reader = ring::BroadcastReader::open(name, options);
      if (reader) readers.push_back(std::move(*reader));
      if (!reader) opened = fail(reader.error());
    }
    // The mappings are all that is needed.
    ::unlink(ring::ring_path(name).c_str());
    TALLY_CHECK(std::move(opened));
    return std::make_unique<RecordBatches<GatedBroadcast>>(std::move(producer), std::move(readers));
  };
}

}  // namespace

void add_broadcast_cases(bench::Registry& registry) {
  bench::Case definition;
  definition.threads = 2;
  definition.name = "ring.broadcast.stream64";
  definition.summary =
      "a record of 64 bytes, in batches of 32, to the reader that a broadcast waits for";
  definition.make = gated_stream(1);
  registry.add(definition);

  definition.name = "ring.broadcast.stream64x2";
  definition.summary = "the same to two readers, in one thread";
  definition.make = gated_stream(2);
  registry.add(definition);
}

}  // namespace tally::bench_tool

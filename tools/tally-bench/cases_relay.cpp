// Cases of tally-relay itself, as a process between two pipes: what a shell's pipeline pays for it.
#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cases.hpp"
#include "filter.hpp"
#include "net/frame.hpp"

namespace tally::bench_tool {

namespace {

constexpr std::size_t kPayloadBytes = 64;
constexpr std::size_t kFrameBytes = net::kRecHeaderBytes + kPayloadBytes;
// What is written before as much is read back: less than a pipe holds, so that neither side waits
// for the other with its hands full.
constexpr std::size_t kBatch = 256;
static_assert(kFrameBytes * kBatch < 65536, "a pipe holds 64 KiB");

// The relay writes headers of its own; the payloads must be those that were sent.
bool same_last_payload(ByteView sent, ByteView came) {
  return std::equal(came.end() - kPayloadBytes, came.end(), sent.end() - kPayloadBytes);
}

bench::Factory through(std::vector<std::string> words) {
  return [words = std::move(words)]() -> Result<std::unique_ptr<bench::Subject>> {
    TALLY_TRY(Filter filter, Filter::start(words));
    auto subject =
        std::make_unique<Through>(std::move(filter), kBatch, record_frames(kBatch, kPayloadBytes),
                                  kFrameBytes * kBatch, same_last_payload);
    return subject;
  };
}

}  // namespace

void add_relay_cases(bench::Registry& registry) {
  bench::Case definition;
  definition.name = "relay.pipe.rec64";
  definition.summary = "a record of 64 bytes through tally-relay between two pipes, 256 at a time";
  definition.countable = false;
  definition.make = through(
      {sibling_program("tally-relay"), "-", "-", "--from-frame", "rec", "--to-frame", "rec"});
  definition.peers = {{"cat", through({"cat"})}, {"socat", through({"socat", "-", "STDOUT"})}};
  registry.add(definition);
}

}  // namespace tally::bench_tool

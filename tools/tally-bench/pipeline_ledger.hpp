// The book of a pipeline run: what was sent when, what came back, and with which signature. Every
// answer is compared with the packet that was sent; signatures are kept for later, because checking
// one takes longer than a packet does.
//
// One thread. Construction allocates 73 bytes for each packet of the run and touches them, so that
// no page fault falls into the measurement; nothing else allocates.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/bytes.hpp"
#include "hist/grid.hpp"
#include "hist/histogram.hpp"
#include "pipeline_packet.hpp"

namespace tally::bench_tool {

struct PipelineCounts {
  std::uint64_t sent = 0;
  std::uint64_t received = 0;    // packets that came back, each counted once
  std::uint64_t signed_ = 0;     // of these, with a signature behind them
  std::uint64_t duplicates = 0;  // came back again
  std::uint64_t reordered = 0;   // came back after one that was sent later
  std::uint64_t altered = 0;     // of this run, but not as it was sent; not in `received`
  std::uint64_t foreign = 0;     // anything else

  [[nodiscard]] std::uint64_t outstanding() const { return sent - received; }
  // After the run what is outstanding is lost.
  [[nodiscard]] std::uint64_t lost() const { return outstanding(); }
};

class Ledger {
 public:
  using Signature = std::array<std::uint8_t, kSignatureBytes>;

  // Every packet has `packet_bytes`, at least kPacketHeaderBytes; `count` are sent at most.
  Ledger(const RunId& run, std::uint64_t count, std::size_t packet_bytes);

  // Where the heatmap begins; before the first packet.
  void start(std::uint64_t now_ns) { grid_ = hist::Grid(now_ns, kColumns, kColumnNs); }

  // Writes the next packet into `out`, which has packet_bytes(). It counts as sent after
  // confirm_sent(); until then the next call may write the same sequence again.
  void write_next(std::uint64_t ahead, std::uint64_t intended_ns, MutableByteView out);
  void confirm_sent(std::uint64_t packets) { counts_.sent += packets; }

  // Books one datagram that came in at `now_ns`. True when it answers a packet for the first time.
  bool take(ByteView datagram, std::uint64_t now_ns);

  [[nodiscard]] const PipelineCounts& counts() const { return counts_; }
  [[nodiscard]] std::size_t packet_bytes() const { return scratch_.size(); }
  [[nodiscard]] const hist::Histogram& latency() const { return latency_; }
  [[nodiscard]] const hist::Grid& grid() const { return grid_; }

  // For sequences below counts().sent.
  [[nodiscard]] bool has_signature(std::uint64_t sequence) const {
    return state_[sequence] == State::answered_signed;
  }
  [[nodiscard]] const Signature& signature(std::uint64_t sequence) const {
    return signatures_[sequence];
  }
  void rewrite(std::uint64_t sequence, MutableByteView out) const {
    write_packet(run_, sequence, intended_ns_[sequence], out);
  }

 private:
  static constexpr std::size_t kColumns = 256;
  static constexpr std::uint64_t kColumnNs = 1'000'000;
  enum class State : std::uint8_t { open, answered, answered_signed };

  RunId run_;
  std::vector<std::uint64_t> intended_ns_;
  std::vector<Signature> signatures_;
  std::vector<State> state_;
  Bytes scratch_;
  std::uint64_t highest_ = 0;  // one above the highest sequence that came back
  PipelineCounts counts_;
  hist::Histogram latency_;
  hist::Grid grid_{0, kColumns, kColumnNs};
};

}  // namespace tally::bench_tool

#include "pipeline_ledger.hpp"

#include <algorithm>

namespace tally::bench_tool {

Ledger::Ledger(const RunId& run, std::uint64_t count, std::size_t packet_bytes)
    : run_(run),
      intended_ns_(count),
      signatures_(count),
      state_(count),
      scratch_(std::max(packet_bytes, kPacketHeaderBytes)) {}

void Ledger::write_next(std::uint64_t ahead, std::uint64_t intended_ns, MutableByteView out) {
  const std::uint64_t sequence = counts_.sent + ahead;
  intended_ns_[sequence] = intended_ns;
  write_packet(run_, sequence, intended_ns, out);
}

bool Ledger::take(ByteView datagram, std::uint64_t now_ns) {
  const auto sequence = packet_sequence(run_, datagram);
  const std::size_t size = packet_bytes();
  if (!sequence || *sequence >= counts_.sent) {
    ++counts_.foreign;
    return false;
  }
  rewrite(*sequence, scratch_);
  const bool whole = datagram.size() == size || datagram.size() == size + kSignatureBytes;
  if (!whole || !std::equal(scratch_.begin(), scratch_.end(), datagram.begin())) {
    ++counts_.altered;
    return false;
  }
  if (state_[*sequence] != State::open) {
    ++counts_.duplicates;
    return false;
  }
  ++counts_.received;
  state_[*sequence] = State::answered;
  if (datagram.size() > size) {
    ++counts_.signed_;
    state_[*sequence] = State::answered_signed;
    std::copy(datagram.begin() + static_cast<std::ptrdiff_t>(size), datagram.end(),
              signatures_[*sequence].begin());
  }
  if (*sequence + 1 < highest_) ++counts_.reordered;
  highest_ = std::max(highest_, *sequence + 1);
  const std::uint64_t intended = intended_ns_[*sequence];
  const std::uint64_t latency_ns = now_ns > intended ? now_ns - intended : 0;
  latency_.record(latency_ns);
  grid_.record(now_ns, latency_ns);
  return true;
}

}  // namespace tally::bench_tool

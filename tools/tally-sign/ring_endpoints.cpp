#include "ring_endpoints.hpp"

#include <algorithm>

#include "core/clock.hpp"
#include "mpc/frost.hpp"

namespace tally::sign {
namespace {

// Records taken or slots claimed in one look at the ring.
constexpr std::size_t kBatch = 64;

}  // namespace

bool RingSource::try_next(net::Record& out) {
  if (taken_ == available_) {
    available_ = consumer_.peek(taken_ + kBatch);
    if (taken_ == available_) return false;
  }
  const ring::Consumer::Record record = consumer_.record(taken_++);
  out = {record.meta.sequence, record.meta.time_ns, record.meta.flags, record.meta.source,
         record.payload};
  return true;
}

void RingSource::settle(std::size_t count) {
  if (count == 0) return;
  (void)consumer_.peek(count);
  consumer_.release(count);
  taken_ -= count;
  available_ = taken_;
}

void RingSource::idle(std::uint64_t deadline_ns) {
  const ring::PopResult result = consumer_.wait_readable(deadline_ns);
  if (result == ring::PopResult::ok || result == ring::PopResult::timeout) return;
  end_ = result;
  ended_ = true;
}

Status RingSource::end_status() const {
  if (end_ == ring::PopResult::peer_dead) {
    return fail(Code::try_again, "the program that filled ring " + consumer_.name() + " was killed",
                "what it had published was signed; start it and the coordinator again");
  }
  if (end_ == ring::PopResult::poisoned) {
    return fail(Code::bad_data, "ring " + consumer_.name() + " was given up",
                "tally-relay ring stat shows why");
  }
  return {};
}

std::size_t RingSink::longest_payload() const {
  const std::size_t room = producer_.payload_bytes();
  return room > sizeof(mpc::Signature) ? room - sizeof(mpc::Signature) : 0;
}

Result<bool> RingSink::try_publish(const SignedRecord& signed_record) {
  if (filled_ == claimed_) {
    TALLY_CHECK(flush());
    claimed_ = producer_.claim(kBatch);
    if (claimed_ == 0) {
      TALLY_CHECK(check_peer());
      return false;
    }
  }
  const ring::Producer::Slot slot = producer_.slot(filled_++);
  const net::Record& record = signed_record.record;
  const auto end = std::copy(record.payload.begin(), record.payload.end(), slot.payload.begin());
  std::copy(signed_record.signature.begin(), signed_record.signature.end(), end);
  slot.meta = {record.sequence, 0, record.flags, record.source,
               static_cast<std::uint32_t>(record.payload.size() + signed_record.signature.size())};
  return true;
}

Status RingSink::flush() {
  if (filled_ > 0) producer_.commit(filled_);
  filled_ = 0;
  claimed_ = 0;
  return {};
}

// The ring is full: whether it is worth waiting.
Status RingSink::check_peer() {
  switch (producer_.wait_writable(core::monotonic_ns())) {
    case ring::PushResult::closed:
    case ring::PushResult::peer_dead:
      return fail(Code::try_again,
                  "nobody reads ring " + producer_.name() + " any more, and it is full");
    case ring::PushResult::poisoned:
      return fail(Code::bad_data, "ring " + producer_.name() + " was given up",
                  "tally-relay ring stat shows why");
    default:
      return {};
  }
}

}  // namespace tally::sign

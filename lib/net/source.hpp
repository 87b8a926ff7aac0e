// One side of a relay: a Source gives records, a Sink takes them, both in batches, whatever stands
// behind. Objects belong to one thread. Nothing is allocated between open and close, but for the
// text of an error.
//
// Every record that a source gave is, in the sink's counts, sent, dropped with its cause, or held:
//   accepted = sent + drops + held()
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/result.hpp"
#include "net/record.hpp"

namespace tally::net {

enum class Flow {
  open,    // more may follow
  end,     // nothing will follow
  failed,  // as end, and error() says why
};

struct Pulled {
  std::size_t count = 0;
  Flow flow = Flow::open;
};

struct SourceCounts {
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;  // of payloads
  std::uint64_t batches = 0;
  std::uint64_t syscalls = 0;
  // Never given out: lost in the kernel's socket queue, longer than the buffer, left unread in a
  // ring that goes with us, refused by the network (an ICMP error about an earlier packet).
  std::uint64_t kernel_drops = 0;
  std::uint64_t truncated = 0;
  std::uint64_t ring_lost = 0;
  std::uint64_t overwritten = 0;  // in a broadcast, before this source came to them
  // Of a ring of many consumers, never given to this one: others had them when they were killed or
  // left, and passed them on or did not.
  std::uint64_t in_doubt = 0;
  std::uint64_t socket_errors = 0;
  std::uint64_t cut_bytes = 0;  // of a record that was not whole when the relay was told to stop
  std::uint64_t replies = 0;
  std::uint64_t replies_missing = 0;
};

class Source {
 public:
  Source() = default;
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;
  virtual ~Source() = default;

  // Takes what is there, up to out.size() records; when nothing is, waits for the first until
  // `deadline_ns` of CLOCK_MONOTONIC, or until a signal. A payload holds until its record is
  // settled, as all are by the next pull().
  [[nodiscard]] virtual Pulled pull(std::span<Record> out, std::uint64_t deadline_ns) = 0;
  // Of the records of the last pull() that are not settled yet, the first `count` are dealt with: a
  // ring frees their slots now, and keeps the others for whoever comes next.
  virtual void settle(std::size_t count) { static_cast<void>(count); }
  // After the last pull(): of the records given, `unsettled` were not dealt with. Returns how many
  // of these a successor will find; the others are lost, and so is what counts().ring_lost then
  // says.
  [[nodiscard]] virtual std::size_t leave(std::size_t unsettled) {
    static_cast<void>(unsettled);
    return 0;
  }
  // Takes in nothing new from here on. pull() still gives what had arrived before, then ends.
  virtual void stop() = 0;

  // Round trips in ns that ended since the last call; only a source that makes records has them.
  [[nodiscard]] virtual std::span<const std::uint64_t> take_round_trips() { return {}; }

  [[nodiscard]] virtual SourceCounts counts() { return counts_; }
  [[nodiscard]] const Error& error() const { return error_; }

 protected:
  [[nodiscard]] Pulled fail_with(Error error, std::size_t count = 0) {
    error_ = std::move(error);
    return {count, Flow::failed};
  }

  SourceCounts counts_;
  Error error_;
};

struct SinkCounts {
  std::uint64_t accepted = 0;
  std::uint64_t sent = 0;
  std::uint64_t bytes = 0;  // of payloads sent
  std::uint64_t batches = 0;
  std::uint64_t syscalls = 0;
  std::uint64_t too_long = 0;     // longer than a slot or a datagram
  std::uint64_t ring_full = 0;    // by full=drop-new
  std::uint64_t send_errors = 0;  // the kernel refused it for good
  std::uint64_t lost_at_close = 0;
  // In a broadcast to which no reader ever came: records sent by this sink, which count no longer
  // as sent, and such of a killed one before it, which are not among those accepted here.
  std::uint64_t overwritten = 0;
  std::uint64_t overwritten_earlier = 0;
  // Of a broadcast that waits for its readers: such as were killed meanwhile. What these had not
  // taken is counted by who follows them.
  std::uint64_t dead_readers = 0;
  std::uint64_t refused = 0;  // ICMP says nobody listened; those packets count as sent

  [[nodiscard]] std::uint64_t drops() const {
    return too_long + ring_full + send_errors + lost_at_close + overwritten;
  }
};

struct Pushed {
  std::size_t count = 0;  // records at the front that need not be given again
  bool failed = false;    // error() says why; later calls are useless
};

class Sink {
 public:
  Sink() = default;
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;
  virtual ~Sink() = default;

  // Takes records in order. When there is no room, waits for it until `deadline_ns` or a signal,
  // and returns how many were taken.
  [[nodiscard]] virtual Pushed push(std::span<const Record> records, std::uint64_t deadline_ns) = 0;
  // Sends what is held, and tells the other side that this was all. What cannot be sent until
  // `deadline_ns` is counted in lost_at_close. Errors: as push.
  [[nodiscard]] virtual Status close(std::uint64_t deadline_ns) = 0;

  [[nodiscard]] virtual const SinkCounts& counts() const { return counts_; }
  [[nodiscard]] std::uint64_t held() const {
    return counts_.accepted - counts_.sent - counts_.drops();
  }
  [[nodiscard]] const Error& error() const { return error_; }

 protected:
  [[nodiscard]] Pushed fail_with(Error error, std::size_t count = 0) {
    error_ = std::move(error);
    return {count, true};
  }

  SinkCounts counts_;
  Error error_;
};

}  // namespace tally::net

// Where signed records go. One thread.
#pragma once

#include <span>

#include "cli/output.hpp"
#include "core/bytes.hpp"
#include "core/result.hpp"
#include "mpc/failure.hpp"
#include "net/record.hpp"

namespace tally::sign {

// What comes out of a session.
struct SignedRecord {
  net::Record record;  // as it came in
  ByteView signature;  // 64 bytes
  std::span<const mpc::PartyId> parties;
  int recovery_id = -1;  // of an ECDSA signature; none of a Schnorr signature
};

class RecordSink {
 public:
  RecordSink() = default;
  RecordSink(const RecordSink&) = delete;
  RecordSink& operator=(const RecordSink&) = delete;
  virtual ~RecordSink() = default;

  // The longest payload whose signed record it takes.
  [[nodiscard]] virtual std::size_t longest_payload() const = 0;
  // True when the record is out (or buffered until flush()), false when there is no room now.
  // Errors: there never will be.
  [[nodiscard]] virtual Result<bool> try_publish(const SignedRecord& signed_record) = 0;
  // Called when a turn has published all it has.
  [[nodiscard]] virtual Status flush() = 0;
};

// payload || signature in `rec` frames to a descriptor, one write a turn.
class StreamSink final : public RecordSink {
 public:
  explicit StreamSink(int fd) : fd_(fd) {}

  [[nodiscard]] std::size_t longest_payload() const override;
  [[nodiscard]] Result<bool> try_publish(const SignedRecord& signed_record) override;
  [[nodiscard]] Status flush() override;

 private:
  int fd_;
  Bytes scratch_;
  Bytes out_;
};

// {"schema":"tally.sign/1","seq":1,"pubkey":"...","sig":"...","parties":[0,2,3]} lines. An ECDSA
// signature is r || s in "sig", and has "der" and "recovery_id" beside it.
class JsonSink final : public RecordSink {
 public:
  // `pubkey`: x-only for Schnorr, compressed for ECDSA.
  JsonSink(cli::Output& out, std::string pubkey);

  [[nodiscard]] std::size_t longest_payload() const override;
  [[nodiscard]] Result<bool> try_publish(const SignedRecord& signed_record) override;
  [[nodiscard]] Status flush() override { return out_.flush(); }

 private:
  cli::Output& out_;
  std::string pubkey_;
};

// Payload and signature one after the other in `out`, which keeps its memory.
void join_signed(const SignedRecord& signed_record, Bytes& out);

}  // namespace tally::sign

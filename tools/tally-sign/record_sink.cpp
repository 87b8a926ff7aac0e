#include "record_sink.hpp"

#include "core/file.hpp"
#include "core/hex.hpp"
#include "crypto/ecdsa_der.hpp"
#include "json/writer.hpp"
#include "mpc/frost.hpp"
#include "net/frame.hpp"

namespace tally::sign {

void join_signed(const SignedRecord& signed_record, Bytes& out) {
  const ByteView payload = signed_record.record.payload;
  out.assign(payload.begin(), payload.end());
  out.insert(out.end(), signed_record.signature.begin(), signed_record.signature.end());
}

std::size_t StreamSink::longest_payload() const {
  return net::kMaxPayloadBytes - sizeof(mpc::Signature);
}

Result<bool> StreamSink::try_publish(const SignedRecord& signed_record) {
  join_signed(signed_record, scratch_);
  net::Record record = signed_record.record;
  record.payload = scratch_;
  if (!net::encode_frame(net::Framing::rec, record, out_)) {
    return fail(Code::internal, "a signed record is too long for a frame");
  }
  return true;
}

Status StreamSink::flush() {
  if (out_.empty()) return {};
  auto written = core::write_all(fd_, out_);
  out_.clear();
  return written;
}

JsonSink::JsonSink(cli::Output& out, std::string pubkey) : out_(out), pubkey_(std::move(pubkey)) {}

std::size_t JsonSink::longest_payload() const {
  return net::kMaxPayloadBytes;
}

Result<bool> JsonSink::try_publish(const SignedRecord& signed_record) {
  json::Writer line;
  line.begin_object().field("schema", "tally.sign/1").field("seq", signed_record.record.sequence);
  line.field("pubkey", std::string_view(pubkey_));
  line.field("sig", std::string_view(core::to_hex(signed_record.signature)));
  if (signed_record.recovery_id >= 0) {
    line.field("der",
               std::string_view(core::to_hex(crypto::ecdsa_to_der(signed_record.signature))));
    line.field("recovery_id", static_cast<std::uint64_t>(signed_record.recovery_id));
  }
  line.key("parties").begin_array();
  for (const mpc::PartyId party : signed_record.parties) line.value(party);
  line.end_array().end_object();
  out_.line(line.text());
  return true;
}

}  // namespace tally::sign

// Frames and messages between coordinator and party: any bytes are taken, what decodes is encoded
// again to the same bytes.
#include <algorithm>
#include <cstdlib>
#include <vector>

#include "mpc/sign_wire.hpp"

namespace wire = tally::mpc::wire;
using tally::Bytes;
using tally::ByteView;

namespace {

void expect_same(const Bytes& encoded, ByteView body) {
  if (!std::equal(encoded.begin() + wire::kHeaderBytes, encoded.end(), body.begin(), body.end())) {
    std::abort();
  }
}

void encode_again(const wire::SignRequest& request, Bytes& out) {
  std::vector<std::uint16_t> quorum;
  for (std::size_t i = 0; i < request.quorum.size(); ++i) quorum.push_back(request.quorum[i]);
  wire::encode(request.session, request.nonce_id, quorum, request.aggregated_nonce, request.message,
               out);
}
void encode_again(const wire::Nonces& nonces, Bytes& out) {
  std::vector<wire::NonceEntry> entries;
  for (std::size_t i = 0; i < nonces.size(); ++i) entries.push_back(nonces[i]);
  wire::encode(entries, out);
}
template <typename Message>
void encode_again(const Message& message, Bytes& out) {
  wire::encode(message, out);
}

template <typename Message>
void check(ByteView body) {
  Message message;
  if (!wire::decode(body, message)) return;
  Bytes again;
  encode_again(message, again);
  expect_same(again, body);
}

void check_session_bytes(const wire::Frame& frame) {
  wire::SessionBytes message;
  if (!wire::decode(frame.body, message)) return;
  Bytes again;
  wire::encode(frame.type, message, again);
  expect_same(again, frame.body);
}

void check_child(ByteView body) {
  std::vector<std::uint32_t> path;
  if (!wire::decode_child(body, path)) return;
  Bytes again;
  wire::encode_child(path, again);
  expect_same(again, body);
}

void check(const wire::Frame& frame) {
  std::uint16_t count = 0;
  std::string_view words;
  switch (frame.type) {
    case wire::Type::hello:
      return check<wire::Hello>(frame.body);
    case wire::Type::nonce_request:
      if (wire::decode_nonce_request(frame.body, count) && count == 0) std::abort();
      return;
    case wire::Type::nonces:
      return check<wire::Nonces>(frame.body);
    case wire::Type::sign_request:
      return check<wire::SignRequest>(frame.body);
    case wire::Type::partial:
      return check<wire::Partial>(frame.body);
    case wire::Type::refusal:
      return check<wire::Refusal>(frame.body);
    case wire::Type::goodbye:
      if (wire::decode_goodbye(frame.body, words) && words.size() > wire::kLargestWordsBytes) {
        std::abort();
      }
      return;
    case wire::Type::setups_ask:
    case wire::Type::forget:
      if (!frame.body.empty()) std::abort();
      return;
    case wire::Type::child:
      return check_child(frame.body);
    case wire::Type::setups:
      return check<wire::Setups>(frame.body);
    case wire::Type::proposal:
    case wire::Type::accept:
    case wire::Type::agreed:
    case wire::Type::opening:
    case wire::Type::abandon:
      return check_session_bytes(frame);
    case wire::Type::relayed:
      return check<wire::Relayed>(frame.body);
    case wire::Type::presigned:
      return check<wire::Presigned>(frame.body);
    case wire::Type::bind:
      return check<wire::Bind>(frame.body);
    case wire::Type::aborted:
      return check<wire::Aborted>(frame.body);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ByteView stream(data, size);
  wire::Frame frame;
  while (wire::next_frame(stream, frame) == wire::Next::frame) {
    if (frame.size_bytes == 0 || frame.size_bytes > stream.size()) std::abort();
    check(frame);
    stream = stream.subspan(frame.size_bytes);
  }
  return 0;
}

// A byte stream in pieces: what comes out of the decoder is within bounds, is written again by the
// same framing, and comes back the same from that.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "net/frame.hpp"
#include "net/frame_decoder.hpp"

namespace {

using tally::net::FrameDecoder;
using tally::net::Framing;
using tally::net::Record;
using Step = FrameDecoder::Step;

void check_again(Framing framing, const Record& record) {
  tally::Bytes stream;
  if (!tally::net::encode_frame(framing, record, stream)) std::abort();
  FrameDecoder decoder(framing);
  const auto space = decoder.space();
  if (stream.size() > space.size()) std::abort();
  std::copy(stream.begin(), stream.end(), space.begin());
  decoder.filled(stream.size());
  decoder.end_input();
  Record again;
  if (decoder.next(again) != Step::record) std::abort();
  if (!std::equal(again.payload.begin(), again.payload.end(), record.payload.begin(),
                  record.payload.end())) {
    std::abort();
  }
  const bool carries_all = framing == Framing::rec || framing == Framing::jsonl;
  if (carries_all && (again.sequence != record.sequence || again.flags != record.flags)) {
    std::abort();
  }
  if (decoder.next(again) != Step::end) std::abort();
}

}  // namespace

// The first byte chooses the framing, the second the size of the pieces.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const auto framing = static_cast<Framing>(data[0] % 4);
  const std::size_t piece = std::size_t{1} + data[1];
  FrameDecoder decoder(framing);
  // A few, because each makes a decoder of its own.
  int checks_left = 4;
  for (std::size_t at = 2; at <= size; at += piece) {
    const std::size_t count = std::min(piece, size - at);
    std::copy_n(data + at, count, decoder.space().begin());
    decoder.filled(count);
    if (at + piece > size) decoder.end_input();
    Record record;
    Step step = decoder.next(record);
    for (; step == Step::record; step = decoder.next(record)) {
      if (record.payload.size() > tally::net::kMaxPayloadBytes) std::abort();
      if (checks_left-- > 0) check_again(framing, record);
    }
    if (step == Step::failed) {
      if (decoder.error().code != tally::Code::bad_data) std::abort();
      if (decoder.next(record) != Step::failed) std::abort();
      return 0;
    }
  }
  return 0;
}

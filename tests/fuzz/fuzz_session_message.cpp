// Whatever is read as a message of a session is written again to the same bytes, up to the words
// that are sealed for its readers, and no word opens that was not sealed. What an
// offer or a hello says is written again to the same bytes.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "core/endian.hpp"
#include "cosigning.hpp"
#include "mpc/deal.hpp"
#include "refresh_terms.hpp"
#include "refreshing.hpp"

namespace mpc = tally::mpc;
namespace sign = tally::sign;
using tally::Bytes;
using tally::ByteView;

namespace {

const mpc::Share& reader() {
  static const mpc::Share kShare = [] {
    tally::ByteArray<32> seed{};
    seed.fill(9);
    return mpc::deal(2, 2, seed).value().share(0).value();
  }();
  return kShare;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kKeyIdAt = 12;
  constexpr std::size_t kHeaderBytes = 84;
  Bytes file(data, data + size);
  if (file.size() < kHeaderBytes) return 0;
  // Of this key, which no input would come upon.
  std::ranges::copy(reader().group().key_id(), file.begin() + kKeyIdAt);
  const std::uint8_t step = file[9];
  const auto party = tally::core::load_le<std::uint16_t>(&file[10]);
  const bool cosigns = file[5] == 'C';
  const sign::SessionKind& kind = cosigns ? sign::kCosignKind : sign::kRefreshKind;
  const auto message = sign::SessionMessage::parse(kind, file, reader().group(), step, party);
  if (!message) return 0;
  static const auto kChannels = tally::custody::PairChannels::make(reader()).value();
  const Bytes again =
      sign::write_session_message(kind, message->statement(), reader().group(), {}).value();
  const ByteView front = ByteView(file).first(again.size());
  if (!std::ranges::equal(again, front)) std::abort();
  if (party == 1 && message->ends_in(1, false) && message->said_to(0, kChannels)) std::abort();
  if (message->ends_in(1, true) && message->signed_by(reader().pubshare().encode())) std::abort();
  // A first message has one encoding.
  const auto& body = message->statement().body;
  const auto hello = sign::decode_refresh_hello(body);
  if (hello && sign::encode(*hello) != body) std::abort();
  const auto offer = mpc::NonceOffer::decode(body);
  if (offer && offer->encode() != body) std::abort();
  return 0;
}

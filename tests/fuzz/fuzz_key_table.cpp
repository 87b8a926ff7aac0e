// The image of a key's table that somebody has changed: it is refused unless nothing has changed.
// Input: a byte that says by how many bytes the image is cut, then patches of four bytes: offset in
// little-endian, xor value.
#include <cstdlib>

#include "crypto/key_table.hpp"

namespace {

namespace crypto = tally::crypto;

const crypto::XonlyBytes& fuzz_key() {
  static const auto key = crypto::Point::generator().xonly();
  return key;
}
const tally::Bytes& whole_image() {
  static const tally::Bytes image = crypto::KeyTable::make_image(fuzz_key()).value();
  return image;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tally::ByteView input(data, size);
  if (input.empty()) return 0;
  // A copy of its own size, so that a read behind the end is seen.
  const tally::ByteView kept =
      tally::ByteView(whole_image()).first(whole_image().size() - input[0]);
  tally::Bytes image(kept.begin(), kept.end());
  for (input = input.subspan(1); input.size() >= 4; input = input.subspan(4)) {
    const std::size_t at =
        std::size_t{input[0]} | std::size_t{input[1]} << 8U | std::size_t{input[2]} << 16U;
    image[at % image.size()] ^= input[3];
  }
  const bool taken = crypto::KeyTable::check_image(image, fuzz_key()).has_value();
  if (taken != (image == whole_image())) std::abort();
  return 0;
}

// Whatever decodes as a group or a share encodes to the same bytes: there is one spelling of each.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "mpc/share.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const tally::ByteView input(data, size);
  if (const auto group = tally::mpc::GroupKey::decode(input)) {
    const auto again = group->encode();
    if (!std::equal(again.begin(), again.end(), input.begin(), input.end())) std::abort();
  }
  if (const auto share = tally::mpc::Share::decode(input)) {
    const auto again = share->encode();
    if (!again) return 0;  // locked memory is short; says nothing about the input
    const auto bytes = again->bytes();
    if (!std::equal(bytes.begin(), bytes.end(), input.begin(), input.end())) std::abort();
    if (share->id() >= share->group().parties()) std::abort();
  }
  return 0;
}

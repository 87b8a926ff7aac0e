// Whatever is read as a host key file is the file it was and asks for a key derivation in bounds.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "custody/host_file.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const tally::ByteView input(data, size);
  const auto key = tally::custody::parse_host_key(input);
  if (!key) return 0;
  if (!std::equal(key->file.begin(), key->file.end(), input.begin(), input.end())) std::abort();
  if (!tally::custody::check_kdf(key->kdf)) std::abort();
  return 0;
}

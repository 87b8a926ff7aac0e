#include "crypto/sha256_kernels.hpp"

#include <cstring>

#include "core/cpu.hpp"
#include "core/endian.hpp"

namespace tally::crypto {
namespace {

constexpr std::size_t kLengthBytes = 8;

const Sha256Kernel& fastest() {
  const core::CpuFeatures& cpu = core::cpu_features();
  if (!cpu.sha_ni) return sha256_portable();
  return cpu.intel && cpu.avx512_ifma ? sha256_avx512() : sha256_sha_ni();
}

}  // namespace

const Sha256Kernel& sha256_kernel() {
  static const Sha256Kernel* const kChosen = &fastest();
  return *kChosen;
}

std::size_t sha256_padded_blocks(std::size_t size_bytes) {
  return (size_bytes + 1 + kLengthBytes + Sha256::kBlockBytes - 1) / Sha256::kBlockBytes;
}

void sha256_pad(std::uint8_t* at, std::uint8_t* end, std::uint64_t total_bytes) {
  *at = 0x80;
  std::memset(at + 1, 0, static_cast<std::size_t>(end - kLengthBytes - (at + 1)));
  core::store_be(end - kLengthBytes, std::uint64_t{total_bytes * 8});
}

}  // namespace tally::crypto

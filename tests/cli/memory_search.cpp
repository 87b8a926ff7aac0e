// Where the secret of a share lies in the memory of a process that holds it, for sign.bats:
//
//   memory_search SHARE PASSPHRASE_FILE PID
//
// Looks for the scalar as bytes (big-endian, as in the share) and as limbs (little-endian, as
// arithmetic holds it). Prints "locked N unlocked M passphrase K": how often it was found in
// mappings that are locked against swap, which is where it belongs, and elsewhere, and how often
// the passphrase was found anywhere. Exits with 77 when the process cannot be read, which only root
// may.
#include <algorithm>
#include <cstdio>
#include <fcntl.h>
#include <fstream>
#include <string>
#include <unistd.h>
#include <vector>

#include "core/fd.hpp"
#include "custody/share_file.hpp"

namespace {

using tally::Bytes;

struct Region {
  unsigned long from = 0;
  unsigned long to = 0;
  bool readable = false;
  bool locked = false;
};

// From /proc/PID/smaps: a line of the range, then lines "Key: value", "VmFlags: rd wr lo" the last.
std::vector<Region> regions_of(const std::string& pid) {
  std::vector<Region> regions;
  std::ifstream smaps("/proc/" + pid + "/smaps");
  for (std::string line; std::getline(smaps, line);) {
    Region region;
    char mode = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx %c", &region.from, &region.to, &mode) == 3) {
      region.readable = mode == 'r' && line.find("[v") == std::string::npos;
      regions.push_back(region);
    } else if (line.rfind("VmFlags:", 0) == 0 && !regions.empty()) {
      regions.back().locked = (line + " ").find(" lo ") != std::string::npos;
    }
  }
  return regions;
}

std::size_t count(const Bytes& memory, const Bytes& wanted) {
  std::size_t found = 0;
  for (auto at = memory.begin();; ++at, ++found) {
    at = std::search(at, memory.end(), wanted.begin(), wanted.end());
    if (at == memory.end()) return found;
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 64;
  const auto sealed = tally::custody::read_share_file(argv[1]);
  std::ifstream passphrase_file(argv[2]);
  std::string passphrase;
  if (!sealed || !std::getline(passphrase_file, passphrase)) return 66;
  const auto share = tally::custody::open_share(*sealed, tally::core::as_bytes(passphrase));
  if (!share) return 65;
  const Bytes big_endian(share->secret_bytes().begin(), share->secret_bytes().end());
  const Bytes limbs(big_endian.rbegin(), big_endian.rend());

  const std::string pid = argv[3];
  const tally::core::UniqueFd memory(::open(("/proc/" + pid + "/mem").c_str(), O_RDONLY));
  const std::vector<Region> regions = regions_of(pid);
  if (!memory || regions.empty()) return 77;

  constexpr unsigned long kShadowOfSanitizerBytes = 1UL << 30U;
  std::size_t locked = 0;
  std::size_t unlocked = 0;
  std::size_t passphrases = 0;
  for (const Region& region : regions) {
    if (!region.readable || region.to - region.from > kShadowOfSanitizerBytes) continue;
    Bytes bytes(region.to - region.from);
    const ssize_t got =
        ::pread(memory.get(), bytes.data(), bytes.size(), static_cast<off_t>(region.from));
    bytes.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    (region.locked ? locked : unlocked) += count(bytes, big_endian) + count(bytes, limbs);
    passphrases += count(bytes, Bytes(passphrase.begin(), passphrase.end()));
  }
  std::printf("locked %zu unlocked %zu passphrase %zu\n", locked, unlocked, passphrases);
  return 0;
}

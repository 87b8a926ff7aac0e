// The process's own memory, searched for bytes that ought to be gone. What is searched for is held
// under a mask, so that the search does not find itself.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <fcntl.h>
#include <string_view>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

#include "core/bytes.hpp"
#include "support/sanitizer.hpp"
#include "support/skip.hpp"

namespace tally::test {

inline void need_own_memory() {
  if constexpr (kAddressSanitizer || kThreadSanitizer) {
    skip("a sanitizer keeps what was freed, and maps more than can be searched");
  }
}

class MaskedSecret {
 public:
  explicit MaskedSecret(ByteView secret) {
    for (std::size_t i = 0; i < masked_.size(); ++i) {
      masked_[i] = static_cast<std::uint8_t>(secret[i] ^ kMask);
    }
  }

  // How often the 32 bytes, or the same in the opposite order as limbs have them, stand in writable
  // memory of this process but for the stack, where what a compiler spills is beyond wiping.
  [[nodiscard]] std::size_t copies_in_memory() const {
    std::size_t copies = 0;
    constexpr std::size_t kWindow = std::size_t{1} << 20U;
    void* const window =
        ::mmap(nullptr, kWindow, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (window == MAP_FAILED) return SIZE_MAX;
    const auto own = reinterpret_cast<std::uintptr_t>(window);
    const int memory = ::open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    for (const auto& [begin, end] : writable()) {
      // The overlap keeps what lies across two windows.
      for (std::uintptr_t at = begin; at < end; at += kWindow - 31) {
        if (at >= own && at < own + kWindow) continue;
        const auto* const bytes = static_cast<const std::uint8_t*>(window);
        const auto wanted = std::min<std::uintptr_t>(kWindow, end - at);
        const auto got = ::pread(memory, window, wanted, static_cast<off_t>(at));
        if (got > 0) copies += count({bytes, static_cast<std::size_t>(got)});
      }
    }
    ::close(memory);
    ::munmap(window, kWindow);
    return copies;
  }

 private:
  static constexpr std::uint8_t kMask = 0xA5;
  struct Range {
    std::uintptr_t begin, end;
  };

  static std::vector<Range> writable() {
    std::vector<Range> ranges;
    std::FILE* const maps = std::fopen("/proc/self/maps", "re");
    std::array<char, 512> line;
    while (maps != nullptr && std::fgets(line.data(), line.size(), maps) != nullptr) {
      unsigned long begin = 0;
      unsigned long end = 0;
      std::array<char, 5> mode{};
      if (std::sscanf(line.data(), "%lx-%lx %4s", &begin, &end, mode.data()) == 3 &&
          mode[0] == 'r' && mode[1] == 'w' &&
          std::string_view(line.data()).find("[stack]") == std::string_view::npos) {
        ranges.push_back({begin, end});
      }
    }
    if (maps != nullptr) std::fclose(maps);
    return ranges;
  }
  [[nodiscard]] std::size_t count(ByteView bytes) const {
    std::size_t found = 0;
    for (std::size_t at = 0; at + 32 <= bytes.size(); ++at) {
      bool forwards = true;
      bool backwards = true;
      for (std::size_t i = 0; (forwards || backwards) && i < 32; ++i) {
        const auto masked = static_cast<std::uint8_t>(bytes[at + i] ^ kMask);
        forwards = forwards && masked == masked_[i];
        backwards = backwards && masked == masked_[31 - i];
      }
      found += static_cast<std::size_t>(forwards) + static_cast<std::size_t>(backwards);
    }
    return found;
  }

  ByteArray<32> masked_{};
};

}  // namespace tally::test

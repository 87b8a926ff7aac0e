#include "mem/pages.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fmt/format.h>
#include <sanitizer/asan_interface.h>
#include <string>
#include <sys/mman.h>
#include <sys/statfs.h>

#include "core/file.hpp"

namespace tally::mem {
namespace {

// Debian 12's headers are older than some of these kernel constants (asm-generic/mman-common.h,
// linux/magic.h, linux/memfd.h).
constexpr int kMadvPopulateWrite = 23;
constexpr int kMadvCollapse = 25;
constexpr int kMapHugeShift = 26;
constexpr int kMapHuge2m = 21 << kMapHugeShift;
constexpr int kMapHuge1g = 30 << kMapHugeShift;
constexpr long kHugetlbfsMagic = 0x958458f6;

constexpr int kCollapseTries = 3;

std::size_t round_up(std::size_t size, std::size_t unit) {
  return (size + unit - 1) / unit * unit;
}

std::uint8_t* map_or_null(void* at, std::size_t size, int flags, int fd) {
  void* const memory = ::mmap(at, size, PROT_READ | PROT_WRITE, flags, fd, 0);
  return memory == MAP_FAILED ? nullptr : static_cast<std::uint8_t*>(memory);
}

// Maps at an address that is a multiple of 2 MiB, without which no range can be collapsed: an
// inaccessible range that is larger by one huge page is reserved, and trimmed on both sides.
std::uint8_t* map_aligned(std::size_t size, int flags, int fd) {
  const std::size_t reserved = size + kHugePageBytes;
  void* const range =
      ::mmap(nullptr, reserved, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (range == MAP_FAILED) return nullptr;
  auto* const begin = static_cast<std::uint8_t*>(range);
  const std::size_t skip = round_up(reinterpret_cast<std::uintptr_t>(begin), kHugePageBytes) -
                           reinterpret_cast<std::uintptr_t>(begin);
  std::uint8_t* const memory = map_or_null(begin + skip, size, flags | MAP_FIXED, fd);
  if (memory == nullptr) {
    const int error = errno;
    ::munmap(range, reserved);
    errno = error;
    return nullptr;
  }
  if (skip > 0) ::munmap(begin, skip);
  const std::size_t used = skip + round_up(size, kSmallPageBytes);
  if (used < reserved) ::munmap(begin + used, reserved - used);
  return memory;
}

// Errors that pass: the kernel could not isolate a page just now.
bool collapse_range(std::uint8_t* data, std::size_t size) {
  for (int i = 0; i < kCollapseTries; ++i) {
    if (::madvise(data, size, kMadvCollapse) == 0) return true;
    if (errno != EAGAIN && errno != EBUSY) return false;
  }
  return false;
}

// "7f00-7f20 rw-s ...": whether the line opens an area, and whether that area holds the address.
bool opens_area(std::string_view line, std::uintptr_t address, bool& inside) {
  std::uintptr_t from = 0;
  std::uintptr_t to = 0;
  const char* const end = line.data() + line.size();
  const auto first = std::from_chars(line.data(), end, from, 16);
  if (first.ec != std::errc{} || first.ptr == end || *first.ptr != '-') return false;
  const auto second = std::from_chars(first.ptr + 1, end, to, 16);
  if (second.ec != std::errc{} || second.ptr == end || *second.ptr != ' ') return false;
  inside = from <= address && address < to;
  return true;
}

std::size_t kilobytes_of(std::string_view line, std::string_view key) {
  if (!line.starts_with(key)) return 0;
  line.remove_prefix(std::min(line.find_first_of("0123456789"), line.size()));
  std::size_t kilobytes = 0;
  std::from_chars(line.data(), line.data() + line.size(), kilobytes);
  return kilobytes;
}

}  // namespace

bool wants_giant(const PageRequest& request, std::size_t size) {
  return request.huge == HugeWish::one_gib ||
         (request.huge == HugeWish::automatic && size >= kGiantPageBytes);
}

bool wants_huge(const PageRequest& request, std::size_t size) {
  if (request.huge == HugeWish::off) return false;
  return request.huge != HugeWish::automatic || size >= kHugePageBytes;
}

Error strict_error(HugeWish wish) {
  if (wish == HugeWish::one_gib) {
    return {Code::unavailable, "no page of 1 GiB is to be had",
            "reserve one: echo 1 > /sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages", 0};
  }
  return {Code::unavailable, "no page of 2 MiB is to be had",
          "reserve some: echo 64 > /sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", 0};
}

std::string_view page_kind_name(PageKind kind) {
  switch (kind) {
    case PageKind::small_4k:
      return "4k";
    case PageKind::collapsed_2m:
      return "2m (collapsed)";
    case PageKind::hugetlb_2m:
      return "2m";
    case PageKind::hugetlb_1g:
      return "1g";
  }
  return "unknown";
}

std::size_t huge_mapped_bytes(const void* address, std::size_t size_bytes) {
  constexpr std::size_t kSmapsLimitBytes = std::size_t{64} << 20U;
  const auto smaps = core::read_file("/proc/self/smaps", kSmapsLimitBytes);
  if (!smaps) return 0;
  const auto wanted = reinterpret_cast<std::uintptr_t>(address);
  std::size_t kilobytes = 0;
  bool inside = false;
  for (std::size_t at = 0; at < smaps->size();) {
    const std::size_t end = std::min(smaps->find('\n', at), smaps->size());
    const auto line = std::string_view(*smaps).substr(at, end - at);
    at = end + 1;
    if (opens_area(line, wanted, inside) || !inside) continue;
    for (const auto* key : {"AnonHugePages:", "ShmemPmdMapped:", "FilePmdMapped:",
                            "Shared_Hugetlb:", "Private_Hugetlb:"}) {
      kilobytes += kilobytes_of(line, key);
    }
  }
  return std::min(kilobytes * 1024, size_bytes);
}

Mapping& Mapping::operator=(Mapping&& other) noexcept {
  if (this == &other) return *this;
  unmap();
  data_ = std::exchange(other.data_, nullptr);
  report_ = std::exchange(other.report_, {});
  return *this;
}

void Mapping::unmap() {
  // The length is the rounded one: munmap refuses a hugetlb range that ends inside a page, and the
  // page would stay lost until the process ends.
  if (data_ == nullptr) return;
  // What its owner poisoned must not be so for whoever is mapped here next.
  ASAN_UNPOISON_MEMORY_REGION(data_, report_.mapped_bytes);
  ::munmap(data_, report_.mapped_bytes);
  data_ = nullptr;
}

std::string describe_pages(const PageReport& report) {
  constexpr double kMib = 1U << 20U;
  std::string text = fmt::format("{}, {:.4g} MiB", page_kind_name(report.kind),
                                 static_cast<double>(report.mapped_bytes) / kMib);
  if (report.kind == PageKind::small_4k && report.huge_bytes > 0) {
    text += fmt::format(" ({:.4g} MiB of it by huge pages)",
                        static_cast<double>(report.huge_bytes) / kMib);
  }
  const auto add = [&](bool done, int error, const char* word) {
    if (done) text += fmt::format(", {}", word);
    if (error != 0) text += fmt::format(", not {} ({})", word, std::strerror(error));
  };
  add(report.prefaulted, report.prefault_errno, "prefaulted");
  add(report.locked, report.lock_errno, "locked");
  const std::string numa = describe_numa(report.numa);
  return numa.empty() ? text : text + ", " + numa;
}

Status Mapping::settle(const PageRequest& request, bool collapse) {
  if (request.node) {
    report_.numa = place_on_node(data_, report_.mapped_bytes, *request.node);
  }
  if (request.prefault) {
    report_.prefaulted = ::madvise(data_, report_.mapped_bytes, kMadvPopulateWrite) == 0;
    if (!report_.prefaulted) report_.prefault_errno = errno;
  }
  if (collapse) {
    const std::size_t whole = report_.mapped_bytes / kHugePageBytes * kHugePageBytes;
    if (whole > 0 && collapse_range(data_, whole)) {
      report_.huge_bytes = huge_mapped_bytes(data_, report_.mapped_bytes);
      if (report_.huge_bytes >= whole) report_.kind = PageKind::collapsed_2m;
    }
  } else if (report_.kind != PageKind::small_4k) {
    report_.huge_bytes = report_.mapped_bytes;
  }
  if (request.lock) {
    report_.locked = ::mlock(data_, report_.mapped_bytes) == 0;
    if (!report_.locked) report_.lock_errno = errno;
  }
  if (request.node) {
    look_at_pages(data_, report_.mapped_bytes, kSmallPageBytes, report_.numa);
  }
  const bool short_of_giant =
      request.huge == HugeWish::one_gib && report_.kind != PageKind::hugetlb_1g;
  const bool short_of_huge =
      request.huge == HugeWish::two_mib && report_.kind == PageKind::small_4k;
  if (request.strict && (short_of_giant || short_of_huge)) return fail(strict_error(request.huge));
  return {};
}

Result<Mapping> Mapping::anonymous(std::size_t size_bytes, const PageRequest& request) {
  constexpr int kFlags = MAP_PRIVATE | MAP_ANONYMOUS;
  Mapping mapping;
  const auto attempt = [&](PageKind kind, std::size_t page_bytes, int huge_flags) {
    if (mapping.data_ != nullptr) return;
    const std::size_t size = round_up(size_bytes, page_bytes);
    mapping.data_ = map_or_null(nullptr, size, kFlags | huge_flags, -1);
    mapping.report_ = {kind, size};
  };
  if (wants_giant(request, size_bytes)) {
    attempt(PageKind::hugetlb_1g, kGiantPageBytes, MAP_HUGETLB | kMapHuge1g);
  }
  const bool huge = wants_huge(request, size_bytes);
  if (huge) attempt(PageKind::hugetlb_2m, kHugePageBytes, MAP_HUGETLB | kMapHuge2m);
  const bool collapse = huge && mapping.data_ == nullptr;
  if (collapse) {
    const std::size_t unit = request.huge == HugeWish::automatic ? kSmallPageBytes : kHugePageBytes;
    mapping.report_ = {PageKind::small_4k, round_up(size_bytes, unit)};
    mapping.data_ = map_aligned(mapping.report_.mapped_bytes, kFlags, -1);
  }
  attempt(PageKind::small_4k, kSmallPageBytes, 0);
  if (mapping.data_ == nullptr) {
    return fail(core::os_error(Code::os_failure,
                               "cannot map " + std::to_string(size_bytes) + " bytes", errno));
  }
  TALLY_CHECK(mapping.settle(request, collapse));
  return mapping;
}

Result<Mapping> Mapping::of_file(int fd, std::size_t size_bytes, const PageRequest& request) {
  struct statfs filesystem {};
  if (::fstatfs(fd, &filesystem) != 0) return fail_errno("cannot examine a file to map", errno);
  Mapping mapping;
  const bool hugetlb = static_cast<long>(filesystem.f_type) == kHugetlbfsMagic;
  if (hugetlb) {
    const auto page_bytes = static_cast<std::size_t>(filesystem.f_bsize);
    const auto kind = page_bytes >= kGiantPageBytes ? PageKind::hugetlb_1g : PageKind::hugetlb_2m;
    mapping.report_ = {kind, round_up(size_bytes, page_bytes)};
    mapping.data_ = map_or_null(nullptr, mapping.report_.mapped_bytes, MAP_SHARED, fd);
  } else {
    mapping.report_ = {PageKind::small_4k, round_up(size_bytes, kSmallPageBytes)};
    mapping.data_ = map_aligned(mapping.report_.mapped_bytes, MAP_SHARED, fd);
  }
  if (mapping.data_ == nullptr) return fail_errno("cannot map a file", errno);
  TALLY_CHECK(mapping.settle(request, !hugetlb && wants_huge(request, size_bytes)));
  return mapping;
}

}  // namespace tally::mem

// Memory in the largest pages the host grants. A request walks a ladder - hugetlb pages of 1 GiB,
// of 2 MiB, small pages collapsed into 2 MiB ones (MADV_COLLAPSE, Linux 6.1), pages of 4 KiB - and
// the report says which rung was reached, read back from the kernel rather than assumed. Nothing
// falls back in silence: `strict` turns the fall into an error.
//
// A mapping is made and destroyed on cold paths by one thread; the bytes belong to whoever its
// owner shares them with. Prefaulting is on by default, because the first touch of a page costs
// microseconds (more than a whole hop of a pipeline), and it belongs at start-up.
//
// Sources: madvise(2), mmap(2), Documentation/admin-guide/mm/hugetlbpage.rst.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/bytes.hpp"
#include "core/result.hpp"
#include "mem/numa.hpp"

namespace tally::mem {

inline constexpr std::size_t kSmallPageBytes = 4096;
inline constexpr std::size_t kHugePageBytes = std::size_t{2} << 20U;
inline constexpr std::size_t kGiantPageBytes = std::size_t{1} << 30U;

enum class PageKind : std::uint8_t {
  small_4k = 0,
  collapsed_2m = 1,
  hugetlb_2m = 2,
  hugetlb_1g = 3
};

// "4k", "2m (collapsed)", "2m", "1g".
[[nodiscard]] std::string_view page_kind_name(PageKind kind);

// Where on the ladder to start. `automatic` takes the largest page that is not larger than the
// request, so that a small object never occupies a huge page it does not fill.
enum class HugeWish : std::uint8_t { off, automatic, two_mib, one_gib };

struct PageRequest {
  HugeWish huge = HugeWish::automatic;
  bool strict = false;   // fail instead of taking a smaller page than `huge` names
  bool prefault = true;  // touch every page now
  bool lock = false;     // mlock; the result is reported, a refusal is no error
  // The NUMA node that the pages shall lie on; a refusal is reported as well.
  std::optional<int> node = std::nullopt;
};

// Whether a request for `size` bytes begins with pages of 1 GiB, of 2 MiB.
[[nodiscard]] bool wants_giant(const PageRequest& request, std::size_t size);
[[nodiscard]] bool wants_huge(const PageRequest& request, std::size_t size);
// What a strict request is told that got less.
[[nodiscard]] Error strict_error(HugeWish wish);

struct PageReport {
  PageKind kind = PageKind::small_4k;
  std::size_t mapped_bytes = 0;  // a multiple of the page size
  std::size_t huge_bytes = 0;    // how much of it the kernel maps by 2 MiB or 1 GiB entries
  bool prefaulted = false;
  int prefault_errno = 0;  // why not, 0 when not asked
  bool locked = false;
  int lock_errno = 0;
  NumaReport numa = {};
};

// One line for a log or a status: "2m (collapsed), 6 MiB, prefaulted, node 0 (the only one)". What
// was not obtained is named with its reason.
[[nodiscard]] std::string describe_pages(const PageReport& report);

class Mapping {
 public:
  Mapping() = default;

  // Private zeroed memory of at least `size_bytes`. Errors: unavailable when `strict` and the pages
  // are not to be had; os_failure when there is no memory at all.
  [[nodiscard]] static Result<Mapping> anonymous(std::size_t size_bytes,
                                                 const PageRequest& request = {});

  // The first `size_bytes` of `fd` (a memfd, a file on tmpfs or hugetlbfs), shared, writable. The
  // file must be that long: a shorter one faults with SIGBUS later. Pages of a hugetlb file are
  // fixed by the file; of any other file they are collapsed where asked. `fd` may be closed after.
  [[nodiscard]] static Result<Mapping> of_file(int fd, std::size_t size_bytes,
                                               const PageRequest& request = {});

  Mapping(Mapping&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), report_(std::exchange(other.report_, {})) {}
  Mapping& operator=(Mapping&& other) noexcept;
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  ~Mapping() { unmap(); }

  [[nodiscard]] std::uint8_t* data() const { return data_; }
  [[nodiscard]] std::size_t size() const { return report_.mapped_bytes; }
  [[nodiscard]] MutableByteView bytes() const { return {data_, report_.mapped_bytes}; }
  [[nodiscard]] const PageReport& report() const { return report_; }

 private:
  void unmap();
  // Prefaults, collapses and locks as asked, and fills in the report.
  Status settle(const PageRequest& request, bool collapse);

  std::uint8_t* data_ = nullptr;
  PageReport report_;
};

// How many of the `size_bytes` at `address` the kernel maps by huge entries, from
// /proc/self/smaps. 0 when that cannot be read.
[[nodiscard]] std::size_t huge_mapped_bytes(const void* address, std::size_t size_bytes);

}  // namespace tally::mem

#include "mem/pages.hpp"

#include <cerrno>
#include <cstring>
#include <doctest/doctest.h>
#include <string>
#include <sys/mman.h>
#include <unistd.h>

#include "core/fd.hpp"
#include "core/file.hpp"
#include "support/skip.hpp"

using tally::mem::HugeWish;
using tally::mem::Mapping;
using tally::mem::PageKind;
using tally::mem::PageRequest;

namespace {

constexpr std::size_t kMib = std::size_t{1} << 20U;

PageRequest wish(HugeWish huge, bool strict = false) {
  PageRequest request;
  request.huge = huge;
  request.strict = strict;
  return request;
}

std::size_t reserved_huge_pages() {
  const auto text =
      tally::core::read_file("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages");
  return text ? std::stoul(*text) : 0;
}

bool all_zero_then_writable(const Mapping& mapping) {
  for (std::size_t at = 0; at < mapping.size(); at += tally::mem::kSmallPageBytes) {
    if (mapping.data()[at] != 0) return false;
    mapping.data()[at] = 0x5a;
    if (mapping.data()[at] != 0x5a) return false;
  }
  return true;
}

}  // namespace

TEST_SUITE_BEGIN("mem");

TEST_CASE("small pages are small and prefaulted") {
  const auto mapping = Mapping::anonymous(5000, wish(HugeWish::off)).value();
  CHECK(mapping.size() == 8192);
  CHECK(mapping.report().kind == PageKind::small_4k);
  CHECK(mapping.report().huge_bytes == 0);
  CHECK(mapping.report().prefaulted);
  CHECK(mapping.report().prefault_errno == 0);
  CHECK_FALSE(mapping.report().locked);
  CHECK(all_zero_then_writable(mapping));
}

TEST_CASE("automatic gives no huge page to a small object") {
  const auto mapping = Mapping::anonymous(kMib).value();
  CHECK(mapping.size() == kMib);
  CHECK(mapping.report().kind == PageKind::small_4k);
}

TEST_CASE("two mebibytes come from the reserve or by collapsing and the report is true") {
  const auto mapping = Mapping::anonymous(5 * kMib, wish(HugeWish::two_mib)).value();
  const auto& report = mapping.report();
  CHECK(mapping.size() == 6 * kMib);
  CHECK(reinterpret_cast<std::uintptr_t>(mapping.data()) % (2 * kMib) == 0);
  CHECK(all_zero_then_writable(mapping));
  if (report.kind == PageKind::small_4k) {
    CHECK(report.huge_bytes < mapping.size());
    tally::test::skip("this kernel neither has reserved 2 MiB pages nor collapses small ones");
  }
  CHECK(report.huge_bytes == mapping.size());
  CHECK(tally::mem::huge_mapped_bytes(mapping.data(), mapping.size()) == mapping.size());
}

TEST_CASE("strict is met or refused and never falls back") {
  const auto mapping = Mapping::anonymous(2 * kMib, wish(HugeWish::two_mib, true));
  if (mapping) {
    CHECK(mapping->report().kind != PageKind::small_4k);
  } else {
    CHECK(mapping.error().code == tally::Code::unavailable);
    CHECK(mapping.error().hint.find("nr_hugepages") != std::string::npos);
  }
  const auto giant = Mapping::anonymous(kMib, wish(HugeWish::one_gib, true));
  if (giant) {
    CHECK(giant->report().kind == PageKind::hugetlb_1g);
  } else {
    CHECK(giant.error().message == "no page of 1 GiB is to be had");
  }
}

TEST_CASE("files on tmpfs are shared and can be collapsed") {
  const tally::UniqueFd fd(::memfd_create("tally-test", MFD_CLOEXEC));
  REQUIRE(fd);
  REQUIRE(::ftruncate(fd.get(), 4 * kMib) == 0);
  const auto one = Mapping::of_file(fd.get(), 4 * kMib, wish(HugeWish::two_mib)).value();
  const auto two = Mapping::of_file(fd.get(), 4 * kMib, wish(HugeWish::off)).value();
  one.data()[3 * kMib] = 0x77;
  CHECK(two.data()[3 * kMib] == 0x77);
  CHECK(two.report().kind == PageKind::small_4k);
  if (one.report().kind == PageKind::small_4k) {
    tally::test::skip("this kernel does not collapse pages of tmpfs");
  }
  CHECK(one.report().kind == PageKind::collapsed_2m);
  CHECK(one.report().huge_bytes == 4 * kMib);
}

TEST_CASE("a hugetlb file brings its own pages") {
  if (reserved_huge_pages() < 1) tally::test::skip("no 2 MiB page is reserved (nr_hugepages)");
  const tally::UniqueFd fd(::memfd_create("tally-test", MFD_CLOEXEC | MFD_HUGETLB));
  REQUIRE(fd);
  REQUIRE(::ftruncate(fd.get(), 2 * kMib) == 0);
  const auto mapping = Mapping::of_file(fd.get(), kMib).value();
  CHECK(mapping.report().kind == PageKind::hugetlb_2m);
  CHECK(mapping.size() == 2 * kMib);
}

TEST_CASE("a lock that is refused is reported and no error") {
  PageRequest request = wish(HugeWish::off);
  request.lock = true;
  const auto mapping = Mapping::anonymous(kMib, request).value();
  const auto& report = mapping.report();
  CHECK(report.locked == (report.lock_errno == 0));
}

TEST_CASE("a mapping moves and unmaps once") {
  auto first = Mapping::anonymous(8192, wish(HugeWish::off)).value();
  std::uint8_t* const at = first.data();
  Mapping second = std::move(first);
  CHECK(second.data() == at);
  CHECK(first.data() ==
        nullptr);  // NOLINT(bugprone-use-after-move): the moved-from state is tested
  second = Mapping::anonymous(4096, wish(HugeWish::off)).value();
  unsigned char resident = 0;
  CHECK(::mincore(at, 4096, &resident) == -1);
  CHECK(errno == ENOMEM);
}

TEST_CASE("more memory than there is address space is an error") {
  const auto refused = Mapping::anonymous(std::size_t{1} << 60U, wish(HugeWish::off));
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().os_errno == ENOMEM);
}

TEST_SUITE_END();

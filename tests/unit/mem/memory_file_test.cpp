// Memory files that are handed to other processes: their size is sealed, and what is not sealed so
// is refused.
#include "mem/memory_file.hpp"

#include <cerrno>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/file.hpp"

using tally::Code;
using tally::mem::check_sealed_size;
using tally::mem::HugeWish;
using tally::mem::make_memory_file;
using tally::mem::PageRequest;
using tally::mem::reopen;
using tally::mem::seal_size;

TEST_SUITE_BEGIN("mem");

TEST_CASE("a sealed memory file keeps its size and can be written") {
  const auto file = make_memory_file("test", 10'000, {}).value();
  CHECK(file.size_bytes == 12'288);
  CHECK(::ftruncate(file.fd.get(), 16'384) == 0);
  CHECK(::ftruncate(file.fd.get(), 12'288) == 0);
  REQUIRE(seal_size(file.fd.get()).has_value());
  for (const off_t size : {0, 4096, 16'384}) {
    CHECK(::ftruncate(file.fd.get(), size) == -1);
    CHECK(errno == EPERM);
  }
  CHECK_FALSE(seal_size(file.fd.get()).has_value());  // nor take the seals back
  REQUIRE(check_sealed_size(file.fd.get()).has_value());
  const auto mapping = tally::mem::Mapping::of_file(file.fd.get(), file.size_bytes).value();
  mapping.data()[12'287] = 7;
  const auto again = reopen(file.fd.get()).value();
  std::uint8_t byte = 0;
  CHECK(::pread(again.get(), &byte, 1, 12'287) == 1);
  CHECK(byte == 7);
}

TEST_CASE("descriptors of one memory file lock against each other") {
  const auto file = make_memory_file("test", 4096, {}).value();
  const auto again = reopen(file.fd.get()).value();
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_len = 1;
  REQUIRE(::fcntl(file.fd.get(), F_OFD_SETLK, &lock) == 0);
  CHECK(::fcntl(again.get(), F_OFD_SETLK, &lock) == -1);
}

TEST_CASE("what is no memory file of a fixed size is refused by what it lacks") {
  const auto unsealed = make_memory_file("test", 4096, {}).value();
  CHECK(check_sealed_size(unsealed.fd.get()).error().message.find("F_SEAL_SHRINK") !=
        std::string::npos);
  const auto read_only = make_memory_file("test", 4096, {}).value();
  REQUIRE(::fcntl(read_only.fd.get(), F_ADD_SEALS,
                  F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) == 0);
  CHECK(check_sealed_size(read_only.fd.get()).error().code == Code::bad_data);
  const auto pipe = tally::core::open_pipe().value();
  CHECK(check_sealed_size(pipe.read.get()).error().message.find("no memory file") !=
        std::string::npos);
  const tally::UniqueFd file(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  CHECK_FALSE(check_sealed_size(file.get()).has_value());
}

TEST_CASE("a memory file is on the rung of the ladder that its mapping reports") {
  for (const auto wish : {HugeWish::off, HugeWish::automatic, HugeWish::two_mib}) {
    PageRequest request;
    request.huge = wish;
    const auto file = make_memory_file("test", 3'000'000, request).value();
    const auto mapping =
        tally::mem::Mapping::of_file(file.fd.get(), file.size_bytes, request).value();
    const auto kind = mapping.report().kind;
    if (wish == HugeWish::off) CHECK(kind == tally::mem::PageKind::small_4k);
    if (wish == HugeWish::two_mib) CHECK(file.size_bytes % tally::mem::kHugePageBytes == 0);
    CHECK(mapping.size() == file.size_bytes);
    mapping.data()[file.size_bytes - 1] = 1;
  }
}

TEST_CASE("a strict request for pages of 1 GiB gets these or an error that says how") {
  PageRequest request;
  request.huge = HugeWish::one_gib;
  request.strict = true;
  const auto file = make_memory_file("test", 4096, request);
  if (file) {
    CHECK(file->size_bytes == tally::mem::kGiantPageBytes);
  } else {
    CHECK(file.error().code == Code::unavailable);
    CHECK(file.error().hint.find("hugepages-1048576kB") != std::string::npos);
  }
}

TEST_SUITE_END();

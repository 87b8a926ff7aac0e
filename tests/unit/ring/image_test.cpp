// Files that are not, or no longer, a ring: each is refused with the field and what to do, none is
// walked, and none makes a process fall.
#include <array>
#include <cstring>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <string>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "core/file.hpp"
#include "ring/consumer.hpp"
#include "ring/inspector.hpp"
#include "ring/layout.hpp"
#include "ring/liveness.hpp"
#include "ring/producer.hpp"
#include "support/ring.hpp"
#include "support/skip.hpp"

using tally::Code;
using tally::ring::Consumer;
using tally::ring::Options;
using tally::ring::Producer;
using tally::ring::RecordMeta;
using tally::ring::StaticHeader;
using tally::test::RingName;

namespace {

// The bytes of a ring of 4 slots that nobody holds, with one record unread.
tally::Bytes make_image(const RingName& name) {
  Options options;
  options.slots = 4;
  options.bytes = 64;
  {
    auto producer = Producer::open(name.str(), options).value();
    REQUIRE(producer.try_push(RecordMeta{}, tally::core::as_bytes("kept")));
  }
  const auto text = tally::core::read_file(name.path()).value();
  const auto view = tally::core::as_bytes(text);
  return {view.begin(), view.end()};
}

void write_image(const RingName& name, tally::ByteView image, mode_t mode = 0600) {
  ::unlink(name.path().c_str());
  REQUIRE(tally::core::create_file(name.path(), image, mode).has_value());
}

StaticHeader header_of(const tally::Bytes& image) {
  StaticHeader header;
  std::memcpy(&header, image.data(), sizeof header);
  return header;
}

// The image with another header, whose CRC is right.
tally::Bytes with_header(tally::Bytes image, StaticHeader header) {
  header.crc32c = tally::ring::header_crc32c(header);
  std::memcpy(image.data(), &header, sizeof header);
  return image;
}

// Both ends and the inspector refuse it, for the same reason.
void check_refused(const RingName& name, Code code, const std::string& what) {
  CAPTURE(what);
  const auto producer = Producer::open(name.str());
  const auto consumer = Consumer::open(name.str());
  REQUIRE_FALSE(producer.has_value());
  REQUIRE_FALSE(consumer.has_value());
  CHECK(producer.error().code == code);
  CHECK_MESSAGE(producer.error().message.find(what) != std::string::npos, producer.error().message);
  CHECK(consumer.error().message == producer.error().message);
  CHECK_FALSE(producer.error().hint.empty());
}

}  // namespace

TEST_SUITE_BEGIN("ring");

TEST_CASE("any byte of the header that changes is noticed") {
  const RingName name("flip");
  const tally::Bytes image = make_image(name);
  write_image(name, image);
  REQUIRE(Consumer::open(name.str()).has_value());
  for (std::size_t at = 0; at < sizeof(StaticHeader); ++at) {
    CAPTURE(at);
    tally::Bytes changed = image;
    changed[at] ^= 0x10;
    write_image(name, changed);
    const auto refused = Consumer::open(name.str());
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == Code::bad_data);
    CHECK(tally::ring::stat_ring(name.str()).error().code == Code::bad_data);
  }
}

TEST_CASE("a header with a right checksum and wrong numbers is named by its field") {
  const RingName name("fields");
  const tally::Bytes image = make_image(name);
  const auto refuse = [&](auto change, const std::string& what) {
    StaticHeader header = header_of(image);
    change(header);
    write_image(name, with_header(image, header));
    check_refused(name, Code::bad_data, what);
  };
  refuse([](auto& h) { h.magic[0] = 'X'; }, "magic does not match");
  refuse([](auto& h) { h.layout_version = 1; },
         "layout version is 1, this program reads version 2");
  refuse([](auto& h) { h.kind = 6; }, "kind 6 is not one this program reads");
  refuse([](auto& h) { h.slot_form = 3; }, "slot form 3 is not");
  refuse([](auto& h) { h.kind = 2; }, "slot form 1 is not");
  refuse([](auto& h) { h.slot_form = 4; }, "slot form 4 is not");
  refuse([](auto& h) { h.kind = 4; }, "slot form 1 is not");
  refuse([](auto& h) { h.slot_form = 8; }, "slot form 8 is not");
  refuse([](auto& h) { h.page_kind = 9; }, "page kind 9 is unknown");
  refuse([](auto& h) { h.header_bytes = 4096; }, "header bytes are not");
  refuse([](auto& h) { h.slot_bytes += 64; }, "slot bytes 160 do not fit");
  refuse([](auto& h) { h.payload_bytes = 0; }, "payload bytes 0 are out of range");
  refuse([](auto& h) { h.payload_bytes = 0xffffffffU; }, "payload bytes 4294967295");
  refuse([](auto& h) { h.endpoint_count = 2; }, "endpoint count is not 17");
  refuse([](auto& h) { h.capacity = 0; }, "capacity 0 is not");
  refuse([](auto& h) { h.capacity = 6; }, "capacity 6 is not");
  refuse([](auto& h) { h.capacity = std::uint64_t{1} << 63U; }, "capacity 9223372036854775808");
  refuse([](auto& h) { h.capacity = 1024; }, "do not hold the slots");
  refuse([](auto& h) { h.total_bytes += 4096; }, "the file has 12288");
  refuse([](auto& h) { h.total_bytes = ~std::uint64_t{0}; }, "do not hold the slots");
  refuse([](auto& h) { h.type_hash ^= 1; }, "record type is not tally.record/1");
  refuse([](auto& h) { h.type_name[0] = 'T'; }, "record type is not tally.record/1");
}

TEST_CASE("a file that was cut or grown is refused and not faulted on") {
  const RingName name("cut");
  const tally::Bytes image = make_image(name);
  for (const std::size_t bytes : {1U, 7U, 127U, 131U}) {
    write_image(name, tally::ByteView(image).first(bytes));
    check_refused(name, Code::bad_data, "too few for a header: it was truncated");
  }
  for (const std::size_t bytes : {132U, 1000U, 5375U, 8192U, 12287U}) {
    write_image(name, tally::ByteView(image).first(bytes));
    check_refused(name, Code::bad_data, "the file has " + std::to_string(bytes));
  }
  tally::Bytes grown = image;
  grown.resize(image.size() + 1);
  write_image(name, grown);
  check_refused(name, Code::bad_data, "it was truncated or grown");
}

TEST_CASE("another state word is refused and a given up ring says why") {
  const RingName name("state");
  tally::Bytes image = make_image(name);
  constexpr std::size_t kStateAt = offsetof(tally::ring::Header, state);
  image[kStateAt] = 99;
  write_image(name, image);
  check_refused(name, Code::bad_data, "state 99 is unknown");
  image[kStateAt] = 3;
  image[kStateAt + 4] = 1;
  write_image(name, image);
  check_refused(name, Code::bad_data, "a record's length was out of range");
}

TEST_CASE("a length out of bounds gives the ring up instead of being followed") {
  const RingName name("length");
  tally::Bytes image = make_image(name);
  constexpr std::size_t kLengthAt =
      tally::ring::kSlotsOffset + offsetof(tally::ring::SlotHeader, meta) + 20;
  const std::uint32_t bad_length = 65;
  std::memcpy(image.data() + kLengthAt, &bad_length, sizeof bad_length);
  write_image(name, image);
  auto consumer = Consumer::open(name.str()).value();
  RecordMeta meta;
  std::array<std::uint8_t, 64> buffer{};
  CHECK_FALSE(consumer.try_pop(meta, buffer));
  CHECK(consumer.pop_wait(meta, buffer) == tally::ring::PopResult::poisoned);
  const auto status = tally::ring::stat_ring(name.str()).value();
  CHECK(status.state == tally::ring::State::poisoned);
  CHECK(status.poison_reason == tally::ring::PoisonReason::bad_length);
}

TEST_CASE("cursors and stamps of any value are survived") {
  const RingName name("garbage");
  const tally::Bytes image = make_image(name);
  for (const std::uint64_t garbage :
       {std::uint64_t{0}, std::uint64_t{7}, ~std::uint64_t{0}, std::uint64_t{1} << 63U}) {
    write_image(name, image);
    auto producer = Producer::open(name.str());
    REQUIRE(producer.has_value());
    const tally::UniqueFd fd(::open(name.path().c_str(), O_RDWR | O_CLOEXEC));
    for (const std::size_t at :
         {offsetof(tally::ring::Header, tail), offsetof(tally::ring::Header, head),
          tally::ring::kSlotsOffset, tally::ring::kSlotsOffset + 96}) {
      REQUIRE(::pwrite(fd.get(), &garbage, sizeof garbage, static_cast<off_t>(at)) ==
              sizeof garbage);
    }
    auto consumer = Consumer::open(name.str());
    if (!consumer) {
      CHECK(consumer.error().code == Code::bad_data);
      CHECK(consumer.error().message.find("head ") != std::string::npos);
    }
    RecordMeta meta;
    std::array<std::uint8_t, 64> buffer{};
    const std::uint64_t deadline_ns = 1;  // long past: looks once
    for (int i = 0; i < 20; ++i) {
      (void)producer->push(meta, buffer, deadline_ns);
      if (consumer) (void)consumer->pop_wait(meta, buffer, deadline_ns);
    }
    CHECK(producer->capacity() == 4);
    CHECK(tally::ring::stat_ring(name.str()).value().depth <= 4);
  }
}

TEST_CASE("cursors further apart than the ring are refused and a wrong head gives it up") {
  const RingName name("cursors");
  const tally::Bytes image = make_image(name);
  const auto with_head = [&](std::uint64_t head) {
    tally::Bytes changed = image;
    std::memcpy(changed.data() + offsetof(tally::ring::Header, head), &head, sizeof head);
    return changed;
  };
  auto holder = Producer::open(name.str()).value();
  for (const std::uint64_t head : {std::uint64_t{2}, ~std::uint64_t{0} - 9}) {
    write_image(name, with_head(head));
    const tally::UniqueFd held(::open(name.path().c_str(), O_RDWR | O_CLOEXEC));
    REQUIRE(
        tally::ring::try_lock_byte(held.get(), 5).value());  // else it is drained, and made anew
    check_refused(name, Code::bad_data, "head " + std::to_string(head) + " and tail 1 are not");
  }
  write_image(name, image);
  auto producer = Producer::open(name.str()).value();
  const tally::UniqueFd fd(::open(name.path().c_str(), O_RDWR | O_CLOEXEC));
  const std::uint64_t wrong = 77;
  REQUIRE(::pwrite(fd.get(), &wrong, sizeof wrong, offsetof(tally::ring::Header, head)) == 8);
  while (producer.try_push(RecordMeta{}, {})) {
  }
  CHECK(producer.push(RecordMeta{}, {}) == tally::ring::PushResult::poisoned);
  const auto refused = Consumer::open(name.str());
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().message.find("because a cursor was out of range") != std::string::npos);
}

TEST_CASE("a file that others may touch is refused") {
  const RingName name("mode");
  const tally::Bytes image = make_image(name);
  for (const mode_t mode : {0640U, 0604U, 0660U, 0666U, 0601U}) {
    write_image(name, image, mode);
    check_refused(name, Code::permission, "is open to group or others");
    CHECK(tally::ring::stat_ring(name.str()).error().code == Code::permission);
  }
}

TEST_CASE("a symbolic link a folder and a pipe are refused") {
  const RingName name("special");
  const RingName target("target");
  write_image(target, make_image(target));
  REQUIRE(::symlink(target.path().c_str(), name.path().c_str()) == 0);
  check_refused(name, Code::permission, "is a symbolic link");
  ::unlink(name.path().c_str());
  REQUIRE(::mkfifo(name.path().c_str(), 0600) == 0);
  check_refused(name, Code::permission, "is not a regular file");
  ::unlink(name.path().c_str());
  REQUIRE(::mkdir(name.path().c_str(), 0700) == 0);
  CHECK_FALSE(Producer::open(name.str()).has_value());
  ::rmdir(name.path().c_str());
}

TEST_CASE("a file of another user is refused") {
  if (::geteuid() != 0) tally::test::skip("only root can give a file to another user");
  const RingName name("owner");
  write_image(name, make_image(name));
  REQUIRE(::chown(name.path().c_str(), 65534, 65534) == 0);
  check_refused(name, Code::permission, "belongs to user 65534");
}

TEST_CASE("a ring from before a reboot is made anew") {
  const RingName name("reboot");
  const tally::Bytes image = make_image(name);
  StaticHeader header = header_of(image);
  header.boot_hash ^= 1;
  write_image(name, with_header(image, header));
  auto consumer = Consumer::open(name.str()).value();
  CHECK(consumer.capacity() == tally::ring::kDefaultSlots);
  CHECK(consumer.peek(1) == 0);
}

TEST_CASE("a ring that nobody holds and that is drained is made anew") {
  const RingName name("abandoned");
  tally::Bytes image = make_image(name);
  const std::uint64_t released = 1;
  std::memcpy(image.data() + offsetof(tally::ring::Header, head), &released, sizeof released);
  write_image(name, image);
  Options options;
  options.slots = 16;
  auto producer = Producer::open(name.str(), options).value();
  CHECK(producer.capacity() == 16);
  CHECK(producer.position() == 0);
}

TEST_CASE("a half made ring whose creator is gone is made again") {
  const RingName name("half");
  tally::Bytes image = make_image(name);
  std::memset(image.data(), 0, tally::ring::kSlotsOffset);
  write_image(name, image);
  auto producer = Producer::open(name.str()).value();
  CHECK(producer.capacity() == tally::ring::kDefaultSlots);
  CHECK(producer.try_push(RecordMeta{}, {}));
}

TEST_CASE("a set up that does not end is waited for no longer than asked") {
  const RingName name("setup");
  write_image(name, make_image(name));
  const tally::UniqueFd other(::open(name.path().c_str(), O_RDWR | O_CLOEXEC));
  REQUIRE(tally::ring::try_lock_byte(other.get(), tally::ring::kSetupLockByte).value());
  Options options;
  options.open_timeout_ns = 5'000'000;
  const auto refused = Producer::open(name.str(), options);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == Code::try_again);
}

TEST_CASE("no room in dev shm is an error at opening") {
  constexpr long kTmpfsMagic = 0x01021994;
  struct statfs filesystem {};
  REQUIRE(::statfs("/dev/shm", &filesystem) == 0);
  if (static_cast<long>(filesystem.f_type) != kTmpfsMagic) {
    tally::test::skip("/dev/shm is a folder on a disk, which this test would fill");
  }
  struct statvfs space {};
  REQUIRE(::statvfs("/dev/shm", &space) == 0);
  const std::uint64_t free_bytes = space.f_bavail * space.f_frsize;
  Options options;
  options.slots = tally::ring::kMaxSlots;
  options.bytes = 65536;
  const std::uint64_t wanted =
      tally::ring::plan_geometry(*options.slots, *options.bytes).total_bytes;
  if (free_bytes >= wanted) tally::test::skip("/dev/shm has more than a TiB of room");
  struct rlimit limit {};
  ::getrlimit(RLIMIT_FSIZE, &limit);
  if (limit.rlim_cur != RLIM_INFINITY)
    tally::test::skip("the size of files is limited (ulimit -f)");
  const RingName name("room");
  const auto refused = Producer::open(name.str(), options);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == Code::cannot_create);
  CHECK(refused.error().message.find("No space left") != std::string::npos);
  CHECK_FALSE(name.exists());
}

TEST_SUITE_END();

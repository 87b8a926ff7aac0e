// A refresh by files: what comes out of it, what is refused, and that a process killed anywhere in
// it costs nothing.
#include "refreshing.hpp"

#include <cstdio>
#include <doctest/doctest.h>
#include <filesystem>
#include <fmt/format.h>
#include <functional>
#include <map>
#include <sys/syscall.h>
#include <unistd.h>

#include "custody/group_file.hpp"
#include "support/child.hpp"
#include "unit/tally-sign/durable_steps.hpp"
#include "unit/tally-sign/refresh_world.hpp"

namespace fs = std::filesystem;
namespace mpc = tally::mpc;
namespace custody = tally::custody;
namespace core = tally::core;
namespace sign = tally::sign;
using sign::RefreshStep;
using tally::ByteArray;
using tally::Bytes;
using tally::ByteView;
using tally::Code;
using tally::test::Child;
using tally::test::content_of;
using tally::test::Folder;
using tally::test::one_step;
using tally::test::parse;
using tally::test::put;
using tally::test::steps_left;
using tally::test::World;

// In the place of the C library's: durable steps are where a kill could leave something half done.
extern "C" int fsync(int fd) {
  one_step();
  return static_cast<int>(::syscall(SYS_fsync, fd));
}
extern "C" int renameat2(int at, const char* from, int to_at, const char* to,
                         unsigned flags) noexcept {
  one_step();
  return static_cast<int>(::syscall(SYS_renameat2, at, from, to_at, to, flags));
}
extern "C" int rename(const char* from, const char* to) noexcept {
  one_step();
  return static_cast<int>(::syscall(SYS_rename, from, to));
}

namespace {

// A message is taken as it is, and neither truncated nor extended.
void check_lengths(const Bytes& whole, const std::function<bool(const Bytes&)>& taken) {
  CHECK(taken(whole));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CHECK_FALSE(taken({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)}));
  }
  for (const std::size_t more : {std::size_t{1}, custody::PairChannels::kOverheadBytes}) {
    Bytes longer = whole;
    longer.resize(whole.size() + more);
    CHECK_FALSE(taken(longer));
  }
}

// The names of all files but those that a kill left behind half written.
std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const std::string name = fs::relative(entry.path(), folder);
    const auto dot = name.rfind('.');
    const bool temporary = dot != std::string::npos && name.size() - dot == 7;
    if (!temporary) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

TEST_SUITE_BEGIN("sign");

TEST_CASE("a refresh gives every party a new share of the same key") {
  World world(2, 3);
  world.run_all();
  const mpc::GroupKey& old = world.dealing.group();
  const auto file = custody::read_group_file(world.messages() + "/key.group").value();
  CHECK(file.epoch() == 1);
  CHECK(file.key_id() == old.key_id());
  CHECK(file.key() == old.key());
  for (const mpc::PartyId id : world.members) {
    CHECK(world.group_on_disk(id).digest() == file.digest());
    const auto mine = world.unlock(id);
    CHECK(mine.share.secret().value() != world.dealing.share(id).value().secret().value());
    CHECK_FALSE(fs::exists(world.share_path(id) + ".next"));
    CHECK_FALSE(fs::exists(world.share_path(id) + ".refresh"));
  }
  // Another in the same folder is refused, and goes well in a new one.
  const auto again = world.unlock(0);
  CHECK(sign::Refreshing::came_out_of(world.share_path(0), world.messages(), again.share.group())
            .value());
  fs::remove_all(world.messages());
  fs::create_directory(world.messages());
  world.run_all();
  CHECK(world.group_on_disk(2).epoch() == 2);
  CHECK(world.group_on_disk(2).key() == old.key());
}

TEST_CASE("a refresh changes the threshold and leaves parties out") {
  World world(2, 4);
  world.members = {0, 2, 3};
  world.terms = {3, world.members, {}};
  world.run_all();
  const auto group = world.group_on_disk(3);
  CHECK(group.key() == world.dealing.group().key());
  CHECK(group.threshold() == 3);
  CHECK(group.parties() == 3);
  CHECK(world.unlock(3).share.id() == 2);
  CHECK(world.group_on_disk(1).epoch() == 0);
}

TEST_CASE("parties that want different terms are told so") {
  World world(2, 3);
  REQUIRE(world.run(0));
  world.terms.threshold = 3;
  CHECK(world.why(1) == world.message("hello", 0) +
                            ": party 0 goes on with threshold 2 of parties 0, 1, 2, this party "
                            "with threshold 3 of parties 0, 1, 2");
  for (const auto& [threshold, members] :
       std::vector<std::pair<std::uint32_t, std::vector<mpc::PartyId>>>{
           {2, {1, 2}}, {2, {0}}, {4, {0, 1, 2}}, {0, {0, 1, 2}}}) {
    world.terms = {threshold, members, {}};
    const auto refused = world.run(0);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Code::usage);
  }
}

TEST_CASE("row 4 a message of a refresh truncated extended or changed at each byte is refused") {
  World world(2, 2);
  for (int round = 0; round < 2; ++round) {
    for (const mpc::PartyId id : world.members) REQUIRE(world.run(id));
  }
  const auto mine = world.unlock(0);
  const auto channels = custody::PairChannels::make(mine.share).value();
  for (const RefreshStep step : {RefreshStep::hello, RefreshStep::deal, RefreshStep::agree}) {
    CAPTURE(to_text(step));
    const std::string path = world.message(to_text(step), 1);
    const Bytes whole = content_of(path);
    const auto ceremony = parse(whole, mine.share.group(), step, 1).value().statement().ceremony;
    const auto taken = [&](const Bytes& changed) {
      const auto message = parse(changed, mine.share.group(), step, 1);
      return message && message->statement().ceremony == ceremony && message->ends_in(1, false) &&
             message->said_to(0, channels);
    };
    check_lengths(whole, taken);
    for (std::size_t bit = 0; bit < 8 * whole.size(); ++bit) {
      Bytes changed = whole;
      changed[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
      CHECK_FALSE(taken(changed));
    }
    // And the session refuses what the message does.
    Bytes changed = whole;
    changed[100] ^= 1U;
    put(path, changed);
    CHECK(world.why(0) == path + ": not what party 1 said in this session");
    put(path, whole);
  }
  // What becomes of its own messages is nothing to a party: it makes them again from its seed.
  for (const char* step : {"deal", "agree"}) {
    const std::string path = world.message(step, 0);
    const Bytes whole = content_of(path);
    Bytes changed = whole;
    changed[100] ^= 1U;
    put(path, changed);
    REQUIRE(world.run(0));
    put(path, whole);
  }
  CHECK(fs::exists(world.message("hold", 0)));
  world.run_all();
  CHECK(world.group_on_disk(0).digest() == world.group_on_disk(1).digest());
  CHECK(world.group_on_disk(0).epoch() == 1);
}

TEST_CASE("a refresh takes newcomers in and one of them may repair a lost share") {
  World world(2, 3);
  // Party 1 has lost its share: it comes back with a host key, and another one with it.
  world.members = {0, 2};
  world.terms = {3, world.members, {}};
  const mpc::PartyId repaired = world.expect_newcomer();
  const mpc::PartyId fourth = world.expect_newcomer();
  CHECK(world.why(repaired) == world.messages() + " has no message of a party yet");
  world.run_all();
  const auto group = world.group_on_disk(0);
  CHECK(group.key() == world.dealing.group().key());
  CHECK(group.key_id() == world.dealing.group().key_id());
  CHECK(group.epoch() == 1);
  CHECK(group.threshold() == 3);
  CHECK(group.parties() == 4);
  CHECK(world.unlock(2).share.id() == 1);
  CHECK(world.unlock(repaired).share.id() == 2);
  CHECK(world.unlock(fourth).share.id() == 3);
  for (const mpc::PartyId id : world.members) {
    CHECK(world.group_on_disk(id).digest() == group.digest());
    CHECK_FALSE(fs::exists(world.share_path(id) + ".next"));
  }
  // A share that came from elsewhere did not come out of this session.
  fs::copy(world.share_path(repaired), world.share_path(7));
  CHECK_FALSE(sign::Refreshing::came_out_of(world.share_path(7), world.messages(), group).value());
}

TEST_CASE("a newcomer is refused where it is not the one that was named") {
  World world(2, 2);
  world.terms.newcomers.push_back(World::host_key(9).pub);
  world.members.push_back(2);
  REQUIRE(world.run(0));
  const auto refused = world.run(2);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Code::usage);
  CHECK(refused.error().message ==
        world.message("hello", 0) + ": party 0 goes on with " + to_text(world.terms));
  CHECK_FALSE(fs::exists(world.message("agree", 2)));
  // Nor do parties go on that were told of different ones.
  world.terms.newcomers = {World::host_key(2).pub};
  CHECK(world.why(1).find("party 0 goes on with threshold 2 of parties 0, 1 and ") !=
        std::string::npos);
}

TEST_CASE("row 8 a newcomer goes on with the host keys that the dealers know and no others") {
  World world(2, 2);
  const mpc::PartyId newcomer = world.expect_newcomer();
  for (int round = 0; round < 2; ++round) {
    for (const mpc::PartyId id : {0U, 1U}) REQUIRE(world.run(id));
  }
  // The carrier shows it a party of its own making in the place of party 1, signature and all.
  const Bytes whole = content_of(world.message("hello", 1));
  const auto& old = world.dealing.group();
  const auto impostor = mpc::host_key(ByteArray<32>{5}).value();
  const auto channels = custody::PairChannels::make(world.dealing.share(1).value()).value();
  const std::vector<mpc::PartyId> readers = {0};
  const Bytes other =
      sign::write_session_message(sign::kRefreshKind,
                                  {1, 1, {}, encode(sign::RefreshHello{impostor.pub, world.terms})},
                                  old, {&channels, readers, &impostor})
          .value();
  put(world.message("hello", 1), other);
  CHECK(world.why(newcomer) ==
        world.message("deal", 0) + ": not what party 0 said in this session");
  CHECK_FALSE(fs::exists(world.message("agree", newcomer)));
  put(world.message("hello", 1), whole);
  world.run_all();
  CHECK(world.group_on_disk(newcomer).digest() == world.group_on_disk(0).digest());
}

TEST_CASE("row 4 a message of or to a newcomer truncated extended or changed is refused") {
  World world(2, 2);
  const mpc::PartyId newcomer = world.expect_newcomer();
  for (const mpc::PartyId id : {0U, 1U, 0U, 1U}) REQUIRE(world.run(id));
  const auto& group = world.dealing.group();
  const auto host_keys = [&] {
    std::vector<tally::crypto::PointBytes> keys;
    for (const mpc::PartyId id : {0U, 1U}) {
      const auto hello =
          parse(content_of(world.message("hello", id)), group, RefreshStep::hello, id).value();
      keys.push_back(sign::decode_refresh_hello(hello.statement().body).value().host_key);
    }
    keys.push_back(world.terms.newcomers.front());
    return keys;
  }();
  struct Case {
    RefreshStep step;
    mpc::PartyId from;
    mpc::PartyId reader;
  };
  for (const Case& one : {Case{RefreshStep::deal, 1, newcomer},
                          {RefreshStep::agree, 1, newcomer},
                          {RefreshStep::agree, newcomer, 0}}) {
    const RefreshStep step = one.step;
    const mpc::PartyId from = one.from;
    CAPTURE(to_text(step));
    CAPTURE(from);
    const std::string path = world.message(to_text(step), from);
    const Bytes whole = content_of(path);
    const auto ceremony = sign::ceremony_of(sign::kRefreshKind, whole);
    const auto taken = [&](const Bytes& changed) {
      const auto message = parse(changed, group, step, from);
      return message && sign::ceremony_of(sign::kRefreshKind, changed) == ceremony &&
             message->ends_in(from == newcomer ? 0 : 1, true) &&
             message->signed_by(host_keys[from]);
    };
    check_lengths(whole, taken);
    // Of a word for somebody else nothing is known here, and nothing is said by it.
    const std::size_t word = from == newcomer ? 0 : custody::PairChannels::kOverheadBytes;
    for (std::size_t at = 0; at < whole.size(); ++at) {
      if (at >= whole.size() - 64 - word && at < whole.size() - 64) continue;
      Bytes changed = whole;
      changed[at] ^= 1U;
      CHECK_FALSE(taken(changed));
    }
    // And the session refuses what the message does.
    Bytes changed = whole;
    changed[100] ^= 1U;
    put(path, changed);
    CHECK(world.why(one.reader) ==
          fmt::format("{}: not what party {} said in this session", path, from));
    put(path, whole);
  }
  world.run_all();
  CHECK(world.group_on_disk(0).digest() == world.group_on_disk(newcomer).digest());
}

TEST_CASE("a share that waits for the end of one session is not given up for another") {
  World world(2, 2);
  const mpc::PartyId newcomer = world.expect_newcomer();
  for (int round = 0; round < 2; ++round) {
    for (const mpc::PartyId id : world.members) REQUIRE(world.run(id));
  }
  const std::string next = world.share_path(newcomer) + ".next";
  REQUIRE(fs::exists(next));
  // The parties give that session up and name the host key again.
  fs::rename(world.messages(), world.messages() + "-1");
  fs::create_directory(world.messages());
  for (const mpc::PartyId id : {0U, 1U}) REQUIRE(world.run(id, true));
  const std::string refused = next + " waits for the other parties of another refresh";
  CHECK(world.why(newcomer) == refused);
  for (const mpc::PartyId id : {0U, 1U}) REQUIRE(world.run(id));
  // Even with a message in the folder that says that it has part in this session.
  const auto share = content_of(next);
  fs::remove(next);
  REQUIRE(world.run(newcomer));
  REQUIRE(fs::remove(next));
  REQUIRE(fs::remove(world.message("hold", newcomer)));
  put(next, share);
  fs::permissions(next, fs::perms::owner_read | fs::perms::owner_write);
  CHECK(world.why(newcomer) == refused);
  CHECK(content_of(next) == share);
}

TEST_CASE("row 24 no copy of a session signs a second result") {
  World world(2, 2);
  for (int round = 0; round < 2; ++round) {
    for (const mpc::PartyId id : world.members) REQUIRE(world.run(id));
  }
  // The other begins again with a new seed; the first gets a folder in which it has only greeted.
  for (const char* step : {"hello", "deal", "agree", "hold"}) fs::remove(world.message(step, 1));
  for (const char* step : {"deal", "agree"}) REQUIRE(fs::remove(world.message(step, 0)));
  fs::remove(world.share_path(1) + ".next");
  REQUIRE(world.run(1, true));
  const auto refused = world.run(0);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Code::permission);
  CHECK_FALSE(fs::exists(world.message("deal", 0)));
}

namespace {

// Kills parties before each durable step of their runs in this order, and lets them go on. Returns
// how many kills there were.
int kill_everywhere(World& world, const std::vector<mpc::PartyId>& runs) {
  const fs::path root = fs::path(world.messages()).parent_path();
  const Folder copies;
  const fs::path copy = copies.file("copy");
  const auto in_child = [&](mpc::PartyId id, int steps) {
    Child child([&] {
      steps_left = steps;
      return world.run(id) ? 0 : 1;
    });
    return child.reap();
  };
  const auto restore = [&] {
    fs::remove_all(root);
    fs::copy(copy, root, fs::copy_options::recursive);
  };
  int kills = 0;
  for (const mpc::PartyId id : runs) {
    const bool newcomer = id >= world.dealing.group().parties();
    fs::remove_all(copy);
    fs::copy(root, copy, fs::copy_options::recursive);
    REQUIRE(in_child(id, -1) == 0);
    const auto after = names_in(root);
    const auto epoch = world.epoch_on_disk(id);
    for (int steps = 0;; ++steps) {
      CAPTURE(id);
      CAPTURE(steps);
      restore();
      const int ended = in_child(id, steps);
      if (ended == 0) break;
      REQUIRE(ended == -SIGKILL);
      ++kills;
      // What is there is whole: the share of one epoch or the other, and a next one that opens.
      if (!newcomer || fs::exists(world.share_path(id))) {
        CHECK(world.group_on_disk(id).epoch() <= 1);
        CHECK(world.unlock(id).share.id() == id);
      }
      for (const RefreshStep step :
           {RefreshStep::hello, RefreshStep::deal, RefreshStep::agree, RefreshStep::hold}) {
        const std::string path = world.message(to_text(step), id);
        if (!fs::exists(path)) continue;
        CHECK(parse(content_of(path), world.dealing.group(), step, id));
      }
      REQUIRE(in_child(id, -1) == 0);
      CHECK(names_in(root) == after);
      CHECK(world.epoch_on_disk(id) == epoch);
    }
  }
  return kills;
}

}  // namespace

TEST_CASE("row 24 a party killed at any step of a refresh goes on and nothing is half done") {
  World world(2, 2);
  CHECK(kill_everywhere(world, {0, 1, 0, 1, 0, 1, 0}) > 30);
  CHECK(world.group_on_disk(0).digest() == world.group_on_disk(1).digest());
  CHECK(world.group_on_disk(0).epoch() == 1);
}

TEST_CASE("row 24 a newcomer killed at any step goes on and no old share goes before its own") {
  World world(2, 2);
  const mpc::PartyId newcomer = world.expect_newcomer();
  for (const mpc::PartyId id : {0U, 1U, 0U}) REQUIRE(world.run(id));
  int kills = kill_everywhere(world, {newcomer});
  for (const mpc::PartyId id : {1U, 0U}) REQUIRE(world.run(id));
  // All but the newcomer hold their new shares, and none is in its place yet.
  for (const mpc::PartyId id : {0U, 1U}) {
    REQUIRE(fs::exists(world.message("hold", id)));
    CHECK(world.group_on_disk(id).epoch() == 0);
    CHECK_FALSE(world.run(id).value());
  }
  CHECK_FALSE(fs::exists(world.share_path(newcomer)));
  kills += kill_everywhere(world, {newcomer});
  CHECK(kills > 15);
  world.run_all();
  for (const mpc::PartyId id : world.members) {
    CHECK(world.group_on_disk(id).digest() == world.group_on_disk(newcomer).digest());
    CHECK(world.group_on_disk(id).epoch() == 1);
  }
}

TEST_SUITE_END();

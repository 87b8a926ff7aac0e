// A refresh by files among a party that deals and signs what it likes, carriers that change files
// meanwhile, and others that stand in the way of an honest party.
#include <doctest/doctest.h>
#include <sys/stat.h>

#include "unit/tally-sign/refresh_world.hpp"

namespace fs = std::filesystem;
namespace mpc = tally::mpc;
namespace custody = tally::custody;
namespace core = tally::core;
namespace sign = tally::sign;
using sign::RefreshStep;
using tally::ByteArray;
using tally::Bytes;
using tally::Code;
using tally::test::content_of;
using tally::test::parse;
using tally::test::put;
using tally::test::World;

namespace {

// Party 1 of a key of two, in the hands of somebody who deals and signs at will. It has greeted,
// and party 0 has greeted and dealt.
class Liar {
 public:
  explicit Liar(World& world) : world_(world) {
    say(RefreshStep::hello, {}, encode(sign::RefreshHello{host().pub, world_.terms}));
    REQUIRE(world_.run(0));
  }

  void deal(const Bytes& dealt) { say(RefreshStep::deal, params().ceremony(), dealt); }
  // Agrees to what party 0 has dealt and this.
  void agree(const Bytes& dealt) {
    const std::vector<Bytes> all = {body_of(RefreshStep::deal), dealt};
    const auto coordinator = mpc::ReshareCoordinator::collect(params(), all).value();
    auto receiver = mpc::ReshareReceiver::make(params(), kSecret).value();
    const auto signature = receiver.agree(coordinator.collection(), kSecret).value();
    say(RefreshStep::agree, params().ceremony(), {signature.begin(), signature.end()});
  }
  // Its share dealt again, otherwise for each of these.
  [[nodiscard]] Bytes dealing(std::uint8_t variant) const {
    ByteArray<32> random{};
    random.fill(variant);
    return mpc::deal_again(params(), world_.dealing.share(1).value(), random).value();
  }

 private:
  static constexpr ByteArray<32> kSecret{7};
  static mpc::HostKey host() { return mpc::host_key(kSecret).value(); }

  // Of party 0.
  [[nodiscard]] Bytes body_of(RefreshStep step) const {
    const Bytes file = content_of(world_.message(to_text(step), 0));
    return parse(file, world_.dealing.group(), step, 0).value().statement().body;
  }
  [[nodiscard]] mpc::ReshareParams params() const {
    const auto hello = sign::decode_refresh_hello(body_of(RefreshStep::hello)).value();
    mpc::ReshareParams made{
        world_.dealing.group(), {0, 1}, {world_.terms.threshold, {hello.host_key, host().pub}}};
    for (const auto& newcomer : world_.terms.newcomers) made.next.host_keys.push_back(newcomer);
    return made;
  }
  void say(RefreshStep step, const ByteArray<32>& ceremony, Bytes body) {
    const auto channels = custody::PairChannels::make(world_.dealing.share(1).value()).value();
    const std::vector<mpc::PartyId> readers = {0};
    const auto key = host();
    const sign::SessionAuthor author{&channels, readers,
                                     world_.terms.newcomers.empty() ? nullptr : &key};
    put(world_.message(to_text(step), 1),
        sign::write_session_message(sign::kRefreshKind,
                                    {static_cast<std::uint8_t>(step), 1, ceremony, std::move(body)},
                                    world_.dealing.group(), author)
            .value());
  }

  World& world_;
};

void check_refused(const tally::Result<bool>& run, Code code, const std::string& message) {
  REQUIRE_FALSE(run);
  CHECK(run.error().code == code);
  CHECK(run.error().message == message);
}

}  // namespace

TEST_SUITE_BEGIN("sign");

TEST_CASE("row 24 a party holds what it has agreed to and no other deal") {
  World world(2, 2);
  Liar liar(world);
  const Bytes first = liar.dealing(1);
  const Bytes second = liar.dealing(2);
  const std::string refused =
      world.messages() + ": not the deals that this party has agreed to, or it never has";
  const auto check_nothing_held = [&] {
    CHECK_FALSE(fs::exists(world.message("hold", 0)));
    CHECK_FALSE(fs::exists(world.share_path(0) + ".next"));
  };
  // Something is where its agreement would be, before it has agreed to anything.
  liar.deal(first);
  liar.agree(first);
  put(world.message("agree", 0), core::as_bytes("anything"));
  check_refused(world.run(0), Code::permission, refused);
  check_nothing_held();
  REQUIRE(fs::remove(world.message("agree", 0)));
  REQUIRE(fs::remove(world.message("agree", 1)));
  REQUIRE(world.run(0));
  REQUIRE(fs::exists(world.message("agree", 0)));
  // Deals are swapped once it has.
  liar.deal(second);
  liar.agree(second);
  check_refused(world.run(0), Code::permission, refused);
  check_nothing_held();
  liar.deal(first);
  liar.agree(first);
  REQUIRE(world.run(0));
  CHECK(fs::exists(world.message("hold", 0)));
}

TEST_CASE("who agrees to other deals is told apart and not accused") {
  World world(2, 2);
  Liar liar(world);
  liar.deal(liar.dealing(1));
  liar.agree(liar.dealing(2));
  const auto refused = world.run(0);
  check_refused(refused, Code::protocol,
                world.message("agree", 1) + ": party 1 has agreed to other deals than are here");
  CHECK(refused.error().hint ==
        "compare the deal files of the two, and begin again in a new folder with --anew");
  CHECK_FALSE(fs::exists(world.message("hold", 0)));
}

TEST_CASE("row 8 who carries the folder shows a run one content of each file and no pipe") {
  World world(2, 2);
  const mpc::PartyId newcomer = world.expect_newcomer();
  Liar liar(world);
  liar.deal(liar.dealing(1));
  liar.agree(liar.dealing(1));
  const std::string hello = world.message("hello", 1);
  const Bytes whole = content_of(hello);
  REQUIRE(fs::remove(hello));
  REQUIRE(::mkfifo(hello.c_str(), 0644) == 0);
  for (const mpc::PartyId id : {0U, newcomer}) {
    check_refused(world.run(id), Code::bad_data, hello + " is no regular file");
  }
  REQUIRE(fs::remove(hello));
  put(hello, whole);
  REQUIRE(world.run(0));
  // The host keys that the newcomer has agreed with are those that it goes on with.
  const auto change = [&](const char*, const std::string&) { put(hello, core::as_bytes("other")); };
  REQUIRE(world.join(newcomer, world.share_path(newcomer), change));
  CHECK(fs::exists(world.message("hold", newcomer)));
}

TEST_CASE("row 24 a host key agrees once in a session wherever its share shall be") {
  World world(2, 2);
  const mpc::PartyId newcomer = world.expect_newcomer();
  Liar liar(world);
  liar.deal(liar.dealing(1));
  REQUIRE(world.run(newcomer));
  REQUIRE(fs::remove(world.message("agree", newcomer)));
  liar.deal(liar.dealing(2));
  const std::string elsewhere = world.folder.file("elsewhere.share");
  check_refused(world.join(newcomer, elsewhere), Code::permission,
                "these secrets were used for something else before");
  CHECK_FALSE(fs::exists(world.message("agree", newcomer)));
  // What it has agreed to it says again, there as well.
  liar.deal(liar.dealing(1));
  REQUIRE(world.join(newcomer, elsewhere));
  CHECK(fs::exists(world.message("agree", newcomer)));
}

TEST_CASE("what waits beside a share and does not read is not written over") {
  World world(2, 2);
  Liar liar(world);
  liar.deal(liar.dealing(1));
  liar.agree(liar.dealing(1));
  const std::string next = world.share_path(0) + ".next";
  REQUIRE(core::create_file(next, core::as_bytes("damaged"), 0600));
  const auto refused = world.run(0);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Code::bad_data);
  CHECK(core::read_file(next).value() == "damaged");
  CHECK_FALSE(fs::exists(world.message("hold", 0)));
}

TEST_CASE("a newcomer writes over no file that came to its place meanwhile") {
  World world(2, 2);
  const mpc::PartyId newcomer = world.expect_newcomer();
  for (const mpc::PartyId id : {0U, 1U, 0U, 1U, newcomer, 0U, 1U}) REQUIRE(world.run(id));
  const std::string path = world.share_path(newcomer);
  put(path, core::as_bytes("another"));
  const auto refused = world.join(newcomer, path);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Code::cannot_create);
  CHECK(core::read_file(path).value() == "another");
  REQUIRE(fs::remove(path));
  REQUIRE(world.join(newcomer, path));
  CHECK(world.group_on_disk(newcomer).epoch() == 1);
}

TEST_SUITE_END();

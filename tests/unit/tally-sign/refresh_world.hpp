// A key whose custodians refresh it by files, for the tests of that.
#pragma once

#include <algorithm>
#include <doctest/doctest.h>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "refreshing.hpp"
#include "unit/tally-sign/custodians.hpp"

namespace tally::test {

namespace fs = std::filesystem;
using sign::RefreshStep;

inline constexpr std::string_view kPassphrase = "correct horse";

// They carry messages in the folder `messages` of theirs.
struct World : Custodians {
  World(std::uint32_t t, std::uint32_t n) : Custodians(t, n) {
    for (mpc::PartyId id = 0; id < n; ++id) {
      const auto sealed = custody::seal_share(dealing.share(id).value(),
                                              core::as_bytes(kPassphrase), custody::kWeakestKdf);
      REQUIRE(core::create_file(share_path(id), *sealed, 0600));
      members.push_back(id);
    }
    terms = {t, members, {}};
    fs::create_directory(messages());
  }
  [[nodiscard]] std::string messages() const { return folder.file("messages"); }
  [[nodiscard]] std::string message(const char* step, mpc::PartyId id) const {
    return messages() + "/" + step + "-" + std::to_string(id);
  }
  [[nodiscard]] mpc::GroupKey group_on_disk(mpc::PartyId id) const {
    return custody::read_share_file(share_path(id)).value().facts.group;
  }

  [[nodiscard]] std::optional<std::uint32_t> epoch_on_disk(mpc::PartyId id) const {
    if (!fs::exists(share_path(id))) return std::nullopt;
    return group_on_disk(id).epoch();
  }

  // The share on disk; without its slow passphrase where it is still the dealt one, which is dealt
  // again because a child of fork() has no copy of secrets.
  [[nodiscard]] sign::UnlockedShare unlock(mpc::PartyId id) const {
    auto passphrase = core::SecretBytes::allocate(kPassphrase.size()).value();
    std::copy(kPassphrase.begin(), kPassphrase.end(), passphrase.bytes().begin());
    const auto sealed = custody::read_share_file(share_path(id)).value();
    auto share =
        sealed.facts.group.epoch() == 0
            ? deal(sealed.facts.group.threshold(), sealed.facts.group.parties()).share(id).value()
            : custody::open_share(sealed, passphrase.bytes()).value();
    return {std::move(share), std::move(passphrase), custody::kWeakestKdf};
  }

  // From now on a newcomer as well, of the next number behind the parties of the key.
  mpc::PartyId expect_newcomer() {
    const auto id = dealing.group().parties() + static_cast<mpc::PartyId>(terms.newcomers.size());
    terms.newcomers.push_back(host_key(id).pub);
    members.push_back(id);
    return id;
  }
  [[nodiscard]] static sign::HostKey host_key(mpc::PartyId id) {
    auto secret = core::SecretBytes::allocate(32).value();
    std::fill(secret.bytes().begin(), secret.bytes().end(), static_cast<std::uint8_t>(id + 1));
    auto passphrase = core::SecretBytes::allocate(kPassphrase.size()).value();
    std::copy(kPassphrase.begin(), kPassphrase.end(), passphrase.bytes().begin());
    const auto pub = mpc::host_key(secret.bytes()).value().pub;
    return {std::move(secret), std::move(passphrase), custody::kWeakestKdf, pub, {}};
  }
  Result<bool> join(mpc::PartyId id) {
    const std::string path = share_path(id);
    if (fs::exists(path)) {
      return sign::Refreshing::came_out_of(path, messages(), group_on_disk(id));
    }
    return join(id, path);
  }
  Result<bool> join(
      mpc::PartyId id, const std::string& path,
      const sign::Refreshing::Said& said = [](const char*, const std::string&) {}) {
    auto key = host_key(id);
    key.file = folder.file("host-" + std::to_string(id));
    TALLY_TRY(auto session, sign::Refreshing::join(path, key, dealing.group(), messages()));
    CHECK(session.number() == id);
    TALLY_TRY(const auto awaited, session.go_on(said));
    return !awaited;
  }

  // What the command does. True when this party's refresh is over.
  Result<bool> run(mpc::PartyId id, bool anew = false) {
    if (id >= dealing.group().parties()) return join(id);
    const auto mine = unlock(id);
    TALLY_CHECK(sign::Refreshing::end_interrupted(share_path(id), mine.share));
    TALLY_TRY(const bool over,
              sign::Refreshing::came_out_of(share_path(id), messages(), mine.share.group()));
    if (over) return true;
    TALLY_TRY(auto session, sign::Refreshing::open(share_path(id), mine, messages(), terms, anew));
    TALLY_TRY(const auto awaited, session.go_on([](const char*, const std::string&) {}));
    return !awaited;
  }
  void run_all() {
    for (int round = 0; round < 5; ++round) {
      for (const mpc::PartyId id : members) {
        const auto over = run(id);
        REQUIRE_MESSAGE(over, over.error().message);
        if (round == 4) CHECK(*over);
      }
    }
  }
  [[nodiscard]] std::string why(mpc::PartyId id) {
    const auto over = run(id);
    return over ? "went on" : over.error().message;
  }

  std::vector<mpc::PartyId> members;
  sign::RefreshTerms terms;
};

inline Result<sign::SessionMessage> parse(const Bytes& file, const mpc::GroupKey& group,
                                          RefreshStep step, mpc::PartyId party) {
  return sign::SessionMessage::parse(sign::kRefreshKind, file, group,
                                     static_cast<std::uint8_t>(step), party);
}

}  // namespace tally::test

// A dealt key whose custodians keep their files in one folder, for the tests of sessions by files.
#pragma once

#include <doctest/doctest.h>
#include <string>

#include "core/file.hpp"
#include "mpc/deal.hpp"
#include "support/folder.hpp"

namespace tally::test {

struct Custodians {
  Custodians(std::uint32_t t, std::uint32_t n) : dealing(deal(t, n)) {}
  // The same key whenever it is dealt.
  static mpc::Dealing deal(std::uint32_t t, std::uint32_t n) {
    ByteArray<32> seed{};
    seed.fill(9);
    return mpc::deal(t, n, seed).value();
  }
  [[nodiscard]] std::string share_path(mpc::PartyId id) const {
    return folder.file("key-" + std::to_string(id) + ".share");
  }

  Folder folder;
  mpc::Dealing dealing;
};

inline Bytes content_of(const std::string& path) {
  const std::string text = core::read_file(path).value();
  return {text.begin(), text.end()};
}
inline void put(const std::string& path, ByteView content) {
  REQUIRE(core::replace_file(path, content, 0600));
}

}  // namespace tally::test

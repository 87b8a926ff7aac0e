// One party's message in a refresh, as a file that all others read. Little-endian:
//
//   offset  bytes
//        0      8  magic "TALLYRFR"
//        8      1  version, 1
//        9      1  step
//       10      2  party
//       12     32  key id
//       44      4  epoch, the old one
//       48     32  ceremony; zero in the first message
//       80      4  length of the body, b
//       84      b  body, which anybody may read
//     84+b   40 r  for each of the r other parties in their order: that this party said all before,
//                  sealed to that party (custody/pair_channel.hpp)
//
// Values; any thread.
#pragma once

#include <optional>

#include "core/result.hpp"
#include "custody/pair_channel.hpp"

namespace tally::sign {

// What each party says once, in this order; deal is for the first t parties alone.
enum class RefreshStep : std::uint8_t { hello = 1, deal = 2, agree = 3, hold = 4 };
[[nodiscard]] const char* to_text(RefreshStep step);

struct RefreshStatement {
  RefreshStep step = RefreshStep::hello;
  mpc::PartyId party = 0;
  ByteArray<32> ceremony{};
  Bytes body;
};

// The file, with a word for each of `readers`. Pre: they ascend, and the party is none of them.
[[nodiscard]] Bytes write_refresh_message(const RefreshStatement& statement,
                                          const mpc::GroupKey& group,
                                          std::span<const mpc::PartyId> readers,
                                          const custody::PairChannels& channels);

class RefreshMessage {
 public:
  // Errors: bad_data for what is no message of a refresh of this key and epoch, of another step or
  // party than asked for, truncated or longer. Who wrote it is not known yet.
  [[nodiscard]] static Result<RefreshMessage> parse(ByteView file, const mpc::GroupKey& group,
                                                    RefreshStep step, mpc::PartyId party);

  [[nodiscard]] const RefreshStatement& statement() const { return statement_; }
  // Whether the party said this to the reader at `position` of `readers` in all, who holds
  // `channels`.
  [[nodiscard]] bool said_to(std::size_t position, std::size_t readers,
                             const custody::PairChannels& channels) const;

 private:
  RefreshStatement statement_;
  ByteArray<32> digest_{};  // of all before the words
  Bytes words_;
};

// The ceremony that a file says it is of, whoever wrote it; nothing for no message of a refresh.
[[nodiscard]] std::optional<ByteArray<32>> ceremony_of(ByteView file);

}  // namespace tally::sign

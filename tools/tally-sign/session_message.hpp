// One party's message in a session of several parties, as a file that all others read and anybody
// may carry. Little-endian:
//
//   offset  bytes
//        0      8  magic of the kind of session
//        8      1  version, 1
//        9      1  step
//       10      2  party
//       12     32  key id
//       44      4  epoch
//       48     32  which session; zero in the first message
//       80      4  length of the body, b
//       84      b  body, which anybody may read
//     84+b   40 r  from a party with a share, for each of the r others that have one, in their
//     order:
//                  that this party said all before, sealed to that party (custody/pair_channel.hpp)
//  84+b+40 r   64  in a session with newcomers: the same for those who have no share to open a word
//                  with, a BIP-340 signature under the author's host key
//
// Newcomers are numbered behind the parties of the epoch. Values; any thread.
#pragma once

#include <optional>

#include "core/result.hpp"
#include "custody/pair_channel.hpp"
#include "mpc/dkg_params.hpp"

namespace tally::sign {

// A kind of session: its magic has 8 characters, its name stands in errors ("a refresh").
struct SessionKind {
  std::string_view magic;
  std::string_view name;
};

struct Statement {
  std::uint8_t step = 0;  // as the session counts its messages
  mpc::PartyId party = 0;
  ByteArray<32> ceremony{};
  Bytes body;
};

// By what others know the author of a message.
struct SessionAuthor {
  // Where it has a share: the parties with one that read it, ascending and without the author.
  const custody::PairChannels* channels = nullptr;
  std::span<const mpc::PartyId> readers;
  // In a session with newcomers.
  const mpc::HostKey* host = nullptr;
};

// The file. Errors: those of crypto::schnorr_sign.
[[nodiscard]] Result<Bytes> write_session_message(const SessionKind& kind,
                                                  const Statement& statement,
                                                  const mpc::GroupKey& group,
                                                  const SessionAuthor& author);

class SessionMessage {
 public:
  // Errors: bad_data for what is no message of this kind, key and epoch, of another step or party
  // than asked for, truncated or longer. Who wrote it is not known yet.
  [[nodiscard]] static Result<SessionMessage> parse(const SessionKind& kind, ByteView file,
                                                    const mpc::GroupKey& group, std::uint8_t step,
                                                    mpc::PartyId party);

  [[nodiscard]] const Statement& statement() const { return statement_; }
  // Whether it ends as a message to so many readers with shares does, with or without a signature.
  [[nodiscard]] bool ends_in(std::size_t readers, bool with_signature) const;
  // Pre for both: it ends so. Whether the party said this to the reader at `position`, who holds
  // `channels`; whether who holds this host key said it.
  [[nodiscard]] bool said_to(std::size_t position, const custody::PairChannels& channels) const;
  [[nodiscard]] bool signed_by(const crypto::PointBytes& host_key) const;

 private:
  Statement statement_;
  ByteArray<32> digest_{};  // of all before the words
  Bytes words_;             // and the signature
};

// The session that a file says it is of, whoever wrote it; nothing for no message of this kind.
[[nodiscard]] std::optional<ByteArray<32>> ceremony_of(const SessionKind& kind, ByteView file);

}  // namespace tally::sign

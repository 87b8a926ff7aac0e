// A session in which a quorum of custodians signs one message with FROST, by files that they carry;
// no process waits for another meanwhile. Its folder holds two files a signer
// (session_message.hpp), none of it secret to read:
//
//   nonce-I    what party I signs, with whom, for which key, and its public nonce
//   partial-I  its partial signature, bound to all public nonces
//
// Each party checks that the others wrote theirs, and to which nonces their partial signatures
// belong, before it says of one what it did. So whoever carries the folder can spoil the session:
// what was changed is told as that, what a party wrote in another session as possibly that, and
// terms that name no word for the reader as "that party, or whoever carried the files". Anybody who
// has the group file can put the signature together, and without a share learns no more than the
// last of these.
//
// Beside the share stands, while the session lasts, SHARE.cosign-T of these terms: the secret
// nonce, then what came of it (custody/nonce_file.hpp); and for good SHARE.used.
//
// Blocking; one thread.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "core/result.hpp"
#include "custody/nonce_file.hpp"
#include "custody/pair_channel.hpp"
#include "mpc/signing_rounds.hpp"
#include "session_message.hpp"

namespace tally::sign {

inline constexpr SessionKind kCosignKind{"TALLYCSG", "a joint signature"};

enum class CosignStep : std::uint8_t { nonce = 1, partial = 2 };
[[nodiscard]] const char* to_text(CosignStep step);

[[nodiscard]] std::string cosign_path(const std::string& folder, CosignStep step,
                                      mpc::PartyId party);

// What the quorum in the folder signs, by the word of whoever wrote the first nonce file in it; for
// those who hold no share. Errors: no_input without one; bad_data for a malformed one; usage when
// the message is another; those of SigningRounds::make.
[[nodiscard]] Result<mpc::SigningRounds> read_rounds(const std::string& folder,
                                                     const mpc::GroupKey& group, ByteView message);

// The signature of the quorum's files in the folder. Errors: no_input for one that is missing;
// bad_data for one that is malformed, or was written for other terms or nonces; protocol naming the
// file whose partial signature is wrong.
[[nodiscard]] Result<mpc::Signature> combine_files(const std::string& folder,
                                                   const mpc::GroupKey& group,
                                                   const mpc::SigningRounds& rounds);

class Cosigning {
 public:
  // Begins a session in the folder, or goes on with the one of these terms; `anew` gives that up.
  // `share` and `rounds` must outlive it. Errors: those of the files and of NonceFile::open; usage
  // for a folder in which this party has said something else.
  [[nodiscard]] static Result<Cosigning> open(const std::string& share_path,
                                              const mpc::Share& share, const std::string& folder,
                                              const mpc::SigningRounds& rounds, bool anew);

  // Takes every step that can be taken now and tells `said` its name and file. Gives the message
  // that must come next from another, or nothing when the signature is there. Errors: those of the
  // files; bad_data for a message that is malformed; protocol naming the party whose message was
  // not written by it or is wrong; usage when a party has other terms; permission when the nonce
  // was taken before, or has signed with other nonces.
  struct Awaited {
    CosignStep step;
    mpc::PartyId party;
  };
  using Said = std::function<void(const char* step, const std::string& file)>;
  [[nodiscard]] Result<std::optional<Awaited>> go_on(const Said& said);

  // Pre: go_on() awaited nothing.
  [[nodiscard]] const mpc::Signature& signature() const { return signature_; }
  // Once the signature is out: removes what stands beside the share. Errors: io.
  [[nodiscard]] Status end() { return nonce_.remove(); }

  [[nodiscard]] std::string path_of(CosignStep step, mpc::PartyId party) const {
    return cosign_path(folder_, step, party);
  }

 private:
  Cosigning(const mpc::Share& share, std::string folder, const mpc::SigningRounds& rounds,
            custody::NonceFile nonce, custody::PairChannels channels)
      : share_(share),
        folder_(std::move(folder)),
        rounds_(rounds),
        nonce_(std::move(nonce)),
        channels_(std::move(channels)) {}

  [[nodiscard]] std::span<const mpc::PartyId> signers() const { return rounds_.terms().signers; }
  [[nodiscard]] std::optional<mpc::PartyId> missing(CosignStep step) const;
  [[nodiscard]] Status check_folder() const;
  [[nodiscard]] Result<Bytes> message_of(CosignStep step, const ByteArray<32>& session,
                                         Bytes body) const;
  // Writes a stored message, or compares the one that is there. True when it was written.
  [[nodiscard]] Result<bool> put(CosignStep step, ByteView stored) const;
  // Whether the party said this to us among `signers`. Pre: this party is one of them.
  [[nodiscard]] Status check_word(const SessionMessage& message,
                                  std::span<const mpc::PartyId> signers,
                                  const std::string& path) const;
  [[nodiscard]] Status check_offers() const;
  [[nodiscard]] Result<mpc::PubNonce> nonce_of(mpc::PartyId party) const;
  [[nodiscard]] Result<std::vector<mpc::PubNonce>> nonces() const;
  [[nodiscard]] Status draw();
  [[nodiscard]] Status sign(std::span<const mpc::PubNonce> nonces);
  [[nodiscard]] Status combine(std::span<const mpc::PubNonce> nonces);

  const mpc::Share& share_;
  std::string folder_;
  const mpc::SigningRounds& rounds_;
  custody::NonceFile nonce_;
  custody::PairChannels channels_;
  mpc::Signature signature_{};
};

}  // namespace tally::sign

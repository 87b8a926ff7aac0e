// A session in which parties of a key set up their pairs for threshold ECDSA, by files that
// custodians carry. Its folder holds a file a party and step, and none of it is secret to read:
//
//   hello-I    the first message of party I to each of its peers, sealed to that peer
//   offer-I    the second
//   answer-I   the third, after which each side has its setup
//
// Beside the share stand, while the session lasts, SHARE.pairing: the seed of everything this party
// draws in it, and a hash of its hello, by which it knows the session's folder again once the hello
// is there, sealed under a hash of the share; and for good SHARE.used, which refuses a second
// message from the same seed, and SHARE.burnt, which counts the attempts. The result is
// SHARE.pair-J, a file a peer.
//
// Blocking; one thread.
#pragma once

#include <string>
#include <vector>

#include "core/result.hpp"
#include "custody/burn_journal.hpp"
#include "custody/pair_channel.hpp"
#include "custody/use_journal.hpp"
#include "mpc/pair_setup.hpp"

namespace tally::sign {

enum class PairStep : std::uint8_t { hello = 1, offer = 2, answer = 3 };
[[nodiscard]] const char* to_text(PairStep step);

class Pairing {
 public:
  // Goes on with the session in which this party has said hello in the folder, or could say it
  // nowhere, or begins one with `peers`. Errors: those of the files; bad_data for a state of
  // another share; usage when the folder's session is over, or the one under way has another
  // folder.
  [[nodiscard]] static Result<Pairing> open(const std::string& share_path, const mpc::Share& share,
                                            const std::string& folder,
                                            const std::vector<mpc::PartyId>& peers);

  // Whether the share has part in a session that is not over.
  [[nodiscard]] static bool under_way(const std::string& share_path);

  [[nodiscard]] const std::vector<mpc::PartyId>& peers() const { return peers_; }
  [[nodiscard]] std::string path_of(PairStep step, mpc::PartyId party) const;

  // Whether this party's message of a step is in the folder; the first peer whose is not.
  [[nodiscard]] bool said(PairStep step) const;
  [[nodiscard]] std::optional<mpc::PartyId> missing(PairStep step) const;

  // Writes this party's message. Pre: all messages of the step before are there. Errors: those of
  // the files and of UseJournal::use; bad_data for a message that is malformed; protocol naming the
  // party for one that was not sealed by it for this session.
  [[nodiscard]] Status say(PairStep step);

  // Writes the setups and ends the session. Errors: as say(); protocol naming the parties whose
  // messages were wrong, after the setups with the others are written.
  [[nodiscard]] Status finish();

 private:
  // One pair, played again from the seed up to where it stands.
  struct Pair;

  Pairing(const std::string& share_path, const mpc::Share& share, std::string folder,
          custody::PairChannels channels, custody::UseJournal uses,
          std::unique_ptr<custody::BurnJournal> burns)
      : share_path_(share_path),
        share_(share),
        folder_(std::move(folder)),
        channels_(std::move(channels)),
        uses_(std::move(uses)),
        burns_(std::move(burns)) {}
  [[nodiscard]] std::string state_path() const { return share_path_ + ".pairing"; }
  [[nodiscard]] Status load_state();
  [[nodiscard]] Status save_state() const;
  [[nodiscard]] Status check_folder();
  [[nodiscard]] Status keep_to_folder();
  [[nodiscard]] Status begin(const std::vector<mpc::PartyId>& peers);
  [[nodiscard]] Status use_seed(std::uint8_t step, const ByteArray<32>& heard);
  [[nodiscard]] mpc::PairIdentity identity_with(mpc::PartyId peer) const;
  [[nodiscard]] Result<Bytes> read(PairStep step, mpc::PartyId from, ByteView transcript) const;
  [[nodiscard]] Result<std::unique_ptr<Pair>> replay(mpc::PartyId peer, PairStep until) const;
  [[nodiscard]] Bytes about(PairStep step, mpc::PartyId from, mpc::PartyId to,
                            ByteView transcript) const;

  std::string share_path_;
  const mpc::Share& share_;
  std::string folder_;
  custody::PairChannels channels_;
  custody::UseJournal uses_;
  std::unique_ptr<custody::BurnJournal> burns_;
  std::vector<mpc::PartyId> peers_;
  std::vector<std::uint32_t> attempts_;  // with each of them before this session
  core::SecretBytes seed_;
  ByteArray<32> hello_hash_{};  // of the hello that was written, or tried last
  bool has_folder_ = false;     // its hello is written
};

}  // namespace tally::sign

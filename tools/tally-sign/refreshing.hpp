// A session in which the parties of a key take new shares of it, by files that custodians carry:
// the same key under the next epoch (mpc/reshare.hpp), which makes what was stolen of old shares
// worth nothing. Newcomers may take part, who have no share yet and a host key that the parties
// were told. Its folder holds a file a party and step (session_message.hpp), none of it secret to
// read:
//
//   hello-I    the host key that party I made for this session, and to whom the key shall go on;
//              of parties that have a share
//   deal-I     of the first t parties: their shares dealt again, sealed to those host keys
//   agree-I    party I's signature on everything that was agreed
//   hold-I     that party I has its new share on disk
//   key.group  the group file of the next epoch
//
// Beside the share stand, while the session lasts, SHARE.refresh: the seed of everything this party
// draws in it, sealed under a hash of the share; SHARE.next: the new share under the old one's
// passphrase; and for good SHARE.used, which refuses a second message from the same seed, and says
// out of which session the share came. Only when all parties hold their new shares does SHARE.next
// take the place of SHARE: before, the old epoch signs as ever; after, every party can go on to the
// new one. So no party that is silent, killed or bribed leaves the others without t shares of one
// epoch (attack checklist, row 24).
//
// A newcomer has no share by which it knew the others, so in a session with newcomers everybody
// signs with the host keys. Which these are follows from the ceremony that the dealers prove their
// shares in, and which no one else can; so a newcomer needs to know its own host key and the group
// of the old epoch. Its share lies under SHARE.next as well until all hold theirs; what refuses a
// second message of its own is HOSTKEY.used, wherever the share shall be.
//
// Each file is whole or not there, and a step that is run again says the same. The seed and the
// host keys made for it die with the session; a newcomer's is for its custodian to destroy, for
// with the messages it gives the share again. Blocking; one thread.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "custody/use_journal.hpp"
#include "host_key.hpp"
#include "mpc/reshare.hpp"
#include "open_share.hpp"
#include "refresh_files.hpp"
#include "refresh_terms.hpp"

namespace tally::sign {

class Refreshing {
 public:
  // Begins a session in the folder, or goes on with the one that was begun; `anew` gives that up.
  // `mine` must outlive it. Errors: those of the files; usage for terms that cannot be, for a
  // folder of another session, and when a new share is waiting for the end of another session;
  // bad_data for a seed of another share.
  [[nodiscard]] static Result<Refreshing> open(const std::string& share_path,
                                               const UnlockedShare& mine, const std::string& folder,
                                               const RefreshTerms& terms, bool anew);

  // The same for a newcomer, whose share will be at `share_path`; the terms are those in the first
  // message of the folder. `key` and `group`, the key's before the session, must outlive it.
  // Errors: those of the files; try_again when no party has said the terms yet; usage when the host
  // key is none of the newcomers', and when a new share is waiting for the end of another session.
  [[nodiscard]] static Result<Refreshing> join(const std::string& share_path, const HostKey& key,
                                               const mpc::GroupKey& group,
                                               const std::string& folder);

  // Ends what a kill left undone after the new share had taken its place; nothing is done to a
  // session that is under way. Errors: io.
  [[nodiscard]] static Status end_interrupted(const std::string& share_path,
                                              const mpc::Share& share);
  // Whether the share there, of `group`, came out of the session in the folder. Of which it came is
  // on record beside the share, so that no group file in the folder feigns it; who carries the
  // folder can by a hold file of that session, so the caller says of which epoch it was. Errors:
  // those of custody::UseJournal.
  [[nodiscard]] static Result<bool> came_out_of(const std::string& share_path,
                                                const std::string& folder,
                                                const mpc::GroupKey& group);

  // Takes every step that can be taken now and tells `said` its name and file. Gives the message
  // that must come next from another, or nothing when the session has ended. Errors: those of the
  // files; bad_data for a message that is malformed; protocol naming the party whose message was
  // not said by it in this session or is wrong; usage when a party has other terms; permission when
  // this seed has said something else before.
  struct Awaited {
    RefreshStep step;
    mpc::PartyId party;
  };
  using Said = std::function<void(const char* step, const std::string& file)>;
  [[nodiscard]] Result<std::optional<Awaited>> go_on(const Said& said);

  [[nodiscard]] std::string path_of(RefreshStep step, mpc::PartyId party) const;
  [[nodiscard]] std::string group_path() const { return folder_ + "/key.group"; }
  [[nodiscard]] const RefreshTerms& terms() const { return terms_; }
  [[nodiscard]] mpc::PartyId number() const { return self_.id; }
  [[nodiscard]] bool is_newcomer(mpc::PartyId party) const { return party >= group().parties(); }

 private:
  // Who runs the session.
  struct Self {
    mpc::PartyId id = 0;                // its number in the session
    const mpc::GroupKey* group;         // of the old epoch
    const mpc::Share* share = nullptr;  // none of a newcomer
    const core::SecretBytes* passphrase;
    custody::KdfParameters kdf;
    std::optional<custody::PairChannels> channels;  // where it has a share
  };
  // What all see alike once everybody has dealt, and this party's own part.
  struct Agreed {
    mpc::ReshareCoordinator coordinator;
    mpc::ReshareReceiver receiver;
    Bytes signature;
  };

  Refreshing(const std::string& share_path, Self self, std::string folder, RefreshTerms terms,
             custody::UseJournal uses)
      : share_path_(share_path),
        self_(std::move(self)),
        folder_(std::move(folder)),
        terms_(std::move(terms)),
        uses_(std::move(uses)) {}

  [[nodiscard]] const mpc::GroupKey& group() const { return *self_.group; }
  [[nodiscard]] Status refuse_waiting(bool of_this_session) const;
  [[nodiscard]] Status load_or_begin(bool anew);
  [[nodiscard]] Status begin_seed();
  // Wiped by the caller.
  [[nodiscard]] ByteArray<32> draw(std::string_view what) const;
  [[nodiscard]] Result<mpc::HostKey> own_host_key() const;
  [[nodiscard]] Result<Bytes> own_hello() const;
  [[nodiscard]] std::vector<mpc::PartyId> everybody() const;
  [[nodiscard]] std::vector<mpc::PartyId> dealers() const;
  [[nodiscard]] std::vector<mpc::PartyId> speakers(RefreshStep step) const;
  [[nodiscard]] std::optional<mpc::PartyId> missing(RefreshStep step) const;

  // What this party says is made again from its seed: whoever carries the folder cannot change it.
  [[nodiscard]] Result<Bytes> own_deal(const mpc::ReshareParams& terms) const;
  // As this run first found it: who carries the folder meanwhile cannot show it two contents.
  [[nodiscard]] Result<ByteView> content_of(RefreshStep step, mpc::PartyId party) const;
  // Of another party.
  [[nodiscard]] Result<Bytes> read(RefreshStep step, mpc::PartyId from,
                                   const ByteArray<32>& ceremony) const;
  [[nodiscard]] Result<bool> is_said_by(mpc::PartyId from, const SessionMessage& message) const;
  [[nodiscard]] Status check_greetings() const;
  [[nodiscard]] Result<mpc::ReshareParams> params() const;
  [[nodiscard]] Result<Agreed> agreed() const;
  [[nodiscard]] ByteArray<32> use_name(RefreshStep step, const ByteArray<32>& ceremony) const;
  [[nodiscard]] static ByteArray<32> met_by(const ByteArray<32>& ceremony, ByteView body);
  [[nodiscard]] Result<mpc::DkgResult> result() const;
  [[nodiscard]] Error named(mpc::Failure failure) const;

  [[nodiscard]] Status say(RefreshStep step);
  [[nodiscard]] Status write(RefreshStep step, const ByteArray<32>& ceremony, Bytes body);
  [[nodiscard]] Status keep(const mpc::Share& next) const;
  [[nodiscard]] Status record_origin(const mpc::GroupKey& next, const ByteArray<32>& ceremony);
  [[nodiscard]] Status finish(const Said& said);

  std::string share_path_;
  Self self_;
  std::string folder_;
  RefreshTerms terms_;
  custody::UseJournal uses_;  // of a newcomer, beside its host key
  core::SecretBytes seed_;    // of a newcomer, its host secret
  mutable std::map<std::string, std::string> contents_;
};

}  // namespace tally::sign

// A secret nonce that waits on disk for the second round of a signature (mpc/signing_rounds.hpp),
// because the custodian's machine does not run meanwhile. One file a set of terms, beside the
// share, mode 0600; little-endian:
//
//   offset  bytes
//        0      8  magic "TALLYNCE"
//        8      2  version, 1
//       10      2  party
//       12     32  digest of key and epoch (GroupKey::digest)
//       44     32  digest of the terms
//       76      s  sealed (custody/beside.hpp), all before is authenticated with it: public nonce
//                  66; session id 32 and secret nonce 64, of which one is zero; length u32 and
//                  bytes of the first message; the bytes of the second
//
// A nonce that signs twice gives the share away, and a file can be copied. So:
//
// - SHARE.used says, synced before this file is made, that its nonce was drawn. Beside a journal
//   that does not know the nonce it is not taken out: neither where the share stands under another
//   name or in another folder, nor where the journal was lost or is older than the nonce.
// - It says, synced before the nonce is taken out, that it is. Whatever takes it a second time,
//   from whatever copy of this file, is refused, even for the same session.
// - The file is then replaced by one without the nonce, which holds the message that came of it. To
//   go on after a kill is to send these very bytes again. A kill between the two costs the nonce.
//
// Old blocks of the disk may still hold the sealed nonce. They open for nobody who does not know
// the share already. What is left to its owner: a journal that was copied between the two, together
// with this file, lets the copy sign as well: on two machines, under two names or in two folders of
// one. A backup taken between the rounds is of that kind whenever it is restored.
//
// Blocking; one thread; the journal is held as long as the object lives.
#pragma once

#include <string>

#include "custody/use_journal.hpp"
#include "mpc/nonce.hpp"
#include "mpc/share.hpp"

namespace tally::custody {

class NonceFile {
 public:
  // Looks for the file of these terms, and opens the journal. `share` must outlive it. Errors:
  // those of UseJournal::open and read_private_file; bad_data for a file of another share, or
  // changed.
  [[nodiscard]] static Result<NonceFile> open(const std::string& share_path,
                                              const mpc::Share& share,
                                              const ByteArray<32>& terms_digest);

  [[nodiscard]] const std::string& path() const { return path_; }
  // Whether a nonce was drawn for the terms: then it or its partial signature is here.
  [[nodiscard]] bool begun() const { return !first_message_.empty(); }
  [[nodiscard]] const mpc::PubNonce& public_nonce() const { return public_nonce_; }
  [[nodiscard]] const Bytes& first_message() const { return first_message_; }
  // Empty until keep().
  [[nodiscard]] const Bytes& second_message() const { return second_message_; }
  [[nodiscard]] const ByteArray<32>& session() const { return session_; }

  // Keeps a fresh nonce, with the message that shall tell of it, on record first. Returns once all
  // is durable; only then may the message leave. Pre: nothing was begun. Errors: io; those of
  // core::create_file.
  [[nodiscard]] Status begin(mpc::NoncePair nonce, Bytes first_message);

  // Takes the nonce out for this session, on record first. Errors: permission when it was taken
  // before, or the journal does not know that it was drawn; io. Pre: begun, and no second message.
  [[nodiscard]] Result<mpc::SecNonce> take(const ByteArray<32>& session);

  // Puts what came of the nonce in its place. Returns once that is durable; only then may the
  // message leave. Errors: those of core::replace_file.
  [[nodiscard]] Status keep(const ByteArray<32>& session, Bytes second_message);

  // Ends it, whatever it has come to: what was not sent yet is gone. Errors: io.
  [[nodiscard]] Status remove();

 private:
  NonceFile(std::string path, const mpc::Share& share, const ByteArray<32>& terms_digest,
            UseJournal uses)
      : path_(std::move(path)),
        share_(&share),
        terms_digest_(terms_digest),
        uses_(std::move(uses)) {}
  [[nodiscard]] Status load();
  [[nodiscard]] Result<Bytes> seal() const;

  std::string path_;
  const mpc::Share* share_;
  ByteArray<32> terms_digest_;
  Bytes header_;
  UseJournal uses_;
  mpc::PubNonce public_nonce_{};
  ByteArray<32> session_{};
  core::SecretBytes secret_nonce_;  // empty when there is none
  Bytes first_message_;
  Bytes second_message_;
};

}  // namespace tally::custody

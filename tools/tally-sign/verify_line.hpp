// Questions of `tally-sign verify`: JSON lines that name a key, a message and a signature.
//
//   {"id":1,"scheme":"bip340","pubkey":HEX,"message":HEX,"sig":HEX}
//   {"id":2,"scheme":"ecdsa","pubkey":HEX,"digest":HEX,"sig":HEX,"format":"der","low_s":true}
//
// pubkey: x-only (32 bytes) for bip340, SEC1 (33 or 65) for ecdsa. message or digest, not both;
// bip340 signs the message as it is, ecdsa its hash ("hash":"sha256"). format: der or compact.
// low_s: whether a high s is refused, as Bitcoin does; true when absent.
//
// A line becomes an item for a verifier, and its verdict becomes a line again. A reader belongs to
// one thread; it and the questions keep their memory, so that a steady stream allocates nothing.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "crypto/verify_item.hpp"
#include "json/flat_reader.hpp"
#include "json/writer.hpp"

namespace tally::sign {

struct Question {
  json::Writer id;          // the id as JSON
  std::string why;          // when it is settled: the reason, empty when good
  crypto::VerifyItem item;  // when it is not; points into `bytes`
  Bytes bytes;
  std::uint64_t number = 0;  // of the line, or the record's sequence
  bool unreadable = false;   // it has no id but its line's number
  bool settled = false;
  std::size_t charged_bytes = 0;  // held_bytes() as a window counted it on the way in

  // What it keeps allocated.
  [[nodiscard]] std::size_t held_bytes() const {
    return id.text().capacity() + why.capacity() + bytes.capacity();
  }
  // Gives back each part that has grown beyond `most_bytes`.
  void give_back(std::size_t most_bytes);
};

class QuestionReader {
 public:
  // Takes apart line `number`; the question is settled when the line itself says that it is bad.
  void read(std::string_view line, std::uint64_t number, Question& question);

 private:
  json::FlatReader reader_;
};

// Settles a line that cannot be read.
void settle_unreadable(std::uint64_t number, std::string_view why, Question& question);

// Settles a question by the verdict on its item; of a bad one it finds out why.
void settle(crypto::Verdict verdict, Question& question);

// Appends {"id":...,"ok":...,"why":...}, with "line" when the line could not be read. Pre: settled.
void append_answer(const Question& question, std::string& out);

}  // namespace tally::sign

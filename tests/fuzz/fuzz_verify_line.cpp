// Whatever stands in a line of `tally-sign verify`, the answer is one JSON object in one line that
// says `ok` as the answer does, and a reason exactly when it is not.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "crypto/verify_backend.hpp"
#include "json/value.hpp"
#include "verify_line.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view line(reinterpret_cast<const char*>(data), size);
  static tally::sign::QuestionReader reader;
  static tally::sign::Question question;
  reader.read(line, 7, question);
  if (!question.settled) {
    tally::sign::settle(tally::crypto::verify_singly_var(question.item), question);
  }
  std::string answer;
  tally::sign::append_answer(question, answer);
  if (answer.find('\n') != std::string::npos) std::abort();
  const auto parsed = tally::json::parse(answer);
  if (!parsed || parsed->find("id") == nullptr) std::abort();
  const auto ok = parsed->bool_at("ok");
  if (!ok || *ok != question.why.empty()) std::abort();
  const bool has_reason = parsed->string_at("why").has_value();
  if (has_reason == *ok) std::abort();
  return 0;
}

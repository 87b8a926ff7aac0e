// Whatever stands in a line of `tally-sign verify`, the answer is one JSON object in one line that
// says `ok` as the answer does, and a reason exactly when it is not.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "json/value.hpp"
#include "verify_line.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view line(reinterpret_cast<const char*>(data), size);
  const tally::sign::Answer answer = tally::sign::answer_line(line, 7);
  if (answer.json.find('\n') != std::string::npos) std::abort();
  const auto parsed = tally::json::parse(answer.json);
  if (!parsed || parsed->find("id") == nullptr) std::abort();
  const auto ok = parsed->bool_at("ok");
  if (!ok || *ok != answer.ok) std::abort();
  const bool has_reason = parsed->string_at("why").has_value();
  if (has_reason == answer.ok) std::abort();
  return 0;
}

// Whatever parses as JSON is written as JSON that parses again, and writing that once more gives
// the same text.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <type_traits>

#include "json/value.hpp"
#include "json/writer.hpp"

namespace {

using tally::json::Value;
using tally::json::Writer;

void write(Writer& writer, const Value& value) {
  std::visit(
      [&](const auto& content) {
        using Content = std::decay_t<decltype(content)>;
        if constexpr (std::is_same_v<Content, std::nullptr_t>) {
          writer.null();
        } else if constexpr (std::is_same_v<Content, Value::Array>) {
          writer.begin_array();
          for (const Value& item : content) write(writer, item);
          writer.end_array();
        } else if constexpr (std::is_same_v<Content, Value::Object>) {
          writer.begin_object();
          for (const auto& [name, member] : content) {
            writer.key(name);
            write(writer, member);
          }
          writer.end_object();
        } else {
          writer.value(content);
        }
      },
      value.content());
}

std::string text_of(const Value& value) {
  Writer writer;
  write(writer, value);
  return writer.take();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto value = tally::json::parse({reinterpret_cast<const char*>(data), size});
  if (!value) return 0;
  const std::string once = text_of(*value);
  const auto again = tally::json::parse(once);
  if (!again || text_of(*again) != once) std::abort();
  return 0;
}

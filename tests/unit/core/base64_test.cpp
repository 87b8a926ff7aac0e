#include "core/base64.hpp"

#include <doctest/doctest.h>

namespace core = tally::core;

TEST_SUITE_BEGIN("core");

TEST_CASE("base64 gives the test vectors of RFC 4648") {
  const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& vector : vectors) {
    const char* const plain = vector.first;
    const char* const encoded = vector.second;
    CAPTURE(plain);
    CHECK(core::to_base64(core::as_bytes(plain)) == encoded);
    CHECK(core::as_text(core::from_base64(encoded).value()) == plain);
  }
}

TEST_CASE("base64 carries every byte") {
  tally::Bytes bytes;
  for (int i = 0; i < 768; ++i) bytes.push_back(static_cast<std::uint8_t>(i * 37));
  CHECK(core::from_base64(core::to_base64(bytes)).value() == bytes);
}

TEST_CASE("base64 that is not is refused with its place") {
  CHECK(core::from_base64("Zm9").error().message == "base64 of 3 characters");
  CHECK(core::from_base64("Zm*v").error().message == "character 3 is not a base64 digit");
  CHECK(core::from_base64("Z===").error().message == "character 2 is not a base64 digit");
  CHECK(core::from_base64("Zm9v\nZm9").error().message == "character 5 is not a base64 digit");
  CHECK(core::from_base64("Zh==").error().code == tally::Code::bad_data);
  CHECK(core::from_base64("Zm9=").has_value() == false);
}

TEST_SUITE_END();

// An endpoint's text is taken apart or refused as wrong usage with its reason; what was taken apart
// holds what the rest of the program relies on.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "net/endpoint.hpp"
#include "ring/options.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto endpoint = tally::net::parse_endpoint(text);
  if (!endpoint) {
    const bool said =
        endpoint.error().code == tally::Code::usage && !endpoint.error().message.empty();
    if (!said) std::abort();
    return 0;
  }
  if (endpoint->text != text) std::abort();
  const bool is_path = endpoint->scheme == tally::net::Scheme::file ||
                       endpoint->scheme == tally::net::Scheme::unix_socket;
  if (is_path && (endpoint->body.empty() || endpoint->body.find('\0') != std::string::npos))
    std::abort();
  if (endpoint->scheme == tally::net::Scheme::unix_socket && endpoint->body.size() > 107) {
    std::abort();
  }
  const auto keys = tally::net::scheme_keys(endpoint->scheme);
  for (const auto& option : endpoint->options) {
    if (std::find(keys.begin(), keys.end(), option.key) == keys.end()) std::abort();
    if (endpoint->find(option.key) == nullptr) std::abort();
  }
  if (endpoint->scheme == tally::net::Scheme::shm) {
    const auto ring = tally::ring::parse_endpoint(text);
    if (!ring && ring.error().code != tally::Code::usage) std::abort();
    const auto read = tally::ring::parse_reader_endpoint(text);
    if (read ? !ring : read.error().code != tally::Code::usage) std::abort();
  }
  return 0;
}

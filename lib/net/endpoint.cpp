#include "net/endpoint.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "core/suggest.hpp"
#include "core/units.hpp"

namespace tally::net {
namespace {

using Words = std::span<const std::string_view>;

constexpr std::array<std::string_view, 3> kUdpKeys{"rcvbuf", "sndbuf", "bytes"};
constexpr std::array<std::string_view, 1> kUnixKeys{"bytes"};
constexpr std::array<std::string_view, 1> kStreamKeys{"frame"};
constexpr std::array<std::string_view, 2> kFileKeys{"frame", "open"};
constexpr std::array<std::string_view, 8> kShmKeys{"slots", "bytes",       "full",         "wait",
                                                   "huge",  "huge-strict", "open-timeout", "kind"};
constexpr std::array<std::string_view, 5> kGenKeys{"count", "rate", "bytes", "window", "timeout"};

struct SchemeRow {
  std::string_view prefix;  // up to and with the colon
  std::string_view word;
  Scheme scheme;
  Words keys;
  bool takes_body;
};

constexpr std::array<SchemeRow, 8> kSchemes{{
    {"udp:", "udp", Scheme::udp, kUdpKeys, true},
    {"unix:", "unix", Scheme::unix_socket, kUnixKeys, true},
    {"-", "stdio", Scheme::stream, kStreamKeys, false},
    {"file:", "file", Scheme::file, kFileKeys, true},
    {"shm:", "ring", Scheme::shm, kShmKeys, true},
    {"memfd:", "ring", Scheme::shm, kShmKeys, true},
    {"gen:", "gen", Scheme::gen, kGenKeys, false},
    {"null:", "null", Scheme::null, {}, false},
}};

constexpr std::string_view kShapes =
    "endpoints are udp://HOST:PORT, unix:PATH, shm:NAME, memfd:PATH, file:PATH, -, gen: and "
    "null:";

const SchemeRow& row_of(Scheme scheme) {
  return *std::find_if(kSchemes.begin(), kSchemes.end(),
                       [&](const SchemeRow& row) { return row.scheme == scheme; });
}

tl::unexpected<Error> bad(const Endpoint& endpoint, std::string message, std::string hint = {}) {
  return fail(Code::usage, fmt::format("endpoint {}: {}", endpoint.text, message), std::move(hint));
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Undoes %XX. Errors: usage for a percent sign that is not followed by two digits, and for %00,
// which would end a path early.
Result<std::string> decode_percent(const Endpoint& endpoint, std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\0') return bad(endpoint, "a zero byte");
    if (text[i] != '%') {
      out.push_back(text[i]);
      continue;
    }
    const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
    if (high < 0 || low < 0 || high + low == 0) {
      return bad(endpoint, "a percent sign starts no escape here", "write %25 for a percent sign");
    }
    out.push_back(static_cast<char>(high << 4 | low));
    i += 2;
  }
  return out;
}

Result<const SchemeRow*> scheme_of(std::string_view text) {
  for (const SchemeRow& row : kSchemes) {
    const bool stream = row.scheme == Scheme::stream;
    const bool matches =
        stream ? text == "-" || text.starts_with("-,") : text.starts_with(row.prefix);
    if (matches) return &row;
  }
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) {
    return fail(Code::usage, fmt::format("'{}' is no endpoint", text), std::string(kShapes));
  }
  static constexpr std::array<std::string_view, 7> kWords{"udp",   "unix", "file", "shm",
                                                          "memfd", "gen",  "null"};
  const std::string_view word = text.substr(0, colon);
  return fail(Code::usage, fmt::format("unknown endpoint scheme '{}' in {}", word, text),
              core::did_you_mean(word, kWords, std::string(kShapes)));
}

Status parse_option(Endpoint& endpoint, std::string_view item, const SchemeRow& row) {
  const std::size_t equals = item.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    return bad(endpoint, fmt::format("'{}' is not key=value", item),
               "a comma in a path is written %2C");
  }
  const std::string_view key = item.substr(0, equals);
  if (std::find(row.keys.begin(), row.keys.end(), key) == row.keys.end()) {
    const std::string all = row.keys.empty()
                                ? fmt::format("{} takes no keys", row.prefix)
                                : fmt::format("keys of {} are {}", row.prefix,
                                              fmt::join(row.keys.begin(), row.keys.end(), ", "));
    return bad(endpoint, fmt::format("unknown key '{}'", key),
               core::did_you_mean(key, row.keys, all));
  }
  if (endpoint.find(key) != nullptr) {
    return bad(endpoint, fmt::format("key {} stands twice", key), fmt::format("say {} once", key));
  }
  TALLY_TRY(std::string value, decode_percent(endpoint, item.substr(equals + 1)));
  endpoint.options.push_back({std::string(key), std::move(value)});
  return {};
}

Status parse_options(Endpoint& endpoint, std::string_view list, const SchemeRow& row) {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    TALLY_CHECK(parse_option(endpoint, list.substr(0, comma), row));
    if (comma == std::string_view::npos) break;
    list.remove_prefix(comma + 1);
    if (list.empty()) return bad(endpoint, "a comma at the end");
  }
  return {};
}

// "//HOST:PORT" into host and port.
Status parse_udp(Endpoint& endpoint) {
  static const std::string kHint = "as in udp://127.0.0.1:9000 or udp://[::1]:9000";
  std::string_view rest = endpoint.body;
  if (!rest.starts_with("//")) return bad(endpoint, "expected // after udp:", kHint);
  rest.remove_prefix(2);
  const std::size_t colon = rest.rfind(':');
  if (colon == std::string_view::npos) return bad(endpoint, "there is no port", kHint);
  std::string_view host = rest.substr(0, colon);
  const auto port = core::parse_count(rest.substr(colon + 1), 0, 65535);
  if (!port) return bad(endpoint, fmt::format("bad port: {}", port.error().message), kHint);
  const bool bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (!bracketed && host.find_first_of(":[]") != std::string_view::npos) {
    return bad(endpoint, "an IPv6 address needs brackets", kHint);
  }
  if (host.find('/') != std::string_view::npos)
    return bad(endpoint, "a path after the port", kHint);
  endpoint.host = host;
  endpoint.port = static_cast<std::uint16_t>(*port);
  return {};
}

// Linux keeps a unix socket's path in 108 bytes, the terminating zero among them.
constexpr std::size_t kMaxUnixPathBytes = 107;

Status check_body(Endpoint& endpoint, const SchemeRow& row) {
  if (row.takes_body && endpoint.body.empty()) {
    return bad(endpoint, "nothing after the scheme", std::string(kShapes));
  }
  if (row.scheme == Scheme::udp) return parse_udp(endpoint);
  if (row.scheme == Scheme::unix_socket && endpoint.body.size() > kMaxUnixPathBytes) {
    return bad(endpoint, fmt::format("the path is longer than {} bytes", kMaxUnixPathBytes));
  }
  if (row.scheme == Scheme::unix_socket && endpoint.body == "@") {
    return bad(endpoint, "the abstract name is empty");
  }
  return {};
}

}  // namespace

const std::string* Endpoint::find(std::string_view key) const {
  for (const EndpointOption& option : options) {
    if (option.key == key) return &option.value;
  }
  return nullptr;
}

Error Endpoint::usage_error(std::string_view key, const Error& cause) const {
  return cause.in(fmt::format("endpoint {}: {}", text, key));
}

Result<std::uint64_t> Endpoint::count(std::string_view key, std::uint64_t fallback,
                                      std::uint64_t min, std::uint64_t max) const {
  const std::string* const value = find(key);
  if (value == nullptr) return fallback;
  auto parsed = core::parse_count(*value, min, max);
  if (!parsed) return fail(usage_error(key, parsed.error()));
  return parsed;
}

Result<std::uint64_t> Endpoint::size(std::string_view key, std::uint64_t fallback,
                                     std::uint64_t min, std::uint64_t max) const {
  const std::string* const value = find(key);
  if (value == nullptr) return fallback;
  auto parsed = core::parse_size_bytes(*value);
  if (!parsed) return fail(usage_error(key, parsed.error()));
  if (*parsed < min || *parsed > max) {
    return fail(Code::usage, fmt::format("endpoint {}: {}: {} is not from {} to {} bytes", text,
                                         key, *parsed, min, max));
  }
  return parsed;
}

Result<std::uint64_t> Endpoint::duration_ns(std::string_view key, std::uint64_t fallback) const {
  const std::string* const value = find(key);
  if (value == nullptr) return fallback;
  auto parsed = core::parse_duration_ns(*value);
  if (!parsed) return fail(usage_error(key, parsed.error()));
  return parsed;
}

Result<std::size_t> Endpoint::choice(std::string_view key, std::size_t fallback,
                                     std::span<const std::string_view> choices) const {
  const std::string* const value = find(key);
  if (value == nullptr) return fallback;
  const auto found = std::find(choices.begin(), choices.end(), *value);
  if (found != choices.end()) return static_cast<std::size_t>(found - choices.begin());
  const std::string all =
      fmt::format("{} is one of {}", key, fmt::join(choices.begin(), choices.end(), ", "));
  return fail(Code::usage, fmt::format("endpoint {}: unknown {} '{}'", text, key, *value),
              core::did_you_mean(*value, choices, all));
}

Result<Endpoint> parse_endpoint(std::string_view text) {
  TALLY_TRY(const SchemeRow* row, scheme_of(text));
  Endpoint endpoint;
  endpoint.scheme = row->scheme;
  endpoint.text = text;
  std::string_view rest = text.substr(row->prefix.size());
  if (row->takes_body) {
    const std::size_t comma = rest.find(',');
    TALLY_TRY(endpoint.body, decode_percent(endpoint, rest.substr(0, comma)));
    rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(comma + 1);
    if (comma != std::string_view::npos && rest.empty()) return bad(endpoint, "a comma at the end");
  } else if (row->scheme == Scheme::stream && !rest.empty()) {
    rest.remove_prefix(1);
    if (rest.empty()) return bad(endpoint, "a comma at the end");
  }
  TALLY_CHECK(check_body(endpoint, *row));
  TALLY_CHECK(parse_options(endpoint, rest, *row));
  return endpoint;
}

std::string_view scheme_word(Scheme scheme) {
  return row_of(scheme).word;
}

std::span<const std::string_view> scheme_keys(Scheme scheme) {
  return row_of(scheme).keys;
}

}  // namespace tally::net

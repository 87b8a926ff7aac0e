// Where records come from or go to, as a user types it: `scheme:body,key=value,...`. Nothing in it
// is expanded by a shell; a comma or percent sign in a body or value is written %2C, %25.
//
//   udp://HOST:PORT   datagrams; [::1] for IPv6; an empty HOST is loopback
//   unix:PATH         datagrams on a unix socket; unix:@NAME in the abstract namespace
//   -                 standard input or output, framed
//   file:PATH         a file, pipe or device, framed
//   shm:NAME          a shared-memory ring
//   memfd:PATH        one without a name, handed from one process to another over a unix socket
//   gen:              (from) records made up, for tests and demonstrations
//   null:             (to) counted and forgotten
//
// Parsing looks at the text alone: it opens nothing and resolves no name.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace tally::net {

enum class Scheme { udp, unix_socket, stream, file, shm, gen, null };

struct EndpointOption {
  std::string key;
  std::string value;
};

struct Endpoint {
  Scheme scheme = Scheme::null;
  std::string text;  // as it was typed, for messages
  std::string body;  // decoded: path, ring name; "HOST:PORT" for udp; empty for -, gen: and null:
  std::string host;  // udp only, without brackets; empty when it was left out
  std::uint16_t port = 0;
  std::vector<EndpointOption> options;

  [[nodiscard]] const std::string* find(std::string_view key) const;

  // A key's value, or `fallback` when it is not there. Errors: usage, naming endpoint and key.
  [[nodiscard]] Result<std::uint64_t> count(std::string_view key, std::uint64_t fallback,
                                            std::uint64_t min, std::uint64_t max) const;
  [[nodiscard]] Result<std::uint64_t> size(std::string_view key, std::uint64_t fallback,
                                           std::uint64_t min, std::uint64_t max) const;
  [[nodiscard]] Result<std::uint64_t> duration_ns(std::string_view key,
                                                  std::uint64_t fallback) const;
  // The index in `choices` of the value.
  [[nodiscard]] Result<std::size_t> choice(std::string_view key, std::size_t fallback,
                                           std::span<const std::string_view> choices) const;

  [[nodiscard]] Error usage_error(std::string_view key, const Error& cause) const;
};

// Errors: usage, for an unknown scheme or key with a suggestion.
[[nodiscard]] Result<Endpoint> parse_endpoint(std::string_view text);

// The word for a scheme in names of hops and counts: udp, unix, stdio, file, ring, gen, null.
[[nodiscard]] std::string_view scheme_word(Scheme scheme);

// The keys that a scheme takes.
[[nodiscard]] std::span<const std::string_view> scheme_keys(Scheme scheme);

}  // namespace tally::net

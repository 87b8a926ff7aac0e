#include "refresh_terms.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <functional>

#include "core/endian.hpp"
#include "core/hex.hpp"

namespace tally::sign {

std::string to_text(const RefreshTerms& terms) {
  std::string text =
      fmt::format("threshold {} of parties {}", terms.threshold, fmt::join(terms.members, ", "));
  for (const auto& newcomer : terms.newcomers) text += " and " + core::to_hex(newcomer);
  return text;
}

Status check_terms(const RefreshTerms& terms, const mpc::GroupKey& group) {
  const auto& members = terms.members;
  const bool ascending = std::ranges::adjacent_find(members, std::greater_equal()) == members.end();
  if (!ascending || (!members.empty() && members.back() >= group.parties())) {
    return fail(Code::bad_data, fmt::format("no parties of this key: {}", to_text(terms)));
  }
  if (members.size() < group.threshold()) {
    return fail(Code::usage,
                fmt::format("{} parties cannot go on with the key: their shares are dealt by {}",
                            members.size(), group.threshold()));
  }
  const std::size_t next = members.size() + terms.newcomers.size();
  if (!mpc::good_parameters(terms.threshold, static_cast<std::uint32_t>(next))) {
    return fail(Code::usage, fmt::format("no key can have {}", to_text(terms)),
                "at least two parties, and a threshold that they reach");
  }
  return {};
}

Bytes encode(const RefreshHello& hello) {
  const RefreshTerms& terms = hello.terms;
  Bytes out(hello.host_key.begin(), hello.host_key.end());
  core::append_le(out, static_cast<std::uint16_t>(terms.threshold));
  core::append_le(out, static_cast<std::uint16_t>(terms.members.size()));
  for (const mpc::PartyId member : terms.members) {
    core::append_le(out, static_cast<std::uint16_t>(member));
  }
  core::append_le(out, static_cast<std::uint16_t>(terms.newcomers.size()));
  for (const auto& newcomer : terms.newcomers) core::append(out, newcomer);
  return out;
}

std::optional<RefreshHello> decode_refresh_hello(ByteView body) {
  RefreshHello hello;
  constexpr std::size_t kPoint = sizeof hello.host_key;
  constexpr std::size_t kMembersAt = kPoint + 4;
  const auto number = [&body](std::size_t at) { return core::load_le<std::uint16_t>(&body[at]); };
  if (body.size() < kMembersAt) return std::nullopt;
  const std::size_t members = number(kMembersAt - 2);
  const std::size_t newcomers_at = kMembersAt + 2 * members + 2;
  if (body.size() < newcomers_at) return std::nullopt;
  const std::size_t newcomers = number(newcomers_at - 2);
  if (body.size() != newcomers_at + kPoint * newcomers) return std::nullopt;
  std::ranges::copy(body.first(kPoint), hello.host_key.begin());
  hello.terms.threshold = number(kPoint);
  for (std::size_t i = 0; i < members; ++i) {
    hello.terms.members.push_back(number(kMembersAt + 2 * i));
  }
  for (std::size_t i = 0; i < newcomers; ++i) {
    std::ranges::copy(body.subspan(newcomers_at + kPoint * i, kPoint),
                      hello.terms.newcomers.emplace_back().begin());
  }
  return hello;
}

}  // namespace tally::sign

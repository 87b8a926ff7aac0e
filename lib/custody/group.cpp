#include "custody/group.hpp"

#include <charconv>
#include <cstdlib>
#include <fmt/format.h>
#include <secp256k1.h>

#include "core/file.hpp"
#include "core/hex.hpp"

namespace tally::custody {
namespace {

constexpr std::string_view kFirstLine = "tally-group 1\n";

// The lines that the id covers.
std::string encode_body(const Group& group) {
  std::string text(kFirstLine);
  text += fmt::format("threshold {}\nparties {}\nkey {}\n", group.threshold, group.parties,
                      core::to_hex(group.public_key));
  for (std::size_t i = 0; i < group.party_keys.size(); ++i) {
    text += fmt::format("party {} {}\n", i, core::to_hex(group.party_keys[i]));
  }
  return text;
}

KeyId hash_body(std::string_view body) {
  constexpr std::string_view kTag = "tally/key-id/1";
  KeyId id{};
  // Fails only on null pointers.
  if (secp256k1_tagged_sha256(secp256k1_context_static, id.data(), core::as_bytes(kTag).data(),
                              kTag.size(), core::as_bytes(body).data(), body.size()) != 1) {
    std::abort();
  }
  return id;
}

// Takes lines one after another. A line that is not as expected leaves `good` false.
struct LineReader {
  std::string_view rest;
  bool good = true;

  // The text after `prefix` in the next line.
  std::string_view after(std::string_view prefix) {
    const auto end = rest.find('\n');
    if (end == std::string_view::npos || !rest.starts_with(prefix)) {
      good = false;
      return {};
    }
    const std::string_view found = rest.substr(prefix.size(), end - prefix.size());
    rest.remove_prefix(end + 1);
    return found;
  }
  std::uint16_t number_after(std::string_view prefix) {
    const std::string_view digits = after(prefix);
    std::uint16_t number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    good = good && error == std::errc{} && end == digits.data() + digits.size();
    return number;
  }
  CompressedPoint point_after(std::string_view prefix) {
    CompressedPoint point{};
    const std::string_view digits = after(prefix);
    good = good && core::from_hex_exact(digits, point).has_value();
    return point;
  }
};

bool on_curve(const CompressedPoint& point) {
  secp256k1_pubkey parsed;
  return secp256k1_ec_pubkey_parse(secp256k1_context_static, &parsed, point.data(), point.size()) ==
         1;
}

Status check_points(const Group& group) {
  if (!on_curve(group.public_key))
    return fail(Code::bad_data, "the group's key is not on the curve");
  for (std::size_t i = 0; i < group.party_keys.size(); ++i) {
    if (!on_curve(group.party_keys[i])) {
      return fail(Code::bad_data, fmt::format("the key of party {} is not on the curve", i));
    }
  }
  return {};
}

}  // namespace

KeyId key_id(const Group& group) {
  return hash_body(encode_body(group));
}

std::string encode_group(const Group& group) {
  std::string text = encode_body(group);
  const KeyId id = hash_body(text);
  text += fmt::format("id {}\n", core::to_hex(id));
  return text;
}

bool looks_like_group(std::string_view text) {
  return text.starts_with("tally-group ");
}

Result<Group> parse_group(std::string_view text) {
  if (looks_like_group(text) && !text.starts_with(kFirstLine)) {
    return fail(Code::bad_data, "group file of another version", "this program reads version 1");
  }
  LineReader lines{text.substr(0, kLargestGroupBytes)};
  lines.good = text.size() <= kLargestGroupBytes;
  lines.after(kFirstLine.substr(0, kFirstLine.size() - 1));
  Group group;
  group.threshold = lines.number_after("threshold ");
  group.parties = lines.number_after("parties ");
  group.public_key = lines.point_after("key ");
  lines.good = lines.good && group.threshold >= 1 && group.threshold <= group.parties &&
               group.parties <= kMostParties;
  for (std::uint16_t i = 0; lines.good && i < group.parties; ++i) {
    group.party_keys.push_back(lines.point_after(fmt::format("party {} ", i)));
  }
  KeyId id{};
  lines.good = lines.good && core::from_hex_exact(lines.after("id "), id).has_value();
  if (!lines.good || !lines.rest.empty()) {
    return fail(Code::bad_data, "not a group file, or a truncated one");
  }
  if (encode_group(group) != text) {
    return fail(Code::bad_data, "the group file was changed: its id does not match its lines",
                "copy the file again from the machine that dealt the key");
  }
  TALLY_CHECK(check_points(group));
  return group;
}

Result<Group> read_group_file(const std::string& path) {
  TALLY_TRY(const std::string text, core::read_file(path, kLargestGroupBytes));
  auto group = parse_group(text);
  if (!group) return fail(group.error().in(path));
  return group;
}

}  // namespace tally::custody

#include "custody/group_file.hpp"

#include <charconv>
#include <fmt/format.h>
#include <vector>

#include "core/file.hpp"
#include "core/hex.hpp"

namespace tally::custody {
namespace {

constexpr std::string_view kFirstLine = "tally-group 2";

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
  template <typename Number>
  Number number_after(std::string_view prefix) {
    const std::string_view digits = after(prefix);
    const char* end = digits.data() + digits.size();
    Number number = 0;
    const auto [at, error] = std::from_chars(digits.data(), end, number);
    good = good && error == std::errc{} && at == end;
    return number;
  }
  template <std::size_t N>
  ByteArray<N> hex_after(std::string_view prefix) {
    ByteArray<N> bytes{};
    const std::string_view digits = after(prefix);
    good = good && core::from_hex_exact(digits, bytes).has_value();
    return bytes;
  }
};

}  // namespace

std::string encode_group(const mpc::GroupKey& group) {
  std::string text = fmt::format(
      "{}\nschemes {}\nthreshold {}\nparties {}\nepoch {}\nchain {}\nkey {}\n", kFirstLine,
      group.facts().schemes, group.threshold(), group.parties(), group.epoch(),
      core::to_hex(group.facts().chain_code), core::to_hex(group.key().encode()));
  for (std::size_t i = 0; i < group.parties(); ++i) {
    text += fmt::format("party {} {}\n", i, core::to_hex(group.pubshares()[i].encode()));
  }
  text +=
      fmt::format("id {}\nstate {}\n", core::to_hex(group.key_id()), core::to_hex(group.digest()));
  return text;
}

bool looks_like_group(std::string_view text) {
  return text.starts_with("tally-group ");
}

Result<mpc::GroupKey> parse_group(std::string_view text) {
  if (looks_like_group(text) && !text.starts_with(fmt::format("{}\n", kFirstLine))) {
    return fail(Code::bad_data, "group file of another version", "this program reads version 2");
  }
  LineReader lines{text};
  lines.after(kFirstLine);
  mpc::KeyFacts facts;
  facts.schemes = lines.number_after<std::uint16_t>("schemes ");
  const auto threshold = lines.number_after<std::uint16_t>("threshold ");
  const auto parties = lines.number_after<std::uint16_t>("parties ");
  facts.epoch = lines.number_after<std::uint32_t>("epoch ");
  facts.chain_code = lines.hex_after<sizeof facts.chain_code>("chain ");
  const auto key = lines.hex_after<sizeof(crypto::PointBytes)>("key ");
  lines.good = lines.good && mpc::good_parameters(threshold, parties);
  std::vector<crypto::PointBytes> pubshares;
  for (std::uint16_t i = 0; lines.good && i < parties; ++i) {
    pubshares.push_back(lines.hex_after<sizeof(crypto::PointBytes)>(fmt::format("party {} ", i)));
  }
  lines.after("id ");
  lines.after("state ");
  if (!lines.good || !lines.rest.empty()) {
    return fail(Code::bad_data, "not a group file, or a truncated one");
  }
  TALLY_TRY(auto group, mpc::GroupKey::make(threshold, parties, key, pubshares, facts));
  if (encode_group(group) != text) {
    return fail(Code::bad_data,
                "the group file was changed: its id and state do not match its lines",
                "copy the file again from the machine that dealt the key");
  }
  return group;
}

Result<mpc::GroupKey> read_group_file(const std::string& path) {
  TALLY_TRY(const std::string text, core::read_file(path, kLargestGroupFileBytes));
  auto group = parse_group(text);
  if (!group) return fail(group.error().in(path));
  return group;
}

}  // namespace tally::custody

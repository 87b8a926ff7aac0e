#include "ceremony.hpp"

#include <cerrno>
#include <charconv>
#include <fmt/format.h>
#include <sys/stat.h>

#include "core/file.hpp"
#include "core/hex.hpp"

namespace tally::sign {
namespace {

constexpr std::size_t kLargestFileBytes = std::size_t{1} << 20U;  // of any step

constexpr std::string_view kFirstLine = "tally-ceremony 1\n";
constexpr std::string_view kFile = "ceremony";

}  // namespace

std::string encode_ceremony(const mpc::DkgParams& params) {
  std::string text = fmt::format("{}threshold {}\n", kFirstLine, params.t);
  for (std::size_t i = 0; i < params.host_keys.size(); ++i) {
    text += fmt::format("party {} {}\n", i, core::to_hex(params.host_keys[i]));
  }
  return text + fmt::format("hash {}\n", core::to_hex(mpc::params_hash(params).value()));
}

Result<mpc::DkgParams> parse_ceremony(std::string_view text) {
  // Read loosely, then compared with what it should have been.
  mpc::DkgParams params;
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    if (line.starts_with("threshold ")) {
      const std::string_view number = line.substr(10);
      std::from_chars(number.data(), number.data() + number.size(), params.t);
    } else if (line.starts_with("party ")) {
      const std::string_view key = line.substr(std::min(line.size(), line.rfind(' ') + 1));
      TALLY_CHECK(core::from_hex_exact(key, params.host_keys.emplace_back()));
    }
  }
  if (!text.starts_with(kFirstLine)) {
    return fail(Code::bad_data, "not a ceremony file of version 1",
                "tally-sign dkg start makes one");
  }
  if (const auto checked = mpc::check_params(params); !checked) return fail(Error(checked.error()));
  if (encode_ceremony(params) != text) {
    return fail(Code::bad_data, "the ceremony file was changed: its hash does not match its lines");
  }
  return params;
}

Result<CeremonyFolder> CeremonyFolder::create(const std::string& path,
                                              const mpc::DkgParams& params) {
  if (const auto checked = mpc::check_params(params); !checked) return fail(Error(checked.error()));
  if (::mkdir(path.c_str(), 0777) != 0) {
    return fail(core::os_error(Code::cannot_create, "cannot create " + path, errno,
                               "name a folder that does not exist"));
  }
  CeremonyFolder folder(path, params);
  TALLY_CHECK(folder.write(std::string(kFile), core::as_bytes(encode_ceremony(params))));
  return folder;
}

Result<CeremonyFolder> CeremonyFolder::open(const std::string& path) {
  TALLY_TRY(const std::string text,
            core::read_regular_file(path + "/" + std::string(kFile), kLargestFileBytes));
  auto params = parse_ceremony(text);
  if (!params) return fail(params.error().in(path));
  return CeremonyFolder(path, std::move(*params));
}

Result<Bytes> CeremonyFolder::read(const std::string& name) const {
  TALLY_TRY(const std::string content, core::read_regular_file(path_of(name), kLargestFileBytes));
  const ByteView bytes = core::as_bytes(content);
  return Bytes(bytes.begin(), bytes.end());
}

Result<std::vector<Bytes>> CeremonyFolder::read_all(const std::string& name) const {
  std::vector<Bytes> all;
  for (std::uint32_t id = 0; id < params_.n(); ++id) {
    TALLY_TRY(all.emplace_back(), read(fmt::format("{}-{}", name, id)));
  }
  return all;
}

Status CeremonyFolder::write(const std::string& name, ByteView content) const {
  return core::create_file(path_of(name), content, 0644);
}

}  // namespace tally::sign

#include "refresh_files.hpp"

#include <fmt/format.h>
#include <unistd.h>

namespace tally::sign {

const char* to_text(RefreshStep step) {
  switch (step) {
    case RefreshStep::hello:
      return "hello";
    case RefreshStep::deal:
      return "deal";
    case RefreshStep::agree:
      return "agree";
    case RefreshStep::hold:
      return "hold";
  }
  return "";
}

namespace refresh_files {

std::string state_of(const std::string& share_path) {
  return share_path + ".refresh";
}
std::string next_of(const std::string& share_path) {
  return share_path + ".next";
}
std::string used_of(const std::string& path) {
  return path + ".used";
}

std::string message_of(const std::string& folder, RefreshStep step, mpc::PartyId party) {
  return fmt::format("{}/{}-{}", folder, to_text(step), party);
}
bool there(const std::string& path) {
  return ::access(path.c_str(), F_OK) == 0;
}

Result<SessionMessage> parse(ByteView file, const mpc::GroupKey& group, RefreshStep step,
                             mpc::PartyId from) {
  return SessionMessage::parse(kRefreshKind, file, group, static_cast<std::uint8_t>(step), from);
}

}  // namespace refresh_files
}  // namespace tally::sign

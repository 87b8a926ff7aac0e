// Where the files of a refresh lie (refreshing.hpp says what is in each), and how a message in its
// folder is read. Any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/bytes.hpp"
#include "core/result.hpp"
#include "mpc/group.hpp"
#include "session_message.hpp"

namespace tally::sign {

inline constexpr SessionKind kRefreshKind{"TALLYRFR", "a refresh"};

// What each party says once, in this order; deal is for the first t parties alone, and newcomers
// have the last two.
enum class RefreshStep : std::uint8_t { hello = 1, deal = 2, agree = 3, hold = 4 };
[[nodiscard]] const char* to_text(RefreshStep step);

namespace refresh_files {

inline constexpr std::size_t kLargestMessageBytes = std::size_t{64} << 10U;
// The first messages are of no ceremony yet: together they make one.
inline constexpr ByteArray<32> kNoCeremony{};
inline constexpr std::string_view kBeginAgain = "begin again in a new folder with --anew";

// Beside a share, the last beside a newcomer's host key too.
[[nodiscard]] std::string state_of(const std::string& share_path);
[[nodiscard]] std::string next_of(const std::string& share_path);
[[nodiscard]] std::string used_of(const std::string& path);

// In the folder.
[[nodiscard]] std::string message_of(const std::string& folder, RefreshStep step,
                                     mpc::PartyId party);
[[nodiscard]] bool there(const std::string& path);

// Errors: those of SessionMessage::parse.
[[nodiscard]] Result<SessionMessage> parse(ByteView file, const mpc::GroupKey& group,
                                           RefreshStep step, mpc::PartyId from);

}  // namespace refresh_files
}  // namespace tally::sign

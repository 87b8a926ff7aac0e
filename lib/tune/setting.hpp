// The words of the tuner: what a setting is, and what was found where on a host.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tally::tune {

enum class Verdict {
  ok,              // as wanted, or nothing is wanted of it
  drift,           // was applied by us and is no longer so
  not_applicable,  // this host has no such thing; the reason says what is absent
  refused,         // the host does not let us read it; with errno
  advice,          // could be better; the reason says how and why
};
[[nodiscard]] const char* name_of(Verdict verdict);

enum class When {
  live,    // takes effect at once and is gone at the next boot
  boot,    // a kernel parameter: takes effect at the next boot
  report,  // looked at only: never changed by us
};
[[nodiscard]] const char* name_of(When when);

// How a value is compared with what was written. Numbers are part of the journal's format.
enum class ValueKind : std::uint8_t {
  text = 0,
  count = 1,  // the kernel may give fewer than asked: between old and new is ours too
  file = 2,   // a whole ordinary file, which may have been absent
};

// What `explain` tells about a setting. All static.
struct SettingInfo {
  std::string_view id;
  std::string_view title;
  When when;
  std::string_view why;
  std::string_view risk;
  std::string_view undo;
  std::string_view evidence;
  std::string_view kernels;
};

// Where a kernel parameter stands: in our file, in the generated menu, on the running kernel.
struct BootStanding {
  bool configured = false;
  bool generated = false;
  bool booted = false;
};

// One place where a setting lives on this host: a processor, a policy, a node, or the host.
struct Item {
  std::string id;
  std::string unit_kind;  // "cpu", "policy", "node", or empty for the host
  int unit = -1;
  std::string part;  // "state2", or empty
  std::string path;
  When when = When::report;
  ValueKind kind = ValueKind::text;
  std::string found;      // normalised
  std::string found_raw;  // the bytes as read, which undo writes back
  std::optional<std::string> wanted;
  Verdict verdict = Verdict::ok;
  std::string reason;
  int os_errno = 0;
  std::optional<BootStanding> boot;

  // "cpu3/state2", or "host".
  [[nodiscard]] std::string instance() const;
};

}  // namespace tally::tune

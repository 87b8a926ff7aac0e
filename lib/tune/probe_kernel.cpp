// Scheduler, network and security.
#include <fmt/format.h>

#include "tune/probe.hpp"
#include "tune/text.hpp"

namespace tally::tune {
namespace {

void add(Probe& probe, Item item) {
  probe.out.items.push_back(std::move(item));
}

// A sysctl that must be a whole number; anything else is told and left alone.
bool read_number(const Probe& probe, Item& item, std::int64_t& number, const std::string& absent) {
  if (!read_into(probe, item, absent)) return false;
  const auto value = parse_integer(item.found);
  if (value) {
    number = *value;
    return true;
  }
  item.verdict = Verdict::not_applicable;
  const std::string_view raw = item.found_raw;
  item.reason =
      fmt::format("holds '{}', which is no number", printable(raw.substr(0, raw.find('\n'))));
  return false;
}

bool isolated_now(const Probe& probe) {
  const auto text = probe.host.read("/sys/devices/system/cpu/isolated");
  return text && !normalised(*text).empty();
}

void probe_busy(Probe& probe, std::string_view id, const std::string& file) {
  Item item = host_item(id, "/proc/sys/net/core/" + file);
  std::int64_t us = 0;
  if (read_number(probe, item, us, "the kernel is built without busy polling")) {
    if (!probe.profile.busy_poll) {
      item.reason = us == 0 ? "sockets wait by sleeping" : "sockets spin before they sleep";
    } else if (probe.out.isolation.hot.empty()) {
      item.reason = "left alone: with no core to spare, spinning takes time from the others";
    } else {
      want(item, "50", "sockets spin for 50 us before they sleep; not on loopback");
    }
  }
  add(probe, std::move(item));
}

}  // namespace

void probe_scheduler(Probe& probe) {
  Item timers = host_item("sched.timer_migration", "/proc/sys/kernel/timer_migration");
  std::int64_t value = 0;
  if (read_number(probe, timers, value, "the kernel has no such setting") && probe.profile.timers) {
    if (isolated_now(probe)) {
      want(timers, "1", "takes timers away from the isolated processors");
    } else {
      want(timers, "0", "timers fire where they were armed; expect little");
    }
  }
  add(probe, std::move(timers));

  Item throttle = host_item("sched.rt_runtime", "/proc/sys/kernel/sched_rt_runtime_us");
  if (read_number(probe, throttle, value, "the kernel does not throttle real-time threads")) {
    throttle.reason = value < 0 ? "a runaway SCHED_FIFO thread would own its processor"
                                : "do not busy-poll under SCHED_FIFO: it is stopped every second";
  }
  add(probe, std::move(throttle));
}

void probe_network(Probe& probe) {
  probe_busy(probe, "net.busy_poll", "busy_poll");
  probe_busy(probe, "net.busy_read", "busy_read");

  Item stamps = host_item("net.tcp_timestamps", "/proc/sys/net/ipv4/tcp_timestamps");
  std::int64_t value = 0;
  if (read_number(probe, stamps, value, "no IPv4")) {
    const bool off = value == 0;
    stamps.verdict = off ? Verdict::advice : Verdict::ok;
    stamps.reason =
        off ? "off loses protection against wrapped sequence numbers and gains nothing: "
              "sysctl -w net.ipv4.tcp_timestamps=1"
            : "leave it on: off is harmful and gains nothing";
  }
  add(probe, std::move(stamps));

  Item low = host_item("net.tcp_low_latency", "/proc/sys/net/ipv4/tcp_low_latency");
  if (read_number(probe, low, value, "removed from this kernel")) {
    low.verdict = value == 0 ? Verdict::ok : Verdict::advice;
    low.reason = "obsolete: does nothing since Linux 4.14, though it reads back";
  }
  add(probe, std::move(low));
}

void probe_security(Probe& probe) {
  Item item = host_item("security.mitigations", "/proc/cmdline");
  if (read_into(probe, item, "the host does not tell its command line")) {
    item.found = "on";
    item.reason = "never offered: it would let other processes read keys";
    for (const Parameter& parameter : probe.out.grub.booted) {
      if (parameter.token != "mitigations=off") continue;
      item.found = "off";
      item.verdict = Verdict::advice;
      item.reason = "other processes can read keys here: keep no share on this host";
    }
    item.found_raw.clear();
  }
  add(probe, std::move(item));
}

}  // namespace tally::tune

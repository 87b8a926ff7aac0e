// What has to be equal for a stored figure to be worth comparing with a new one: the processor, the
// kernel, and what decides how fast both run.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bench/environment.hpp"
#include "core/result.hpp"
#include "json/value.hpp"
#include "json/writer.hpp"

namespace tally::bench {

struct Fingerprint {
  std::string cpu_model;
  std::string kernel;
  std::string governor;     // empty: none, as on most virtual machines
  std::string clocksource;  // empty: not known
  std::string hypervisor;   // its name in the processor's registers; empty: none
  std::string tuned;        // the transaction of tally-tune that is in force; empty: none
  int cpus = 0;             // that the process may run on

  bool operator==(const Fingerprint&) const = default;
};

[[nodiscard]] Fingerprint fingerprint_of(const Environment& host, const std::string& hypervisor,
                                         const std::string& tuned);

// The hypervisor's signature at CPUID leaf 40000000H, "KVMKVMKVM"; empty without one.
[[nodiscard]] std::string hypervisor_name();

// One field that differs, for people: "kernel (6.1 there, 6.5 here)". By the order of the struct.
[[nodiscard]] std::vector<std::string> differences(const Fingerprint& there,
                                                   const Fingerprint& here);

// Eight hexadecimal digits that name the host in a history: the CRC-32C of all fields.
[[nodiscard]] std::string id_of(const Fingerprint& host);

// As a JSON object, and back. Errors: bad_data, naming the member.
void write_fingerprint(json::Writer& writer, const Fingerprint& host);
[[nodiscard]] Result<Fingerprint> parse_fingerprint(const json::Value& value);

}  // namespace tally::bench

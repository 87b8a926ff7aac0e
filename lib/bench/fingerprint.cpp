#include "bench/fingerprint.hpp"

#include <array>
#include <cpuid.h>
#include <cstring>
#include <fmt/format.h>
#include <limits>

#include "core/bytes.hpp"
#include "core/crc32c.hpp"

namespace tally::bench {

namespace {

struct Field {
  const char* name;
  std::string Fingerprint::*member;
};
constexpr std::array<Field, 6> kFields{{{"cpu_model", &Fingerprint::cpu_model},
                                        {"kernel", &Fingerprint::kernel},
                                        {"governor", &Fingerprint::governor},
                                        {"clocksource", &Fingerprint::clocksource},
                                        {"hypervisor", &Fingerprint::hypervisor},
                                        {"tuned", &Fingerprint::tuned}}};

std::string or_none(const std::string& text) {
  return text.empty() ? "none" : text;
}

}  // namespace

Fingerprint fingerprint_of(const Environment& host, const std::string& hypervisor,
                           const std::string& tuned) {
  return {host.cpu_model,
          host.kernel,
          host.governor.value_or(""),
          host.clocksource.value_or(""),
          hypervisor,
          tuned,
          host.cpus};
}

std::string hypervisor_name() {
  unsigned a = 0;
  unsigned b = 0;
  unsigned c = 0;
  unsigned d = 0;
  constexpr unsigned kHypervisorBit = 1U << 31U;
  if (__get_cpuid(1, &a, &b, &c, &d) == 0 || (c & kHypervisorBit) == 0) return {};
  __cpuid(0x40000000U, a, b, c, d);
  std::array<char, 13> signature{};
  std::memcpy(&signature[0], &b, sizeof b);
  std::memcpy(&signature[4], &c, sizeof c);
  std::memcpy(&signature[8], &d, sizeof d);
  std::string name;
  for (const char character : signature)
    if (character > ' ' && character <= '~') name += character;
  return name.empty() ? "unnamed" : name;
}

std::vector<std::string> differences(const Fingerprint& there, const Fingerprint& here) {
  std::vector<std::string> found;
  for (const Field& field : kFields)
    if (there.*field.member != here.*field.member)
      found.push_back(fmt::format("{} ({} there, {} here)", field.name,
                                  or_none(there.*field.member), or_none(here.*field.member)));
  if (there.cpus != here.cpus)
    found.push_back(fmt::format("cpus ({} there, {} here)", there.cpus, here.cpus));
  return found;
}

std::string id_of(const Fingerprint& host) {
  json::Writer writer;
  write_fingerprint(writer, host);
  return fmt::format("{:08x}", core::crc32c(core::as_bytes(writer.text())));
}

void write_fingerprint(json::Writer& writer, const Fingerprint& host) {
  writer.begin_object();
  for (const Field& field : kFields) writer.field(field.name, host.*field.member);
  writer.field("cpus", host.cpus);
  writer.end_object();
}

Result<Fingerprint> parse_fingerprint(const json::Value& value) {
  Fingerprint host;
  for (const Field& field : kFields) {
    TALLY_TRY(host.*field.member, value.string_at(field.name));
  }
  TALLY_TRY(const std::int64_t cpus, value.int_at("cpus"));
  if (cpus < 0 || cpus > std::numeric_limits<int>::max())
    return fail(Code::bad_data, "member 'cpus' is out of range");
  host.cpus = static_cast<int>(cpus);
  return host;
}

}  // namespace tally::bench

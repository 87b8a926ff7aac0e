#include "bench/google.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <ctime>
#include <fmt/format.h>
#include <limits>
#include <map>
#include <optional>
#include <unistd.h>

#include "bench/environment.hpp"
#include "bench/kernel_text.hpp"
#include "core/clock.hpp"
#include "core/file.hpp"
#include "core/units.hpp"
#include "json/writer.hpp"

namespace tally::bench {

namespace {

constexpr double kNsPerSecond = 1e9;
struct TimeUnit {
  const char* name;
  double ns;
};
constexpr std::array<TimeUnit, 4> kTimeUnits = {
    {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", kNsPerSecond}}};

const TimeUnit* time_unit(std::string_view name) {
  for (const TimeUnit& unit : kTimeUnits)
    if (name == unit.name) return &unit;
  return nullptr;
}

std::string local_date() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::localtime_r(&now, &parts);
  char text[40] = {};
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S%z", &parts);
  std::string date(text);
  if (date.size() > 2) date.insert(date.size() - 2, ":");  // +01:00
  return date;
}

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

std::optional<std::string> first_line(const std::string& path) {
  auto content = core::read_file(path);
  if (!content) return std::nullopt;
  content->resize(std::min(content->size(), content->find('\n')));
  return *content;
}

// Processors in a list as the kernel prints it: "0-3,8".
std::size_t cpus_in(std::string_view list) {
  std::size_t count = 0;
  while (!list.empty()) {
    const std::string_view range = list.substr(0, list.find(','));
    list.remove_prefix(std::min(list.size(), range.size() + 1));
    std::size_t first = 0;
    const char* const end = range.data() + range.size();
    const auto [at, error] = std::from_chars(range.data(), end, first);
    if (error != std::errc{}) return 0;
    std::size_t last = first;
    if (at != end && std::from_chars(at + 1, end, last).ec != std::errc{}) return 0;
    count += last >= first ? last - first + 1 : 0;
  }
  return count;
}

// The caches of processor 0. An entry that cannot be read ends the list.
void write_caches(json::Writer& writer) {
  writer.key("caches").begin_array();
  for (int index = 0; index < 16; ++index) {
    const std::string folder = fmt::format("/sys/devices/system/cpu/cpu0/cache/index{}/", index);
    const auto type = first_line(folder + "type");
    const auto level = first_line(folder + "level");
    const auto size = first_line(folder + "size");
    const auto shared = first_line(folder + "shared_cpu_list");
    if (!type || !level || !size || !shared) break;
    // The kernel writes "48K" and means KiB.
    std::string text = *size;
    if (text.ends_with('K')) text += "iB";
    const auto bytes = core::parse_size_bytes(text);
    const auto number = core::parse_count(*level, 0, 16);
    if (!bytes || !number) break;
    writer.begin_object().field("type", *type).field("level", *number);
    writer.field("size", *bytes).field("num_sharing", cpus_in(*shared)).end_object();
  }
  writer.end_array();
}

std::optional<double> mhz_per_cpu() {
  const auto info = core::read_file("/proc/cpuinfo", std::size_t{4} << 20U);
  if (!info) return std::nullopt;
  const std::string text = cpuinfo_value(*info, "cpu MHz");
  double value = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), value).ec != std::errc{})
    return std::nullopt;
  return value;
}

void write_context(json::Writer& writer, const std::string& executable) {
  const Environment host = probe_environment();
  writer.key("context").begin_object();
  writer.field("date", local_date()).field("host_name", host_name());
  writer.field("executable", executable).field("num_cpus", host.cpus);
  writer.field("mhz_per_cpu", static_cast<std::int64_t>(std::lround(mhz_per_cpu().value_or(0))));
  writer.field("cpu_scaling_enabled", host.governor && *host.governor != "performance");
  write_caches(writer);
  writer.key("load_avg").begin_array();
  if (host.load_average) writer.value(*host.load_average);
  writer.end_array();
#ifdef NDEBUG
  writer.field("library_build_type", "release");
#else
  writer.field("library_build_type", "debug");
#endif
  writer.field("json_schema_version", 1);
  writer.field("cpu_time", "not measured apart, repeats real_time");
  writer.end_object();
}

void begin_entry(json::Writer& writer, const std::string& name, std::size_t family) {
  writer.begin_object().field("name", name).field("family_index", family);
  writer.field("per_family_instance_index", 0).field("run_name", name);
  writer.field("run_type", "iteration").field("repetitions", 1).field("repetition_index", 0);
  writer.field("threads", 1);
}

// A figure in `unit`, or its absence.
void write_times(json::Writer& writer, const std::optional<double>& median, const std::string& unit,
                 std::size_t samples, const std::string& reason) {
  if (!median) writer.field("error_occurred", true).field("error_message", reason);
  writer.field("iterations", samples);
  const TimeUnit* known = time_unit(unit);
  const double figure = median.value_or(0);
  const double time = known != nullptr || figure == 0 ? figure : kNsPerSecond / figure;
  writer.field("real_time", time).field("cpu_time", time);
  writer.field("time_unit", known != nullptr ? known->name : "ns");
  if (known == nullptr) writer.field("items_per_second", figure);
}

void counter(json::Writer& writer, const char* name, const std::optional<double>& value) {
  if (value && std::isfinite(*value)) writer.field(name, *value);
}

void write_result(json::Writer& writer, const CaseResult& result, std::size_t family) {
  std::string name = result.name;
  if (result.mode != Mode::none) name += fmt::format("/{}", mode_name(result.mode));
  const std::string reason = result.notes.empty() ? "not measured" : result.notes.front();
  begin_entry(writer, name, family);
  const auto of_ours = [&](double Summary::*member) {
    return result.ours ? std::optional<double>((*result.ours).*member) : std::nullopt;
  };
  write_times(writer, of_ours(&Summary::median), result.unit,
              result.ours ? result.ours->samples : 0, reason);
  counter(writer, "p10", of_ours(&Summary::p10));
  counter(writer, "p90", of_ours(&Summary::p90));
  counter(writer, "seed", result.seed);
  counter(writer, "calibration_ns", result.calibration_ns);
  if (result.counters)
    for (const Counter& one : result.counters->counters)
      counter(writer, one.name.c_str(), one.per_operation);
  writer.end_object();
  for (const PeerFigure& peer : result.peers) {
    begin_entry(writer, name + "/peer:" + peer.name, family);
    write_times(writer, peer.median, result.unit, result.ours ? result.ours->samples : 0,
                "not measured");
    counter(writer, "ratio", peer.ratio);
    writer.end_object();
  }
}

// What the entries of one benchmark add up to, in ns.
struct Gathered {
  std::vector<double> times_ns;
  std::optional<double> median_ns;
  std::vector<std::string> notes;
};

// Takes one entry of `benchmarks`.
Status gather(const json::Value& entry, const std::string& name, Gathered& gathered) {
  if (const json::Value* failed = entry.find("error_occurred");
      failed != nullptr && failed->as_bool() != nullptr && *failed->as_bool()) {
    const auto reason = entry.string_at("error_message");
    gathered.notes.push_back("not measured: " +
                             (reason ? *reason : std::string("no reason given")));
    return {};
  }
  const json::Value* type = entry.find("run_type");
  const bool aggregate =
      type != nullptr && type->as_string() != nullptr && *type->as_string() == "aggregate";
  if (aggregate) {
    TALLY_TRY(const std::string kind, entry.string_at("aggregate_name"));
    if (kind != "median") return {};
  }
  TALLY_TRY(const double time, entry.number_at("real_time"));
  std::string unit_name = "ns";
  if (entry.find("time_unit") != nullptr) {
    TALLY_TRY(unit_name, entry.string_at("time_unit"));
  }
  const TimeUnit* unit = time_unit(unit_name);
  if (unit == nullptr)
    return fail(Code::bad_data, fmt::format("{}: time_unit '{}' is unknown", name, unit_name));
  if (aggregate)
    gathered.median_ns = time * unit->ns;
  else
    gathered.times_ns.push_back(time * unit->ns);
  return {};
}

CaseResult result_of(const std::string& name, Gathered gathered) {
  CaseResult result;
  result.name = name;
  result.unit = "ns";
  result.ours = summarize(std::move(gathered.times_ns));
  constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
  if (!result.ours && gathered.median_ns) {
    result.ours = Summary{*gathered.median_ns, kUnknown, kUnknown, 0};
    gathered.notes.emplace_back("only the median of the repetitions is known");
  }
  result.notes = std::move(gathered.notes);
  return result;
}

}  // namespace

std::string to_google_benchmark(std::span<const CaseResult> results,
                                const std::string& executable) {
  json::Writer writer;
  writer.begin_object();
  write_context(writer, executable);
  writer.key("benchmarks").begin_array();
  for (std::size_t i = 0; i < results.size(); ++i) write_result(writer, results[i], i);
  writer.end_array().end_object();
  return writer.take();
}

bool looks_like_google_benchmark(const json::Value& document) {
  return document.object_at("context").has_value() && document.array_at("benchmarks").has_value();
}

Result<std::vector<CaseResult>> from_google_benchmark(const json::Value& document) {
  TALLY_TRY(const json::Value::Array* entries, document.array_at("benchmarks"));
  std::vector<std::string> order;
  std::map<std::string, Gathered> gathered;
  for (const json::Value& entry : *entries) {
    // Releases before 1.5 have no run_name; their aggregates end in "_median" and the like.
    TALLY_TRY(const std::string name,
              entry.string_at(entry.find("run_name") != nullptr ? "run_name" : "name"));
    const auto [at, is_new] = gathered.try_emplace(name);
    if (is_new) order.push_back(name);
    TALLY_CHECK(gather(entry, name, at->second));
  }
  std::vector<CaseResult> results;
  results.reserve(order.size());
  for (const std::string& name : order)
    results.push_back(result_of(name, std::move(gathered.at(name))));
  return results;
}

}  // namespace tally::bench

#include <fmt/format.h>
#include <unistd.h>

#include "core/file.hpp"
#include "core/stop.hpp"
#include "ring_endpoints.hpp"
#include "serve.hpp"

namespace tally::sign {
namespace {

constexpr std::string_view kRing = "shm:";

Error not_an_endpoint(const char* option, const std::string& text) {
  return {Code::usage, fmt::format("{}: '{}' is no endpoint of the coordinator", option, text),
          "write shm:NAME, or - for rec frames", 0};
}

Result<std::unique_ptr<RecordSource>> open_source(const std::string& text) {
  if (text == "-") return std::make_unique<StreamSource>(STDIN_FILENO, net::Framing::rec);
  if (!text.starts_with(kRing)) return fail(not_an_endpoint("--from", text));
  const auto parsed = ring::parse_reader_endpoint(text);
  if (!parsed) return fail(parsed.error().in("--from"));
  TALLY_TRY(auto consumer, ring::Consumer::open(parsed->name, parsed->options));
  return std::make_unique<RingSource>(std::move(consumer));
}

Result<std::unique_ptr<RecordSink>> open_sink(const std::string& text, const cli::Output& out) {
  if (text == "-") {
    if (out.stdout_is_terminal()) {
      return fail(Code::usage, "signed records are for programs, not for a terminal",
                  "pipe them on, or use tally-sign sign --json");
    }
    return std::make_unique<StreamSink>(STDOUT_FILENO);
  }
  if (!text.starts_with(kRing)) return fail(not_an_endpoint("--to", text));
  TALLY_TRY(const auto parsed, ring::parse_endpoint(text));
  if (ring::full_of(parsed.options) != ring::Full::block) {
    return fail(Code::usage, "--to: a signed record is never dropped",
                "leave full= away, or write full=block");
  }
  TALLY_TRY(auto producer, ring::Producer::open(parsed.name, parsed.options));
  return std::make_unique<RingSink>(std::move(producer));
}

}  // namespace

Result<Code> serve_coordinator(const ServeOptions& options, cli::Invocation& call) {
  TALLY_TRY(PartySetup setup, set_up_parties(options.parties));
  setup.options.engine.window = static_cast<std::size_t>(options.window);
  setup.options.stats_period_ns = options.stats.ns;
  TALLY_TRY(const core::StopSignal stop, core::StopSignal::install());
  TALLY_TRY(const auto source, open_source(options.from));
  TALLY_TRY(const auto sink, open_sink(options.to, call.out));

  TALLY_TRY(Scheme scheme, make_scheme(setup, options.scheme, false, call.out));
  Coordinator coordinator(std::move(scheme.engine), setup.paths, setup.options, *source, *sink,
                          call.out);
  auto code = coordinator.run(stop);
  if (!options.stats_out.empty()) {
    const std::string text =
        coordinator.stats().json(coordinator.counts(), source->is_ring()) + "\n";
    TALLY_CHECK(core::replace_file(options.stats_out, core::as_bytes(text), 0644));
  }
  return code;
}

}  // namespace tally::sign

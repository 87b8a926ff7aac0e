// A coordinator at work: records from a source, through the engine and its parties, to a sink. One
// thread and one event loop; it sleeps when there is nothing to do and never spins.
#pragma once

#include "cli/output.hpp"
#include "core/stop.hpp"
#include "engine.hpp"
#include "party_links.hpp"
#include "record_sink.hpp"
#include "record_source.hpp"
#include "sign_stats.hpp"

namespace tally::sign {

struct CoordinatorOptions {
  EngineOptions engine;
  std::uint64_t stats_period_ns = 0;  // 0: no lines
};

class Coordinator {
 public:
  Coordinator(std::unique_ptr<Engine> engine, const std::vector<std::string>& party_paths,
              const CoordinatorOptions& options, RecordSource& source, RecordSink& sink,
              cli::Output& words);

  // Works until the source ends or a stop is asked for, and what was accepted is out.
  // Code::negative when records were refused; each was named. Errors: try_again when fewer than t
  // parties answer or the output takes nothing more; protocol when too many were banned; those of
  // source, sink and a party's first contact. Records that are left then are reported.
  [[nodiscard]] Result<Code> run(const core::StopSignal& stop);

  [[nodiscard]] const SignStats& stats() const { return stats_; }
  [[nodiscard]] const EngineCounts& counts() const { return engine_->counts(); }

 private:
  [[nodiscard]] Status work(const core::StopSignal& stop);
  void accept();
  [[nodiscard]] Status publish(std::uint64_t now_ns);
  void report_failed(const SigningSession& session);
  [[nodiscard]] bool over() const;
  [[nodiscard]] Status check_parties(std::uint64_t now_ns);
  [[nodiscard]] Status check_drain(std::uint64_t now_ns);
  [[nodiscard]] Status rest(const core::StopSignal& stop, std::uint64_t now_ns);
  void report_left();
  void report_stats(std::uint64_t now_ns);

  CoordinatorOptions options_;
  RecordSource& source_;
  RecordSink& sink_;
  cli::Output& words_;
  std::unique_ptr<Engine> engine_;
  PartyLinks links_;
  SignStats stats_;
  std::size_t reachable_parties_;
  bool accepting_ = true;
  bool blocked_ = false;  // the sink had no room
  bool was_complete_ = false;
  std::uint64_t short_since_ns_ = 0;
  std::uint64_t progress_ns_ = 0;
  std::uint64_t started_ns_ = 0;
  std::uint64_t next_stats_ns_ = 0;
};

}  // namespace tally::sign

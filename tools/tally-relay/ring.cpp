#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <memory>
#include <thread>

#include "commands.hpp"
#include "core/clock.hpp"
#include "core/stop.hpp"
#include "core/units.hpp"
#include "json/writer.hpp"
#include "mem/pages.hpp"
#include "ring/inspector.hpp"
#include "ring/verify.hpp"

namespace tally::relay {
namespace {

void write_side(json::Writer& writer, const ring::EndpointStatus& side) {
  writer.begin_object();
  writer.field("state", ring::endpoint_state_name(side.state)).field("pid", side.pid);
  writer.field("comm", side.comm).field("attaches", side.attaches);
  writer.field("records", side.records).field("bytes", side.bytes);
  writer.field("batches", side.batches).field("stalls", side.stalls);
  writer.field("dropped_new", side.dropped_new).field("dropped_old", side.dropped_old);
  writer.field("lost", side.lost).field("tombstones", side.tombstones);
  writer.field("wakes", side.wakes).field("sleeps", side.sleeps);
  writer.field("max_depth", side.max_depth).field("behind", side.behind);
  writer.field("passed_readers", side.passed_readers).end_object();
}

std::string ring_json(const ring::RingStatus& status) {
  json::Writer writer;
  writer.begin_object().field("schema", "tally.ring/1").field("name", status.name);
  writer.field("kind", ring::kind_name(status.form));
  writer.field("state", ring::ring_state_name(status.state));
  writer.field("slots", status.slots).field("bytes", status.payload_bytes);
  writer.field("size_bytes", status.total_bytes).field("depth", status.depth);
  writer.field("published", status.published());
  // Each reader of a broadcast has a count of its own.
  if (status.form != ring::SlotForm::broadcast) writer.field("released", status.released());
  const bool many_consumers = ring::has_many_consumers(status.form);
  if (many_consumers) {
    writer.field("in_hand", status.in_hand).field("in_doubt", status.in_doubt);
    writer.field("untold", status.untold).field("uncounted", status.uncounted);
  }
  writer.field("lost", status.lost).field("pages", mem::page_kind_name(status.page_kind));
  writer.field("from_this_boot", status.from_this_boot).field("in_use", status.in_use());
  writer.key("producer");
  write_side(writer, status.producer);
  writer.key("consumer");
  write_side(writer, status.consumer);
  const bool broadcast = status.form == ring::SlotForm::broadcast;
  if (broadcast) {
    const ring::EndpointStatus* const slowest = status.slowest_reader();
    writer.field("full", ring::full_name(status.producer.full)).field("gated", status.is_gated());
    writer.field("slowest_behind", slowest == nullptr ? 0 : slowest->behind);
  }
  if (broadcast || many_consumers) {
    writer.key(many_consumers ? "more_consumers" : "more_readers").begin_array();
    for (const ring::EndpointStatus& reader : status.more_readers) write_side(writer, reader);
    writer.end_array();
  }
  if (ring::has_many_producers(status.form)) {
    writer.key("more_producers").begin_array();
    for (const ring::EndpointStatus& side : status.more_producers) write_side(writer, side);
    writer.end_array();
  }
  writer.end_object();
  return writer.take();
}

std::string side_text(const ring::EndpointStatus& side) {
  std::string text(ring::endpoint_state_name(side.state));
  if (side.pid != 0 && side.state != ring::EndpointState::absent) {
    text += fmt::format(" {} ({})", side.comm, side.pid);
  }
  return text;
}

// What there may be besides, in a list.
std::string also(std::uint64_t count, const char* what) {
  return count == 0 ? std::string() : fmt::format(", {} {}", count, what);
}

// One that is stopped as well.
bool is_here(const ring::EndpointStatus& side) {
  return side.state == ring::EndpointState::alive || side.state == ring::EndpointState::stopped;
}
std::size_t count_here(const ring::RingStatus& status, ring::Role role) {
  const auto sides = status.sides();
  return static_cast<std::size_t>(std::count_if(
      sides.begin(), sides.end(),
      [&](const ring::EndpointStatus* side) { return side->role == role && is_here(*side); }));
}

// For the list: who is there, or how many readers a broadcast has, or producers or consumers a ring
// of many; and what holds a producer up that waits for its readers.
std::string readers_text(const ring::RingStatus& status) {
  std::string text =
      status.more_readers.empty()
          ? side_text(status.consumer)
          : fmt::format("{} {}", count_here(status, ring::Role::consumer),
                        status.form == ring::SlotForm::broadcast ? "readers" : "consumers");
  const ring::EndpointStatus* const slowest = status.slowest_reader();
  if (status.is_gated() && slowest != nullptr) {
    text += fmt::format(", gated, {} behind", slowest->behind);
  }
  return text;
}
std::string producers_text(const ring::RingStatus& status) {
  if (status.more_producers.empty()) return side_text(status.producer);
  return fmt::format("{} producers", count_here(status, ring::Role::producer));
}

// For the watch, in one word: the state of the one producer or consumer, or how many there are.
std::string producers_word(const ring::RingStatus& status) {
  if (status.more_producers.empty()) {
    return std::string(ring::endpoint_state_name(status.producer.state));
  }
  return std::to_string(count_here(status, ring::Role::producer));
}

// One broken ring does not hide the others: it is listed with what is wrong with it.
Result<Code> list(cli::Invocation& run) {
  TALLY_TRY(const std::vector<std::string> names, ring::list_rings());
  if (names.empty()) run.out.note("there are no rings");
  bool first = true;
  for (const std::string& name : names) {
    const auto status = ring::stat_ring(name);
    if (!status && status.error().code == Code::no_input) continue;  // gone in between
    if (run.json) {
      run.out.line(status ? ring_json(*status)
                          : json::Writer()
                                .begin_object()
                                .field("schema", "tally.ring/1")
                                .field("name", name)
                                .field("error", status.error().message)
                                .end_object()
                                .take());
      continue;
    }
    if (first) {
      run.out.print("{:<20} {:>8} {:>8} {:>10}  {:<24} {}\n", "NAME", "SLOTS", "BYTES", "DEPTH",
                    "PRODUCER", "CONSUMER");
    }
    first = false;
    if (status) {
      run.out.print("{:<20} {:>8} {:>8} {:>10}  {:<24} {}\n", name, status->slots,
                    status->payload_bytes, status->depth, producers_text(*status),
                    readers_text(*status));
    } else {
      run.out.print("{:<20} broken: {}\n", name, status.error().message);
    }
  }
  return Code::ok;
}

void print_side(cli::Output& out, const char* name, const ring::EndpointStatus& side,
                std::uint64_t now_ns) {
  out.print("{:<12} {}\n", name, side_text(side));
  out.print("{:<12} {} records, {} bytes, {} batches, {} stalls, deepest {}\n", "", side.records,
            side.bytes, side.batches, side.stalls, side.max_depth);
  if (side.tombstones > 0) {
    out.print("{:<12} {} positions {}\n", "", side.tombstones,
              side.role == ring::Role::producer ? "claimed and given up" : "passed over");
  }
  if (side.last_record_ns != 0 && now_ns > side.last_record_ns) {
    out.print("{:<12} last record {} ago\n", "",
              core::format_duration(now_ns - side.last_record_ns));
  }
}

// What holds the producer of a broadcast up, if anything may.
void print_gating(cli::Output& out, const ring::RingStatus& status) {
  if (!status.is_gated()) return;
  out.print("{:<12} full={}: gated by the slowest reader that lives", "",
            ring::full_name(status.producer.full));
  if (const auto* const slowest = status.slowest_reader()) {
    out.print(", {} ({}), {} behind", slowest->comm, slowest->pid, slowest->behind);
  }
  out.print("\n");
  if (status.producer.passed_readers > 0) {
    out.print("{:<12} {} readers were killed while it waited for them\n", "",
              status.producer.passed_readers);
  }
}

void print_reader(cli::Output& out, const ring::EndpointStatus& reader, std::uint64_t now_ns) {
  print_side(out, "reader", reader, now_ns);
  if (reader.attaches > 0) {
    out.print("{:<12} {} behind, {} lost\n", "", reader.behind, reader.lost);
  }
}

Result<Code> stat(const std::string& name, cli::Invocation& run) {
  TALLY_TRY(const ring::RingStatus status, ring::stat_ring(name));
  cli::Output& out = run.out;
  if (run.json) {
    out.line(ring_json(status));
    return Code::ok;
  }
  out.print("{:<12} {} ({}, {})\n", "ring", status.name, ring::kind_name(status.form),
            ring::ring_state_name(status.state));
  out.print("{:<12} {}\n", "file", status.path);
  out.print("{:<12} {} of {} bytes, {} bytes in all, pages of {}\n", "slots", status.slots,
            status.payload_bytes, status.total_bytes, mem::page_kind_name(status.page_kind));
  const bool broadcast = status.form == ring::SlotForm::broadcast;
  out.print("{:<12} {} now; {} published, {}{} lost\n", "records", status.depth, status.published(),
            broadcast ? std::string() : fmt::format("{} released, ", status.released()),
            status.lost);
  if (ring::has_many_consumers(status.form)) {
    out.print("{:<12} {} in hand, {} in doubt{}\n", "", status.in_hand, status.in_doubt,
              also(status.uncounted, "taken and not counted"));
  }
  print_side(out, "producer", status.producer, status.taken_ns);
  for (const ring::EndpointStatus& other : status.more_producers) {
    print_side(out, "producer", other, status.taken_ns);
  }
  if (broadcast) {
    print_gating(out, status);
    print_reader(out, status.consumer, status.taken_ns);
    for (const ring::EndpointStatus& reader : status.more_readers) {
      print_reader(out, reader, status.taken_ns);
    }
    return Code::ok;
  }
  print_side(out, "consumer", status.consumer, status.taken_ns);
  for (const ring::EndpointStatus& other : status.more_readers) {
    print_side(out, "consumer", other, status.taken_ns);
  }
  return Code::ok;
}

Result<Code> remove(const std::string& name, bool force, cli::Invocation& run) {
  TALLY_TRY(const ring::Removal removal, ring::remove_ring(name, force));
  if (run.json) {
    run.out.line(json::Writer()
                     .begin_object()
                     .field("schema", "tally.ring.rm/1")
                     .field("name", name)
                     .field("discarded", removal.discarded)
                     .field("in_hand", removal.in_hand)
                     .field("in_doubt", removal.in_doubt)
                     .end_object()
                     .take());
  } else if (removal.discarded + removal.in_hand + removal.in_doubt > 0) {
    run.out.warning(fmt::format("{} unread records{}{} went with ring {}", removal.discarded,
                                also(removal.in_hand, "in hand"),
                                also(removal.in_doubt, "in doubt"), name));
  }
  return Code::ok;
}

// One line a period: what came and went since the last. Ends with the ring, when it is stopped, or
// after `count` lines.
struct WatchWords {
  std::string name;
  cli::Duration every{1'000'000'000};
  std::int64_t count = 0;
};

// The state of the one consumer; of a broadcast with several readers, how many there are, and how
// far the slowest one is behind.
std::string readers_words(const ring::RingStatus& now) {
  std::string state(ring::endpoint_state_name(now.consumer.state));
  const ring::EndpointStatus* const slowest = now.slowest_reader();
  const bool many_consumers = ring::has_many_consumers(now.form) && !now.more_readers.empty();
  if (slowest == nullptr && !many_consumers) return state;
  std::string who =
      now.more_readers.empty() ? state : std::to_string(count_here(now, ring::Role::consumer));
  if (slowest == nullptr) return who;
  return fmt::format("{}, {}{} behind", who, now.is_gated() ? "gated, " : "", slowest->behind);
}

void print_rates(cli::Output& out, const ring::RingStatus& now, const ring::RingRates& rates) {
  out.print("{:>14.0f} {:>14.0f} {:>14.0f} {:>10} {:>10.0f}  {:<10} {}\n", rates.records_in_per_s,
            rates.records_out_per_s, rates.bytes_in_per_s, now.depth, rates.lost_per_s,
            producers_word(now), readers_words(now));
}

// Of several on one side: the first one, or one that is there.
std::string_view state_of_any(const ring::EndpointStatus& first,
                              const std::vector<ring::EndpointStatus>& more) {
  const ring::EndpointStatus* best = &first;
  for (const ring::EndpointStatus& other : more) {
    if (!is_here(*best) && is_here(other)) best = &other;
  }
  return ring::endpoint_state_name(best->state);
}

std::string rates_json(const ring::RingStatus& now, const ring::RingRates& rates) {
  json::Writer writer;
  writer.begin_object().field("schema", "tally.ring.watch/1").field("name", now.name);
  writer.field("records_in_per_s", rates.records_in_per_s);
  writer.field("records_out_per_s", rates.records_out_per_s);
  writer.field("bytes_in_per_s", rates.bytes_in_per_s).field("depth", now.depth);
  writer.field("lost_per_s", rates.lost_per_s).field("lost", now.lost);
  writer.field("producer", state_of_any(now.producer, now.more_producers));
  if (ring::has_many_producers(now.form)) {
    writer.field("producers", std::uint64_t{count_here(now, ring::Role::producer)});
  }
  const bool many_consumers = ring::has_many_consumers(now.form);
  writer.field("consumer", many_consumers ? state_of_any(now.consumer, now.more_readers)
                                          : ring::endpoint_state_name(now.consumer.state));
  if (many_consumers) {
    writer.field("consumers", std::uint64_t{count_here(now, ring::Role::consumer)});
    writer.field("in_hand", now.in_hand).field("in_doubt", now.in_doubt);
  }
  if (now.form == ring::SlotForm::broadcast) {
    const ring::EndpointStatus* const slowest = now.slowest_reader();
    writer.field("readers", std::uint64_t{count_here(now, ring::Role::consumer)});
    writer.field("gated", now.is_gated());
    writer.field("slowest_behind", slowest == nullptr ? 0 : slowest->behind);
  }
  writer.end_object();
  return writer.take();
}

Result<Code> watch(const WatchWords& words, cli::Invocation& run) {
  constexpr std::uint64_t kLookNs = 50'000'000;
  if (words.every.ns == 0) {
    return fail(Code::usage, "--every cannot be 0", "say a period, as --every 1s");
  }
  TALLY_TRY(const core::StopSignal stop, core::StopSignal::install());
  TALLY_TRY(ring::RingStatus before, ring::stat_ring(words.name));
  if (!run.json) {
    run.out.print("{:>14} {:>14} {:>14} {:>10} {:>10}  {:<10} {}\n", "IN/S", "OUT/S", "BYTES/S",
                  "DEPTH", "LOST/S", "PRODUCER", "CONSUMER");
  }
  for (std::int64_t line = 0; words.count == 0 || line < words.count; ++line) {
    const std::uint64_t until_ns = before.taken_ns + words.every.ns;
    while (core::monotonic_ns() < until_ns && !core::StopSignal::requested()) {
      const std::uint64_t left = until_ns - std::min(until_ns, core::monotonic_ns());
      std::this_thread::sleep_for(std::chrono::nanoseconds(std::min(left, kLookNs)));
    }
    if (core::StopSignal::requested()) break;
    auto now = ring::stat_ring(words.name);
    if (!now && now.error().code == Code::no_input) break;  // everybody has left it
    if (!now) return fail(std::move(now).error());
    const ring::RingRates rates = ring::rates(before, *now);
    if (run.json) {
      run.out.line(rates_json(*now, rates));
    } else {
      print_rates(run.out, *now, rates);
    }
    before = std::move(*now);
  }
  return Code::ok;
}

Result<Code> verify(const std::string& name, cli::Invocation& run) {
  TALLY_TRY(const ring::Verdict verdict, ring::verify_ring(name));
  const bool good = verdict.findings.empty();
  if (run.json) {
    json::Writer writer;
    writer.begin_object().field("schema", "tally.ring.verify/1").field("name", name);
    writer.field("ok", good).field("records", verdict.records).field("bytes", verdict.bytes);
    writer.field("claimed", verdict.claimed).field("taken", verdict.taken);
    writer.field("in_use", verdict.in_use).field("gated", verdict.gated);
    writer.field("slowest_behind", verdict.slowest_behind).key("findings").begin_array();
    for (const std::string& finding : verdict.findings) writer.value(finding);
    writer.end_array().end_object();
    run.out.line(writer.take());
  } else if (good) {
    const auto beside = [](std::uint64_t count, const char* what) {
      return count == 0 ? std::string() : fmt::format("; {} {}", count, what);
    };
    run.out.print(
        "{}: {} records, {} bytes wait in it, all of them whole{}{}{}{}\n", name, verdict.records,
        verdict.bytes, beside(verdict.claimed, "claimed and not committed"),
        beside(verdict.taken, "taken and not released"),
        verdict.gated ? fmt::format("; gated, {} behind", verdict.slowest_behind) : std::string(),
        verdict.in_use ? "; it is in use" : "");
  } else {
    for (const std::string& finding : verdict.findings) run.out.print("{}: {}\n", name, finding);
  }
  return good ? Code::ok : Code::negative;
}

}  // namespace

void add_ring(cli::App& app) {
  struct Words {
    std::string name;
    bool force = false;
  };
  const auto words = std::make_shared<Words>();
  const cli::Completion rings{cli::Completion::Kind::dynamic, {}, "rings"};
  cli::Command& ring = app.root().command("ring", "look after shared-memory rings");
  ring.command("ls", "list this user's rings").on_run(list);
  ring.command("stat", "show one ring and both its sides")
      .argument("NAME", words->name, "the ring, without shm:", true, rings)
      .on_run([words](cli::Invocation& run) { return stat(words->name, run); });
  const auto watched = std::make_shared<WatchWords>();
  ring.command("watch", "print what comes and goes, a line a period")
      .argument("NAME", watched->name, "the ring, without shm:", true, rings)
      .option("--every", watched->every, "the period")
      .option("--count", watched->count, "N", "end after N lines; 0 goes on", 0, INT64_MAX)
      .example("tally-relay ring watch requests --every 1s")
      .on_run([watched](cli::Invocation& run) { return watch(*watched, run); });
  ring.command("verify", "check the header, the cursors and every record that waits")
      .argument("NAME", words->name, "the ring, without shm:", true, rings)
      .on_run([words](cli::Invocation& run) { return verify(words->name, run); });
  ring.command("rm", "remove a ring that nobody holds")
      .argument("NAME", words->name, "the ring, without shm:", true, rings)
      .flag("--force", words->force, "also one that is held; both sides end with an error")
      .example("tally-relay ring rm requests")
      .on_run([words](cli::Invocation& run) { return remove(words->name, words->force, run); });
  app.on_complete("rings", [] {
    auto names = ring::list_rings();
    return names ? std::move(*names) : std::vector<std::string>{};
  });
}

}  // namespace tally::relay

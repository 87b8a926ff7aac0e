#include "net/ring_endpoint.hpp"

#include <fmt/format.h>

#include "mem/pages.hpp"
#include "net/ring_sink.hpp"
#include "net/ring_source.hpp"
#include "ring/inspector.hpp"

namespace tally::net {
namespace {

template <typename End>
Result<End> open_end(const ring::ParsedName& parsed, std::vector<std::string>& notes) {
  TALLY_TRY(End end, End::open(parsed.name, parsed.options));
  if (parsed.options.place == ring::Place::handed ||
      parsed.options.huge != mem::HugeWish::automatic) {
    notes.push_back(fmt::format("ring {}: pages of {}", parsed.name, describe_pages(end.pages())));
  }
  if (parsed.options.wait_for_peer) {
    TALLY_CHECK(end.wait_for_peer(parsed.options.open_timeout_ns));
  }
  return end;
}

// Fills in what is not asked for with what the ring has.
Result<ring::ParsedName> complete(ring::ParsedName parsed, const Endpoint& endpoint) {
  if (parsed.options.place == ring::Place::handed) {
    parsed.name = endpoint.body;  // without its escapes
    return parsed;
  }
  const auto there = ring::stat_ring(parsed.name);
  ring::Options& options = parsed.options;
  if (there && !options.form) options.form = there->form;
  // The readers of a broadcast go on as they were promised when another producer follows.
  const bool follows = there && there->form == ring::SlotForm::broadcast &&
                       there->producer.state != ring::EndpointState::absent;
  if (follows && options.form == ring::SlotForm::broadcast && !options.full) {
    options.full = there->producer.full;
  }
  TALLY_CHECK(ring::check_options(options));
  return parsed;
}

}  // namespace

Result<std::unique_ptr<Source>> open_ring_source(const Endpoint& endpoint,
                                                 std::vector<std::string>& notes) {
  TALLY_TRY(ring::ParsedName words, ring::parse_reader_endpoint(endpoint.text));
  TALLY_TRY(const ring::ParsedName parsed, complete(std::move(words), endpoint));
  if (parsed.options.form == ring::SlotForm::bytes) {
    TALLY_TRY(ring::ByteConsumer consumer, open_end<ring::ByteConsumer>(parsed, notes));
    return std::make_unique<ByteRingSource>(std::move(consumer));
  }
  if (parsed.options.form == ring::SlotForm::broadcast) {
    TALLY_TRY(ring::BroadcastReader reader, open_end<ring::BroadcastReader>(parsed, notes));
    return std::make_unique<BroadcastSource>(std::move(reader));
  }
  if (has_many_consumers(parsed.options.form.value_or(ring::SlotForm::stamped_fixed))) {
    TALLY_TRY(ring::SpmcConsumer consumer, open_end<ring::SpmcConsumer>(parsed, notes));
    return std::make_unique<SpmcRingSource>(std::move(consumer));
  }
  if (parsed.options.form == ring::SlotForm::lean) {
    TALLY_TRY(ring::LeanConsumer consumer, open_end<ring::LeanConsumer>(parsed, notes));
    return std::make_unique<LeanRingSource>(std::move(consumer));
  }
  TALLY_TRY(ring::Consumer consumer, open_end<ring::Consumer>(parsed, notes));
  return std::make_unique<RingSource>(std::move(consumer));
}

Result<std::unique_ptr<Sink>> open_ring_sink(const Endpoint& endpoint,
                                             std::vector<std::string>& notes) {
  TALLY_TRY(ring::ParsedName words, ring::parse_endpoint(endpoint.text));
  TALLY_TRY(const ring::ParsedName parsed, complete(std::move(words), endpoint));
  if (parsed.options.form == ring::SlotForm::bytes) {
    TALLY_TRY(ring::ByteProducer producer, open_end<ring::ByteProducer>(parsed, notes));
    return std::make_unique<ByteRingSink>(std::move(producer), ring::full_of(parsed.options));
  }
  if (parsed.options.form == ring::SlotForm::broadcast) {
    TALLY_TRY(ring::BroadcastProducer producer, open_end<ring::BroadcastProducer>(parsed, notes));
    return std::make_unique<BroadcastSink>(std::move(producer), ring::full_of(parsed.options));
  }
  if (has_many_producers(parsed.options.form.value_or(ring::SlotForm::stamped_fixed))) {
    TALLY_TRY(ring::MpscProducer producer, open_end<ring::MpscProducer>(parsed, notes));
    return std::make_unique<MpscRingSink>(std::move(producer), ring::full_of(parsed.options));
  }
  if (parsed.options.form == ring::SlotForm::lean) {
    TALLY_TRY(ring::LeanProducer producer, open_end<ring::LeanProducer>(parsed, notes));
    return std::make_unique<LeanRingSink>(std::move(producer), ring::full_of(parsed.options));
  }
  TALLY_TRY(ring::Producer producer, open_end<ring::Producer>(parsed, notes));
  return std::make_unique<RingSink>(std::move(producer), ring::full_of(parsed.options));
}

}  // namespace tally::net

#include "ring/producer.hpp"

namespace tally::ring {

Result<Producer> Producer::open(const std::string& name, const Options& options) {
  TALLY_CHECK(check_one_producer(options));
  TALLY_TRY(Region region, Region::open(name, options, Role::producer));
  return Producer(std::move(region), options);
}

Producer::Producer(Region region, const Options& options)
    : SoleProducer(std::move(region), options), slots_(region_.slots()) {
  begin_at(recover_tail(slots_, header_->tail.load(std::memory_order_relaxed)));
}

PushResult Producer::push(const RecordMeta& meta, ByteView payload, std::uint64_t deadline_ns) {
  if (payload.size() > slots_.payload_bytes) return PushResult::too_large;
  if (try_push(meta, payload)) return PushResult::ok;
  return push_when_full(deadline_ns, [&] { return try_push(meta, payload); });
}

}  // namespace tally::ring

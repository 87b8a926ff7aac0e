#include "ring/lean_producer.hpp"

#include <utility>

namespace tally::ring {

Result<LeanProducer> LeanProducer::open(const std::string& name, Options options) {
  options.form = SlotForm::lean;
  TALLY_TRY(Region region, Region::open(name, options, Role::producer));
  return LeanProducer(std::move(region), options);
}

LeanProducer::LeanProducer(Region region, const Options& options)
    : SoleProducer(std::move(region), options), slots_(region_.lean_slots()) {
  begin_at(recover_tail(slots_, header_->tail.load(std::memory_order_relaxed)));
}

PushResult LeanProducer::push(ByteView payload, std::uint64_t deadline_ns) {
  if (payload.size() > slots_.payload_bytes) return PushResult::too_large;
  if (try_push(payload)) return PushResult::ok;
  return push_when_full(deadline_ns, [&] { return try_push(payload); });
}

}  // namespace tally::ring

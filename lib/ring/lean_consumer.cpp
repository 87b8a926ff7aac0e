#include "ring/lean_consumer.hpp"

#include <utility>

namespace tally::ring {

Result<LeanConsumer> LeanConsumer::open(const std::string& name, Options options) {
  options.form = SlotForm::lean;
  TALLY_TRY(Region region, Region::open(name, options, Role::consumer));
  return LeanConsumer(std::move(region), options);
}

LeanConsumer::LeanConsumer(Region region, const Options& options)
    : SoleConsumer(std::move(region), options), slots_(region_.lean_slots()) {}

PopResult LeanConsumer::pop_wait(MutableByteView into, std::size_t& length,
                                 std::uint64_t deadline_ns) {
  if (try_pop(into, length)) return PopResult::ok;
  const PopResult waited = wait_readable(deadline_ns);
  if (waited == PopResult::ok && !try_pop(into, length)) return PopResult::poisoned;
  return waited;
}

PopResult LeanConsumer::wait_readable(std::uint64_t deadline_ns) {
  return wait_for_record(deadline_ns, [this] {
    std::uint64_t word = 0;
    return is_readable(head_, word);
  });
}

std::uint64_t LeanConsumer::depth() const {
  return recover_tail(slots_, stored_tail()) - head_;
}

}  // namespace tally::ring

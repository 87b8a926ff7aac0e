#include "ring/asked.hpp"

#include <algorithm>
#include <string>

namespace tally::ring {
namespace {

Status mismatch(const std::string& field, std::uint64_t asked, std::uint64_t has) {
  return fail(Code::usage,
              field + "=" + std::to_string(asked) + " was asked for, the ring has " + field + "=" +
                  std::to_string(has),
              "leave " + field + " out to take the ring as it is");
}

std::uint32_t default_payload_bytes(SlotForm form) {
  return std::min(kDefaultPayloadBytes, most_payload_bytes(form));
}

}  // namespace

Status check_asked(const Options& options, const Geometry& geometry) {
  // Who names no kind means slots, but for who can do either and asks the inspector first.
  if (options.form.value_or(SlotForm::stamped_fixed) != geometry.form) {
    const std::string kind = "kind=" + std::string(kind_name(geometry.form));
    return fail(Code::usage, "the ring has " + kind + ", which is not what was asked for",
                geometry.form == SlotForm::stamped_fixed
                    ? "leave kind out"
                    : "say " + kind + " where the tool takes it");
  }
  if (is_byte_area(geometry.form)) {
    if (options.bytes && *options.bytes != geometry.capacity) {
      return mismatch("bytes", *options.bytes, geometry.capacity);
    }
    return {};
  }
  if (options.slots && *options.slots != geometry.capacity) {
    return mismatch("slots", *options.slots, geometry.capacity);
  }
  if (options.bytes && *options.bytes != geometry.payload_bytes) {
    return mismatch("bytes", *options.bytes, geometry.payload_bytes);
  }
  return {};
}

Geometry plan_ring(const Options& options) {
  const SlotForm form = options.form.value_or(SlotForm::stamped_fixed);
  return is_byte_area(form)
             ? plan_byte_geometry(form, options.bytes.value_or(kDefaultAreaBytes))
             : plan_geometry(options.slots.value_or(kDefaultSlots),
                             options.bytes.value_or(default_payload_bytes(form)), form);
}

mem::PageRequest page_request(const Options& options) {
  mem::PageRequest request;
  request.huge = options.huge;
  request.strict = options.huge_strict;
  request.lock = options.lock;
  return request;
}

Status check_pages(const Options& options) {
  if (options.place == Place::named && options.huge == mem::HugeWish::one_gib &&
      options.huge_strict) {
    return fail(Code::unavailable, "pages of 1 GiB cannot back a ring in /dev/shm",
                "use huge=2m, leave huge-strict out, or hand the ring over: memfd:PATH");
  }
  return {};
}

}  // namespace tally::ring

#include "ring/layout.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <string_view>

#include "core/clock.hpp"
#include "core/crc32c.hpp"
#include "core/file.hpp"
#include "ring/lean_slots.hpp"

namespace tally::ring {
namespace {

constexpr std::string_view kTypeName = "tally.record/1";
// Half a line: a record of 64 bytes takes a line and a half instead of two, and what crosses
// between the cores is what a batch costs.
constexpr std::uint64_t kSlotGranuleBytes = 32;
constexpr const char* kRemoveHint = "remove it with tally-relay ring rm, and start again";

std::uint64_t fnv1a(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  }
  return hash;
}

std::uint32_t slot_bytes_for(std::uint32_t payload_bytes, SlotForm form) {
  if (form == SlotForm::lean) return lean_slot_bytes(payload_bytes);
  const std::uint64_t bytes = kSlotHeaderBytes + std::uint64_t{payload_bytes};
  return static_cast<std::uint32_t>((bytes + kSlotGranuleBytes - 1) / kSlotGranuleBytes *
                                    kSlotGranuleBytes);
}

auto bad(std::string message) {
  return fail(Code::bad_data, std::move(message), kRemoveHint);
}

// Identity first: a file of another program or version is not "corrupted".
Status check_identity(const StaticHeader& header) {
  if (header.magic != kMagic) return bad("magic does not match: not a ring of these tools");
  if (header.layout_version != kLayoutVersion) {
    return fail(Code::bad_data,
                "layout version is " + std::to_string(header.layout_version) +
                    ", this program reads version " + std::to_string(kLayoutVersion),
                "use tools of one release at both ends, or remove the ring with tally-relay ring "
                "rm");
  }
  if (header.crc32c != header_crc32c(header)) return bad("header crc32c does not match");
  return {};
}

Status check_form(const StaticHeader& header) {
  const auto kind = static_cast<Kind>(header.kind);
  if (kind < Kind::spsc || kind > Kind::broadcast) {
    return bad("kind " + std::to_string(header.kind) +
               " is not one this program reads (spsc, mpsc, spmc, mpmc, broadcast)");
  }
  const auto form = static_cast<SlotForm>(header.slot_form);
  const bool known = form >= SlotForm::stamped_fixed && form <= SlotForm::lean;
  if (!known || kind_of(form) != kind) {
    return bad("slot form " + std::to_string(header.slot_form) + " is not one this program reads");
  }
  if (header.header_bytes != slots_offset(form)) {
    return bad("header bytes are not those of version 2");
  }
  if (header.endpoint_count != endpoint_count(form)) {
    return bad("endpoint count is not " + std::to_string(endpoint_count(form)));
  }
  std::array<char, 32> name{};
  std::copy(kTypeName.begin(), kTypeName.end(), name.begin());
  if (header.type_name != name || header.type_hash != fnv1a(kTypeName)) {
    return bad("record type is not " + std::string(kTypeName));
  }
  if (header.page_kind > static_cast<std::uint16_t>(mem::PageKind::hugetlb_1g)) {
    return bad("page kind " + std::to_string(header.page_kind) + " is unknown");
  }
  return {};
}

// The CRC keeps out accidents; these keep out whatever has a right CRC and wrong numbers.
Status check_slots(const StaticHeader& header) {
  if (!std::has_single_bit(header.capacity) || header.capacity < kMinSlots ||
      header.capacity > kMaxSlots) {
    return bad("capacity " + std::to_string(header.capacity) + " is not a power of two in range");
  }
  const auto form = static_cast<SlotForm>(header.slot_form);
  if (header.payload_bytes == 0 || header.payload_bytes > most_payload_bytes(form)) {
    return bad("payload bytes " + std::to_string(header.payload_bytes) + " are out of range");
  }
  if (header.slot_bytes != slot_bytes_for(header.payload_bytes, form)) {
    return bad("slot bytes " + std::to_string(header.slot_bytes) + " do not fit the payload bytes");
  }
  return {};
}

Status check_area(const StaticHeader& header) {
  if (!std::has_single_bit(header.capacity) || header.capacity < kMinAreaBytes ||
      header.capacity > kMaxAreaBytes) {
    return bad("capacity " + std::to_string(header.capacity) + " is not a power of two in range");
  }
  const Geometry expected =
      plan_byte_geometry(static_cast<SlotForm>(header.slot_form), header.capacity);
  if (header.payload_bytes != expected.payload_bytes) {
    return bad("payload bytes " + std::to_string(header.payload_bytes) +
               " are not a quarter of the capacity");
  }
  if (header.slot_bytes != expected.slot_bytes) {
    return bad("slot bytes " + std::to_string(header.slot_bytes) + " are not those of records");
  }
  return {};
}

}  // namespace

std::uint64_t boot_hash() {
  static const std::uint64_t kHash = [] {
    const auto id = core::read_file("/proc/sys/kernel/random/boot_id");
    return id ? fnv1a(*id) : 0;
  }();
  return kHash;
}

std::uint32_t header_crc32c(const StaticHeader& header) {
  ByteArray<sizeof(StaticHeader)> bytes;
  std::memcpy(bytes.data(), &header, sizeof header);
  return core::crc32c(ByteView(bytes).first(offsetof(StaticHeader, crc32c)));
}

Geometry plan_byte_geometry(SlotForm form, std::uint64_t area_bytes) {
  Geometry geometry;
  geometry.form = form;
  geometry.capacity = area_bytes;
  geometry.slot_bytes = kByteGranule;
  geometry.payload_bytes = static_cast<std::uint32_t>(area_bytes / 4 - kByteGranule);
  geometry.total_bytes = kSlotsOffset + area_bytes;
  return geometry;
}

Geometry plan_geometry(std::uint64_t slots, std::uint32_t payload_bytes, SlotForm form) {
  Geometry geometry;
  geometry.form = form;
  geometry.capacity = slots;
  geometry.payload_bytes = payload_bytes;
  geometry.slot_bytes = slot_bytes_for(payload_bytes, form);
  const std::uint64_t bytes = slots_offset(form) + slots * geometry.slot_bytes;
  geometry.total_bytes =
      (bytes + mem::kSmallPageBytes - 1) / mem::kSmallPageBytes * mem::kSmallPageBytes;
  return geometry;
}

StaticHeader make_header(const Geometry& geometry) {
  StaticHeader header{};
  header.magic = kMagic;
  header.layout_version = kLayoutVersion;
  header.kind = static_cast<std::uint16_t>(kind_of(geometry.form));
  header.slot_form = static_cast<std::uint16_t>(geometry.form);
  header.page_kind = static_cast<std::uint16_t>(geometry.page_kind);
  header.header_bytes = static_cast<std::uint32_t>(slots_offset(geometry.form));
  header.slot_bytes = geometry.slot_bytes;
  header.payload_bytes = geometry.payload_bytes;
  header.endpoint_count = static_cast<std::uint32_t>(endpoint_count(geometry.form));
  header.capacity = geometry.capacity;
  header.total_bytes = geometry.total_bytes;
  header.type_hash = fnv1a(kTypeName);
  std::copy(kTypeName.begin(), kTypeName.end(), header.type_name.begin());
  header.boot_hash = boot_hash();
  header.created_ns = core::realtime_ns();
  header.crc32c = header_crc32c(header);
  return header;
}

Result<Geometry> check_header(const StaticHeader& header, std::uint64_t file_bytes) {
  TALLY_CHECK(check_identity(header));
  TALLY_CHECK(check_form(header));
  const auto form = static_cast<SlotForm>(header.slot_form);
  const bool bytes = is_byte_area(form);
  TALLY_CHECK(bytes ? check_area(header) : check_slots(header));
  const std::uint64_t needed =
      slots_offset(form) + (bytes ? header.capacity : header.capacity * header.slot_bytes);
  if (header.total_bytes < needed || header.total_bytes > kMaxTotalBytes) {
    return bad("total bytes " + std::to_string(header.total_bytes) + " do not hold the slots");
  }
  if (header.total_bytes != file_bytes) {
    return bad("total bytes are " + std::to_string(header.total_bytes) + ", the file has " +
               std::to_string(file_bytes) + ": it was truncated or grown");
  }
  return Geometry{form,
                  header.capacity,
                  header.slot_bytes,
                  header.payload_bytes,
                  header.total_bytes,
                  static_cast<mem::PageKind>(header.page_kind)};
}

}  // namespace tally::ring

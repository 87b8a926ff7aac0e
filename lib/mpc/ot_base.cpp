#include "mpc/ot_base.hpp"

#include <algorithm>

#include "crypto/ctime.hpp"
#include "mpc/dkls_hash.hpp"

namespace tally::mpc::dkls {
namespace {

using crypto::Point;
using crypto::PointBytes;

// Where r_{i,b} stands in an offer, and B_{i,b} in an answer.
constexpr std::size_t offset_of(std::size_t instance, std::size_t bit) {
  return (2 * instance + bit) * kPointBytes;
}

std::uint8_t choice_at(ByteView choices, std::size_t instance) {
  return static_cast<std::uint8_t>((choices[instance / 8] >> (instance % 8)) & 1U);
}

// bit ? b : a.
PointBytes select(const PointBytes& a, const PointBytes& b, std::uint8_t bit) {
  const auto mask = static_cast<std::uint8_t>(crypto::value_barrier(0 - std::uint64_t{bit}));
  PointBytes out;
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = static_cast<std::uint8_t>(a[i] ^ ((a[i] ^ b[i]) & mask));
  }
  return out;
}

// rho_{i,b}, whose last field is t_{i,b} m_{i,b} for Y and a_i B_{i,c} for X.
Seed seed_of(const SetupTag& tag, std::uint8_t bit, std::size_t instance, ByteView offer,
             ByteView answer_point, const Point& shared) {
  auto shared_bytes = shared.encode();
  auto digest = th(Label::seed, {tag, be(bit), be(static_cast<std::uint8_t>(instance)),
                                 offer.subspan(offset_of(instance, 0), 2 * kPointBytes),
                                 answer_point, shared_bytes});
  Seed seed;
  std::copy_n(digest.begin(), seed.size(), seed.begin());
  core::wipe(digest);
  core::wipe(shared_bytes);
  return seed;
}

}  // namespace

Point hash_to_curve(const SetupTag& tag, std::uint8_t bit, std::uint8_t instance,
                    const PointBytes& point) {
  for (std::uint8_t counter = 0;; ++counter) {
    const auto x = th(Label::hc, {tag, be(bit), be(instance), point, be(counter)});
    // Which of the two hashes of an instance this is stays secret; how long either takes does not.
    crypto::declassify(x.data(), x.size());
    const auto found = Point::parse_xonly(x);
    if (found) return *found;
  }
}

BaseOtReceiver::~BaseOtReceiver() {
  core::wipe(choices_);
}

void BaseOtReceiver::offer(const SetupTag& tag, Randomness& random, MutableByteView out) {
  tag_ = tag;
  random.fill(Draw::ot_choice, 0, choices_);
  for (std::size_t i = 0; i < kColumns; ++i) {
    const auto index = static_cast<std::uint32_t>(i);
    const auto instance = static_cast<std::uint8_t>(i);
    const std::uint8_t choice = choice_at(choices_, i);
    const auto other_choice = static_cast<std::uint8_t>(choice ^ 1U);
    scalars_[i] = random.scalar(Draw::ot_a, index);
    // Nobody may know the logarithm of this one, and whoever drew it forgets it here.
    const PointBytes other =
        Point::mul_generator(random.scalar(Draw::ot_ro, index).value()).encode();
    const Point mine =
        Point::mul_generator(scalars_[i].value()) + -hash_to_curve(tag, choice, instance, other);
    const PointBytes mine_bytes = mine.encode();
    // Not needed: it makes the time of both choices that of both hashes.
    static_cast<void>(hash_to_curve(tag, other_choice, instance, mine_bytes));
    const PointBytes first = select(mine_bytes, other, choice);
    const PointBytes second = select(other, mine_bytes, choice);
    std::copy(first.begin(), first.end(), &out[offset_of(i, 0)]);
    std::copy(second.begin(), second.end(), &out[offset_of(i, 1)]);
  }
  std::copy(out.begin(), out.end(), offer_.begin());
}

bool BaseOtReceiver::finish(ByteView answer, std::span<Seed> seeds) const {
  for (std::size_t i = 0; i < kColumns; ++i) {
    const auto first = Point::parse(answer.subspan(offset_of(i, 0), kPointBytes));
    const auto second = Point::parse(answer.subspan(offset_of(i, 1), kPointBytes));
    if (!first || !second) return false;
    const std::uint8_t choice = choice_at(choices_, i);
    Point chosen = *first;
    chosen.cmov(*second, choice != 0);
    const auto chosen_bytes = select(first->encode(), second->encode(), choice);
    seeds[i] = seed_of(tag_, choice, i, offer_, chosen_bytes,
                       Point::mul_secret(scalars_[i].value(), chosen));
  }
  return true;
}

bool answer_base_ot(const SetupTag& tag, ByteView offer, Randomness& random, MutableByteView out,
                    std::span<std::array<Seed, 2>> seeds) {
  for (std::size_t i = 0; i < kColumns; ++i) {
    std::array<PointBytes, 2> encoded;
    std::array<Point, 2> points;
    for (std::size_t bit = 0; bit < 2; ++bit) {
      const ByteView field = offer.subspan(offset_of(i, bit), kPointBytes);
      const auto point = Point::parse(field);
      if (!point) return false;
      points[bit] = *point;
      std::copy(field.begin(), field.end(), encoded[bit].begin());
    }
    for (std::size_t bit = 0; bit < 2; ++bit) {
      const Point mask =
          points[bit] + hash_to_curve(tag, static_cast<std::uint8_t>(bit),
                                      static_cast<std::uint8_t>(i), encoded[1 - bit]);
      if (mask.is_infinity()) return false;
      const auto t = random.scalar(Draw::ot_t, static_cast<std::uint32_t>(2 * i + bit));
      const PointBytes answer_point = Point::mul_generator(t.value()).encode();
      std::copy(answer_point.begin(), answer_point.end(), &out[offset_of(i, bit)]);
      seeds[i][bit] = seed_of(tag, static_cast<std::uint8_t>(bit), i, offer, answer_point,
                              Point::mul_secret(t.value(), mask));
    }
  }
  return true;
}

}  // namespace tally::mpc::dkls

#include "mpc/ot_base.hpp"

#include <algorithm>

#include "crypto/ctime.hpp"
#include "crypto/point_batch.hpp"
#include "crypto/secret_lift.hpp"
#include "crypto/secret_mul.hpp"
#include "mpc/dkls_hash.hpp"
#include "mpc/secret_batch.hpp"

namespace tally::mpc::dkls {
namespace {

using crypto::Point;
using crypto::PointBytes;
using crypto::XonlyBytes;

// Where r_{i,b} stands in an offer, and B_{i,b} in an answer.
constexpr std::size_t offset_of(std::size_t instance, std::size_t bit) {
  return (2 * instance + bit) * kPointBytes;
}

// Candidates of one hash to the curve that are looked at whether or not they are needed: of a
// secret input, and of a public one, of which one in sixteen needs more.
constexpr std::uint8_t kSecretTries = 40;
constexpr std::uint8_t kPublicTries = 4;

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

// What the hash to the curve tries as its `counter`-th x.
XonlyBytes candidate(const SetupTag& tag, const HashInput& input, std::uint8_t counter) {
  return th(Label::hc, {tag, be(input.bit), be(input.instance), input.point, be(counter)});
}
// The first point from this counter on.
Point hash_from_var(const SetupTag& tag, const HashInput& input, std::uint8_t counter) {
  Point point;
  while (point.is_infinity()) {
    point = Point::parse_xonly(candidate(tag, input, counter++)).value_or(Point());
  }
  return point;
}

// The fields of an offer or an answer. False when one is no point.
bool parse_fields(ByteView fields, std::span<Point> points) {
  std::vector<PointBytes> encoded(points.size());
  for (std::size_t i = 0; i < encoded.size(); ++i) {
    std::copy_n(fields.subspan(i * kPointBytes).begin(), kPointBytes, encoded[i].begin());
  }
  return crypto::parse_each_var(encoded, points);
}

}  // namespace

std::vector<Point> hash_to_curve(const SetupTag& tag, std::span<const HashInput> inputs) {
  std::vector<Point> found;
  found.reserve(inputs.size());
  std::array<XonlyBytes, kSecretTries> tries;
  for (const HashInput& input : inputs) {
    for (std::uint8_t i = 0; i < kSecretTries; ++i) tries[i] = candidate(tag, input, i);
    found.push_back(crypto::lift_first(tries));
    if (found.back().is_infinity()) found.back() = hash_from_var(tag, input, kSecretTries);
  }
  core::wipe(&tries, sizeof tries);
  return found;
}

std::vector<Point> hash_to_curve_var(const SetupTag& tag, std::span<const HashInput> inputs) {
  std::vector<PointBytes> tried(inputs.size() * kPublicTries);
  for (std::size_t i = 0; i < tried.size(); ++i) {
    const auto x =
        candidate(tag, inputs[i / kPublicTries], static_cast<std::uint8_t>(i % kPublicTries));
    tried[i][0] = 2;
    std::copy(x.begin(), x.end(), tried[i].begin() + 1);
  }
  std::vector<Point> points(tried.size());
  crypto::parse_each_var(tried, points);
  std::vector<Point> found(inputs.size());
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const auto mine = std::span(points).subspan(i * kPublicTries, kPublicTries);
    const auto first = std::ranges::find_if_not(mine, &Point::is_infinity);
    found[i] = first != mine.end() ? *first : hash_from_var(tag, inputs[i], kPublicTries);
  }
  return found;
}

BaseOtReceiver::~BaseOtReceiver() {
  core::wipe(choices_);
}

void BaseOtReceiver::offer(const SetupTag& tag, Randomness& random, MutableByteView out) {
  tag_ = tag;
  random.fill(Draw::ot_choice, 0, choices_);
  SecretBatch drawn(2 * kColumns);
  for (std::uint32_t i = 0; i < kColumns; ++i) {
    scalars_[i] = random.scalar(Draw::ot_a, i);
    drawn.add(scalars_[i].value());
  }
  // Nobody may know the logarithm of these, and whoever drew them forgets them here.
  for (std::uint32_t i = 0; i < kColumns; ++i) drawn.add(random.scalar(Draw::ot_ro, i).value());
  std::vector<Point> points(2 * kColumns);
  crypto::mul_generator_each(drawn.get(), points);
  const auto mine = std::span(points).first(kColumns);
  const auto others = std::span(points).last(kColumns);

  std::vector<HashInput> inputs(kColumns);
  for (std::size_t i = 0; i < kColumns; ++i) {
    inputs[i] = {choice_at(choices_, i), static_cast<std::uint8_t>(i), others[i].encode()};
  }
  std::vector<Point> hashed = hash_to_curve(tag, inputs);
  for (Point& point : hashed) point = -point;
  crypto::add_each_var(mine, hashed, mine);
  core::wipe(hashed.data(), hashed.size() * sizeof hashed[0]);
  PointBytes mine_bytes;
  for (std::size_t i = 0; i < kColumns; ++i) {
    mine_bytes = mine[i].encode();
    const PointBytes first = select(mine_bytes, inputs[i].point, inputs[i].bit);
    const PointBytes second = select(inputs[i].point, mine_bytes, inputs[i].bit);
    std::copy(first.begin(), first.end(), &out[offset_of(i, 0)]);
    std::copy(second.begin(), second.end(), &out[offset_of(i, 1)]);
  }
  core::wipe(inputs.data(), inputs.size() * sizeof inputs[0]);
  // Whose field is which tells the choices, though everybody is shown the fields.
  core::wipe(points.data(), points.size() * sizeof points[0]);
  core::wipe(mine_bytes);
  std::copy(out.begin(), out.end(), offer_.begin());
}

bool BaseOtReceiver::finish(ByteView answer, std::span<Seed> seeds) const {
  std::vector<Point> points(2 * kColumns);
  if (!parse_fields(answer, points)) return false;
  SecretBatch scalars(kColumns);
  std::vector<Point> chosen(kColumns);
  for (std::size_t i = 0; i < kColumns; ++i) {
    chosen[i] = points[2 * i];
    chosen[i].cmov(points[2 * i + 1], choice_at(choices_, i) != 0);
    scalars.add(scalars_[i].value());
  }
  std::vector<Point> shared(kColumns);
  crypto::mul_secret_each(scalars.get(), chosen, shared);
  for (std::size_t i = 0; i < kColumns; ++i) {
    const std::uint8_t choice = choice_at(choices_, i);
    auto bytes = select(points[2 * i].encode(), points[2 * i + 1].encode(), choice);
    seeds[i] = seed_of(tag_, choice, i, offer_, bytes, shared[i]);
    core::wipe(bytes);
  }
  core::wipe(chosen.data(), chosen.size() * sizeof(Point));
  core::wipe(shared.data(), shared.size() * sizeof(Point));
  return true;
}

bool answer_base_ot(const SetupTag& tag, ByteView offer, Randomness& random, MutableByteView out,
                    std::span<std::array<Seed, 2>> seeds) {
  constexpr std::size_t kPoints = 2 * kColumns;
  std::vector<Point> points(kPoints);
  if (!parse_fields(offer, points)) return false;
  std::vector<HashInput> inputs(kPoints);
  SecretBatch t(kPoints);
  for (std::size_t i = 0; i < kPoints; ++i) {
    // The hash of one field of an instance masks the other.
    inputs[i] = {static_cast<std::uint8_t>(i % 2), static_cast<std::uint8_t>(i / 2),
                 points[i ^ 1U].encode()};
    t.add(random.scalar(Draw::ot_t, static_cast<std::uint32_t>(i)).value());
  }
  crypto::add_each_var(points, hash_to_curve_var(tag, inputs), points);
  if (std::ranges::any_of(points, &Point::is_infinity)) return false;
  std::vector<Point> answers(kPoints);
  crypto::mul_generator_each(t.get(), answers);
  crypto::mul_secret_each(t.get(), points, points);
  for (std::size_t i = 0; i < kPoints; ++i) {
    const PointBytes answer_point = answers[i].encode();
    std::copy(answer_point.begin(), answer_point.end(), &out[offset_of(i / 2, i % 2)]);
    seeds[i / 2][i % 2] = seed_of(tag, inputs[i].bit, i / 2, offer, answer_point, points[i]);
  }
  core::wipe(points.data(), points.size() * sizeof(Point));
  return true;
}

}  // namespace tally::mpc::dkls

#include "mpc/ot_base.hpp"

#include <algorithm>

#include "crypto/ctime.hpp"
#include "crypto/point_batch.hpp"
#include "crypto/secret_mul.hpp"
#include "mpc/dkls_hash.hpp"
#include "mpc/secret_batch.hpp"

namespace tally::mpc::dkls {
namespace {

using crypto::Point;
using crypto::PointBytes;

// Where r_{i,b} stands in an offer, and B_{i,b} in an answer.
constexpr std::size_t offset_of(std::size_t instance, std::size_t bit) {
  return (2 * instance + bit) * kPointBytes;
}

// Candidates of one hash to the curve that are looked at whether or not they are needed, in lanes;
// one in sixteen hashes needs more, one by one, in a time that adds up as it comes.
constexpr std::size_t kTriesAtOnce = 4;

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

// What the hash to the curve tries as its `counter`-th x, in the form of a compressed point.
PointBytes candidate(const SetupTag& tag, const HashInput& input, std::uint8_t counter) {
  const auto x = th(Label::hc, {tag, be(input.bit), be(input.instance), input.point, be(counter)});
  // Which of the two hashes of an instance this is stays secret; how long either takes does not.
  crypto::declassify(x.data(), x.size());
  PointBytes encoded;
  encoded[0] = 2;
  std::copy(x.begin(), x.end(), encoded.begin() + 1);
  return encoded;
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
  const std::size_t count = inputs.size();
  std::vector<PointBytes> tried(count * kTriesAtOnce);
  for (std::size_t i = 0; i < tried.size(); ++i) {
    tried[i] =
        candidate(tag, inputs[i / kTriesAtOnce], static_cast<std::uint8_t>(i % kTriesAtOnce));
  }
  std::vector<Point> points(tried.size());
  crypto::parse_each_var(tried, points);
  std::vector<Point> found(count);
  for (std::size_t i = 0; i < count; ++i) {
    std::uint8_t counter = 0;
    while (counter < kTriesAtOnce && found[i].is_infinity()) {
      found[i] = points[i * kTriesAtOnce + counter++];
    }
    while (found[i].is_infinity()) {
      found[i] = Point::parse(candidate(tag, inputs[i], counter++)).value_or(Point());
    }
  }
  // Which hashes were tried tells the receiver's choices.
  core::wipe(tried.data(), tried.size() * sizeof tried[0]);
  core::wipe(points.data(), points.size() * sizeof points[0]);
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
  for (std::size_t i = 0; i < kColumns; ++i) {
    const PointBytes mine_bytes = mine[i].encode();
    const PointBytes first = select(mine_bytes, inputs[i].point, inputs[i].bit);
    const PointBytes second = select(inputs[i].point, mine_bytes, inputs[i].bit);
    std::copy(first.begin(), first.end(), &out[offset_of(i, 0)]);
    std::copy(second.begin(), second.end(), &out[offset_of(i, 1)]);
    inputs[i] = {static_cast<std::uint8_t>(inputs[i].bit ^ 1U), inputs[i].instance, mine_bytes};
  }
  // Not needed: it makes the time of both choices that of both hashes.
  hashed = hash_to_curve(tag, inputs);
  core::wipe(hashed.data(), hashed.size() * sizeof hashed[0]);
  core::wipe(inputs.data(), inputs.size() * sizeof inputs[0]);
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
  crypto::add_each_var(points, hash_to_curve(tag, inputs), points);
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

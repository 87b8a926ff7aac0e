// Lists of fixed-size fields in and out of bytes, for the messages that move shares. Internal to
// the codecs of lib/mpc; one thread; allocates the lists.
#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include "mpc/dkg_messages.hpp"

namespace tally::mpc::fields {

using crypto::Point;
using crypto::PointBytes;
using crypto::Scalar;

inline constexpr std::size_t kPointBytes = 33;
inline constexpr std::size_t kScalarBytes = 32;
inline constexpr std::size_t kSignatureBytes = 64;

inline void append(Bytes& out, ByteView bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}
inline void append(Bytes& out, std::span<const Point> points) {
  for (const Point& point : points) append(out, point.encode());
}
inline void append(Bytes& out, std::span<const Scalar> scalars) {
  for (const Scalar& scalar : scalars) append(out, scalar.encode());
}
template <std::size_t N>
void append_all(Bytes& out, const std::vector<ByteArray<N>>& list) {
  for (const auto& entry : list) append(out, entry);
}

// Takes fields from the front of a message whose length was checked before.
class Fields {
 public:
  explicit Fields(ByteView bytes) : rest_(bytes) {}

  ByteView take(std::size_t size) {
    const ByteView front = rest_.first(size);
    rest_ = rest_.subspan(size);
    return front;
  }
  template <std::size_t N>
  std::vector<ByteArray<N>> arrays(std::size_t count) {
    std::vector<ByteArray<N>> out(count);
    for (auto& entry : out) std::copy_n(take(N).begin(), N, entry.begin());
    return out;
  }
  std::vector<Point> points(std::size_t count) {
    std::vector<Point> out(count);
    for (Point& point : out) {
      const auto parsed = Point::parse_with_infinity(take(kPointBytes));
      good_ = good_ && parsed;
      if (parsed) point = *parsed;
    }
    return out;
  }
  std::vector<Scalar> scalars(std::size_t count) {
    std::vector<Scalar> out(count);
    for (Scalar& scalar : out) {
      const auto parsed = Scalar::parse(take(kScalarBytes));
      good_ = good_ && parsed;
      if (parsed) scalar = *parsed;
    }
    return out;
  }
  [[nodiscard]] ByteView rest() const { return rest_; }

  // `message` if all its fields were good.
  template <typename T>
  Decoded<T> checked(T message) {
    if (!good_) return core::unexpected(Malformed::field);
    return message;
  }

 private:
  ByteView rest_;
  bool good_ = true;
};

}  // namespace tally::mpc::fields

// Multiples of one long-lived public key beside those of the generator, made once and shared by any
// number of processes: a file of mode 0600, mapped read-only by those who verify. With it a
// signature under the key is some 67 additions in affine coordinates, many signatures at a time
// (many_sums.hpp), without a doubling, a table of its own, or the square roots of the key and of R.
//
// What is mapped decides what verifies, so an image is refused when it is not this layout, has
// another checksum, could be written by another user, or is not of the key that was asked for. A
// checksum is no signature: whoever may write as this user can forge one.
//
// Measured with `tally-sign verify` on 40,000 lines of one key, Zen 4: 1.2 to 1.5 times as fast as
// without the table for ECDSA in eight lanes, 2.1 times in portable code. From a hundred signatures
// on it is no slower, the mapping and its checksum included. Schnorr signatures are faster in a sum
// where 64 or more come together; the table is for fewer, and for streams with many bad ones.
//
// An image is kHeaderBytes of header and 2 * kRows * kRowPoints points of 64 bytes, 528 KiB. Row j
// has the multiples 1 .. kRowPoints of 2^(kWindow * j) * B. Any thread may read. Public data only.
//
// open() maps memory; nothing is allocated later. A file must not be cut while it is mapped:
// reading past its new end ends the process. write_file() replaces a file whole.
#pragma once

#include <string>

#include "core/result.hpp"
#include "crypto/known_key.hpp"

namespace tally::crypto {

class KeyTable {
 public:
  static constexpr std::size_t kHeaderBytes = 128;
  static constexpr std::size_t kCombPoints = CombTable::kRows * CombTable::kRowPoints;
  static constexpr std::size_t kImageBytes = kHeaderBytes + 2 * kCombPoints * sizeof(AffineWords);

  // The image for the point with this x and an even y, allocated here. Errors: bad_data when there
  // is no such point.
  [[nodiscard]] static Result<Bytes> make_image(const XonlyBytes& key);
  // Writes it to a file of mode 0600 and puts that in its place whole. Errors: those of the system
  // as well.
  [[nodiscard]] static Status write_file(const std::string& path, const XonlyBytes& key);

  // Maps an image. Errors: bad_data when it is no image, was altered, or is of another key;
  // permission when another user could write it.
  [[nodiscard]] static Result<KeyTable> open(int fd, const XonlyBytes& key);
  // no_input when there is no such file, permission when it is a symbolic link.
  [[nodiscard]] static Result<KeyTable> open_file(const std::string& path, const XonlyBytes& key);

  // Whether the bytes are an image of the key. Errors: bad_data, saying what is wrong.
  [[nodiscard]] static Status check_image(ByteView image, const XonlyBytes& key);

  KeyTable(KeyTable&& other) noexcept : image_(std::exchange(other.image_, nullptr)) {}
  KeyTable& operator=(KeyTable&&) = delete;
  KeyTable(const KeyTable&) = delete;
  KeyTable& operator=(const KeyTable&) = delete;
  ~KeyTable();

  [[nodiscard]] ByteView image() const { return {image_, kImageBytes}; }
  [[nodiscard]] ByteView key() const;
  // The generator's rows, kCombPoints points, and behind them the key's.
  [[nodiscard]] const AffineWords* points() const {
    return reinterpret_cast<const AffineWords*>(image_ + kHeaderBytes);
  }

 private:
  explicit KeyTable(const std::uint8_t* image) : image_(image) {}
  const std::uint8_t* image_;
};

}  // namespace tally::crypto

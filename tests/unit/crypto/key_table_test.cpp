// Tables of a key that processes share: made, mapped, refused, and what they verify.
#include "crypto/key_table.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/fd.hpp"
#include "core/file.hpp"
#include "crypto/engine.hpp"
#include "crypto/made_items.hpp"
#include "crypto/point_table.hpp"
#include "crypto/verify_backend.hpp"
#include "support/folder.hpp"

namespace core = tally::core;
namespace crypto = tally::crypto;
using crypto::BackendKind;
using crypto::KeyTable;
using crypto::MadeItems;
using crypto::Point;
using crypto::Scalar;
using crypto::Scheme;
using crypto::Verdict;
using tally::Bytes;
using tally::Code;

namespace {

const Scalar kSecret(0x1234567);

crypto::XonlyBytes key_of(const Scalar& secret) {
  return Point::mul_generator(secret).xonly();
}

tally::UniqueFd memfd_of(tally::ByteView content) {
  tally::UniqueFd fd(::memfd_create("test", MFD_CLOEXEC));
  REQUIRE(fd);
  REQUIRE(core::write_all(fd.get(), content));
  REQUIRE(::fchmod(fd.get(), 0600) == 0);
  return fd;
}

KeyTable table_of(const crypto::XonlyBytes& key) {
  return KeyTable::open(memfd_of(KeyTable::make_image(key).value()).get(), key).value();
}

}  // namespace

TEST_SUITE_BEGIN("crypto");

TEST_CASE("a key table in a file is mapped and holds multiples of both points") {
  const auto key = key_of(kSecret);
  const Bytes image = KeyTable::make_image(key).value();
  const tally::test::Folder folder;
  const std::string path = folder.file("key.table");
  CHECK(KeyTable::open_file(path, key).error().code == Code::no_input);
  REQUIRE(KeyTable::write_file(path, key));
  const auto shared = KeyTable::open_file(path, key).value();
  CHECK(std::equal(image.begin(), image.end(), shared.image().begin(), shared.image().end()));
  struct stat info {};
  REQUIRE(::stat(path.c_str(), &info) == 0);
  CHECK((info.st_mode & 0777U) == 0600U);
  // Rows hold what they should: 2^(8 j) * (i + 1) times either point.
  const auto even = Point::parse_xonly(key).value();
  for (const std::size_t row : {std::size_t{0}, std::size_t{5}, crypto::CombTable::kRows - 1}) {
    for (const std::size_t index : {0U, 1U, 127U}) {
      Scalar factor(index + 1);
      for (std::size_t j = 0; j < row; ++j) factor = factor * Scalar(256);
      const std::size_t at = row * crypto::CombTable::kRowPoints + index;
      CHECK(shared.points()[at] == crypto::to_affine(Point::mul_generator(factor)));
      CHECK(shared.points()[KeyTable::kCombPoints + at] ==
            crypto::to_affine(Point::mul_var(factor, even)));
    }
  }
}

TEST_CASE("a key table that was altered or is foreign is refused") {
  const auto key = key_of(kSecret);
  const Bytes whole = KeyTable::make_image(key).value();
  REQUIRE(KeyTable::check_image(whole, key));
  Bytes changed = whole;
  for (std::size_t at = 0; at < whole.size(); at += at < KeyTable::kHeaderBytes ? 1 : 40001) {
    CAPTURE(at);
    changed[at] ^= 0x10U;
    CHECK(KeyTable::check_image(changed, key).error().code == Code::bad_data);
    changed[at] = whole[at];
  }
  CHECK_FALSE(KeyTable::check_image(tally::ByteView(whole).first(whole.size() - 1), key));
  CHECK_FALSE(KeyTable::check_image({}, key));
  CHECK(KeyTable::check_image(whole, key_of(Scalar(5))).error().message ==
        "it is the table of another key");
  CHECK(KeyTable::make_image(crypto::XonlyBytes{}).error().code == Code::bad_data);

  const auto good = memfd_of(whole);
  CHECK(KeyTable::open(good.get(), key));
  REQUIRE(::fchmod(good.get(), 0620) == 0);
  CHECK(KeyTable::open(good.get(), key).error().code == Code::permission);
  const auto cut = memfd_of(tally::ByteView(whole).first(whole.size() / 2));
  CHECK(KeyTable::open(cut.get(), key).error().code == Code::bad_data);
  changed[whole.size() - 1] ^= 1U;
  const auto altered = memfd_of(changed);
  CHECK(KeyTable::open(altered.get(), key).error().message == "the key table was altered");
  CHECK_FALSE(KeyTable::open(-1, key));
}

TEST_CASE("signatures under a key with a shared table get the verdicts of libsecp256k1") {
  for (const Scalar& secret : {kSecret, -kSecret}) {
    MadeItems made(31);
    for (std::size_t i = 0; i < 200; ++i) {
      made.add(i % 2 == 0 ? Scheme::ecdsa : Scheme::bip340, i % 4 == 0, &secret);
      if (i % 5 == 0) made.corrupt(i);
      if (i % 9 == 0) made.add(i % 18 == 0 ? Scheme::bip340 : Scheme::partial);
    }
    // Sums of special form: s = 0 and e = 0 alone and with each other, and R of no curve.
    const auto key = key_of(secret);
    for (const int kind : {0, 1, 2}) {
      Bytes signature(64, 0);
      if (kind == 1) std::fill(signature.begin(), signature.begin() + 32, std::uint8_t{0xff});
      if (kind == 2) signature[63] = 1;
      made.put(Scheme::bip340, Bytes(key.begin(), key.end()), Bytes(32, 1), signature);
    }
    const auto table = std::make_shared<const KeyTable>(table_of(key));
    std::size_t good = 0;
    for (const BackendKind kind :
         {BackendKind::libsecp, BackendKind::portable, BackendKind::ifma}) {
      const auto backend = crypto::make_backend(kind);
      if (backend == nullptr) continue;
      CAPTURE(backend->name());
      backend->know(table);
      // In a sum at first, then by the table, because many were bad, and few at a time.
      const std::size_t all = made.items().size();
      for (const std::size_t at_once : {all, all, std::size_t{1}, std::size_t{40}}) {
        CAPTURE(at_once);
        std::vector<Verdict> verdicts(all);
        for (std::size_t at = 0; at < all; at += at_once) {
          const std::size_t count = std::min(at_once, all - at);
          backend->verify_var(std::span(made.items()).subspan(at, count),
                              std::span(verdicts).subspan(at, count));
        }
        good = 0;
        for (std::size_t i = 0; i < all; ++i) {
          CAPTURE(i);
          const Verdict right = crypto::verify_singly_var(made.items()[i]);
          CHECK(verdicts[i] == right);
          if (right == Verdict::good) ++good;
        }
      }
    }
    CHECK(good > 150);
    CHECK(good < made.items().size());
  }
}

TEST_SUITE_END();

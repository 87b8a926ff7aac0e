#include "crypto/key_table.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/fd.hpp"
#include "core/file.hpp"
#include "crypto/sha256.hpp"

namespace tally::crypto {
namespace {

// Little-endian, as everything that is not x86-64 would not read it anyway: words of points follow.
struct Header {
  std::array<char, 8> magic = {'T', 'A', 'L', 'L', 'Y', 'K', 'E', 'Y'};
  std::uint32_t version = 1;
  std::uint32_t window = CombTable::kWindow;
  std::uint32_t rows = CombTable::kRows;
  std::uint32_t row_points = CombTable::kRowPoints;
  XonlyBytes key{};
  ByteArray<40> zero{};
  ByteArray<32> checksum{};  // SHA-256 of the header before it, and of the points
};
static_assert(sizeof(Header) == KeyTable::kHeaderBytes);
static_assert(KeyTable::kHeaderBytes % alignof(AffineWords) == 0);

ByteArray<32> checksum_of(const Header& header, ByteView points) {
  const ByteView before(reinterpret_cast<const std::uint8_t*>(&header), offsetof(Header, checksum));
  return Sha256().update(before).update(points).finish();
}

// Whether nobody but this user, or the administrator, can write to it.
Status check_owner(int fd) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) return fail_errno("cannot look at the key table", errno);
  if (!S_ISREG(info.st_mode) || info.st_size != static_cast<off_t>(KeyTable::kImageBytes)) {
    return fail(Code::bad_data, "it is no key table of this version");
  }
  const bool ours = info.st_uid == ::geteuid() || info.st_uid == 0;
  if (ours && (info.st_mode & (S_IWGRP | S_IWOTH)) == 0) return {};
  return fail(Code::permission, "the key table could be written by another user",
              "remove it; it is made again");
}

}  // namespace

Status KeyTable::check_image(ByteView image, const XonlyBytes& key) {
  Header header;
  if (image.size() != kImageBytes) return fail(Code::bad_data, "it is no key table");
  std::memcpy(&header, image.data(), sizeof header);
  const Header known;
  if (header.magic != known.magic) return fail(Code::bad_data, "it is no key table");
  if (header.version != known.version || header.window != known.window ||
      header.rows != known.rows || header.row_points != known.row_points ||
      header.zero != known.zero) {
    return fail(Code::bad_data, "it is a key table of another version",
                "remove it; it is made again");
  }
  if (header.key != key) return fail(Code::bad_data, "it is the table of another key");
  if (header.checksum != checksum_of(header, image.subspan(kHeaderBytes))) {
    return fail(Code::bad_data, "the key table was altered", "remove it; it is made again");
  }
  return {};
}

Result<Bytes> KeyTable::make_image(const XonlyBytes& key) {
  const auto point = Point::parse_xonly(key);
  if (!point) return fail(Code::bad_data, "the key is not on the curve");
  std::vector<AffineWords> points(2 * kCombPoints);
  CombTable::fill(Point::generator(), points.data());
  CombTable::fill(*point, points.data() + kCombPoints);
  const ByteView bytes(reinterpret_cast<const std::uint8_t*>(points.data()),
                       points.size() * sizeof(AffineWords));
  Header header;
  header.key = key;
  header.checksum = checksum_of(header, bytes);
  Bytes image(kImageBytes);
  std::memcpy(image.data(), &header, sizeof header);
  std::memcpy(image.data() + sizeof header, bytes.data(), bytes.size());
  return image;
}

Status KeyTable::write_file(const std::string& path, const XonlyBytes& key) {
  TALLY_TRY(const Bytes image, make_image(key));
  return core::replace_file(path, image, 0600);
}

Result<KeyTable> KeyTable::open(int fd, const XonlyBytes& key) {
  TALLY_CHECK(check_owner(fd));
  void* const memory = ::mmap(nullptr, kImageBytes, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0);
  if (memory == MAP_FAILED) return fail_errno("cannot map the key table", errno);
  KeyTable table(static_cast<const std::uint8_t*>(memory));
  TALLY_CHECK(check_image(table.image(), key));
  return table;
}

Result<KeyTable> KeyTable::open_file(const std::string& path, const XonlyBytes& key) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd && errno == ELOOP) {
    return fail(Code::permission, path + " is a symbolic link", "name the key table itself");
  }
  if (!fd) return fail_errno("cannot open " + path, errno);
  auto table = open(fd.get(), key);
  if (!table) return fail(table.error().in(path));
  return table;
}

KeyTable::~KeyTable() {
  if (image_ != nullptr) ::munmap(const_cast<std::uint8_t*>(image_), kImageBytes);
}

ByteView KeyTable::key() const {
  return image().subspan(offsetof(Header, key), sizeof(XonlyBytes));
}

}  // namespace tally::crypto

#include "custody/record_journal.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/crc32c.hpp"
#include "core/endian.hpp"
#include "core/file.hpp"

namespace tally::custody {
namespace {

constexpr std::size_t kMagicBytes = 8;
constexpr std::size_t kHeaderBytes = 16;
constexpr std::size_t kLargestJournalBytes = std::size_t{256} << 20U;

std::size_t record_bytes(std::uint32_t payload_bytes) {
  return 8 + std::size_t{payload_bytes} + 4;
}

Bytes header_of(std::string_view magic, std::uint32_t payload_bytes) {
  Bytes header(kHeaderBytes);
  std::copy_n(magic.begin(), kMagicBytes, header.begin());
  core::store_le(&header[kMagicBytes], payload_bytes);
  return header;
}

bool whole(ByteView record, std::uint32_t number) {
  const ByteView checked = record.first(record.size() - 4);
  return core::load_le<std::uint32_t>(record.data()) == number &&
         core::load_le<std::uint32_t>(&record[checked.size()]) == core::crc32c(checked);
}

// Holds the file that stands under `path`: another process may have rewritten it between our
// opening and our lock.
Status lock(int fd, const std::string& path) {
  struct stat opened {};
  struct stat named {};
  if (::flock(fd, LOCK_EX | LOCK_NB) == 0 && ::fstat(fd, &opened) == 0 &&
      ::stat(path.c_str(), &named) == 0 && opened.st_ino == named.st_ino &&
      opened.st_dev == named.st_dev) {
    return {};
  }
  return fail(Code::try_again, path + " is in use",
              "another process holds this journal; it must end first");
}

}  // namespace

Result<RecordJournal> RecordJournal::open(const std::string& path, const JournalKind& kind,
                                          std::vector<JournalRecord>& records) {
  const Bytes header = header_of(kind.magic, kind.payload_bytes);
  if (::access(path.c_str(), F_OK) != 0 && errno == ENOENT) {
    TALLY_CHECK(core::create_file(path, header, 0600));
  }
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW));
  if (!fd) return fail_errno("cannot open " + path, errno);
  TALLY_CHECK(lock(fd.get(), path));
  TALLY_TRY(const std::string text, core::read_fd(fd.get(), path, kLargestJournalBytes));
  const ByteView content = core::as_bytes(text);
  if (content.size() < kHeaderBytes || !std::ranges::equal(content.first(kHeaderBytes), header)) {
    return fail(Code::bad_data, path + " is not a journal of this kind", kind.if_damaged);
  }
  const std::size_t size = record_bytes(kind.payload_bytes);
  ByteView rest = content.subspan(kHeaderBytes);
  records.clear();
  while (rest.size() >= size &&
         whole(rest.first(size), static_cast<std::uint32_t>(records.size()))) {
    const ByteView payload = rest.subspan(8, kind.payload_bytes);
    records.push_back({core::load_le<std::uint32_t>(&rest[4]), {payload.begin(), payload.end()}});
    rest = rest.subspan(size);
  }
  if (rest.size() > size) {
    return fail(Code::bad_data, path + " is damaged", kind.if_damaged);
  }
  const auto good_bytes = static_cast<off_t>(content.size() - rest.size());
  if (!rest.empty() && (::ftruncate(fd.get(), good_bytes) != 0 || ::fsync(fd.get()) != 0)) {
    return fail_errno("cannot mend " + path, errno);
  }
  return RecordJournal(std::move(fd), path, kind.payload_bytes,
                       static_cast<std::uint32_t>(records.size()));
}

Bytes RecordJournal::encode(std::span<const JournalRecord> records) {
  Bytes out;
  for (const JournalRecord& record : records) {
    const std::size_t begin = out.size();
    out.resize(begin + record_bytes(payload_bytes_));
    core::store_le(&out[begin], next_++);
    core::store_le(&out[begin + 4], record.type);
    std::ranges::copy(record.payload, &out[begin + 8]);
    const std::size_t checked = 8 + record.payload.size();
    core::store_le(&out[begin + checked], core::crc32c(ByteView(out).subspan(begin, checked)));
  }
  return out;
}

Status RecordJournal::append(std::span<const JournalRecord> records, bool durable) {
  if (broken_) return fail(Code::io, path_ + " could not be written before");
  const Bytes out = encode(records);
  broken_ = true;
  TALLY_CHECK(core::write_all(fd_.get(), out));
  if (durable && ::fsync(fd_.get()) != 0) return fail_errno("cannot sync " + path_, errno);
  broken_ = false;
  return {};
}

Status RecordJournal::rewrite(std::span<const JournalRecord> records) {
  if (broken_) return fail(Code::io, path_ + " could not be written before");
  broken_ = true;
  std::array<char, kHeaderBytes> header{};
  if (::pread(fd_.get(), header.data(), header.size(), 0) != ssize_t{kHeaderBytes}) {
    return fail_errno("cannot read " + path_, errno);
  }
  next_ = 0;
  const Bytes body = encode(records);
  Bytes content(header.begin(), header.end());
  content.insert(content.end(), body.begin(), body.end());
  TALLY_CHECK(core::replace_file(path_, content, 0600));
  UniqueFd fd(::open(path_.c_str(), O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW));
  if (!fd) return fail_errno("cannot open " + path_, errno);
  TALLY_CHECK(lock(fd.get(), path_));
  fd_ = std::move(fd);
  broken_ = false;
  return {};
}

}  // namespace tally::custody

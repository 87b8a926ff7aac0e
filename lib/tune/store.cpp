#include "tune/store.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include "core/file.hpp"

namespace tally::tune {
namespace {

std::string folder_for(const std::string& name) {
  return fmt::format("{}/{}", kStoreFolder, name);
}
std::string file_for(const std::string& name) {
  return folder_for(name) + "/journal";
}

// The number of "t0012", or 0 for a name that is not a transaction's.
unsigned number_of(const std::string& name) {
  unsigned number = 0;
  if (!name.starts_with('t')) return 0;
  const auto [end, error] = std::from_chars(name.data() + 1, name.data() + name.size(), number);
  return error == std::errc{} && end == name.data() + name.size() ? number : 0;
}

Error cannot_write(const Error& error) {
  Error told = error;
  if (told.code == Code::permission) {
    told.hint = "the journal must be written before anything is changed: run as root";
  } else if (told.code != Code::bad_data) {
    told.code = Code::cannot_create;
    told.hint = "the journal must be written before anything is changed";
  }
  return told;
}

Result<std::vector<std::string>> transaction_names(const Tree& tree) {
  auto names = tree.list(kStoreFolder);
  if (!names) {
    if (names.error().os_errno == ENOENT) return std::vector<std::string>{};
    return fail(names.error());
  }
  std::erase_if(*names, [](const std::string& name) { return number_of(name) == 0; });
  std::sort(names->begin(), names->end(),
            [](const std::string& a, const std::string& b) { return number_of(a) < number_of(b); });
  return names;
}

}  // namespace

Status JournalWriter::append(const Record& record) {
  const std::string bytes = encode(record);
  if (auto written = core::write_all(fd_.get(), core::as_bytes(bytes)); !written) {
    return fail(written.error().in("journal " + shown_));
  }
  if (::fdatasync(fd_.get()) != 0) {
    return fail(core::os_error(Code::io, "cannot sync journal " + shown_, errno));
  }
  return {};
}

Result<Store> Store::for_writing(const Tree& tree) {
  if (auto made = tree.make_folders(kStoreFolder, 0755); !made) {
    return fail(cannot_write(made.error()));
  }
  const std::string path = std::string(kStoreFolder) + "/lock";
  auto lock = tree.open_file(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0600);
  if (!lock) return fail(cannot_write(lock.error()));
  if (::flock(lock->get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return fail_errno("cannot lock " + tree.shown(path), errno);
    return fail(Code::try_again, "another tally-tune is changing this host",
                "wait until it has ended, then look at tally-tune status");
  }
  return Store(tree, std::move(*lock));
}

Result<Listing> Store::list() const {
  Listing listing;
  TALLY_TRY(const auto names, transaction_names(*tree_));
  for (const std::string& name : names) {
    const std::string path = file_for(name);
    auto content = tree_->read(path, std::size_t{64} << 20U);
    // A folder without its file: the power went between the two.
    if (!content && content.error().os_errno == ENOENT) content = std::string();
    if (!content) {
      listing.broken.push_back(content.error());
      continue;
    }
    const auto decoded = decode_journal(core::as_bytes(*content));
    auto folded = decoded ? fold(name, *decoded) : fail(decoded.error().in(tree_->shown(path)));
    if (folded) {
      listing.transactions.push_back(std::move(*folded));
    } else {
      listing.broken.push_back(folded.error());
    }
  }
  return listing;
}

Result<JournalWriter> Store::begin(const BeginRecord& begin) {
  TALLY_TRY(const auto names, transaction_names(*tree_));
  const unsigned number = names.empty() ? 1 : number_of(names.back()) + 1;
  const std::string name = fmt::format("t{:04}", number);
  if (auto made = tree_->make_folders(folder_for(name), 0755); !made) {
    return fail(cannot_write(made.error()));
  }
  auto fd = tree_->open_file(file_for(name), O_WRONLY | O_CREAT | O_EXCL | O_APPEND, 0644);
  if (!fd) return fail(cannot_write(fd.error()));
  const int raw = fd->get();
  JournalWriter writer(std::move(*fd), name, tree_->shown(file_for(name)));
  if (auto written = core::write_all(raw, core::as_bytes(kJournalMagic)); !written) {
    return fail(written.error().in("journal " + tree_->shown(file_for(name))));
  }
  TALLY_CHECK(writer.append(begin));
  TALLY_CHECK(tree_->sync_folder(folder_for(name)));
  return writer;
}

Result<JournalWriter> Store::resume(const Transaction& transaction) {
  const std::string path = file_for(transaction.name);
  auto fd = tree_->open_file(path, O_WRONLY | O_APPEND | O_NOFOLLOW);
  if (!fd) return fail(cannot_write(fd.error()));
  if (::ftruncate(fd->get(), static_cast<off_t>(transaction.valid_bytes)) != 0 ||
      ::fsync(fd->get()) != 0) {
    return fail(core::os_error(Code::io, "cannot mend journal " + tree_->shown(path), errno));
  }
  return JournalWriter(std::move(*fd), transaction.name, tree_->shown(path));
}

Status Store::discard(const Transaction& transaction) {
  const std::string path = file_for(transaction.name);
  if (auto removed = tree_->remove(path); !removed && removed.error().os_errno != ENOENT) {
    return fail(removed.error());
  }
  TALLY_TRY(const UniqueFd folder, tree_->open_file(kStoreFolder, O_RDONLY | O_DIRECTORY));
  if (::unlinkat(folder.get(), transaction.name.c_str(), AT_REMOVEDIR) != 0) {
    return fail_errno("cannot remove " + tree_->shown(folder_for(transaction.name)), errno);
  }
  return {};
}

}  // namespace tally::tune

// The files of a host: this one ("/"), or an offline image or a test's fake tree below a folder.
// Every path is given as the host would see it ("/proc/sys/...") and is opened beneath the root; in
// a tree that is not this host a symbolic link that leads out of it is refused. Pseudo files and
// ordinary ones alike. Const and without state: any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

#include "core/fd.hpp"
#include "core/result.hpp"

namespace tally::tune {

class Tree {
 public:
  // Errors: no_input when the folder is not there.
  [[nodiscard]] static Result<Tree> open(const std::string& root);

  // Whether the root is this host's own.
  [[nodiscard]] bool live() const { return live_; }
  // `path` as the user can type it: below the folder that was given.
  [[nodiscard]] std::string shown(const std::string& path) const;

  // Errors of all below carry os_errno. no_input, permission, io; bad_data for a link that leaves.
  [[nodiscard]] Result<UniqueFd> open_file(const std::string& path, int flags,
                                           mode_t mode = 0) const;
  // A regular file, or on this host a character device. bad_data when longer than the limit.
  [[nodiscard]] Result<std::string> read(const std::string& path,
                                         std::size_t limit_bytes = std::size_t{1} << 20U) const;
  // Writes a value file as the kernel wants it: one write(2) of everything, into an existing file,
  // never through a link in the last place. io when the kernel took only a part.
  [[nodiscard]] Status write_value(const std::string& path, std::string_view bytes) const;
  // Names in a folder, sorted, without "." and "..".
  [[nodiscard]] Result<std::vector<std::string>> list(const std::string& folder) const;

  // Creates what is missing of a folder's path. Errors: cannot_create, permission.
  [[nodiscard]] Status make_folders(const std::string& folder, mode_t mode) const;
  // As core::replace_file: a reader and a power cut see the old content or the new.
  [[nodiscard]] Status replace(const std::string& path, std::string_view content,
                               mode_t mode) const;
  // Removes a file and syncs its folder.
  [[nodiscard]] Status remove(const std::string& path) const;
  // fsyncs a folder, so that names made in it outlast a power cut.
  [[nodiscard]] Status sync_folder(const std::string& folder) const;

 private:
  Tree(UniqueFd root, std::string name, bool live)
      : root_(std::move(root)), name_(std::move(name)), live_(live) {}
  [[nodiscard]] Error error_for(const std::string& what, const std::string& path,
                                int os_errno) const;

  UniqueFd root_;
  std::string name_;
  bool live_ = false;
};

// Whether a file of this name is what replace() of `file`, in the same folder, left when its
// process was killed.
[[nodiscard]] bool is_part_of(std::string_view name, std::string_view file);

// "/a/b/c" is in "/a/b"; the last part is "c".
[[nodiscard]] std::string folder_of(const std::string& path);
[[nodiscard]] std::string last_part(const std::string& path);

}  // namespace tally::tune

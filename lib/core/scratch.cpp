#include "core/scratch.hpp"

#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>

namespace tally::core {

Result<ScratchFolder> ScratchFolder::make(std::string_view stem) {
  std::error_code error;
  const auto parent = std::filesystem::temp_directory_path(error);
  if (error) return fail_errno("no folder for temporary files", error.value(), "set TMPDIR");
  std::string path = (parent / (std::string(stem) + ".XXXXXX")).string();
  if (::mkdtemp(path.data()) == nullptr) return fail_errno("cannot create " + path, errno);
  return ScratchFolder(path);
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

}  // namespace tally::core

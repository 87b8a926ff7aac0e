// A folder for a while: made below TMPDIR for its owner alone, and gone with its content at the end
// of the scope. Any thread; allocates.
#pragma once

#include <filesystem>
#include <string_view>
#include <utility>

#include "core/result.hpp"

namespace tally::core {

class ScratchFolder {
 public:
  // Its name begins with `stem`. Errors: what the system says.
  [[nodiscard]] static Result<ScratchFolder> make(std::string_view stem);
  ScratchFolder(ScratchFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  ScratchFolder& operator=(ScratchFolder&&) = delete;
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  ~ScratchFolder();

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  explicit ScratchFolder(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

}  // namespace tally::core

// What the tuner needs of a host: values read, written, and time passing. Behind an interface so
// that tests can stand a host before it whose writes fail or lie. One thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "tune/tree.hpp"

namespace tally::tune {

class Host {
 public:
  Host() = default;
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;
  virtual ~Host() = default;

  // As the functions of Tree with these names.
  [[nodiscard]] virtual Result<std::string> read(const std::string& path) const = 0;
  [[nodiscard]] virtual Result<std::vector<std::string>> list(const std::string& folder) const = 0;
  [[nodiscard]] virtual Status write_value(const std::string& path, std::string_view bytes) = 0;
  [[nodiscard]] virtual Status replace(const std::string& path, std::string_view content) = 0;
  [[nodiscard]] virtual Status remove(const std::string& path) = 0;

  // Whether counters move while one waits: only on a running host does an effect show.
  [[nodiscard]] virtual bool live() const = 0;
  virtual void pause_ms(unsigned milliseconds) = 0;
};

// A host that is a tree of files. The tree must outlive it.
class TreeHost : public Host {
 public:
  explicit TreeHost(const Tree& tree) : tree_(tree) {}
  [[nodiscard]] Result<std::string> read(const std::string& path) const override;
  [[nodiscard]] Result<std::vector<std::string>> list(const std::string& folder) const override;
  [[nodiscard]] Status write_value(const std::string& path, std::string_view bytes) override;
  // Makes the folder too when it is missing; mode 0644.
  [[nodiscard]] Status replace(const std::string& path, std::string_view content) override;
  [[nodiscard]] Status remove(const std::string& path) override;
  [[nodiscard]] bool live() const override { return tree_.live(); }
  void pause_ms(unsigned milliseconds) override;

 private:
  const Tree& tree_;
};

// The numbers N of the entries PREFIX<N> of a folder, ascending; empty when it cannot be listed.
[[nodiscard]] std::vector<int> numbered(const Host& host, const std::string& folder,
                                        std::string_view prefix);

}  // namespace tally::tune

// A folder that a test writes to, gone with the test.
#pragma once

#include <doctest/doctest.h>
#include <string>

#include "core/scratch.hpp"

namespace tally::test {

class Folder {
 public:
  [[nodiscard]] std::string path() const { return scratch_.path().string(); }
  [[nodiscard]] std::string file(const std::string& name) const {
    return (scratch_.path() / name).string();
  }

 private:
  static core::ScratchFolder make() {
    auto made = core::ScratchFolder::make("tally-test");
    REQUIRE(made);
    return std::move(*made);
  }
  core::ScratchFolder scratch_ = make();
};

}  // namespace tally::test

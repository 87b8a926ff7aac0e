// Who waited for the other side of a ring, at the socket of one without a name or by wait-peer,
// heeded SIGINT and SIGTERM only when open-timeout was over.
#include <csignal>
#include <doctest/doctest.h>
#include <string>
#include <unistd.h>

#include "core/stop.hpp"
#include "ring/consumer.hpp"
#include "support/child.hpp"
#include "support/folder.hpp"
#include "support/ring.hpp"

namespace {

using namespace tally::ring;  // NOLINT(google-build-using-namespace): what is tested

// Opens the ring in a child that is told to stop once `path` is there; 0 when it says that it was.
int stopped_at(const std::string& path, const std::string& name, const Options& options) {
  tally::test::Child child([&] {
    ::alarm(30);
    const auto stop = tally::core::StopSignal::install();
    const auto opened = Consumer::open(name, options);
    if (!stop || opened || opened.error().code != tally::Code::try_again) return 1;
    return opened.error().message.find("stopped before") == std::string::npos ? 2 : 0;
  });
  while (::access(path.c_str(), F_OK) != 0) ::usleep(1'000);
  child.send(SIGINT);
  return child.reap();
}

Options patient() {
  Options options;
  options.open_timeout_ns = 3'600'000'000'000;
  return options;
}

TEST_CASE("who waits at the socket of a ring without a name heeds a stop") {
  const tally::test::Folder folder;
  Options options = patient();
  options.place = Place::handed;
  const std::string path = folder.file("ring");
  CHECK(stopped_at(path, path, options) == 0);
  CHECK(::access(path.c_str(), F_OK) != 0);
}

TEST_CASE("who waits for the peer of a ring heeds a stop") {
  const tally::test::RingName name("stop-wait");
  Options options = patient();
  options.wait_for_peer = true;
  CHECK(stopped_at(ring_path(name.str()), name.str(), options) == 0);
}

}  // namespace

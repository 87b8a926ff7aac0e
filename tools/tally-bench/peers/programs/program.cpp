// The main function of a peer that is a program of its own (peer_process.hpp). Each side of the
// subject is a thread, which places itself where the side of tally-bench that asks is: under
// SCHED_FIFO where that is permitted, and on the same processor, which the other leaves to it.
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <thread>

#include "core/threads.hpp"
#include "peer_modules.hpp"
#include "peer_process.hpp"

using namespace tally::bench_tool;
using tally::bench::Subject;

extern "C" const PeerTable* tally_bench_peers();

namespace {

constexpr int kFifoPriority = 50;  // as the threads of bench::Team

// The next request, or nothing more to do.
bool receive(int fd, PeerRequest& request) {
  ssize_t got = 0;
  do {
    got = ::recv(fd, &request, sizeof request, 0);
  } while (got < 0 && errno == EINTR);
  return got == sizeof request;
}

bool answer(int fd, std::uint64_t value) {
  const PeerReply reply{value};
  return ::send(fd, &reply, sizeof reply, MSG_NOSIGNAL) == sizeof reply;
}

void serve_side(Subject& subject, std::size_t side) {
  const int fd = kFirstPeerFd + 1 + static_cast<int>(side);
  std::int32_t cpu = -1;
  PeerRequest request;
  while (receive(fd, request)) {
    if (request.cpu != cpu) {
      // Without the permission the slices share their processor, as those of tally-bench do.
      (void)tally::core::set_fifo_priority(kFifoPriority);
      if (!tally::core::pin_to_cpu(request.cpu)) break;
      cpu = request.cpu;
    }
    subject.run(side, request.argument);
    if (!answer(fd, 1)) break;
  }
}

void serve_owner(Subject& subject) {
  PeerRequest request;
  while (receive(kFirstPeerFd, request)) {
    std::uint64_t reply = 1;
    if (request.command == PeerCommand::granularity) reply = subject.granularity();
    if (request.command == PeerCommand::healthy) reply = subject.healthy() ? 1 : 0;
    if (request.command == PeerCommand::prepare) subject.prepare(request.argument);
    if (!answer(kFirstPeerFd, reply)) return;
  }
}

int list(const PeerTable& table) {
  for (std::size_t i = 0; i < table.count; ++i)
    std::printf("%s %s\n", table.entries[i].case_name, table.entries[i].peer_name);
  return 0;
}

int serve(const PeerTable& table, std::string_view case_name, std::string_view peer_name) {
  // Not to outlive whoever takes the slices.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  for (std::size_t i = 0; i < table.count; ++i) {
    if (case_name != table.entries[i].case_name || peer_name != table.entries[i].peer_name)
      continue;
    const std::unique_ptr<Subject> subject(table.entries[i].make());
    if (!subject) return EXIT_FAILURE;
    std::thread first([&] { serve_side(*subject, 0); });
    std::thread second([&] { serve_side(*subject, 1); });
    serve_owner(*subject);
    // The other sockets have ended as well.
    first.join();
    second.join();
    return EXIT_SUCCESS;
  }
  return EXIT_FAILURE;
}

}  // namespace

int main(int argc, char** argv) {
  const PeerTable& table = *tally_bench_peers();
  const std::string_view verb = argc > 1 ? argv[1] : "";
  if (verb == "list" && argc == 2) return list(table);
  if (verb == "run" && argc == 4) return serve(table, argv[2], argv[3]);
  std::fprintf(stderr, "a comparison peer: tally-bench starts it\n");
  return EXIT_FAILURE;
}

#include "peer_process.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <sched.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/process.hpp"

namespace tally::bench_tool {

namespace {

using Sockets = std::array<UniqueFd, kPeerSockets>;

Status make_pairs(Sockets& ours, Sockets& theirs) {
  for (std::size_t i = 0; i < kPeerSockets; ++i) {
    std::array<int, 2> pair{};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair.data()) != 0)
      return fail_errno("cannot make a socket pair", errno);
    ours[i].reset(pair[0]);
    theirs[i].reset(pair[1]);
  }
  return {};
}

// Moves the descriptors out of the way of the numbers that the program is given.
Status move_up(Sockets& theirs) {
  constexpr int kAbove = kFirstPeerFd + static_cast<int>(kPeerSockets);
  for (UniqueFd& fd : theirs) {
    const int moved = ::fcntl(fd.get(), F_DUPFD_CLOEXEC, kAbove);
    if (moved < 0) return fail_errno("cannot copy a descriptor", errno);
    fd.reset(moved);
  }
  return {};
}

Result<pid_t> spawn(const Sockets& theirs, std::vector<std::string> words) {
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  for (std::size_t i = 0; i < kPeerSockets; ++i)
    ::posix_spawn_file_actions_adddup2(&actions, theirs[i].get(),
                                       kFirstPeerFd + static_cast<int>(i));
  pid_t child = -1;
  const int failed =
      ::posix_spawn(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) {
    return fail(core::os_error(Code::unavailable, "cannot run " + words[0], failed));
  }
  return child;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> list_peer_program(const std::string& path) {
  core::ProcessRequest request;
  request.arguments = {path, "list"};
  const auto end = core::run_process(request);
  std::vector<std::pair<std::string, std::string>> found;
  if (!end || end->status != 0) return found;
  const std::string& text = end->output;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t newline = std::min(text.find('\n', at), text.size());
    const std::string line = text.substr(at, newline - at);
    at = newline + 1;
    const std::size_t blank = line.find(' ');
    if (blank != std::string::npos)
      found.emplace_back(line.substr(0, blank), line.substr(blank + 1));
  }
  return found;
}

Result<std::unique_ptr<bench::Subject>> PeerProcess::start(const std::string& path,
                                                           const std::string& case_name,
                                                           const std::string& peer_name) {
  std::unique_ptr<PeerProcess> process(new PeerProcess);
  Sockets theirs;
  TALLY_CHECK(make_pairs(process->sockets_, theirs));
  TALLY_CHECK(move_up(theirs));
  TALLY_TRY(process->child_, spawn(theirs, {path, "run", case_name, peer_name}));
  for (UniqueFd& fd : theirs) fd.reset();
  process->granularity_ = process->ask(kOwnerSocket, {PeerCommand::granularity, -1, 0});
  if (process->granularity_ == 0)
    return fail(Code::unavailable, path + " cannot make " + peer_name + " for " + case_name);
  return process;
}

PeerProcess::~PeerProcess() {
  // The program ends by itself when its sockets do.
  for (UniqueFd& fd : sockets_) fd.reset();
  if (child_ <= 0) return;
  ::kill(child_, SIGKILL);
  while (::waitpid(child_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

std::uint64_t PeerProcess::ask(std::size_t socket, const PeerRequest& request) const {
  const int fd = sockets_[socket].get();
  if (::send(fd, &request, sizeof request, MSG_NOSIGNAL) != sizeof request) return 0;
  PeerReply reply;
  ssize_t got = 0;
  do {
    got = ::recv(fd, &reply, sizeof reply, 0);
  } while (got < 0 && errno == EINTR);
  return got == sizeof reply ? reply.answer : 0;
}

void PeerProcess::prepare(std::uint64_t operations) {
  (void)ask(kOwnerSocket, {PeerCommand::prepare, -1, operations});
}

void PeerProcess::run(std::size_t side, std::uint64_t operations) {
  (void)ask(1 + side, {PeerCommand::run, ::sched_getcpu(), operations});
}

// A program that has ended is not healthy either.
bool PeerProcess::healthy() const {
  return ask(kOwnerSocket, {PeerCommand::healthy, -1, 0}) == 1;
}

}  // namespace tally::bench_tool

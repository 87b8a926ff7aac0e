#include "party_server.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fmt/format.h>
#include <poll.h>

#include "core/clock.hpp"

namespace tally::sign {
namespace {

namespace wire = mpc::wire;

// Answers leave after this many, so that the coordinator works while the party does.
constexpr std::size_t kAnswersPerFlush = 8;
// A coordinator that does not read is not read from.
constexpr std::size_t kMostUnsentBytes = std::size_t{1} << 20U;
constexpr std::uint64_t kGreetingNs = 5'000'000'000;
constexpr int kTickMs = 1000;

}  // namespace

Status PartyServer::run(const core::StopSignal& stop) {
  for (;;) {
    TALLY_TRY(const bool go_on, wait(stop));
    if (!go_on) break;
    for (Connection& connection : connections_) draw_nonces(connection);
    close_silent();
    connections_.remove_if([](const Connection& connection) { return !connection.open; });
  }
  say_goodbye();
  return {};
}

// Waits for events and serves them. False when a stop was asked for.
Result<bool> PartyServer::wait(const core::StopSignal& stop) {
  std::array<pollfd, kMostConnections + 2> entries;
  std::size_t count = 0;
  entries[count++] = {stop.fd(), POLLIN, 0};
  entries[count++] = {listener_.fd(), POLLIN, 0};
  bool busy = false;
  for (Connection& connection : connections_) {
    const bool reading = connection.stream.unsent_bytes() < kMostUnsentBytes;
    const auto events = (reading ? POLLIN : 0) | (connection.stream.sending() ? POLLOUT : 0);
    entries[count++] = {connection.stream.fd(), static_cast<short>(events), 0};
    busy = busy || (connection.session.owes_nonces() && reading);
  }
  const int ready = ::poll(entries.data(), count, busy ? 0 : kTickMs);
  if (ready < 0 && errno != EINTR) return fail_errno("cannot wait for coordinators", errno);
  if (core::StopSignal::requested()) return false;
  if (ready <= 0) return true;
  std::size_t at = 2;
  for (Connection& connection : connections_) serve(connection, entries[at++].revents);
  if (entries[1].revents != 0) accept_waiting();
  return true;
}

void PartyServer::accept_waiting() {
  while (UniqueFd fd = listener_.try_accept()) greet(std::move(fd));
}

void PartyServer::greet(UniqueFd fd) {
  const std::uint64_t number = ++accepted_;
  Stream stream(std::move(fd));
  const auto open_count =
      std::count_if(connections_.begin(), connections_.end(), [](auto& c) { return c.open; });
  if (connections_.size() >= kMostConnections) {
    wire::encode_goodbye("too many coordinators are connected", stream.out());
    (void)stream.flush();
    words_.warning(
        fmt::format("coordinator {} was turned away: {} are connected", number, open_count));
    return;
  }
  auto session = PartySession::open(party_, stream.out());
  if (!session) return words_.error(session.error());
  connections_.push_back({number, core::monotonic_ns(), std::move(stream), std::move(*session)});
  words_.detail(fmt::format("coordinator {} connected", number));
  if (!connections_.back().stream.flush()) close(connections_.back(), "it hung up", false);
}

void PartyServer::serve(Connection& connection, short events) {
  if (!connection.open || events == 0) return;
  const bool alive = (events & (POLLIN | POLLHUP | POLLERR)) == 0 || connection.stream.receive();
  serve_frames(connection);
  if (!connection.open) return;
  if (!connection.stream.flush() || !alive) close(connection, "it hung up", false);
}

void PartyServer::serve_frames(Connection& connection) {
  Stream& stream = connection.stream;
  for (std::size_t answered = 1;; ++answered) {
    wire::Frame frame;
    const auto next = wire::next_frame(stream.received(), frame);
    if (next == wire::Next::need_more) return;
    if (next == wire::Next::malformed) {
      return close(connection, "it sent a malformed message", true);
    }
    if (auto taken = connection.session.take(frame, stream.out()); !taken) {
      return close(connection, taken.error().message, taken.error().code != Code::ok);
    }
    stream.consume(frame.size_bytes);
    if (answered % kAnswersPerFlush == 0 && !stream.flush()) return;
  }
}

void PartyServer::draw_nonces(Connection& connection) {
  if (!connection.open || !connection.session.owes_nonces()) return;
  if (connection.stream.unsent_bytes() >= kMostUnsentBytes) return;
  const auto drawn = connection.session.draw_some(connection.stream.out());
  if (!drawn) return close(connection, drawn.error().message, true);
  if (!connection.stream.flush()) close(connection, "it hung up", false);
}

void PartyServer::close(Connection& connection, const std::string& why, bool warn) {
  (void)connection.stream.flush();
  connection.open = false;
  const std::string line = fmt::format("coordinator {} left: {}", connection.number, why);
  if (warn) {
    words_.warning(line);
  } else {
    words_.detail(line);
  }
}

void PartyServer::close_silent() {
  const std::uint64_t now_ns = core::monotonic_ns();
  for (Connection& connection : connections_) {
    if (connection.open && !connection.session.greeted() &&
        now_ns - connection.opened_ns > kGreetingNs) {
      close(connection, "it said nothing", true);
    }
  }
}

void PartyServer::say_goodbye() {
  for (Connection& connection : connections_) {
    if (!connection.open) continue;
    wire::encode_goodbye("the party is stopping", connection.stream.out());
    (void)connection.stream.flush();
  }
  connections_.clear();
}

}  // namespace tally::sign

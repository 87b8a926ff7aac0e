// Serves the coordinators that connect to a party's socket, in one thread, until told to stop.
#pragma once

#include <list>

#include "cli/output.hpp"
#include "core/stop.hpp"
#include "party.hpp"
#include "stream.hpp"
#include "unix_socket.hpp"

namespace tally::sign {

class PartyServer {
 public:
  static constexpr std::size_t kMostConnections = 8;

  PartyServer(Party& party, UnixListener& listener, cli::Output& words)
      : party_(party), listener_(listener), words_(words) {}

  // Returns when a stop was asked for. A connection that misbehaves, breaks or stays silent at its
  // start is closed with a line on standard error; the others live on. Errors: os_failure.
  [[nodiscard]] Status run(const core::StopSignal& stop);

 private:
  struct Connection {
    std::uint64_t number;
    std::uint64_t opened_ns;
    Stream stream;
    PartySession session;
    bool open = true;
  };

  [[nodiscard]] Result<bool> wait(const core::StopSignal& stop);
  void accept_waiting();
  void greet(UniqueFd fd);
  void serve(Connection& connection, short events);
  void serve_frames(Connection& connection);
  void draw_nonces(Connection& connection);
  void close(Connection& connection, const std::string& why, bool warn);
  void close_silent();
  void say_goodbye();

  Party& party_;
  UnixListener& listener_;
  cli::Output& words_;
  std::list<Connection> connections_;
  std::uint64_t accepted_ = 0;
};

}  // namespace tally::sign

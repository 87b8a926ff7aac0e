// The coordinator's connections to its parties: made, greeted, lost and made again. Everything a
// party says goes to the engine; what the engine wants to say leaves in one write a party and turn.
// One thread.
#pragma once

#include <list>
#include <optional>
#include <poll.h>
#include <span>
#include <string>
#include <vector>

#include "engine.hpp"
#include "stream.hpp"

namespace tally::sign {

class PartyLinks {
 public:
  // `paths` are the parties' sockets. `notice` as the engine's.
  PartyLinks(Engine& engine, const std::vector<std::string>& paths, std::uint64_t timeout_ns,
             std::function<void(const std::string&)> notice);

  // Connects what is due, and closes what is silent or out of favour with the engine.
  void maintain(std::uint64_t now_ns);
  // Sends what the engine has for the parties.
  void send();
  // Waits until a party or one of `others` has something to say, at most `timeout_ms`, and hands
  // what came to the engine. Errors: a party that does not belong to this group (bad_data) or two
  // sockets of one party (usage), on its first contact; os_failure.
  [[nodiscard]] Status wait(std::span<const pollfd> others, int timeout_ms);
  // Says goodbye and closes all.
  void close_all(const std::string& why);

  // Why parties are not there, in a line.
  [[nodiscard]] std::string absences() const;

 private:
  struct Link {
    std::string path;
    std::optional<Stream> stream;
    std::optional<mpc::PartyId> party;  // once greeted, kept over reconnections
    bool greeted = false;
    std::uint64_t connected_ns = 0;
    std::uint64_t next_try_ns = 0;
    std::uint64_t backoff_ns = 0;
    std::string trouble;
  };

  void connect(Link& link, std::uint64_t now_ns);
  void lose(Link& link, const std::string& why);
  void postpone(Link& link, std::uint64_t now_ns);
  [[nodiscard]] Status serve(Link& link);
  [[nodiscard]] Status take(Link& link, const mpc::wire::Frame& frame, std::uint64_t now_ns);
  [[nodiscard]] Status take_hello(Link& link, ByteView body, std::uint64_t now_ns);
  [[nodiscard]] Status reject(Link& link, const Error& error);
  [[nodiscard]] bool banned(const Link& link) const;

  Engine& engine_;
  std::uint64_t timeout_ns_;
  std::function<void(const std::string&)> notice_;
  ByteArray<32> key_digest_;
  std::list<Link> links_;
  std::vector<pollfd> entries_;
};

}  // namespace tally::sign

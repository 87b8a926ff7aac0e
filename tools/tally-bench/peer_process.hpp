// Peers that replace malloc, or bring a runtime of their own, are programs of their own: executable
// files in the folder tally-bench-peers beside this one, made from the same tables as the modules
// (peer_modules.hpp) and the main function of peers/programs/program.cpp.
//
//   PROGRAM list            prints a line "CASE PEER" for each of its table
//   PROGRAM run CASE PEER   makes that subject and serves it over descriptors 3, 4 and 5
//
// The three are socket pairs: one for the owner of the subject and one for each side. Each request
// is answered by one reply, and the end of either process ends the other's socket. A slice is taken
// on a thread of the program's that moves to the processor of ours that asks, which sleeps
// meanwhile; what this adds to a slice, some five microseconds, is a four-hundredth of it.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <sys/types.h>
#include <utility>
#include <vector>

#include "bench/case.hpp"
#include "core/fd.hpp"

namespace tally::bench_tool {

inline constexpr int kFirstPeerFd = 3;
inline constexpr std::size_t kPeerSockets = 3;
inline constexpr std::size_t kOwnerSocket = 0;  // side s has socket 1 + s

enum class PeerCommand : std::uint32_t { granularity, prepare, healthy, run };

struct PeerRequest {
  PeerCommand command = PeerCommand::granularity;
  std::int32_t cpu = -1;       // of run: where the asking thread is
  std::uint64_t argument = 0;  // operations
};
struct PeerReply {
  std::uint64_t answer = 0;
};

// The pairs of case and peer that a program offers; none when it is no such program.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> list_peer_program(
    const std::string& path);

class PeerProcess final : public bench::Subject {
 public:
  // Starts the program and waits until it has made the subject. Errors: unavailable when it cannot
  // be started or ends.
  [[nodiscard]] static Result<std::unique_ptr<bench::Subject>> start(const std::string& path,
                                                                     const std::string& case_name,
                                                                     const std::string& peer_name);
  ~PeerProcess() override;

  void prepare(std::uint64_t operations) override;
  void run(std::size_t side, std::uint64_t operations) override;
  [[nodiscard]] std::uint64_t granularity() const override { return granularity_; }
  [[nodiscard]] bool healthy() const override;

 private:
  PeerProcess() = default;
  // The reply to one request; 0 when the program has ended.
  std::uint64_t ask(std::size_t socket, const PeerRequest& request) const;

  std::array<UniqueFd, kPeerSockets> sockets_;
  pid_t child_ = -1;
  std::uint64_t granularity_ = 1;
};

}  // namespace tally::bench_tool

// Cases of tally-sign as its users run it: parties as processes of their own, each with its
// encrypted share, and tally-sign sign as a filter of records.
#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <fmt/format.h>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "cases.hpp"
#include "core/clock.hpp"
#include "core/file.hpp"
#include "core/hex.hpp"
#include "core/process.hpp"
#include "core/scratch.hpp"
#include "crypto/schnorr.hpp"
#include "filter.hpp"
#include "json/value.hpp"
#include "net/frame.hpp"

namespace tally::bench_tool {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPayloadBytes = 64;
constexpr std::size_t kSignatureBytes = 64;
constexpr std::size_t kAnswerBytes = net::kRecHeaderBytes + kPayloadBytes + kSignatureBytes;
constexpr std::size_t kBatch = 16;  // in flight
constexpr std::size_t kThreshold = 3;
constexpr std::size_t kParties = 4;

Result<std::string> run_to_end(std::vector<std::string> words) {
  core::ProcessRequest request;
  request.arguments = std::move(words);
  TALLY_TRY(core::ProcessEnd end, core::run_process(request));
  if (end.status != 0)
    return fail(Code::unavailable, fmt::format("{} {} ended with status {}", request.arguments[0],
                                               request.arguments[1], end.status));
  return std::move(end.output);
}

// A key and as many parties as a signature takes, listening. All of it goes with the object.
class SignService {
 public:
  static Result<std::unique_ptr<SignService>> start() {
    TALLY_TRY(core::ScratchFolder folder, core::ScratchFolder::make("tally-bench"));
    std::unique_ptr<SignService> service(new SignService(std::move(folder)));
    TALLY_CHECK(service->deal());
    for (std::size_t i = 0; i < kThreshold; ++i) TALLY_CHECK(service->start_party(i));
    for (std::size_t i = 0; i < kThreshold; ++i) TALLY_CHECK(service->await_party(i));
    return service;
  }

  [[nodiscard]] std::string group() const { return path("keys/key.group"); }
  [[nodiscard]] std::string socket(std::size_t party) const {
    return path(fmt::format("{}.sock", party));
  }
  [[nodiscard]] const Bytes& public_key() const { return public_key_; }

 private:
  explicit SignService(core::ScratchFolder folder) : folder_(std::move(folder)) {}
  [[nodiscard]] std::string path(const std::string& name) const {
    return (folder_.path() / name).string();
  }

  // The key guards nothing, so that its passphrase may cost as little as is allowed.
  Status deal() {
    TALLY_CHECK(core::replace_file(path("pass"), core::as_bytes("benchmark\n"), 0600));
    TALLY_TRY(const std::string dealt,
              run_to_end({sibling_program("tally-sign"), "deal", "--threshold",
                          std::to_string(kThreshold), "--parties", std::to_string(kParties),
                          "--out", path("keys"), "--passphrase-file", path("pass"), "--kdf-memory",
                          "64MiB", "--kdf-passes", "2", "--quiet"}));
    TALLY_TRY(const std::string described,
              run_to_end({sibling_program("tally-sign"), "inspect", group(), "--json"}));
    TALLY_TRY(const json::Value group, json::parse(described));
    TALLY_TRY(const std::string key, group.string_at("pubkey"));
    TALLY_TRY(public_key_, core::from_hex(key));
    return {};
  }

  Status start_party(std::size_t i) {
    core::SpawnRequest request;
    // With this program gone, even killed, nobody is left to end a party.
    request.arguments = {"setpriv",
                         "--pdeathsig",
                         "KILL",
                         sibling_program("tally-sign"),
                         "serve",
                         "--role",
                         "party",
                         "--share",
                         path(fmt::format("keys/key-{}.share", i)),
                         "--passphrase-file",
                         path("pass"),
                         "--listen",
                         "unix:" + socket(i),
                         "--allow",
                         "any",
                         "--quiet"};
    request.output = core::kNullStream;
    request.own_group = true;
    TALLY_TRY(core::Child child, core::Child::start(request));
    parties_.push_back(std::move(child));
    return {};
  }

  Status await_party(std::size_t i) {
    constexpr std::uint64_t kPatienceNs = 60'000'000'000;
    const std::uint64_t deadline_ns = core::monotonic_ns() + kPatienceNs;
    while (!fs::exists(socket(i))) {
      TALLY_TRY(const auto ended, parties_[i].try_wait());
      if (ended || core::monotonic_ns() > deadline_ns)
        return fail(Code::unavailable, fmt::format("party {} does not listen", i));
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return {};
  }

  core::ScratchFolder folder_;
  std::vector<core::Child> parties_;  // end before their folder goes
  Bytes public_key_;
};

// Each answer is the payload and its signature, of which the last one of a slice is checked; the
// parties and the coordinator have checked all of them.
bool signed_as_sent(ByteView sent, ByteView came, ByteView public_key) {
  const ByteView answer = came.last(kPayloadBytes + kSignatureBytes);
  const ByteView message = answer.first(kPayloadBytes);
  return std::equal(message.begin(), message.end(), sent.end() - kPayloadBytes) &&
         crypto::schnorr_verify(answer.last(kSignatureBytes), message, public_key);
}

Result<std::unique_ptr<bench::Subject>> sign_through_processes() {
  TALLY_TRY(auto started, SignService::start());
  const std::shared_ptr<SignService> service(std::move(started));
  std::vector<std::string> words = {sibling_program("tally-sign"),
                                    "sign",
                                    "--group",
                                    service->group(),
                                    "--from-frame",
                                    "rec",
                                    "--quiet"};
  for (std::size_t i = 0; i < kThreshold; ++i) {
    words.emplace_back("--party");
    words.push_back("unix:" + service->socket(i));
  }
  TALLY_TRY(Filter filter, Filter::start(words));
  auto subject =
      std::make_unique<Through>(std::move(filter), kBatch, record_frames(kBatch, kPayloadBytes),
                                kAnswerBytes * kBatch, [service](ByteView sent, ByteView came) {
                                  return signed_as_sent(sent, came, service->public_key());
                                });
  return subject;
}

}  // namespace

void add_sign_cases(bench::Registry& registry) {
  bench::Case definition;
  definition.name = "sign.pipe.3of4";
  definition.summary = "a record signed by three processes through tally-sign sign, 16 at a time";
  definition.countable = false;
  definition.make = sign_through_processes;
  definition.peers = {{"ecdsa_verify", make_ecdsa_verify}};
  registry.add(definition);
}

}  // namespace tally::bench_tool

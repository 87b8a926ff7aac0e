#include "party_links.hpp"

#include <algorithm>
#include <cerrno>
#include <fmt/format.h>

#include "core/clock.hpp"
#include "core/hex.hpp"
#include "unix_socket.hpp"

namespace tally::sign {
namespace {

namespace wire = mpc::wire;

constexpr std::uint64_t kFirstBackoffNs = 10'000'000;
constexpr std::uint64_t kReconnectNs = 1'000'000'000;

}  // namespace

PartyLinks::PartyLinks(Engine& engine, const std::vector<std::string>& paths,
                       std::uint64_t timeout_ns, std::function<void(const std::string&)> notice)
    : engine_(engine),
      timeout_ns_(timeout_ns),
      notice_(std::move(notice)),
      key_digest_(engine.group().digest()) {
  for (const std::string& path : paths) {
    links_.emplace_back().path = path;
    links_.back().backoff_ns = kFirstBackoffNs;
  }
}

bool PartyLinks::banned(const Link& link) const {
  return link.party && engine_.is_banned(*link.party);
}

void PartyLinks::maintain(std::uint64_t now_ns) {
  for (Link& link : links_) {
    if (link.stream && link.greeted && !engine_.is_up(*link.party)) {
      lose(link, banned(link) ? "it is banned" : "it is silent");
      postpone(link, now_ns);
    }
    if (link.stream && !link.greeted && now_ns > link.connected_ns + timeout_ns_) {
      lose(link, "it accepts and says nothing");
      postpone(link, now_ns);
    }
    if (!link.stream && !banned(link) && now_ns >= link.next_try_ns) connect(link, now_ns);
  }
}

void PartyLinks::connect(Link& link, std::uint64_t now_ns) {
  auto fd = connect_unix(link.path);
  if (!fd) {
    link.trouble = fd.error().message;
    return postpone(link, now_ns);
  }
  link.stream.emplace(std::move(*fd));
  link.greeted = false;
  link.connected_ns = now_ns;
  wire::encode(wire::Hello{wire::kVersion, wire::Role::coordinator, wire::kNoParty,
                           engine_.group().key_id(), engine_.group().epoch(), key_digest_},
               link.stream->out());
  if (!link.stream->flush()) {
    lose(link, "it hung up");
    postpone(link, now_ns);
  }
}

// Quick at first, because parties are often started at the same moment; then once a second.
void PartyLinks::postpone(Link& link, std::uint64_t now_ns) {
  link.next_try_ns = now_ns + link.backoff_ns;
  link.backoff_ns = std::min(2 * link.backoff_ns, kReconnectNs);
}

void PartyLinks::lose(Link& link, const std::string& why) {
  link.stream.reset();
  link.trouble = link.path + ": " + why;
  if (!link.greeted) return;
  link.greeted = false;
  if (engine_.is_up(*link.party)) {
    notice_(fmt::format("party {} is gone: {}", *link.party, why));
    engine_.party_down(*link.party);
  }
}

void PartyLinks::send() {
  for (Link& link : links_) {
    if (!link.stream || !link.greeted) continue;
    Bytes& outbox = engine_.outbox(*link.party);
    Bytes& out = link.stream->out();
    if (out.empty()) {
      out.swap(outbox);
    } else {
      out.insert(out.end(), outbox.begin(), outbox.end());
    }
    outbox.clear();
    if (!out.empty() && !link.stream->flush()) {
      lose(link, "it hung up");
      postpone(link, core::monotonic_ns());
    }
  }
}

Status PartyLinks::wait(std::span<const pollfd> others, int timeout_ms) {
  entries_.assign(others.begin(), others.end());
  for (const Link& link : links_) {
    const bool sending = link.stream && link.stream->sending();
    const auto events = static_cast<short>(POLLIN | (sending ? POLLOUT : 0));
    entries_.push_back({link.stream ? link.stream->fd() : -1, events, 0});
  }
  const int ready = ::poll(entries_.data(), entries_.size(), timeout_ms);
  if (ready < 0 && errno != EINTR) return fail_errno("cannot wait for parties", errno);
  if (ready <= 0) return {};
  std::size_t at = others.size();
  for (Link& link : links_) {
    const short events = entries_[at++].revents;
    if (link.stream && (events & ~POLLOUT) != 0) TALLY_CHECK(serve(link));
  }
  return {};
}

Status PartyLinks::serve(Link& link) {
  const bool alive = link.stream->receive();
  const std::uint64_t now_ns = core::monotonic_ns();
  while (link.stream) {
    wire::Frame frame;
    const auto next = wire::next_frame(link.stream->received(), frame);
    if (next == wire::Next::need_more) break;
    if (next == wire::Next::malformed)
      return reject(link, {Code::protocol, "it sent a malformed message", {}, 0});
    link.stream->consume(frame.size_bytes);
    TALLY_CHECK(take(link, frame, now_ns));
  }
  if (!alive && link.stream) {
    lose(link, "it hung up");
    postpone(link, now_ns);
  }
  return {};
}

Status PartyLinks::take(Link& link, const wire::Frame& frame, std::uint64_t now_ns) {
  if (frame.type == wire::Type::goodbye) {
    std::string_view words;
    const bool good = wire::decode_goodbye(frame.body, words);
    lose(link, good ? fmt::format("it said goodbye: {}", words) : "it sent a malformed message");
    postpone(link, now_ns);
    return {};
  }
  if (!link.greeted) {
    return frame.type == wire::Type::hello
               ? take_hello(link, frame.body, now_ns)
               : reject(link, {Code::protocol, "it does not greet", {}, 0});
  }
  if (auto taken = engine_.take(*link.party, frame, now_ns); !taken) {
    return reject(link, taken.error());
  }
  // Only now the two go together: a party of another scheme greets as well, and hangs up.
  link.backoff_ns = kFirstBackoffNs;
  return {};
}

Status PartyLinks::take_hello(Link& link, ByteView body, std::uint64_t now_ns) {
  wire::Hello hello;
  if (!wire::decode(body, hello) || hello.role != wire::Role::party) {
    return reject(link, {Code::protocol, "it is no party", {}, 0});
  }
  if (hello.version != wire::kVersion) {
    return reject(
        link, {Code::bad_data,
               fmt::format("it speaks version {}, this program {}", hello.version, wire::kVersion),
               {},
               0});
  }
  const mpc::GroupKey& group = engine_.group();
  if (hello.key_id != group.key_id()) {
    return reject(link, {Code::bad_data,
                         fmt::format("it holds a share of key {}, the group file is of key {}",
                                     core::to_hex(hello.key_id), core::to_hex(group.key_id())),
                         "tally-sign inspect FILE shows the key of a share or group", 0});
  }
  if (hello.group != key_digest_ || hello.party >= group.parties()) {
    return reject(link, {Code::bad_data,
                         fmt::format("it holds a share of epoch {}, the group file is of epoch {}",
                                     hello.epoch, group.epoch()),
                         "shares of different epochs never sign together", 0});
  }
  for (const Link& other : links_) {
    if (&other != &link && other.party == hello.party) {
      return reject(link,
                    {Code::usage, fmt::format("it is party {} as {} is", hello.party, other.path),
                     "give each party's socket once", 0});
    }
  }
  link.party = hello.party;
  link.greeted = true;
  link.trouble.clear();
  if (banned(link)) {
    lose(link, "it is banned");
    return {};
  }
  engine_.party_up(hello.party, now_ns);
  return {};
}

// A peer that breaks the rules is left; if it never was a good party, the command line is wrong
// about it, and that is for the user to mend.
Status PartyLinks::reject(Link& link, const Error& error) {
  const bool first_contact = !link.party && error.code != Code::protocol;
  lose(link, error.message);
  link.backoff_ns = kReconnectNs;
  postpone(link, core::monotonic_ns());
  if (first_contact) return fail(error.in(link.path));
  return {};
}

void PartyLinks::close_all(const std::string& why) {
  for (Link& link : links_) {
    if (!link.stream) continue;
    wire::encode_goodbye(why, link.stream->out());
    (void)link.stream->flush();
    if (link.greeted) engine_.party_down(*link.party);
    link.greeted = false;
    link.stream.reset();
  }
}

std::string PartyLinks::absences() const {
  std::string text;
  for (const Link& link : links_) {
    if (link.trouble.empty()) continue;
    if (!text.empty()) text += "; ";
    text += link.trouble;
  }
  return text;
}

}  // namespace tally::sign

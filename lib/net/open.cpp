#include "net/open.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include "net/datagram.hpp"
#include "net/gen.hpp"
#include "net/ring_endpoint.hpp"
#include "net/stream.hpp"
#include "net/uring_source.hpp"

namespace tally::net {
namespace {

constexpr std::uint64_t kLeastDatagramBytes = 64;

Result<Framing> framing_of(const Endpoint& endpoint, const OpenOptions& options) {
  if (options.framing) return *options.framing;
  const std::string* const name = endpoint.find("frame");
  return name == nullptr ? Result<Framing>(Framing::rec) : parse_framing(*name);
}

Status check_terminal(int fd, Framing framing, const std::string& name) {
  if (!is_binary(framing) || ::isatty(fd) == 0) return {};
  return fail(Code::usage,
              fmt::format("{} is a terminal, and {} is for programs", name, framing_name(framing)),
              "use --to-frame hex or jsonl, or redirect the output");
}

Result<std::unique_ptr<Source>> receiver(Socket socket, std::size_t bytes, Engine engine,
                                         Opened<Source>& opened) {
  const bool may_use_uring = engine == Engine::automatic || engine == Engine::uring;
  if (may_use_uring) {
    auto source = UringSource::open(socket, bytes, Idle::adaptive);
    if (source) {
      opened.engine = "uring";
      return std::unique_ptr<Source>(std::move(*source));
    }
    if (engine == Engine::uring) return fail(std::move(source).error());
    opened.notes.push_back(source.error().message + ", receiving by recvmmsg");
  }
  const bool spin = engine == Engine::spin;
  opened.engine = spin ? "spin" : "poll";
  return std::make_unique<DatagramSource>(std::move(socket), bytes,
                                          spin ? Idle::spin : Idle::adaptive);
}

Status open_datagrams(const Endpoint& endpoint, const OpenOptions& options,
                      Opened<Source>& opened) {
  TALLY_TRY(const std::uint64_t bytes,
            endpoint.size("bytes", kMaxPayloadBytes, kLeastDatagramBytes, kMaxPayloadBytes));
  TALLY_TRY(Socket socket, open_receiver(endpoint));
  opened.notes = std::move(socket.notes);
  opened.address = format_address(socket.address);
  TALLY_TRY(opened.side, receiver(std::move(socket), bytes, options.engine, opened));
  return {};
}

Status open_stream_source(const Endpoint& endpoint, const OpenOptions& options,
                          Opened<Source>& opened) {
  TALLY_TRY(const Framing framing, framing_of(endpoint, options));
  if (endpoint.scheme == Scheme::stream) {
    opened.side =
        std::make_unique<StreamSource>(STDIN_FILENO, UniqueFd(), "standard input", framing);
    return {};
  }
  TALLY_TRY(UniqueFd fd, open_input_file(endpoint));
  const int raw = fd.get();
  opened.side = std::make_unique<StreamSource>(raw, std::move(fd), endpoint.body, framing);
  return {};
}

Status open_gen(const Endpoint& endpoint, int reply_fd, Opened<Source>& opened) {
  TALLY_TRY(const GenOptions gen, gen_options(endpoint));
  if (gen.window > 0 && reply_fd < 0) {
    return fail(Code::usage, fmt::format("endpoint {}: a window needs replies", endpoint.text),
                "replies come back to a udp: endpoint only; leave window out");
  }
  opened.side = std::make_unique<GenSource>(gen, reply_fd);
  return {};
}

Status open_stream_sink(const Endpoint& endpoint, const OpenOptions& options,
                        Opened<Sink>& opened) {
  TALLY_TRY(const Framing framing, framing_of(endpoint, options));
  if (endpoint.scheme == Scheme::stream) {
    const std::string name = "standard output";
    TALLY_CHECK(check_terminal(STDOUT_FILENO, framing, name));
    opened.side = std::make_unique<StreamSink>(STDOUT_FILENO, UniqueFd(), name, framing);
    return {};
  }
  TALLY_TRY(UniqueFd fd, open_output_file(endpoint));
  TALLY_CHECK(check_terminal(fd.get(), framing, endpoint.body));
  const int raw = fd.get();
  opened.side = std::make_unique<StreamSink>(raw, std::move(fd), endpoint.body, framing);
  return {};
}

Status open_datagram_sink(const Endpoint& endpoint, Opened<Sink>& opened) {
  const bool udp = endpoint.scheme == Scheme::udp;
  TALLY_TRY(Socket socket, open_sender(endpoint));
  opened.notes = std::move(socket.notes);
  opened.reply_fd = udp ? socket.fd.get() : -1;
  opened.side = std::make_unique<DatagramSink>(std::move(socket), udp);
  return {};
}

}  // namespace

Result<Opened<Source>> open_source(const Endpoint& endpoint, const OpenOptions& options,
                                   int reply_fd) {
  Opened<Source> opened;
  switch (endpoint.scheme) {
    case Scheme::udp:
    case Scheme::unix_socket:
      TALLY_CHECK(open_datagrams(endpoint, options, opened));
      return opened;
    case Scheme::stream:
    case Scheme::file:
      TALLY_CHECK(open_stream_source(endpoint, options, opened));
      return opened;
    case Scheme::shm: {
      TALLY_TRY(opened.side, open_ring_source(endpoint, opened.notes));
      return opened;
    }
    case Scheme::gen:
      TALLY_CHECK(open_gen(endpoint, reply_fd, opened));
      return opened;
    case Scheme::null:
      break;
  }
  return fail(Code::usage, "null: gives nothing and can only be the second endpoint",
              "gen: makes records up");
}

Result<Opened<Sink>> open_sink(const Endpoint& endpoint, const OpenOptions& options) {
  Opened<Sink> opened;
  switch (endpoint.scheme) {
    case Scheme::udp:
    case Scheme::unix_socket:
      TALLY_CHECK(open_datagram_sink(endpoint, opened));
      return opened;
    case Scheme::stream:
    case Scheme::file:
      TALLY_CHECK(open_stream_sink(endpoint, options, opened));
      return opened;
    case Scheme::shm: {
      TALLY_TRY(opened.side, open_ring_sink(endpoint, opened.notes));
      return opened;
    }
    case Scheme::null:
      opened.side = std::make_unique<NullSink>();
      return opened;
    case Scheme::gen:
      break;
  }
  return fail(Code::usage, "gen: makes records up and can only be the first endpoint",
              "null: counts and forgets");
}

}  // namespace tally::net

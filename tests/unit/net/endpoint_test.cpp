#include "net/endpoint.hpp"

#include <array>
#include <doctest/doctest.h>

namespace net = tally::net;
using net::parse_endpoint;
using net::Scheme;
using tally::Code;

TEST_SUITE_BEGIN("net");

namespace {

tally::Error error_of(std::string_view text) {
  const auto endpoint = parse_endpoint(text);
  REQUIRE_FALSE(endpoint.has_value());
  CHECK(endpoint.error().code == Code::usage);
  return endpoint.error();
}

}  // namespace

TEST_CASE("udp endpoints have a host and a port") {
  const auto v4 = parse_endpoint("udp://10.0.0.7:9001").value();
  CHECK(v4.scheme == Scheme::udp);
  CHECK(v4.host == "10.0.0.7");
  CHECK(v4.port == 9001);
  const auto v6 = parse_endpoint("udp://[::1]:65535,rcvbuf=4MiB").value();
  CHECK(v6.host == "::1");
  CHECK(v6.port == 65535);
  CHECK(v6.size("rcvbuf", 0, 1, 1U << 30U).value() == 4U << 20U);
  CHECK(parse_endpoint("udp://:0").value().host.empty());
}

TEST_CASE("malformed udp endpoints are refused") {
  CHECK(error_of("udp:127.0.0.1:1").message == "endpoint udp:127.0.0.1:1: expected // after udp:");
  CHECK(error_of("udp://127.0.0.1").message == "endpoint udp://127.0.0.1: there is no port");
  CHECK(error_of("udp://::1:9").message == "endpoint udp://::1:9: an IPv6 address needs brackets");
  CHECK(error_of("udp://h:65536").message ==
        "endpoint udp://h:65536: bad port: '65536' is not a whole number from 0 to 65535");
  CHECK(error_of("udp://h:").code == Code::usage);
  CHECK(error_of("udp://a/b:1").code == Code::usage);
}

TEST_CASE("paths keep what a shell leaves alone") {
  CHECK(parse_endpoint("unix:/run/x.sock").value().body == "/run/x.sock");
  CHECK(parse_endpoint("unix:@tally").value().body == "@tally");
  const auto file = parse_endpoint("file:/tmp/a%2Cb%25c,frame=hex").value();
  CHECK(file.body == "/tmp/a,b%c");
  CHECK(*file.find("frame") == "hex");
  CHECK(parse_endpoint("file:a=b:c").value().body == "a=b:c");
  CHECK(error_of("file:100%").hint == "write %25 for a percent sign");
  CHECK(error_of("file:a%00b").code == Code::usage);
  CHECK(error_of({"file:a\0b", 8}).code == Code::usage);
  CHECK(error_of("unix:" + std::string(108, 'a')).code == Code::usage);
  CHECK(error_of("unix:@").code == Code::usage);
}

TEST_CASE("standard streams and the bodiless schemes") {
  CHECK(parse_endpoint("-").value().scheme == Scheme::stream);
  CHECK(*parse_endpoint("-,frame=line").value().find("frame") == "line");
  const auto gen = parse_endpoint("gen:count=10,rate=5,bytes=32,window=4").value();
  CHECK(gen.count("count", 0, 0, 100).value() == 10);
  CHECK(gen.count("timeout", 7, 0, 100).value() == 7);
  CHECK(parse_endpoint("gen:").value().options.empty());
  CHECK(parse_endpoint("null:").value().scheme == Scheme::null);
}

TEST_CASE("unknown schemes and keys get a suggestion") {
  CHECK(error_of("upd://h:1").hint == "did you mean udp?");
  CHECK(error_of("upd://h:1").message == "unknown endpoint scheme 'upd' in upd://h:1");
  CHECK(error_of("shm:r,slot=4").hint == "did you mean slots?");
  CHECK(error_of("udp://h:1,colour=red").hint == "keys of udp: are rcvbuf, sndbuf, bytes");
  CHECK(error_of("null:x=1").hint == "null: takes no keys");
  CHECK(error_of("foo").message == "'foo' is no endpoint");
  CHECK(error_of("").message == "'' is no endpoint");
  CHECK(error_of("--").code == Code::usage);
}

TEST_CASE("malformed option lists are refused") {
  for (const char* text :
       {"file:a,", "-,", "file:a,frame", "file:a,=x", "gen:count=1,", "file:a,,frame=hex",
        "file:a,frame=hex,frame=rec", "shm:", "unix:", "file:"}) {
    CAPTURE(text);
    CHECK(error_of(text).code == Code::usage);
  }
}

TEST_CASE("a key that stands twice is refused by name") {
  const auto refused = error_of("shm:r,slots=64,bytes=8,slots=128");
  CHECK(refused.code == Code::usage);
  CHECK(refused.message == "endpoint shm:r,slots=64,bytes=8,slots=128: key slots stands twice");
  CHECK(refused.hint == "say slots once");
}

TEST_CASE("option values are checked where they are read") {
  const auto gen = parse_endpoint("gen:count=x,bytes=70000,timeout=5").value();
  CHECK(
      gen.count("count", 0, 0, 100).error().message ==
      "endpoint gen:count=x,bytes=70000,timeout=5: count: 'x' is not a whole number from 0 to 100");
  CHECK(gen.size("bytes", 0, 0, 65536).error().code == Code::usage);
  CHECK(gen.duration_ns("timeout", 0).error().code == Code::usage);
  static constexpr std::array<std::string_view, 2> kChoices{"block", "drop-new"};
  const auto shm = parse_endpoint("shm:r,full=drop-new,wait=blok").value();
  CHECK(shm.choice("full", 0, kChoices).value() == 1);
  CHECK(shm.choice("huge", 1, kChoices).value() == 1);
  CHECK(shm.choice("wait", 0, kChoices).error().hint == "did you mean block?");
}

TEST_SUITE_END();

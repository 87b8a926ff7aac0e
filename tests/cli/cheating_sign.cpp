// tally-sign with a party that cheats, for the tests of what the others make of it: every command
// is the tool's own, linked with the functions below in the place of the library's (CMakeLists.txt
// has their names). What is changed is changed before it is sealed, as by the party itself. CHEAT
// in the environment says what:
//
//   r2=OFFSET    flips the lowest bit of that byte of each second message to a peer
//   r3=OFFSET    the same of what opens its part of a signature
//   deal=OFFSET  the same of what it deals in a refresh
//   dies         no cheat: is killed in the moment it is about to tell of a cheat it found
//
// Without CHEAT it is tally-sign.
#include <csignal>
#include <cstdlib>
#include <string_view>

#include "mpc/ecdsa_presign.hpp"
#include "mpc/reshare.hpp"
#include "mpc/sign_wire.hpp"

namespace {

namespace wire = tally::mpc::wire;
using tally::Bytes;
using tally::ByteView;
using tally::mpc::Presigning;
using tally::mpc::dkls::XId;

std::string_view cheat() {
  const char* const value = std::getenv("CHEAT");
  return value == nullptr ? "" : value;
}

// The message as it is sent under CHEAT=`what`=OFFSET.
Bytes spoilt(std::string_view what, ByteView message) {
  Bytes out(message.begin(), message.end());
  const std::string_view value = cheat();
  if (!value.starts_with(what)) return out;
  const auto at = std::strtoul(value.substr(what.size() + 1).data(), nullptr, 10);
  if (at >= out.size()) std::abort();
  out[at] ^= 1U;
  return out;
}

}  // namespace

// The linker calls what it wraps by these names.
namespace wrapped {

ByteView true_r2_to(const Presigning* session,
                    XId peer) __asm__("__real__ZNK5tally3mpc10Presigning5r2_toEt");
ByteView r2_to(const Presigning* session,
               XId peer) __asm__("__wrap__ZNK5tally3mpc10Presigning5r2_toEt");

#define ENCODE_BYTES "_ZN5tally3mpc4wire6encodeENS1_4TypeERKNS1_12SessionBytesERSt6vectorIhSaIhEE"
void true_encode(wire::Type type, const wire::SessionBytes& message,
                 Bytes& out) __asm__("__real_" ENCODE_BYTES);
void encode(wire::Type type, const wire::SessionBytes& message,
            Bytes& out) __asm__("__wrap_" ENCODE_BYTES);

#define ENCODE_ABORTED "_ZN5tally3mpc4wire6encodeERKNS1_7AbortedERSt6vectorIhSaIhEE"
void true_encode(const wire::Aborted& message, Bytes& out) __asm__("__real_" ENCODE_ABORTED);
void encode(const wire::Aborted& message, Bytes& out) __asm__("__wrap_" ENCODE_ABORTED);

#define DEAL_AGAIN                                         \
  "_ZN5tally3mpc10deal_againERKNS0_13ReshareParamsERKNS0_" \
  "5ShareESt4spanIKhLm18446744073709551615EE"
tally::mpc::Outcome<Bytes> true_deal(const tally::mpc::ReshareParams& params,
                                     const tally::mpc::Share& share,
                                     ByteView random) __asm__("__real_" DEAL_AGAIN);
tally::mpc::Outcome<Bytes> deal(const tally::mpc::ReshareParams& params,
                                const tally::mpc::Share& share,
                                ByteView random) __asm__("__wrap_" DEAL_AGAIN);

ByteView r2_to(const Presigning* session, XId peer) {
  // As long as one is sealed.
  static Bytes message;
  message = spoilt("r2", true_r2_to(session, peer));
  return message;
}

void encode(wire::Type type, const wire::SessionBytes& message, Bytes& out) {
  if (type != wire::Type::opening) return true_encode(type, message, out);
  const Bytes bytes = spoilt("r3", message.bytes);
  true_encode(type, {message.session, bytes}, out);
}

void encode(const wire::Aborted& message, Bytes& out) {
  if (cheat() == "dies") std::raise(SIGKILL);
  true_encode(message, out);
}

tally::mpc::Outcome<Bytes> deal(const tally::mpc::ReshareParams& params,
                                const tally::mpc::Share& share, ByteView random) {
  auto dealt = true_deal(params, share, random);
  if (dealt) *dealt = spoilt("deal", *dealt);
  return dealt;
}

}  // namespace wrapped

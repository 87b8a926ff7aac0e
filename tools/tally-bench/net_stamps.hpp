// When the kernel handed a packet to the device and when the answer came in, by SO_TIMESTAMPING
// (Documentation/networking/timestamping.rst). In software: CLOCK_REALTIME at the last moment
// before the driver and at the first after it. In hardware, where the device does it: the device's
// own clock as the packet passed the wire, which only differences of that clock mean anything to.
// Stamps of sent packets come on the socket's error queue with a number that counts the sends.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <sys/socket.h>

namespace tally::bench_tool {

// Asks a datagram socket for both software stamps, and for both of the hardware. Empty when
// granted, otherwise why not.
[[nodiscard]] std::string enable_stamps(int fd, bool hardware);

// In ns, 0 when there is none.
struct Stamps {
  std::uint64_t software_ns = 0;  // of CLOCK_REALTIME
  std::uint64_t hardware_ns = 0;  // of the device's clock
};

// What a received message carries, or one of the error queue.
[[nodiscard]] Stamps stamps_of(msghdr& message);

// Takes at most `most` messages about sent packets that have come, their number, modulo 2^32, and
// stamps, and returns how many there were. With hardware a packet has two messages.
std::uint64_t drain_send_stamps(int fd, std::uint64_t most,
                                const std::function<void(std::uint32_t number, Stamps)>& take);

}  // namespace tally::bench_tool

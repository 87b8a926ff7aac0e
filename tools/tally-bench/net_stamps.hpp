// When the kernel handed a packet to the device and when the answer came in, by SO_TIMESTAMPING
// (Documentation/networking/timestamping.rst), in software: CLOCK_REALTIME at the last moment
// before the driver and at the first after it. Stamps of sent packets come on the socket's error
// queue with a number that counts the sends.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <sys/socket.h>

namespace tally::bench_tool {

// Asks a datagram socket for both stamps. Empty when granted, otherwise why not.
[[nodiscard]] std::string enable_stamps(int fd);

// The stamp of a received message, in ns of CLOCK_REALTIME; empty when it carries none.
[[nodiscard]] std::optional<std::uint64_t> receive_stamp(msghdr& message);

// Takes at most `most` stamps of sent packets that have come, their number, modulo 2^32, and time,
// and returns how many there were.
std::uint64_t drain_send_stamps(
    int fd, std::uint64_t most,
    const std::function<void(std::uint32_t number, std::uint64_t time_ns)>& take);

}  // namespace tally::bench_tool

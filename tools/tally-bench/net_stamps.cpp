#include "net_stamps.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <netinet/in.h>
#include <optional>
#include <time.h>

namespace tally::bench_tool {

namespace {

constexpr std::size_t kControlBytes = 256;

std::uint64_t ns_of(const timespec& time) {
  constexpr std::uint64_t kNsPerSecond = 1'000'000'000;
  return static_cast<std::uint64_t>(time.tv_sec) * kNsPerSecond +
         static_cast<std::uint64_t>(time.tv_nsec);
}

// The number of the packet a message of the error queue is about.
std::optional<std::uint32_t> number_of(const cmsghdr& header) {
  const bool v4 = header.cmsg_level == SOL_IP && header.cmsg_type == IP_RECVERR;
  const bool v6 = header.cmsg_level == SOL_IPV6 && header.cmsg_type == IPV6_RECVERR;
  if (!v4 && !v6) return std::nullopt;
  sock_extended_err report{};
  std::memcpy(&report, CMSG_DATA(&header), sizeof report);
  if (report.ee_origin != SO_EE_ORIGIN_TIMESTAMPING) return std::nullopt;
  return report.ee_data;
}

}  // namespace

std::string enable_stamps(int fd, bool hardware) {
  unsigned wanted = SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_RX_SOFTWARE |
                    SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_OPT_ID |
                    SOF_TIMESTAMPING_OPT_TSONLY;
  // Without OPT_TX_SWHW a packet that the device stamps has no software stamp.
  if (hardware)
    wanted |= SOF_TIMESTAMPING_RAW_HARDWARE | SOF_TIMESTAMPING_RX_HARDWARE |
              SOF_TIMESTAMPING_TX_HARDWARE | SOF_TIMESTAMPING_OPT_TX_SWHW;
  if (::setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &wanted, sizeof wanted) == 0) return {};
  return fmt::format("SO_TIMESTAMPING is not granted: {}", std::strerror(errno));
}

Stamps stamps_of(msghdr& message) {
  Stamps stamps;
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
       header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_TIMESTAMPING) continue;
    scm_timestamping times{};
    std::memcpy(&times, CMSG_DATA(header), sizeof times);
    // The second was of a clock that kernels no longer have.
    if (const std::uint64_t time_ns = ns_of(times.ts[0])) stamps.software_ns = time_ns;
    if (const std::uint64_t time_ns = ns_of(times.ts[2])) stamps.hardware_ns = time_ns;
  }
  return stamps;
}

std::uint64_t drain_send_stamps(int fd, std::uint64_t most,
                                const std::function<void(std::uint32_t number, Stamps)>& take) {
  alignas(cmsghdr) std::array<char, kControlBytes> control{};
  std::uint64_t taken = 0;
  while (taken < most) {
    msghdr message{};
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    if (::recvmsg(fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) break;
    const Stamps stamps = stamps_of(message);
    std::optional<std::uint32_t> number;
    for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
         header = CMSG_NXTHDR(&message, header))
      if (const auto packet = number_of(*header)) number = packet;
    if (!number || (stamps.software_ns == 0 && stamps.hardware_ns == 0)) continue;
    take(*number, stamps);
    ++taken;
  }
  return taken;
}

}  // namespace tally::bench_tool

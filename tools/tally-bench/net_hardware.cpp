#include "net_hardware.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <ifaddrs.h>
#include <linux/ethtool.h>
#include <linux/net_tstamp.h>
#include <linux/sockios.h>
#include <memory>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "core/fd.hpp"

namespace tally::bench_tool {

namespace {

bool same_host(const sockaddr& a, const sockaddr_storage& b) {
  if (a.sa_family != b.ss_family) return false;
  if (a.sa_family == AF_INET) {
    const auto& left = reinterpret_cast<const sockaddr_in&>(a);
    const auto& right = reinterpret_cast<const sockaddr_in&>(b);
    return left.sin_addr.s_addr == right.sin_addr.s_addr;
  }
  if (a.sa_family != AF_INET6) return false;
  const auto& left = reinterpret_cast<const sockaddr_in6&>(a);
  const auto& right = reinterpret_cast<const sockaddr_in6&>(b);
  return std::memcmp(&left.sin6_addr, &right.sin6_addr, sizeof left.sin6_addr) == 0;
}

int ask_kernel(unsigned long request, ifreq& argument) {
  const UniqueFd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd) return -errno;
  return ::ioctl(fd.get(), request, &argument) == 0 ? 0 : -errno;
}

// The structure that the request is about goes in and out through a pointer.
template <typename Argument>
int ask(const DeviceCall& call, unsigned long request, const std::string& device,
        Argument& argument) {
  ifreq wrapped{};
  device.copy(wrapped.ifr_name, sizeof wrapped.ifr_name - 1);
  wrapped.ifr_data = reinterpret_cast<char*>(&argument);
  return call(request, wrapped);
}

}  // namespace

std::string device_of(int fd) {
  sockaddr_storage local{};
  socklen_t length = sizeof local;
  ifaddrs* list = nullptr;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&local), &length) != 0 ||
      ::getifaddrs(&list) != 0)
    return {};
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owned(list, &::freeifaddrs);
  for (const ifaddrs* one = list; one != nullptr; one = one->ifa_next)
    if (one->ifa_addr != nullptr && same_host(*one->ifa_addr, local)) return one->ifa_name;
  return {};
}

std::string no_hardware_stamps(const std::string& device, const DeviceCall& given) {
  if (device.empty()) return "the device of this address is not known";
  const DeviceCall call = given ? given : ask_kernel;
  ethtool_ts_info info{};
  info.cmd = ETHTOOL_GET_TS_INFO;
  if (const int error = ask(call, SIOCETHTOOL, device, info); error != 0)
    return fmt::format("{} does not say what it stamps: {}", device, std::strerror(-error));
  constexpr unsigned kWanted =
      SOF_TIMESTAMPING_TX_HARDWARE | SOF_TIMESTAMPING_RX_HARDWARE | SOF_TIMESTAMPING_RAW_HARDWARE;
  if ((info.so_timestamping & kWanted) != kWanted)
    return fmt::format("{} has no clock that stamps packets", device);
  const auto can = [](unsigned set, unsigned bit) { return (set >> bit & 1U) != 0; };
  if (!can(info.tx_types, HWTSTAMP_TX_ON) || !can(info.rx_filters, HWTSTAMP_FILTER_ALL))
    return fmt::format("{} stamps packets of some protocols alone", device);
  hwtstamp_config config{};
  if (const int error = ask(call, SIOCGHWTSTAMP, device, config); error != 0)
    return fmt::format("{} does not say whether it stamps: {}", device, std::strerror(-error));
  if (config.tx_type != HWTSTAMP_TX_ON || config.rx_filter != HWTSTAMP_FILTER_ALL)
    return fmt::format("{} can, and it is off: hwstamp_ctl -i {} -t 1 -r 1 turns it on", device,
                       device);
  return {};
}

}  // namespace tally::bench_tool

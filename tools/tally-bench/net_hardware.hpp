// Whether the network device that a socket sends through stamps packets in its hardware
// (Documentation/networking/timestamping.rst, 3): by the abilities that its driver states
// (ETHTOOL_GET_TS_INFO) and the setting that is in force (SIOCGHWTSTAMP). A device that could and
// is not set to stays as it is: this program measures a host and does not change it.
#pragma once

#include <functional>
#include <string>

struct ifreq;

namespace tally::bench_tool {

// ioctl(2) on a socket: 0 or minus errno.
using DeviceCall = std::function<int(unsigned long request, ifreq& argument)>;

// The device with the local address of a connected socket; empty when there is none.
[[nodiscard]] std::string device_of(int fd);

// Why sent and received packets of any kind are not stamped by `device`; empty when they are.
// `call` is for tests; the kernel is asked without it.
[[nodiscard]] std::string no_hardware_stamps(const std::string& device,
                                             const DeviceCall& call = {});

}  // namespace tally::bench_tool

// Stamps by the network device, played by a stand-in: no device of a virtual machine has them.
#include "net_hardware.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <doctest/doctest.h>
#include <linux/errqueue.h>
#include <linux/ethtool.h>
#include <linux/net_tstamp.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/socket.h>

#include "net_stamps.hpp"
#include "net_target.hpp"

namespace tool = tally::bench_tool;

namespace {

// A device that can and does stamp everything, unless a test says otherwise.
struct Device {
  unsigned stamps = SOF_TIMESTAMPING_TX_HARDWARE | SOF_TIMESTAMPING_RX_HARDWARE |
                    SOF_TIMESTAMPING_RAW_HARDWARE | SOF_TIMESTAMPING_SOFTWARE;
  unsigned tx_types = 1U << HWTSTAMP_TX_OFF | 1U << HWTSTAMP_TX_ON;
  unsigned rx_filters = 1U << HWTSTAMP_FILTER_NONE | 1U << HWTSTAMP_FILTER_ALL;
  hwtstamp_config config{0, HWTSTAMP_TX_ON, HWTSTAMP_FILTER_ALL};
  int info_error = 0;
  int config_error = 0;

  [[nodiscard]] std::string reason() const {
    return tool::no_hardware_stamps("eth7", [this](unsigned long request, ifreq& argument) {
      CHECK(std::string(argument.ifr_name) == "eth7");
      if (request == SIOCETHTOOL) {
        ethtool_ts_info info{};
        std::memcpy(&info, argument.ifr_data, sizeof info);
        CHECK(info.cmd == ETHTOOL_GET_TS_INFO);
        info.so_timestamping = stamps;
        info.tx_types = tx_types;
        info.rx_filters = rx_filters;
        std::memcpy(argument.ifr_data, &info, sizeof info);
        return info_error;
      }
      CHECK(request == SIOCGHWTSTAMP);
      std::memcpy(argument.ifr_data, &config, sizeof config);
      return config_error;
    });
  }
};

}  // namespace

TEST_SUITE_BEGIN("tally-bench");

TEST_CASE("a device that stamps everything is used") {
  CHECK(Device{}.reason().empty());
}

TEST_CASE("a device that does not stamp says what is missing") {
  Device device;
  device.info_error = -EOPNOTSUPP;
  CHECK(device.reason() == "eth7 does not say what it stamps: Operation not supported");
  device = {};
  device.stamps = SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_TX_HARDWARE;
  CHECK(device.reason() == "eth7 has no clock that stamps packets");
  device = {};
  device.rx_filters = 1U << HWTSTAMP_FILTER_PTP_V2_EVENT;
  CHECK(device.reason() == "eth7 stamps packets of some protocols alone");
  device = {};
  device.config_error = -EPERM;
  CHECK(device.reason() == "eth7 does not say whether it stamps: Operation not permitted");
  device = {};
  device.config.tx_type = HWTSTAMP_TX_OFF;
  CHECK(device.reason() == "eth7 can, and it is off: hwstamp_ctl -i eth7 -t 1 -r 1 turns it on");
  CHECK(tool::no_hardware_stamps("") == "the device of this address is not known");
}

TEST_CASE("the device of an address is found and the loopback has no clock") {
  const auto target = tool::parse_target("udp://127.0.0.1:9").value();
  const auto fd = tool::connect_to(target, 1'000'000'000).value();
  CHECK(tool::device_of(fd.get()) == "lo");
  CHECK_FALSE(tool::no_hardware_stamps("lo").empty());
  CHECK(tool::no_hardware_stamps("no-such").find("No such device") != std::string::npos);
  CHECK(tool::device_of(-1).empty());
}

TEST_CASE("software and hardware stamps of a message are told apart") {
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(scm_timestamping))> control{};
  msghdr message{};
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  cmsghdr* const header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_TIMESTAMPING;
  header->cmsg_len = CMSG_LEN(sizeof(scm_timestamping));
  scm_timestamping times{};
  times.ts[2] = {7, 250};
  std::memcpy(CMSG_DATA(header), &times, sizeof times);
  CHECK(tool::stamps_of(message).hardware_ns == 7'000'000'250);
  CHECK(tool::stamps_of(message).software_ns == 0);
  times.ts[0] = {1, 5};
  std::memcpy(CMSG_DATA(header), &times, sizeof times);
  CHECK(tool::stamps_of(message).software_ns == 1'000'000'005);
  header->cmsg_type = SCM_RIGHTS;
  CHECK(tool::stamps_of(message).hardware_ns == 0);
}

TEST_SUITE_END();

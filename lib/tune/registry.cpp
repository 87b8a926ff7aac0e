#include "tune/registry.hpp"

#include <array>
#include <fmt/format.h>
#include <string>
#include <vector>

#include "core/suggest.hpp"

namespace tally::tune {
namespace {

// Sources: Documentation/admin-guide/{kernel-parameters.txt,pm/cpuidle.rst,mm/hugetlbpage.rst} and
// Documentation/{ABI/testing/sysfs-devices-power,networking/ip-sysctl.rst} of Linux. Where evidence
// says "measured", it was in a virtual machine with two processors; measure your own host.
constexpr std::array kSettings = {
    SettingInfo{"cpu.governor", "frequency governor", When::live,
                "performance keeps the clock up; the others raise it only after the load has come",
                "more power and heat; processors plugged in later start with the default governor",
                "the old governor of each policy is written back",
                "not measurable in a guest: the host sets the clock there", "any with cpufreq"},
    SettingInfo{
        "idle.pm_qos", "wake-up latency limit per processor", When::live,
        "keeps the hot processors from entering idle states that take time to leave, whatever the "
        "idle driver and governor; the others may sleep",
        "the processors poll while idle: full power, and the other hardware thread of the core is "
        "slowed. The file is inverted: 0 means no limit and n/a means zero microseconds",
        "the old text is written back",
        "measured: no halts while set, and wake-ups several times faster; with pm_qos_global the "
        "most effective setting of all",
        "any; 4.16 and later for the meaning of n/a"},
    SettingInfo{"idle.pm_qos_global", "wake-up latency limit of the host", When::report,
                "as idle.pm_qos for all processors at once, in force as long as a process holds "
                "/dev/cpu_dma_latency open",
                "all processors poll while idle; over when the holder ends",
                "ends with its holder: tally-tune hold -- COMMAND",
                "measured: loopback round trips about four times faster", "any"},
    SettingInfo{
        "idle.states", "deep idle states", When::live,
        "an idle state with a long exit latency delays the first packet after a pause; disable "
        "wants 1",
        "more power. The idle governor may ignore it: under haltpoll the 1 reads back and the "
        "processor goes on halting, so the usage counters are watched, not the file",
        "the old value of each state is written back",
        "measured: works under the menu governor, ignored under haltpoll",
        "any with cpuidle; states off by default since 5.5"},
    SettingInfo{"sched.timer_migration", "timers of idle processors", When::live,
                "with 0 a timer fires where it was armed instead of waking another processor; with "
                "isolated processors 1 is wanted, because it takes timers away from them",
                "a little more power", "the old value is written back",
                "measured: no separable effect", "any"},
    SettingInfo{
        "sched.rt_runtime", "throttling of real-time threads", When::report,
        "by default a SCHED_FIFO thread that never sleeps is stopped for 50 ms in every second",
        "with -1 a runaway thread owns its processor for ever: only with a housekeeping core left",
        "not changed by this tool",
        "measured: busy polling under SCHED_FIFO with the throttle on is ten times worse than "
        "without real-time priority",
        "before 6.12; later kernels with group scheduling"},
    SettingInfo{
        "net.busy_poll", "polling in poll and select", When::live,
        "a waiting thread spins on the network card's queue instead of sleeping",
        "burns processor time in every poll() of the host; SO_BUSY_POLL on one socket is better",
        "the old value is written back", "measured: none on loopback, which has no queue to poll",
        "3.11 and later"},
    SettingInfo{"net.busy_read", "polling in recv", When::live,
                "as net.busy_poll, for reads from sockets",
                "burns processor time in every blocking read of a socket; SO_BUSY_POLL is better",
                "the old value is written back", "measured: none on loopback", "3.11 and later"},
    SettingInfo{
        "net.tcp_timestamps", "TCP timestamps", When::report,
        "often turned off to save 12 bytes a segment",
        "off is harmful: no protection against wrapped sequence numbers, which come within seconds "
        "at 10 Gb/s, and worse round-trip estimates",
        "not changed by this tool", "measured: no gain from turning it off", "any"},
    SettingInfo{
        "net.tcp_low_latency", "tcp_low_latency", When::report, "found in many tuning guides",
        "none: it does nothing, and reads back what was written", "not changed by this tool",
        "the code behind it was removed in 4.14", "before 4.14"},
    SettingInfo{
        "memory.huge_2m", "huge pages of 2 MiB", When::live,
        "rings and pools on huge pages miss the TLB less",
        "the memory is taken from everything else; the kernel may give fewer than asked without an "
        "error, so the number is read back and a shortfall is said",
        "the old number is written back; pages in use stay until they are freed",
        "measured: pointer chasing through a large array half as long again on 4 KiB pages", "any"},
    SettingInfo{"memory.huge_1g", "huge pages of 1 GiB", When::live,
                "for pools larger than the second-level TLB covers with 2 MiB pages",
                "needs 1 GiB in one piece: easy after boot, hopeless later; see boot.huge_1g",
                "the old number is written back", "measured: obtained on a fresh host",
                "3.16 and later"},
    SettingInfo{
        "boot.isolcpus", "isolated processors", When::boot,
        "no load balancing onto the hot cores, and managed interrupts kept off",
        "threads put there share one processor unless each is pinned; derived from the topology: "
        "whole cores, and every node keeps one",
        "the drop-in is removed or put back; then update-grub and reboot",
        "/sys/devices/system/cpu/isolated lists them after the boot",
        "5.6 and later for managed_irq"},
    SettingInfo{"boot.nohz_full", "no tick on the hot cores", When::boot,
                "a processor with one runnable thread is not interrupted by the scheduler's tick",
                "system calls and interrupts cost more there; not for the boot processor",
                "as boot.isolcpus", "the LOC line of /proc/interrupts stands still after the boot",
                "CONFIG_NO_HZ_FULL"},
    SettingInfo{"boot.rcu_nocbs", "RCU callbacks elsewhere", When::boot,
                "callbacks of the hot cores run in threads on the others",
                "the threads need room on the housekeeping cores", "as boot.isolcpus",
                "dmesg says: Offload RCU callbacks from CPUs", "CONFIG_RCU_NOCB_CPU"},
    SettingInfo{"boot.irqaffinity", "interrupts elsewhere", When::boot,
                "isolcpus alone leaves ordinary interrupts on every processor",
                "irqbalance, where it runs, may undo it", "as boot.isolcpus",
                "/proc/irq/default_smp_affinity after the boot", "any"},
    SettingInfo{"boot.huge_1g", "huge pages of 1 GiB from the boot", When::boot,
                "the one time when a contiguous GiB is certain to be there",
                "taken for good; fewer pages than asked boot without a word", "as boot.isolcpus",
                "HugePages_Total of the node after the boot",
                "5.16 and later for a number per node"},
    SettingInfo{
        "security.mitigations", "mitigations of processor bugs", When::report,
        "turning them off makes system calls cheaper",
        "other processes can read this host's keys: never offered here, and a host without them "
        "must not hold a share",
        "not changed by this tool", "/sys/devices/system/cpu/vulnerabilities", "any"},
};

}  // namespace

std::span<const SettingInfo> settings() {
  return kSettings;
}

Result<const SettingInfo*> find_setting(std::string_view id) {
  std::vector<std::string_view> ids;
  for (const SettingInfo& info : kSettings) {
    if (info.id == id) return &info;
    ids.push_back(info.id);
  }
  return fail(Code::usage, fmt::format("no setting is called '{}'", id),
              core::did_you_mean(id, ids, "tally-tune explain lists them"));
}

}  // namespace tally::tune

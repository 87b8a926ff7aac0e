#!/bin/sh
# fake_host.sh KIND FOLDER: builds the files of a host that tally-tune looks at, for --root FOLDER.
#   vm2     a guest with two cores: no cpufreq, the haltpoll governor, no NO_HZ_FULL
#   smt8    one socket, eight cores with two threads each (cpu N and N+8), grub
#   numa32  two sockets and nodes with eight cores and sixteen threads each, grub with its menu
#   odd     values that nobody expects: text for numbers, bytes that are no text, "(null)"
#   empty   nothing but the folder
set -eu
kind=$1
root=$2
mkdir -p "$root"
cpus=$root/sys/devices/system/cpu

# put PATH TEXT: a file below the root with TEXT and a newline, its folder made when missing.
put() {
  folder=$root${1%/*}
  [ -d "$folder" ] || mkdir -p "$folder"
  printf '%s\n' "$2" >"$root$1"
}

# cpu ID CORE PACKAGE NODE SIBLINGS
cpu() {
  at=/sys/devices/system/cpu/cpu$1
  mkdir -p "$root$at/topology" "$root$at/power"
  put "$at/topology/core_id" "$2"
  put "$at/topology/physical_package_id" "$3"
  put "$at/topology/thread_siblings_list" "$5"
  put "$at/power/pm_qos_resume_latency_us" 0
  ln -s "../../node/node$4" "$root$at/node$4"
}

# idle_state CPU STATE NAME LATENCY
idle_state() {
  at=/sys/devices/system/cpu/cpu$1/cpuidle/state$2
  mkdir -p "$root$at"
  put "$at/name" "$3"
  put "$at/latency" "$4"
  put "$at/disable" 0
  put "$at/usage" 1000
}

# server_cpu ID CORE PACKAGE NODE SIBLINGS: with a policy and the idle states of a server.
server_cpu() {
  cpu "$@"
  idle_state "$1" 0 POLL 0
  idle_state "$1" 1 C1 1
  idle_state "$1" 2 C6 133
  mkdir -p "$cpus/cpufreq/policy$1"
  put "/sys/devices/system/cpu/cpufreq/policy$1/scaling_governor" schedutil
  put "/sys/devices/system/cpu/cpufreq/policy$1/scaling_available_governors" \
    'performance powersave schedutil '
  # As in sysfs: the processor's folder leads to its policy by a link inside the tree.
  ln -s "../cpufreq/policy$1" "$cpus/cpu$1/cpufreq"
}

# node ID CPULIST FREE_KIB
node() {
  at=/sys/devices/system/node/node$1
  mkdir -p "$root$at/hugepages/hugepages-2048kB" "$root$at/hugepages/hugepages-1048576kB"
  put "$at/cpulist" "$2"
  put "$at/meminfo" "Node $1 MemTotal: 33554432 kB
Node $1 MemFree: $3 kB"
  put "$at/hugepages/hugepages-2048kB/nr_hugepages" 0
  put "$at/hugepages/hugepages-1048576kB/nr_hugepages" 0
}

# common ONLINE NODES
common() {
  put /sys/devices/system/cpu/online "$1"
  put /sys/devices/system/cpu/isolated ''
  put /sys/devices/system/node/has_memory "$2"
  put /proc/sys/kernel/osrelease 6.1.0-26-amd64
  put /proc/sys/kernel/random/boot_id 11111111-2222-3333-4444-555555555555
  put /proc/sys/kernel/timer_migration 1
  put /proc/sys/kernel/sched_rt_runtime_us 950000
  put /proc/sys/net/core/busy_poll 0
  put /proc/sys/net/core/busy_read 0
  put /proc/sys/net/ipv4/tcp_timestamps 1
  put /proc/sys/net/ipv4/tcp_low_latency 0
  put /proc/cmdline 'BOOT_IMAGE=/vmlinuz-6.1.0-26-amd64 root=/dev/sda1 ro quiet'
  put /etc/machine-id 00112233445566778899aabbccddeeff
  mkdir -p "$root/dev" "$root/var/lib"
  printf '\000\224\065\167' >"$root/dev/cpu_dma_latency" # 2000000000: no limit
}

grub() {
  put /etc/default/grub 'GRUB_DEFAULT=0
GRUB_CMDLINE_LINUX_DEFAULT="quiet"
GRUB_CMDLINE_LINUX="console=ttyS0"'
  mkdir -p "$root/etc/default/grub.d" "$root/boot/grub"
  put /boot/config-6.1.0-26-amd64 'CONFIG_NO_HZ_FULL=y
CONFIG_RCU_NOCB_CPU=y'
  # What Linux 6.1 prints for an unset list.
  put /sys/devices/system/cpu/nohz_full '(null)'
}

menu() {
  put /boot/grub/grub.cfg "menuentry 'Debian' {
  linux /vmlinuz-6.1.0-26-amd64 root=/dev/sda1 ro console=ttyS0 quiet
}
menuentry 'Debian (recovery mode)' {
  linux /vmlinuz-6.1.0-26-amd64 root=/dev/sda1 ro single console=ttyS0
}"
}

vm2() {
  common 0-1 0
  node 0 0-1 8000000
  for id in 0 1; do
    cpu "$id" "$id" 0 0 "$id"
    idle_state "$id" 0 POLL 0
    idle_state "$id" 1 'haltpoll idle' 1
  done
  put /sys/devices/system/cpu/cpuidle/current_governor haltpoll
}

case $kind in
  vm2) vm2 ;;
  smt8)
    common 0-15 0
    node 0 0-15 16000000
    id=0
    while [ $id -lt 16 ]; do
      core=$((id % 8))
      server_cpu $id $core 0 0 "$core,$((core + 8))"
      id=$((id + 1))
    done
    put /sys/devices/system/cpu/cpuidle/current_governor menu
    grub
    ;;
  numa32)
    common 0-31 0-1
    node 0 0-7,16-23 16000000
    node 1 8-15,24-31 16000000
    id=0
    while [ $id -lt 32 ]; do
      core=$((id % 16))
      socket=$((core / 8))
      server_cpu $id $((core % 8)) $socket $socket "$core,$((core + 16))"
      id=$((id + 1))
    done
    put /sys/devices/system/cpu/cpuidle/current_governor menu
    grub
    menu
    ;;
  odd)
    vm2
    put /proc/sys/kernel/timer_migration maybe
    printf '\001\377\n' >"$root/proc/sys/net/core/busy_poll"
    put /proc/sys/net/core/busy_read '(null)'
    put /sys/devices/system/cpu/isolated '(null)'
    put /sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages -5
    put /sys/devices/system/cpu/cpu0/topology/physical_package_id -1
    mkdir "$root/proc/sys/kernel/sched_rt_runtime_us.d"
    rm "$root/proc/sys/net/ipv4/tcp_timestamps"
    mkdir "$root/proc/sys/net/ipv4/tcp_timestamps"
    put /proc/sys/net/ipv4/tcp_low_latency 1
    printf 'xy' >"$root/dev/cpu_dma_latency"
    put /proc/cmdline 'ro mitigations=off'
    ;;
  empty) ;;
  *)
    echo "fake_host.sh: no host is called '$kind'" >&2
    exit 64
    ;;
esac

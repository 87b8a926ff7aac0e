# shellcheck shell=sh
# What packaging/check and packaging/demo share: how they speak, how they find out which packages of
# packaging/debian/control are missing, and how they install them. Sourced after `root` is set.
# Nothing is written outside apt and $root/build; no git, python or curl is needed.

# A bare Debian has no other UTF-8 locale, and sorted output must not depend on the user's.
LC_ALL=C.UTF-8
export LC_ALL

program=${0##*/}
logs=${root:?is set by the script}/build/logs
apt_log=$root/build/apt.log
apt_options='-qq -y -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300'

say() {
  printf '%s: %s\n' "$program" "$*"
}

# die CODE MESSAGE [HINT]: the one clear line of an error, and what to do about it.
die() {
  printf '%s: error: %s\n' "$program" "$2" >&2
  [ -z "${3-}" ] || printf '%s: hint: %s\n' "$program" "$3" >&2
  exit "$1"
}

# Exits 73 unless everything near the top of build/ can be written: one file of another user there
# makes CMake and ninja fail much later, and less clearly.
need_build_folder() {
  if [ ! -d "$root/build" ]; then
    mkdir "$root/build" 2>/dev/null ||
      die 73 "cannot create $root/build" "copy the checkout to a folder of your own"
  fi
  foreign=$(find "$root/build" -maxdepth 2 ! -type l ! -writable -print 2>/dev/null | head -n 1)
  [ -z "$foreign" ] ||
    die 73 "cannot write $foreign" "root has to run: chown -R $(id -un): '$root/build'"
  mkdir -p "$logs"
}

# Keeps a second run out of the same build folder. The descriptor closes with the process.
lock_build_folder() {
  exec 9>"$root/build/.lock"
  flock -n 9 || die 75 "another run is using $root/build" "wait until it has ended"
}

# find_missing PROFILES: sets `missing` to the packages of packaging/debian/control that are not
# installed, empty when there are none. PROFILES is empty or a list like nocheck,pkg.tallyio.full.
find_missing() {
  profiles=$1
  command -v apt-get >/dev/null ||
    die 69 "this host has no apt-get" "packaging/debian/control lists what the build needs"
  if ! command -v dpkg-checkbuilddeps >/dev/null; then
    missing='build-essential and all that packaging/debian/control lists'
  elif missing=$(cd "$root/packaging" && dpkg-checkbuilddeps ${profiles:+"-P$profiles"} 2>&1); then
    missing=
  else
    case $missing in
      *'Unmet build dependencies: '*) missing=${missing#*'Unmet build dependencies: '} ;;
      *) die 70 "dpkg-checkbuilddeps: $missing" ;;
    esac
  fi
}

# The line that root would type. apt-get takes the folder as an absolute path, spaces and all.
install_line() {
  printf "apt-get update && apt-get -y %sbuild-dep '%s'" "${1:+-P $1 }" "$root/packaging"
}

# As root, or through sudo, which drops the environment: sets `as_root`, or exits 77.
need_root() {
  if [ "$(id -u)" = 0 ]; then
    as_root=
  elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    as_root='sudo -n'
  elif [ -t 0 ] && [ -t 2 ] && command -v sudo >/dev/null && sudo -v; then
    as_root='sudo'
  else
    die 77 "missing packages: $missing" "root has to run: $(install_line "$1")"
  fi
}

# apt_get ARGUMENTS: quietly; what it says goes to build/apt.log, which this user's shell opens.
apt_get() {
  # shellcheck disable=SC2086 # options and the sudo prefix are lists of words
  $as_root env DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=a LC_ALL=C.UTF-8 \
    apt-get $apt_options "$@" </dev/null >>"$apt_log" 2>&1
}

apt_failed() {
  grep '^E:' "$apt_log" >&2 || tail -n 5 "$apt_log" >&2
  die 69 "apt-get $1 failed" "see $apt_log"
}

# install_packages PROFILES: brings what find_missing found. apt is not touched otherwise.
install_packages() {
  [ -n "$missing" ] || return 0
  need_root "$1"
  say "installing: $missing"
  install_start=$(date +%s)
  : >"$apt_log"
  # DPkg::Lock::Timeout waits for dpkg's lock, not for the one of the package lists.
  update_tries=0
  until apt_get update; do
    update_tries=$((update_tries + 1))
    if [ "$update_tries" -ge 60 ] || ! tail -n 5 "$apt_log" | grep -q 'Could not get lock'; then
      apt_failed update
    fi
    sleep 5
  done
  # Old lists answer with "held broken packages" as well, so update always comes first.
  apt_get ${1:+-P "$1"} build-dep "$root/packaging" || apt_failed build-dep
  find_missing "$1"
  [ -z "$missing" ] || die 69 "still missing after apt-get: $missing" "see $apt_log"
  say "packages installed in $(($(date +%s) - install_start)) s"
}

# A job of the build for each core, as far as 1 GiB of memory for each lasts.
job_count() {
  cores=$(nproc)
  gibibytes=$(awk '/^MemAvailable:/ { print int($2 / 1048576) }' /proc/meminfo)
  if [ "$gibibytes" -lt 1 ]; then gibibytes=1; fi
  if [ "$gibibytes" -lt "$cores" ]; then echo "$gibibytes"; else echo "$cores"; fi
}

need_proc() {
  [ -r /proc/self/stat ] ||
    die 69 "/proc is not mounted" "root has to run: mount -t proc proc /proc"
}

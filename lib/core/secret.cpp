#include "core/secret.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

namespace tally::core {

void wipe(void* memory, std::size_t size_bytes) {
  if (size_bytes != 0) ::explicit_bzero(memory, size_bytes);
}

bool equal_constant_time(ByteView a, ByteView b) {
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) difference |= static_cast<unsigned>(a[i] ^ b[i]);
  return difference == 0;
}

void random_bytes(MutableByteView out) {
  while (!out.empty()) {
    const ssize_t count = ::getrandom(out.data(), out.size(), 0);
    if (count < 0) {
      if (errno == EINTR) continue;
      std::perror("getrandom");
      std::abort();
    }
    out = out.subspan(static_cast<std::size_t>(count));
  }
}

Result<SecretBytes> SecretBytes::allocate(std::size_t size_bytes) {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const std::size_t mapped = (size_bytes + page - 1) / page * page;
  SecretBytes secret;
  if (mapped == 0) return secret;
  void* memory =
      ::mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return fail_errno("cannot map memory for a secret", errno);
  secret.data_ = static_cast<std::uint8_t*>(memory);
  secret.size_ = size_bytes;
  secret.mapped_bytes_ = mapped;
  if (::mlock(memory, mapped) != 0) {
    return fail(os_error(Code::os_failure, "cannot lock memory for a secret", errno,
                         "raise the limit on locked memory: ulimit -l"));
  }
  if (::madvise(memory, mapped, MADV_DONTDUMP) != 0 ||
      ::madvise(memory, mapped, MADV_WIPEONFORK) != 0) {
    return fail_errno("cannot protect the memory of a secret", errno);
  }
  return secret;
}

SecretBytes& SecretBytes::operator=(SecretBytes&& other) noexcept {
  if (this != &other) {
    free_pages();
    data_ = std::exchange(other.data_, nullptr);
    size_ = std::exchange(other.size_, 0);
    mapped_bytes_ = std::exchange(other.mapped_bytes_, 0);
  }
  return *this;
}

SecretBytes::~SecretBytes() {
  free_pages();
}

void SecretBytes::shrink(std::size_t size_bytes) {
  wipe(data_ + size_bytes, size_ - size_bytes);
  size_ = size_bytes;
}

void SecretBytes::free_pages() {
  if (data_ == nullptr) return;
  wipe(data_, mapped_bytes_);
  ::munmap(data_, mapped_bytes_);
  data_ = nullptr;
}

Status harden_process() {
  const rlimit no_core{0, 0};
  if (::setrlimit(RLIMIT_CORE, &no_core) != 0) return fail_errno("cannot forbid core dumps", errno);
  if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
    return fail_errno("cannot make the process undumpable", errno);
  }
  return {};
}

}  // namespace tally::core

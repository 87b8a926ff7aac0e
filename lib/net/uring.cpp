#include "net/uring.hpp"

#include <array>
#include <cerrno>
#include <sys/mman.h>

namespace tally::net {
namespace {

struct Mode {
  std::string_view name;
  unsigned flags;
};

constexpr std::array<Mode, 3> kModes{{
    {"defer", IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_TASKRUN_FLAG},
    {"coop", IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG},
    {"plain", 0},
}};

Error setup_error(int os_errno) {
  const char* hint = "";
  if (os_errno == EPERM) hint = "sysctl kernel.io_uring_disabled, and a container's seccomp filter";
  if (os_errno == ENOSYS) hint = "the kernel, or a container's seccomp filter, has no io_uring";
  if (os_errno == ENOMEM) hint = "raise the limit on locked memory, ulimit -l";
  return os_error(Code::unavailable, "io_uring is not available", os_errno, hint);
}

}  // namespace

Result<std::unique_ptr<Uring>> Uring::open(unsigned entries, unsigned completions) {
  std::unique_ptr<Uring> made(new Uring());
  int result = -EINVAL;
  for (const Mode& mode : kModes) {
    io_uring_params params{};
    params.flags = mode.flags | IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP;
    params.cq_entries = completions;
    result = ::io_uring_queue_init_params(entries, &made->ring_, &params);
    made->mode_ = mode.name;
    if (result != -EINVAL) break;
  }
  if (result < 0) {
    made->mode_ = {};
    return fail(setup_error(-result));
  }
  // Saves a look-up a call; kernels before 5.18 do without.
  ::io_uring_register_ring_fd(&made->ring_);
  return made;
}

Uring::~Uring() {
  if (mode_.empty()) return;
  cancel_all();
  ::io_uring_unregister_files(&ring_);
  ::io_uring_queue_exit(&ring_);
}

Status Uring::register_file(int fd) {
  const int result = ::io_uring_register_files(&ring_, &fd, 1);
  if (result < 0) {
    return fail(os_error(Code::unavailable, "io_uring takes no registered file", -result));
  }
  return {};
}

void Uring::cancel_all() {
  io_uring_sync_cancel_reg request{};
  request.fd = -1;
  request.flags = IORING_ASYNC_CANCEL_ANY;
  request.timeout = {-1, -1};
  // Kernels before 6.0 have no such call; there the exit below takes its tens of milliseconds.
  ::io_uring_register_sync_cancel(&ring_, &request);
  ::io_uring_get_events(&ring_);
}

bool Uring::call_is_due() const {
  constexpr unsigned kDue = IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW;
  return (__atomic_load_n(ring_.sq.kflags, __ATOMIC_RELAXED) & kDue) != 0;
}

void UnmapBufferRing::operator()(io_uring_buf_ring* ring) const {
  ::munmap(ring, bytes);
}

Result<ProvidedBuffers> ProvidedBuffers::make(Uring& ring, unsigned count, std::size_t bytes,
                                              unsigned group) {
  // A little apart from powers of two, so that the starts do not share their cache sets.
  constexpr std::size_t kApart = 192;
  ProvidedBuffers made;
  made.count_ = count;
  made.group_ = group;
  made.bytes_ = bytes;
  made.stride_ = (bytes + kApart + 63) / 64 * 64;
  const std::size_t ring_bytes = count * sizeof(io_uring_buf);
  void* const at =
      ::mmap(nullptr, ring_bytes, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);
  if (at == MAP_FAILED) return fail_errno("no memory for the buffer ring", errno);
  made.ring_ =
      decltype(made.ring_)(static_cast<io_uring_buf_ring*>(at), UnmapBufferRing{ring_bytes});
  io_uring_buf_reg request{};
  request.ring_addr = reinterpret_cast<std::uintptr_t>(at);
  request.ring_entries = count;
  request.bgid = static_cast<std::uint16_t>(group);
  const int result = ::io_uring_register_buf_ring(ring.get(), &request, 0);
  if (result < 0) {
    return fail(os_error(Code::unavailable, "io_uring takes no provided buffers", -result));
  }
  // Not initialised: pages that no datagram reaches are never touched.
  made.memory_.reset(new std::uint8_t[count * made.stride_]);
  for (unsigned i = 0; i < count; ++i) made.recycle(i);
  made.publish();
  return made;
}

void ProvidedBuffers::recycle(unsigned index) {
  ::io_uring_buf_ring_add(ring_.get(), at(index), static_cast<unsigned>(bytes_),
                          static_cast<unsigned short>(index), ::io_uring_buf_ring_mask(count_),
                          given_back_++);
}

void ProvidedBuffers::publish() {
  ::io_uring_buf_ring_advance(ring_.get(), given_back_);
  given_back_ = 0;
}

}  // namespace tally::net

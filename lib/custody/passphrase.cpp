#include "custody/passphrase.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include "core/file.hpp"
#include "custody/private_file.hpp"

namespace tally::custody {
namespace {

constexpr int kSignalPollMs = 100;

Error not_a_passphrase(const std::string& why) {
  return {Code::bad_data, why, "a passphrase has 1 to 1024 bytes", 0};
}

// Reads to the end into locked memory, with no copy on the ordinary heap.
Result<core::SecretBytes> read_from(int fd, const std::string& name) {
  TALLY_TRY(auto secret, core::SecretBytes::allocate(kLongestPassphraseBytes + 2));
  std::size_t size = 0;
  while (size < secret.size()) {
    const ssize_t count = ::read(fd, secret.bytes().data() + size, secret.size() - size);
    if (count < 0) {
      if (errno == EINTR) continue;
      return fail_errno("cannot read a passphrase from " + name, errno);
    }
    if (count == 0) break;
    size += static_cast<std::size_t>(count);
  }
  const auto bytes = secret.bytes();
  if (size > 0 && bytes[size - 1] == '\n') --size;
  if (size > 0 && bytes[size - 1] == '\r') --size;
  if (size > kLongestPassphraseBytes) return fail(not_a_passphrase("passphrase is too long"));
  if (size == 0) return fail(not_a_passphrase("passphrase in " + name + " is empty"));
  secret.shrink(size);
  return secret;
}

// The terminal with echo, line editing and its signals off; as it was again at the end. Signals
// sent by others stay blocked meanwhile and are looked for, so that none leaves the terminal mute.
class QuietTerminal {
 public:
  explicit QuietTerminal(int fd) : fd_(fd) {
    sigemptyset(&ending_);
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) sigaddset(&ending_, number);
    ::sigprocmask(SIG_BLOCK, &ending_, &mask_before_);
    good_ = ::tcgetattr(fd_, &before_) == 0;
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO | ECHONL | ICANON | ISIG);
    quiet.c_cc[VMIN] = 1;
    quiet.c_cc[VTIME] = 0;
    good_ = good_ && ::tcsetattr(fd_, TCSAFLUSH, &quiet) == 0;
  }
  ~QuietTerminal() {
    if (good_) ::tcsetattr(fd_, TCSAFLUSH, &before_);
    ::sigprocmask(SIG_SETMASK, &mask_before_, nullptr);
  }
  QuietTerminal(const QuietTerminal&) = delete;
  QuietTerminal& operator=(const QuietTerminal&) = delete;

  [[nodiscard]] bool good() const { return good_; }

  // The next byte typed; -1 when the input ended or a signal waits.
  int next() {
    for (;;) {
      pollfd entry{fd_, POLLIN, 0};
      const int ready = ::poll(&entry, 1, kSignalPollMs);
      if (signal_waits()) return -1;
      if (ready <= 0) continue;
      std::uint8_t byte = 0;
      if (::read(fd_, &byte, 1) != 1) return -1;
      return byte;
    }
  }

 private:
  bool signal_waits() const {
    sigset_t waiting;
    ::sigpending(&waiting);
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) {
      if (sigismember(&waiting, number) == 1) return true;
    }
    return false;
  }

  int fd_;
  bool good_ = false;
  termios before_{};
  sigset_t ending_{};
  sigset_t mask_before_{};
};

constexpr int kInterrupt = 3;
constexpr int kEndOfInput = 4;
constexpr int kBackspace = 8;
constexpr int kKillLine = 21;
constexpr int kDelete = 127;

Result<core::SecretBytes> type_line(QuietTerminal& terminal) {
  TALLY_TRY(auto secret, core::SecretBytes::allocate(kLongestPassphraseBytes));
  std::size_t size = 0;
  for (;;) {
    const int byte = terminal.next();
    if (byte == kInterrupt) ::raise(SIGINT);  // blocked: delivered when the terminal is restored
    if (byte < 0 || byte == kInterrupt || (byte == kEndOfInput && size == 0)) {
      return fail(Code::usage, "no passphrase was given");
    }
    if (byte == '\n' || byte == '\r' || byte == kEndOfInput) break;
    if (byte == kBackspace || byte == kDelete) {
      size -= size > 0 ? 1 : 0;
    } else if (byte == kKillLine) {
      size = 0;
    } else if (size == secret.size()) {
      return fail(not_a_passphrase("passphrase is too long"));
    } else {
      secret.bytes()[size++] = static_cast<std::uint8_t>(byte);
    }
  }
  if (size == 0) return fail(not_a_passphrase("passphrase is empty"));
  secret.shrink(size);
  return secret;
}

Result<core::SecretBytes> ask(int tty, const std::string& prompt) {
  QuietTerminal terminal(tty);
  if (!terminal.good()) return fail_errno("cannot turn off the terminal's echo", errno);
  TALLY_CHECK(core::write_all(tty, core::as_bytes(prompt + ": ")));
  auto typed = type_line(terminal);
  TALLY_CHECK(core::write_all(tty, core::as_bytes("\n")));
  return typed;
}

Result<core::SecretBytes> prompt_on_terminal(const std::string& prompt, bool twice) {
  const UniqueFd tty(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY));
  if (!tty) {
    return fail(Code::usage, "no terminal to ask for the passphrase",
                "give --passphrase-file FILE or --passphrase-fd N");
  }
  TALLY_TRY(auto first, ask(tty.get(), prompt));
  if (!twice) return first;
  TALLY_TRY(const auto second, ask(tty.get(), prompt + ", again"));
  if (!core::equal_constant_time(first.bytes(), second.bytes())) {
    return fail(Code::usage, "the two passphrases differ");
  }
  return first;
}

}  // namespace

Result<core::SecretBytes> read_passphrase(const PassphraseSource& source, const std::string& prompt,
                                          bool twice) {
  if (!source.file.empty()) {
    TALLY_TRY(const UniqueFd fd, open_private_file(source.file));
    return read_from(fd.get(), source.file);
  }
  if (source.fd >= 0) return read_from(source.fd, "descriptor " + std::to_string(source.fd));
  if (!source.may_prompt) {
    return fail(Code::usage, "a passphrase is needed and --no-input forbids to ask for it",
                "give --passphrase-file FILE or --passphrase-fd N");
  }
  return prompt_on_terminal(prompt, twice);
}

}  // namespace tally::custody

#include "core/error.hpp"

#include <cerrno>
#include <system_error>
#include <utility>

namespace tally::core {

Error Error::in(const std::string& context) const {
  Error copy = *this;
  copy.message = context + ": " + message;
  return copy;
}

Error os_error(Code code, const std::string& message, int os_errno, std::string hint) {
  return Error{code, message + ": " + std::generic_category().message(os_errno), std::move(hint),
               os_errno};
}

Code code_for_errno(int os_errno) {
  switch (os_errno) {
    case ENOENT:
    case ENOTDIR:
      return Code::no_input;
    case EACCES:
    case EPERM:
      return Code::permission;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
    case EPIPE:
    case EIO:
      return Code::io;
    case ENOSYS:
    case EOPNOTSUPP:
    case ENODEV:
      return Code::unavailable;
    case ETIMEDOUT:
    case EAGAIN:
    case EBUSY:
    case ECONNREFUSED:
      return Code::try_again;
    default:
      return Code::os_failure;
  }
}

}  // namespace tally::core

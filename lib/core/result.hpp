// Result<T>: a value or an Error. The only file that knows which library stands behind it; call
// sites use has_value(), value(), error(), and_then(), transform() and the macros below, which
// std::expected offers too, so that a later switch is one line.
#pragma once

#include <tl/expected.hpp>
#include <utility>

#include "core/error.hpp"

namespace tally::core {

template <typename T>
using Result = tl::expected<T, Error>;

using Status = Result<void>;

// A value or a failure of a module's own type, where callers tell failures apart by more than
// their text. Such a type converts to Error, so that TALLY_TRY passes it on as one.
template <typename T, typename E>
using Expected = tl::expected<T, E>;
template <typename E>
[[nodiscard]] tl::unexpected<E> unexpected(E failure) {
  return tl::unexpected<E>(std::move(failure));
}

// return fail(Code::bad_data, "share is truncated", "copy the file again");
[[nodiscard]] inline tl::unexpected<Error> fail(Code code, std::string message,
                                                std::string hint = {}) {
  return tl::unexpected<Error>(Error{code, std::move(message), std::move(hint), 0});
}
[[nodiscard]] inline tl::unexpected<Error> fail(Error error) {
  return tl::unexpected<Error>(std::move(error));
}
// return fail_errno("cannot open " + path, errno);
[[nodiscard]] inline tl::unexpected<Error> fail_errno(const std::string& message, int os_errno,
                                                      std::string hint = {}) {
  return tl::unexpected<Error>(
      os_error(code_for_errno(os_errno), message, os_errno, std::move(hint)));
}

}  // namespace tally::core

namespace tally {
using core::Code;
using core::Error;
using core::fail;
using core::fail_errno;
using core::Result;
using core::Status;
}  // namespace tally

#define TALLY_JOIN_INNER(a, b) a##b
#define TALLY_JOIN(a, b) TALLY_JOIN_INNER(a, b)

// TALLY_TRY(auto share, read_share(path)); TALLY_CHECK(lock(fd)); both return the error upwards.
#define TALLY_TRY(declaration, expression) \
  TALLY_TRY_INNER(declaration, expression, TALLY_JOIN(tally_result_, __COUNTER__))
#define TALLY_TRY_INNER(declaration, expression, name)   \
  auto name = (expression);                              \
  if (!name) [[unlikely]]                                \
    return ::tally::core::fail(std::move(name).error()); \
  declaration = std::move(*name)
#define TALLY_CHECK(expression)                                       \
  do {                                                                \
    if (auto tally_status = (expression); !tally_status) [[unlikely]] \
      return ::tally::core::fail(std::move(tally_status).error());    \
  } while (false)

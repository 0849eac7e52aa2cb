// Errors: what went wrong with the world (file, request, option), in one line that says where, what, the
// numbers, and the way out. Failure that is an ordinary answer travels as Result<T>.
#pragma once

#include <fmt/core.h>

#include <exception>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace retort {

enum class ErrorCode {
  bad_input,    // the bytes or the option are wrong
  not_found,    // a file, tensor or name is missing
  unsupported,  // valid, but not something this build handles
  resource,     // memory, disk, pages or time ran out
  cancelled,    // asked to stop
  internal,     // ours
};

/// The name of a code as printed by `--json`: "bad_input", "not_found", ...
std::string_view name(ErrorCode code);

/// The exit status of the program for a code: 2 bad_input, 3 not_found, 4 unsupported, 5 resource,
/// 130 cancelled, 70 internal.
int exit_status(ErrorCode code);

class Error : public std::exception {
 public:
  Error(ErrorCode code, std::string message) : code_(code), message_(std::move(message)) {}
  ErrorCode code() const { return code_; }
  const std::string& message() const { return message_; }
  const char* what() const noexcept override { return message_.c_str(); }
  /// The same error with "where: " put before its message.
  Error with_context(std::string_view where) const { return {code_, fmt::format("{}: {}", where, message_)}; }

 private:
  ErrorCode code_;
  std::string message_;
};

template <typename... Args>
Error make_error(ErrorCode code, fmt::format_string<Args...> format, Args&&... args) {
  return Error(code, fmt::format(format, std::forward<Args>(args)...));
}

template <typename... Args>
[[noreturn]] void fail(ErrorCode code, fmt::format_string<Args...> format, Args&&... args) {
  throw Error(code, fmt::format(format, std::forward<Args>(args)...));
}

template <typename T>
using Result = tl::expected<T, Error>;

/// Crosses from Result to exception.
template <typename T>
T or_throw(Result<T> result) {
  if (!result) throw std::move(result.error());
  return std::move(*result);
}

}  // namespace retort

/// `auto v = RETORT_TRY(parse(x));` returns the error to the caller, or yields the value.
#define RETORT_TRY(expression)                                                                \
  __extension__({                                                                             \
    auto retort_try_ = (expression);                                                          \
    if (!retort_try_) return tl::unexpected<::retort::Error>(std::move(retort_try_.error())); \
    std::move(*retort_try_);                                                                  \
  })

#pragma once

#include <string>
#include <utility>
#include <variant>

#include "crypto/base/check.h"

namespace aval {

/// What went wrong with something the world handed us. The code is for programs, the message for
/// people: it names the thing, what is wrong with it, and where there is one, the next step.
struct Error {
  enum class Code { Malformed, NotFound, Refused, Conflict, Expired, Quota, Unavailable, Io, Corrupt };
  Code code = Code::Malformed;
  std::string message;
};

/// Tag that builds a failed Result, named as in std::unexpected.
struct unexpected {
  explicit unexpected(Error e) : error(std::move(e)) {}
  unexpected(Error::Code code, std::string message) : error{code, std::move(message)} {}
  Error error;
};

/// A value or an Error; the names are those of std::expected so that it can become an alias of it.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(unexpected failure) : state_(std::in_place_index<1>, std::move(failure.error)) {}

  bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  T& value() & {
    AVAL_CHECK(has_value());
    return std::get<0>(state_);
  }
  const T& value() const& {
    AVAL_CHECK(has_value());
    return std::get<0>(state_);
  }
  T&& value() && {
    AVAL_CHECK(has_value());
    return std::get<0>(std::move(state_));
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  const Error& error() const {
    AVAL_CHECK(!has_value());
    return std::get<1>(state_);
  }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(unexpected failure) : failed_(true), error_(std::move(failure.error)) {}

  bool has_value() const { return !failed_; }
  explicit operator bool() const { return has_value(); }
  const Error& error() const {
    AVAL_CHECK(failed_);
    return error_;
  }

 private:
  bool failed_ = false;
  Error error_;
};

}  // namespace aval

#define AVAL_CONCAT_INNER(a, b) a##b
#define AVAL_CONCAT(a, b) AVAL_CONCAT_INNER(a, b)

/// Returns the error of `expression` from the enclosing function, if it has one.
#define AVAL_TRY(expression)                                            \
  do {                                                                  \
    if (auto aval_result = (expression); !aval_result)                  \
      return ::aval::unexpected(aval_result.error());                   \
  } while (false)

/// `AVAL_ASSIGN(const Block block, decode(bytes));` declares block, or returns the error.
#define AVAL_ASSIGN(declaration, expression)                            \
  auto AVAL_CONCAT(aval_result_, __LINE__) = (expression);              \
  if (!AVAL_CONCAT(aval_result_, __LINE__))                             \
    return ::aval::unexpected(AVAL_CONCAT(aval_result_, __LINE__).error()); \
  declaration = std::move(AVAL_CONCAT(aval_result_, __LINE__)).value()

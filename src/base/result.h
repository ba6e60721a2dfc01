// Result<T>: a value or an Error, with the names of std::expected (which g++ 12 lacks). For what the world
// does every night: a 429, a malformed reply, a missing file.
//
//   Result<std::string> text = read_file(path);
//   if (!text) return text.error();
//   std::string s = RETORT_TRY(read_file(path));   // the same in one line, inside a function returning
//   Result std::string s = or_throw(read_file(path));     // where the run ends with it
#pragma once

#include <optional>
#include <utility>
#include <variant>

#include "base/check.h"
#include "base/error.h"

namespace retort {

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  T& value() & { return checked(), std::get<0>(state_); }
  const T& value() const& { return checked(), std::get<0>(state_); }
  T&& value() && { return checked(), std::get<0>(std::move(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  const Error& error() const {
    RETORT_CHECK(!has_value(), "error() of a Result that holds a value");
    return std::get<1>(state_);
  }
  T value_or(T other) const& { return has_value() ? std::get<0>(state_) : std::move(other); }

 private:
  void checked() const { RETORT_CHECK(has_value(), "value() of an error: {}", std::get<1>(state_).message); }
  std::variant<T, Error> state_;
};

// Success without a value: `return {};`, or `return Error{...};`.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}
  bool has_value() const { return !error_.has_value(); }
  explicit operator bool() const { return has_value(); }
  void value() const { RETORT_CHECK(has_value(), "value() of an error: {}", error_->message); }
  const Error& error() const {
    RETORT_CHECK(!has_value(), "error() of a Result that holds a value");
    return *error_;
  }

 private:
  std::optional<Error> error_;
};

template <class T>
T or_throw(Result<T> result) {
  if (!result) throw RunError(result.error());
  if constexpr (!std::is_void_v<T>) return std::move(result).value();
}

}  // namespace retort

// Evaluates to the value, or returns the error from the enclosing function. (A GNU statement expression, as
// in SerenityOS's TRY; g++ and clang both have it.)
#define RETORT_TRY(expression)                                \
  __extension__({                                             \
    auto retort_try_result = (expression);                    \
    if (!retort_try_result) return retort_try_result.error(); \
    std::move(retort_try_result).value();                     \
  })

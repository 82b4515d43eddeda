// SPDX-License-Identifier: Apache-2.0
// Errors as values. Floor: base.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <variant>

#include "base/check.hpp"

namespace chopmark {

// Why bytes are not a valid encoding. Numbers are stable; names stand in
// docs/spec/codec.md, C-2.
enum class Error : std::uint16_t {
  truncated = 1,  // fewer bytes than the encoding needs
  trailing = 2,   // bytes left over after the last field
  version = 3,    // unknown version or suite
  tag = 4,        // unknown tag, kind or action
  limit = 5,      // a length or count over its maximum, or zero where one is needed
  order = 6,      // entries not strictly ascending, or one given twice
  value = 7,      // a field value outside its range
};

[[nodiscard]] constexpr const char* error_name(Error error) noexcept {
  switch (error) {
    case Error::truncated:
      return "truncated";
    case Error::trailing:
      return "trailing";
    case Error::version:
      return "version";
    case Error::tag:
      return "tag";
    case Error::limit:
      return "limit";
    case Error::order:
      return "order";
    case Error::value:
      return "value";
  }
  return "unknown";
}

struct Failure {
  Error error;
  std::size_t offset;  // byte at which the reader stood
  friend bool operator==(const Failure&, const Failure&) = default;
};

/// A value or the failure in its place: the subset of C++23 std::expected that is used here.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  /// T{} where it stands, to be filled in.
  explicit Result(std::in_place_t) : state_(std::in_place_index<0>) {}
  Result(Failure failure) : state_(std::in_place_index<1>, failure) {}

  [[nodiscard]] bool has_value() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }
  [[nodiscard]] T& value() {
    CHOPMARK_CHECK(has_value());
    return *std::get_if<0>(&state_);
  }
  [[nodiscard]] const T& value() const {
    CHOPMARK_CHECK(has_value());
    return *std::get_if<0>(&state_);
  }
  T& operator*() { return value(); }
  const T& operator*() const { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  [[nodiscard]] Failure failure() const {
    CHOPMARK_CHECK(!has_value());
    return *std::get_if<1>(&state_);
  }

 private:
  std::variant<T, Failure> state_;
};

}  // namespace chopmark

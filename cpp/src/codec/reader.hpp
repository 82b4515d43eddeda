// SPDX-License-Identifier: Apache-2.0
// Strict reader of the one encoding (docs/spec/codec.md C-1..C-4): big-endian integers, lengths
// checked before anything is touched or allocated, no byte left over. Floor: codec.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.hpp"
#include "base/endian.hpp"
#include "base/result.hpp"

namespace chopmark::codec {

/// Reads fields in order. The first failure sticks: later reads return zeros and views of nothing,
/// so a decoder may read all its fields and test once, before it uses any of them.
class Reader {
 public:
  explicit Reader(ByteView input) noexcept : input_(input) {}

  [[nodiscard]] std::uint8_t u8() noexcept { return integer<std::uint8_t>(); }
  [[nodiscard]] std::uint16_t u16() noexcept { return integer<std::uint16_t>(); }
  [[nodiscard]] std::uint32_t u32() noexcept { return integer<std::uint32_t>(); }
  [[nodiscard]] std::uint64_t u64() noexcept { return integer<std::uint64_t>(); }

  /// The next `size` bytes, borrowed from the input; empty after a failure.
  [[nodiscard]] ByteView bytes(std::size_t size) noexcept {
    if (failed_ || size > remaining()) {
      fail(Error::truncated);
      return {};
    }
    const ByteView view = input_.subspan(at_, size);
    at_ += size;
    return view;
  }

  [[nodiscard]] Digest digest() noexcept {
    const ByteView view = bytes(32);
    return failed_ ? Digest{} : digest_from(view.data());
  }

  /// Notes `error` at the present offset unless the reader failed before.
  void fail(Error error) noexcept { fail_at(error, at_); }
  void fail_at(Error error, std::size_t offset) noexcept {
    if (!failed_) failure_ = {error, offset};
    failed_ = true;
  }
  void expect(bool condition, Error error) noexcept {
    if (!condition) fail(error);
  }
  /// Every byte must have been read.
  void finish() noexcept { expect(failed_ || remaining() == 0, Error::trailing); }

  [[nodiscard]] bool ok() const noexcept { return !failed_; }
  [[nodiscard]] Failure failure() const noexcept { return failure_; }
  [[nodiscard]] std::size_t offset() const noexcept { return at_; }
  [[nodiscard]] std::size_t remaining() const noexcept { return input_.size() - at_; }

 private:
  template <class Word>
  Word integer() noexcept {
    const ByteView view = bytes(sizeof(Word));
    return failed_ ? Word{0} : load_be<Word>(view.data());
  }

  ByteView input_;
  std::size_t at_ = 0;
  bool failed_ = false;
  Failure failure_{};
};

}  // namespace chopmark::codec

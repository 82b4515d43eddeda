// SPDX-License-Identifier: Apache-2.0
// Writer of the one encoding (docs/spec/codec.md C-1..C-4). Floor: codec.
#pragma once

#include <cstdint>
#include <utility>

#include "base/bytes.hpp"
#include "base/endian.hpp"

namespace chopmark::codec {

class Writer {
 public:
  /// `expected`: about how many bytes will be written.
  explicit Writer(std::size_t expected = 192) { out_.reserve(expected); }
  void u8(std::uint8_t value) { integer(value); }
  void u16(std::uint16_t value) { integer(value); }
  void u32(std::uint32_t value) { integer(value); }
  void u64(std::uint64_t value) { integer(value); }
  void bytes(ByteView view) { append(out_, view); }

  [[nodiscard]] ByteView written() const noexcept { return out_; }
  [[nodiscard]] std::size_t size() const noexcept { return out_.size(); }
  [[nodiscard]] Bytes take() { return std::exchange(out_, {}); }

 private:
  template <class Word>
  void integer(Word value) {
    store_be<Word>(grow(sizeof(Word)), value);
  }
  // Not inlined: g++ 12 warns of overflows that it imagines where growth and stores are joined.
  [[gnu::noinline]] std::uint8_t* grow(std::size_t size) {
    const std::size_t at = out_.size();
    out_.resize(at + size);
    return out_.data() + at;
  }

  Bytes out_;
};

}  // namespace chopmark::codec

// SPDX-License-Identifier: Apache-2.0
// What SHA-256, SHA-512 and SM3 share: a chaining state, blocks, and a padding of one 0x80 byte,
// zeros, and the length in bits, big-endian, at the end of a block. Floor: hash.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/bytes.hpp"
#include "base/endian.hpp"
#include "dispatch/backend.hpp"

namespace chopmark {

/// Streaming hash: update any number of times, finish once. `Function` gives Word (of the state),
/// kInitial, kBlockBytes, kLengthBytes (of the length field) and kKernel (the slot that absorbs
/// whole blocks).
template <class Function>
class BlockHash {
 public:
  using Word = typename Function::Word;
  static constexpr std::size_t kBlockBytes = Function::kBlockBytes;
  static constexpr std::size_t kDigestBytes = 8 * sizeof(Word);
  using Output = std::array<std::uint8_t, kDigestBytes>;

  void update(ByteView data) noexcept {
    const auto absorb = kernels().*Function::kKernel;
    const std::uint8_t* from = data.data();
    std::size_t left = data.size();
    const std::size_t waiting = bytes_ % kBlockBytes;
    bytes_ += left;
    if (waiting != 0) {
      const std::size_t take = std::min(left, kBlockBytes - waiting);
      std::copy_n(from, take, buffer_.data() + waiting);
      if (waiting + take < kBlockBytes) return;
      absorb(state_.data(), buffer_.data(), 1);
      from += take;
      left -= take;
    }
    const std::size_t whole = left / kBlockBytes;
    if (whole != 0) absorb(state_.data(), from, whole);
    std::copy_n(from + whole * kBlockBytes, left % kBlockBytes, buffer_.data());
  }

  [[nodiscard]] Output finish() noexcept {
    std::array<std::uint8_t, 2 * kBlockBytes> tail{};
    const std::size_t waiting = bytes_ % kBlockBytes;
    const bool fits = waiting + 1 + Function::kLengthBytes <= kBlockBytes;
    const std::size_t total = fits ? kBlockBytes : 2 * kBlockBytes;
    std::copy_n(buffer_.data(), waiting, tail.data());
    tail[waiting] = 0x80;
    store_be<std::uint64_t>(tail.data() + total - 8, bytes_ << 3);
    if constexpr (Function::kLengthBytes == 16) {
      store_be<std::uint64_t>(tail.data() + total - 16, bytes_ >> 61);
    }
    (kernels().*Function::kKernel)(state_.data(), tail.data(), total / kBlockBytes);
    Output digest;
    for (std::size_t i = 0; i < 8; ++i) store_be(digest.data() + i * sizeof(Word), state_[i]);
    return digest;
  }

  [[nodiscard]] static Output of(ByteView data) noexcept {
    BlockHash hasher;
    hasher.update(data);
    return hasher.finish();
  }

 private:
  std::array<Word, 8> state_ = Function::kInitial;
  std::uint64_t bytes_ = 0;
  std::array<std::uint8_t, kBlockBytes> buffer_;  // the first bytes_ % kBlockBytes are waiting
};

}  // namespace chopmark

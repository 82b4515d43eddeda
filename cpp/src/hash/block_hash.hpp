// SPDX-License-Identifier: Apache-2.0
// The frame that SHA-256, SHA-512 and SM3 share: eight words of state, whole blocks absorbed by a
// kernel, a 0x80 byte, zeros and the length in bits at the end. Floor: hash.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "base/bytes.hpp"
#include "base/endian.hpp"
#include "dispatch/backend.hpp"

namespace chopmark {

/// Streaming form: update any number of times, finish once. `Scheme` names Word, kBlockBytes,
/// kInitial (eight words) and kBlocks (the slot of the kernel table).
template <class Scheme>
class BlockHash {
  using Word = typename Scheme::Word;
  static constexpr std::size_t kBlockBytes = Scheme::kBlockBytes;
  static constexpr std::size_t kLengthBytes = kBlockBytes / 8;  // of the length at the end

 public:
  static constexpr std::size_t kDigestBytes = 8 * sizeof(Word);
  using Output = std::array<std::uint8_t, kDigestBytes>;

  void update(ByteView data) noexcept {
    const auto absorb = kernels().*Scheme::kBlocks;
    const std::uint8_t* from = data.data();
    std::size_t left = data.size();
    const std::size_t waiting = bytes_ % kBlockBytes;
    bytes_ += left;
    if (waiting != 0) {
      const std::size_t take = std::min(left, kBlockBytes - waiting);
      std::copy_n(from, take, buffer_ + waiting);
      from += take, left -= take;
      if (waiting + take < kBlockBytes) return;
      absorb(state_.data(), buffer_, 1);
    }
    if (left >= kBlockBytes) {
      absorb(state_.data(), from, left / kBlockBytes);
      from += left / kBlockBytes * kBlockBytes, left %= kBlockBytes;
    }
    std::copy_n(from, left, buffer_);
  }

  [[nodiscard]] Output finish() noexcept { return close(state_, buffer_, bytes_); }

  /// The whole message at once: full blocks are read in place, only the last is copied.
  [[nodiscard]] static Output digest(ByteView data) noexcept {
    State state = Scheme::kInitial;
    const std::size_t blocks = data.size() / kBlockBytes;
    if (blocks != 0) (kernels().*Scheme::kBlocks)(state.data(), data.data(), blocks);
    return close(state, data.data() + blocks * kBlockBytes, data.size());
  }

 private:
  using State = std::array<Word, 8>;

  // Absorbs the bytes % kBlockBytes bytes at `rest` and the padding.
  static Output close(State& state, const std::uint8_t* rest, std::uint64_t bytes) noexcept {
    const std::size_t waiting = bytes % kBlockBytes;
    const std::size_t blocks = waiting < kBlockBytes - kLengthBytes ? 1 : 2;
    std::uint8_t tail[2 * kBlockBytes] = {};
    std::copy_n(rest, waiting, tail);
    tail[waiting] = 0x80;
    std::uint8_t* const end = tail + blocks * kBlockBytes;
    // The length in bits has up to 67 bits. SHA-256 and SM3 take it modulo 2^64, which is exact
    // for every length that they define.
    if constexpr (kLengthBytes == 16) store_be<std::uint64_t>(end - 16, bytes >> 61);
    store_be<std::uint64_t>(end - 8, bytes << 3);
    (kernels().*Scheme::kBlocks)(state.data(), tail, blocks);
    Output digest;
    for (std::size_t i = 0; i < state.size(); ++i)
      store_be(digest.data() + sizeof(Word) * i, state[i]);
    return digest;
  }

  State state_ = Scheme::kInitial;
  std::uint64_t bytes_ = 0;
  std::uint8_t buffer_[kBlockBytes];  // the first bytes_ % kBlockBytes are waiting
};

}  // namespace chopmark

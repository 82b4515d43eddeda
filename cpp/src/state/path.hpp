// SPDX-License-Identifier: Apache-2.0
// The way from the root down to a subtree: at which depths it branches, and what lies beside it.
// Floor: state.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "base/bytes.hpp"
#include "state/bits.hpp"
#include "state/state_hash.hpp"

namespace chopmark::state {

constexpr std::size_t kDepthsBytes = 32;

/// A set of depths: bit d of 256, the most significant bit of the first byte first (ST-20).
class Depths {
 public:
  Depths() noexcept = default;
  explicit Depths(const std::uint8_t* bytes) noexcept {
    for (std::size_t i = 0; i < words_.size(); ++i)
      words_[i] = load_be<std::uint64_t>(bytes + 8 * i);
  }
  void store(std::uint8_t* bytes) const noexcept {
    for (std::size_t i = 0; i < words_.size(); ++i)
      store_be(bytes + 8 * i, words_[i]);
  }

  void add(std::size_t depth) noexcept { words_[depth / 64] |= mask(depth); }
  [[nodiscard]] bool has(std::size_t depth) const noexcept {
    return (words_[depth / 64] & mask(depth)) != 0;
  }
  [[nodiscard]] std::size_t count() const noexcept {
    std::size_t count = 0;
    for (const std::uint64_t word : words_)
      count += static_cast<std::size_t>(std::popcount(word));
    return count;
  }
  /// The deepest one below `end`, or 256 if there is none.
  [[nodiscard]] std::size_t before(std::size_t end) const noexcept {
    for (std::size_t i = words_.size(); i-- != 0;) {
      if (end <= 64 * i) continue;
      const std::uint64_t word =
          end >= 64 * (i + 1) ? words_[i] : words_[i] & ~(~std::uint64_t{0} >> (end - 64 * i));
      if (word != 0) return 64 * i + 63 - static_cast<std::size_t>(std::countr_zero(word));
    }
    return kKeyBits;
  }
  [[nodiscard]] std::size_t deepest() const noexcept { return before(kKeyBits); }

  /// Whether two keys have the same bits at all of these depths: whether they go the same way.
  [[nodiscard]] bool agree(const std::uint8_t* a, const std::uint8_t* b) const noexcept {
    for (std::size_t i = 0; i < words_.size(); ++i) {
      const auto differing = load_be<std::uint64_t>(a + 8 * i) ^ load_be<std::uint64_t>(b + 8 * i);
      if ((differing & words_[i]) != 0) return false;
    }
    return true;
  }

 private:
  static std::uint64_t mask(std::size_t depth) noexcept {
    return std::uint64_t{1} << (63 - depth % 64);
  }
  std::array<std::uint64_t, 4> words_{};
};

/// A way as it is found. Its encoding has what lies beside it the deepest first (ST-20).
struct Path {
  Depths depths;
  std::array<Digest, kKeyBits> beside;
  std::size_t steps = 0;

  /// Called from the root down.
  void add(std::size_t depth, const std::uint8_t* sibling) noexcept {
    depths.add(depth);
    beside[steps++] = digest_from(sibling);
  }
  void append_to(Bytes& out) const {
    out.resize(out.size() + kDepthsBytes);
    depths.store(out.data() + out.size() - kDepthsBytes);
    for (std::size_t i = steps; i-- != 0;)
      append(out, beside[i]);
  }
};

}  // namespace chopmark::state

// SPDX-License-Identifier: Apache-2.0
// Keys as strings of 256 bits, the most significant bit of the first byte first. Floor: state.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/endian.hpp"

namespace chopmark::state {

constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kKeyBits = 256;

[[nodiscard]] inline unsigned bit_at(const std::uint8_t* key, std::size_t depth) noexcept {
  return (key[depth / 8] >> (7 - depth % 8)) & 1U;
}

/// How many first bits two keys share: the depth at which they part; 256 if they are equal.
[[nodiscard]] inline std::size_t shared_bits(const std::uint8_t* a,
                                             const std::uint8_t* b) noexcept {
  for (std::size_t word = 0; word < kKeyBytes; word += 8) {
    const auto differing = load_be<std::uint64_t>(a + word) ^ load_be<std::uint64_t>(b + word);
    if (differing != 0) return 8 * word + static_cast<std::size_t>(std::countl_zero(differing));
  }
  return kKeyBits;
}

[[nodiscard]] inline bool equal_keys(const std::uint8_t* a, const std::uint8_t* b) noexcept {
  std::uint64_t x[4];
  std::uint64_t y[4];
  std::memcpy(x, a, kKeyBytes);
  std::memcpy(y, b, kKeyBytes);
  return ((x[0] ^ y[0]) | (x[1] ^ y[1]) | (x[2] ^ y[2]) | (x[3] ^ y[3])) == 0;
}

[[nodiscard]] inline bool key_before(const std::uint8_t* a, const std::uint8_t* b) noexcept {
  const auto x = load_be<std::uint64_t>(a);
  const auto y = load_be<std::uint64_t>(b);
  return x != y ? x < y : std::memcmp(a, b, kKeyBytes) < 0;
}

}  // namespace chopmark::state

// SPDX-License-Identifier: Apache-2.0
// Hashing for logs of events and toy states: fast, equal on every machine, no protection against
// anybody. Floor: sim.
#pragma once

#include <cstdint>

#include "base/bytes.hpp"
#include "base/endian.hpp"

namespace chopmark::sim {

/// Both halves of a 128-bit product; the constants keep small numbers from meeting zero.
[[nodiscard]] inline std::uint64_t mix(std::uint64_t a, std::uint64_t b) noexcept {
  const auto product = static_cast<unsigned __int128>(a ^ 0x9e3779b97f4a7c15) *
                       static_cast<unsigned __int128>(b ^ 0xd1b54a32d192ed03);
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

[[nodiscard]] inline std::uint64_t hash_bytes(ByteView bytes, std::uint64_t seed = 0) noexcept {
  std::uint64_t state = mix(seed, bytes.size());
  const std::uint8_t* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 16; left -= 16, at += 16)
    state = mix(state ^ load_le<std::uint64_t>(at), load_le<std::uint64_t>(at + 8));
  std::uint8_t tail[16] = {};
  for (std::size_t i = 0; i < left; ++i)
    tail[i] = at[i];
  return mix(state ^ load_le<std::uint64_t>(tail), load_le<std::uint64_t>(tail + 8));
}

}  // namespace chopmark::sim

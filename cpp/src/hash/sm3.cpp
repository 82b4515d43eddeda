// SPDX-License-Identifier: Apache-2.0
#include "hash/sm3.hpp"

#include <bit>

#include "base/endian.hpp"
#include "dispatch/backend.hpp"
#include "hash/portable.hpp"

namespace chopmark {
namespace {

constexpr std::uint32_t permute0(std::uint32_t x) noexcept {
  return x ^ std::rotl(x, 9) ^ std::rotl(x, 17);
}
constexpr std::uint32_t permute1(std::uint32_t x) noexcept {
  return x ^ std::rotl(x, 15) ^ std::rotl(x, 23);
}

}  // namespace

void sm3_blocks_portable(std::uint32_t state[8], const std::uint8_t* data, std::size_t blocks) {
  for (; blocks != 0; --blocks, data += 64) {
    std::uint32_t w[68];
    for (int i = 0; i < 16; ++i) w[i] = load_be<std::uint32_t>(data + 4 * i);
    for (int i = 16; i < 68; ++i) {
      w[i] = permute1(w[i - 16] ^ w[i - 9] ^ std::rotl(w[i - 3], 15)) ^ std::rotl(w[i - 13], 7) ^
             w[i - 6];
    }
    std::uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    std::uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
    const auto round = [&](int i, std::uint32_t constant, std::uint32_t ff, std::uint32_t gg) {
      const std::uint32_t a12 = std::rotl(a, 12);
      const std::uint32_t ss1 = std::rotl(a12 + e + std::rotl(constant, i % 32), 7);
      const std::uint32_t tt1 = ff + d + (ss1 ^ a12) + (w[i] ^ w[i + 4]);
      const std::uint32_t tt2 = gg + h + ss1 + w[i];
      d = c, c = std::rotl(b, 9), b = a, a = tt1;
      h = g, g = std::rotl(f, 19), f = e, e = permute0(tt2);
    };
    for (int i = 0; i < 16; ++i) round(i, 0x79cc4519, a ^ b ^ c, e ^ f ^ g);
    for (int i = 16; i < 64; ++i) {
      round(i, 0x7a879d8a, (a & b) | (a & c) | (b & c), (e & f) | (~e & g));
    }
    state[0] ^= a, state[1] ^= b, state[2] ^= c, state[3] ^= d;
    state[4] ^= e, state[5] ^= f, state[6] ^= g, state[7] ^= h;
  }
}

}  // namespace chopmark

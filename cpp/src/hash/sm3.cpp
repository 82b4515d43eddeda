// SPDX-License-Identifier: Apache-2.0
#include "hash/sm3.hpp"

#include <bit>

#include "hash/portable.hpp"

namespace chopmark {
namespace {

// Constant of round j, rotated left by j (GB/T 32905, 4.2 and 5.3.3).
constexpr std::array<std::uint32_t, 64> kRound = [] {
  std::array<std::uint32_t, 64> round{};
  for (int j = 0; j < 64; ++j) {
    round[static_cast<std::size_t>(j)] = std::rotl(j < 16 ? 0x79cc4519U : 0x7a879d8aU, j % 32);
  }
  return round;
}();

// The permutations of the compression and of the message expansion (4.4).
constexpr std::uint32_t p0(std::uint32_t x) noexcept {
  return x ^ std::rotl(x, 9) ^ std::rotl(x, 17);
}
constexpr std::uint32_t p1(std::uint32_t x) noexcept {
  return x ^ std::rotl(x, 15) ^ std::rotl(x, 23);
}

}  // namespace

void sm3_blocks_portable(std::uint32_t state[8], const std::uint8_t* data, std::size_t blocks) {
  for (; blocks != 0; --blocks, data += 64) {
    std::uint32_t w[68];
    for (int j = 0; j < 16; ++j)
      w[j] = load_be<std::uint32_t>(data + 4 * j);
    for (int j = 16; j < 68; ++j) {
      w[j] =
          p1(w[j - 16] ^ w[j - 9] ^ std::rotl(w[j - 3], 15)) ^ std::rotl(w[j - 13], 7) ^ w[j - 6];
    }
    std::uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    std::uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
    for (std::size_t j = 0; j < 64; ++j) {
      const std::uint32_t a12 = std::rotl(a, 12);
      const std::uint32_t ss1 = std::rotl(a12 + e + kRound[j], 7);
      const std::uint32_t ff = j < 16 ? a ^ b ^ c : (a & b) | (c & (a | b));
      const std::uint32_t gg = j < 16 ? e ^ f ^ g : g ^ (e & (f ^ g));
      const std::uint32_t tt1 = ff + d + (ss1 ^ a12) + (w[j] ^ w[j + 4]);
      const std::uint32_t tt2 = gg + h + ss1 + w[j];
      d = c, c = std::rotl(b, 9), b = a, a = tt1;
      h = g, g = std::rotl(f, 19), f = e, e = p0(tt2);
    }
    state[0] ^= a, state[1] ^= b, state[2] ^= c, state[3] ^= d;
    state[4] ^= e, state[5] ^= f, state[6] ^= g, state[7] ^= h;
  }
}

Digest sm3(ByteView data) noexcept {
  return Sm3::digest(data);
}

}  // namespace chopmark

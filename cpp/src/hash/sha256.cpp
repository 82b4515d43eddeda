// SPDX-License-Identifier: Apache-2.0
#include "hash/sha256.hpp"

#include <bit>

#include "hash/portable.hpp"

namespace chopmark {

// First 32 bits of the fractional parts of the cube roots of the first 64 primes (FIPS
// 180-4, 4.2.2).
const std::uint32_t kSha256Round[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

const std::uint32_t kSha256Initial[8] = {Sha256Scheme::kInitial[0], Sha256Scheme::kInitial[1],
                                         Sha256Scheme::kInitial[2], Sha256Scheme::kInitial[3],
                                         Sha256Scheme::kInitial[4], Sha256Scheme::kInitial[5],
                                         Sha256Scheme::kInitial[6], Sha256Scheme::kInitial[7]};

namespace {

// Schedule functions, then one round: the words are renamed from call to call instead of moved.
constexpr std::uint32_t schedule0(std::uint32_t x) noexcept {
  return std::rotr(x, 7) ^ std::rotr(x, 18) ^ (x >> 3);
}
constexpr std::uint32_t schedule1(std::uint32_t x) noexcept {
  return std::rotr(x, 17) ^ std::rotr(x, 19) ^ (x >> 10);
}
inline void round(std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t& d,
                  std::uint32_t e, std::uint32_t f, std::uint32_t g, std::uint32_t& h,
                  std::uint32_t word) noexcept {
  const std::uint32_t sum1 = std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25);
  const std::uint32_t sum0 = std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22);
  h += sum1 + (g ^ (e & (f ^ g))) + word;
  d += h;
  h += sum0 + ((a & b) | (c & (a | b)));
}

}  // namespace

void sha256_blocks_portable(std::uint32_t state[8], const std::uint8_t* data, std::size_t blocks) {
  for (; blocks != 0; --blocks, data += 64) {
    std::uint32_t w[16];
    for (int i = 0; i < 16; ++i)
      w[i] = load_be<std::uint32_t>(data + 4 * i);
    std::uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    std::uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
    for (int i = 0; i < 64; i += 16) {
      const std::uint32_t* const at = kSha256Round + i;
      for (int j = 0; i != 0 && j < 16; ++j)
        w[j] += schedule0(w[(j + 1) & 15]) + w[(j + 9) & 15] + schedule1(w[(j + 14) & 15]);
      for (int j = 0; j < 16; j += 8) {
        round(a, b, c, d, e, f, g, h, at[j] + w[j]);
        round(h, a, b, c, d, e, f, g, at[j + 1] + w[j + 1]);
        round(g, h, a, b, c, d, e, f, at[j + 2] + w[j + 2]);
        round(f, g, h, a, b, c, d, e, at[j + 3] + w[j + 3]);
        round(e, f, g, h, a, b, c, d, at[j + 4] + w[j + 4]);
        round(d, e, f, g, h, a, b, c, at[j + 5] + w[j + 5]);
        round(c, d, e, f, g, h, a, b, at[j + 6] + w[j + 6]);
        round(b, c, d, e, f, g, h, a, at[j + 7] + w[j + 7]);
      }
    }
    state[0] += a, state[1] += b, state[2] += c, state[3] += d;
    state[4] += e, state[5] += f, state[6] += g, state[7] += h;
  }
}

void sha256_many_portable(std::uint8_t* out, const RawView* items, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const Digest digest = sha256({items[i].data, items[i].size});
    std::copy_n(digest.data(), digest.size(), out + digest.size() * i);
  }
}

Digest sha256(ByteView data) noexcept {
  return Sha256::digest(data);
}

}  // namespace chopmark

// SPDX-License-Identifier: Apache-2.0
#include "hash/sha512.hpp"

#include <bit>

#include "hash/in_lanes.hpp"
#include "hash/portable.hpp"

namespace chopmark {

// First 64 bits of the fractional parts of the cube roots of the first 80 primes (FIPS
// 180-4, 4.2.3).
const std::uint64_t kSha512Round[80] = {
    0x428a2f98d728ae22, 0x7137449123ef65cd, 0xb5c0fbcfec4d3b2f, 0xe9b5dba58189dbbc,
    0x3956c25bf348b538, 0x59f111f1b605d019, 0x923f82a4af194f9b, 0xab1c5ed5da6d8118,
    0xd807aa98a3030242, 0x12835b0145706fbe, 0x243185be4ee4b28c, 0x550c7dc3d5ffb4e2,
    0x72be5d74f27b896f, 0x80deb1fe3b1696b1, 0x9bdc06a725c71235, 0xc19bf174cf692694,
    0xe49b69c19ef14ad2, 0xefbe4786384f25e3, 0x0fc19dc68b8cd5b5, 0x240ca1cc77ac9c65,
    0x2de92c6f592b0275, 0x4a7484aa6ea6e483, 0x5cb0a9dcbd41fbd4, 0x76f988da831153b5,
    0x983e5152ee66dfab, 0xa831c66d2db43210, 0xb00327c898fb213f, 0xbf597fc7beef0ee4,
    0xc6e00bf33da88fc2, 0xd5a79147930aa725, 0x06ca6351e003826f, 0x142929670a0e6e70,
    0x27b70a8546d22ffc, 0x2e1b21385c26c926, 0x4d2c6dfc5ac42aed, 0x53380d139d95b3df,
    0x650a73548baf63de, 0x766a0abb3c77b2a8, 0x81c2c92e47edaee6, 0x92722c851482353b,
    0xa2bfe8a14cf10364, 0xa81a664bbc423001, 0xc24b8b70d0f89791, 0xc76c51a30654be30,
    0xd192e819d6ef5218, 0xd69906245565a910, 0xf40e35855771202a, 0x106aa07032bbd1b8,
    0x19a4c116b8d2d0c8, 0x1e376c085141ab53, 0x2748774cdf8eeb99, 0x34b0bcb5e19b48a8,
    0x391c0cb3c5c95a63, 0x4ed8aa4ae3418acb, 0x5b9cca4f7763e373, 0x682e6ff3d6b2b8a3,
    0x748f82ee5defb2fc, 0x78a5636f43172f60, 0x84c87814a1f0ab72, 0x8cc702081a6439ec,
    0x90befffa23631e28, 0xa4506cebde82bde9, 0xbef9a3f7b2c67915, 0xc67178f2e372532b,
    0xca273eceea26619c, 0xd186b8c721c0c207, 0xeada7dd6cde0eb1e, 0xf57d4f7fee6ed178,
    0x06f067aa72176fba, 0x0a637dc5a2c898a6, 0x113f9804bef90dae, 0x1b710b35131c471b,
    0x28db77f523047d84, 0x32caab7b40c72493, 0x3c9ebe0a15c9bebc, 0x431d67c49c100d4c,
    0x4cc5d4becb3e42b6, 0x597f299cfc657e2a, 0x5fcb6fab3ad6faec, 0x6c44198c4a475817};

const std::uint64_t kSha512Initial[8] = {Sha512Scheme::kInitial[0], Sha512Scheme::kInitial[1],
                                         Sha512Scheme::kInitial[2], Sha512Scheme::kInitial[3],
                                         Sha512Scheme::kInitial[4], Sha512Scheme::kInitial[5],
                                         Sha512Scheme::kInitial[6], Sha512Scheme::kInitial[7]};

namespace {

// Schedule functions, then one round: the words are renamed from call to call instead of moved.
constexpr std::uint64_t schedule0(std::uint64_t x) noexcept {
  return std::rotr(x, 1) ^ std::rotr(x, 8) ^ (x >> 7);
}
constexpr std::uint64_t schedule1(std::uint64_t x) noexcept {
  return std::rotr(x, 19) ^ std::rotr(x, 61) ^ (x >> 6);
}
inline void round(std::uint64_t a, std::uint64_t b, std::uint64_t c, std::uint64_t& d,
                  std::uint64_t e, std::uint64_t f, std::uint64_t g, std::uint64_t& h,
                  std::uint64_t word) noexcept {
  const std::uint64_t sum1 = std::rotr(e, 14) ^ std::rotr(e, 18) ^ std::rotr(e, 41);
  const std::uint64_t sum0 = std::rotr(a, 28) ^ std::rotr(a, 34) ^ std::rotr(a, 39);
  h += sum1 + (g ^ (e & (f ^ g))) + word;
  d += h;
  h += sum0 + ((a & b) | (c & (a | b)));
}

}  // namespace

void sha512_blocks_portable(std::uint64_t state[8], const std::uint8_t* data, std::size_t blocks) {
  for (; blocks != 0; --blocks, data += 128) {
    std::uint64_t w[16];
    for (int i = 0; i < 16; ++i)
      w[i] = load_be<std::uint64_t>(data + 8 * i);
    std::uint64_t a = state[0], b = state[1], c = state[2], d = state[3];
    std::uint64_t e = state[4], f = state[5], g = state[6], h = state[7];
    for (int i = 0; i < 80; i += 16) {
      const std::uint64_t* const at = kSha512Round + i;
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

void sha512_many_portable(std::uint8_t* out, const std::uint8_t* prefixes, const RawView* items,
                          std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const ByteView item(items[i].data, items[i].size);
    Sha512::Output digest;
    if (prefixes == nullptr) {
      digest = Sha512::digest(item);
    } else {
      Sha512 hasher;
      hasher.update({prefixes + 64 * i, 64});
      hasher.update(item);
      digest = hasher.finish();
    }
    std::copy_n(digest.data(), digest.size(), out + digest.size() * i);
  }
}

std::array<std::uint8_t, 64> sha512(ByteView data) noexcept {
  return Sha512::digest(data);
}

void sha512_prefixed_many(const std::uint8_t* prefixes, std::span<const ByteView> messages,
                          std::uint8_t* out) noexcept {
  const auto many = kernels().sha512_many;
  const Items items = Items::list(messages.data(), messages.size());
  by_raw_views(items, 0, items.size(), [&](std::size_t at, const RawView* views, std::size_t n) {
    many(out + 64 * at, prefixes == nullptr ? nullptr : prefixes + 64 * at, views, n);
  });
}

}  // namespace chopmark

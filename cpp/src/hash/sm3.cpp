// SPDX-License-Identifier: Apache-2.0
#include "hash/sm3.hpp"

#include <bit>

#include "hash/portable.hpp"

namespace chopmark {

// Constant of round j, rotated left by j (GB/T 32905, 4.2 and 5.3.3).
constinit const Sm3Constants kSm3Constants = [] {
  Sm3Constants made{};
  for (int j = 0; j < 64; ++j)
    made.round[j] = std::rotl(j < 16 ? 0x79cc4519U : 0x7a879d8aU, j % 32);
  std::copy_n(Sm3Scheme::kInitial.data(), 8, made.initial);
  return made;
}();

namespace {

// The permutations of the compression and of the message expansion (4.4).
constexpr std::uint32_t p0(std::uint32_t x) noexcept {
  return x ^ std::rotl(x, 9) ^ std::rotl(x, 17);
}
constexpr std::uint32_t p1(std::uint32_t x) noexcept {
  return x ^ std::rotl(x, 15) ^ std::rotl(x, 23);
}

// The word at `at` from the sixteen before it (5.3.2).
inline std::uint32_t expanded(const std::uint32_t* at) noexcept {
  return p1(at[-16] ^ at[-9] ^ std::rotl(at[-3], 15)) ^ std::rotl(at[-13], 7) ^ at[-6];
}

// Round j with the words w[j] and w[j + 4] (5.3.3). The words of the state are renamed from call to
// call instead of moved.
template <bool kFirst16>
inline void round(std::uint32_t a, std::uint32_t& b, std::uint32_t c, std::uint32_t& d,
                  std::uint32_t e, std::uint32_t& f, std::uint32_t g, std::uint32_t& h,
                  const std::uint32_t* w, std::size_t j) noexcept {
  const std::uint32_t a12 = std::rotl(a, 12);
  const std::uint32_t ss1 = std::rotl(a12 + e + kSm3Constants.round[j], 7);
  const std::uint32_t ff = kFirst16 ? a ^ b ^ c : (a & b) | (c & (a | b));
  const std::uint32_t gg = kFirst16 ? e ^ f ^ g : g ^ (e & (f ^ g));
  d += ff + (ss1 ^ a12) + (w[j] ^ w[j + 4]);
  h = p0(gg + h + ss1 + w[j]);
  b = std::rotl(b, 9);
  f = std::rotl(f, 19);
}

template <bool kFirst16>
inline void four_rounds(std::uint32_t v[8], const std::uint32_t* w, std::size_t j) noexcept {
  round<kFirst16>(v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7], w, j);
  round<kFirst16>(v[3], v[0], v[1], v[2], v[7], v[4], v[5], v[6], w, j + 1);
  round<kFirst16>(v[2], v[3], v[0], v[1], v[6], v[7], v[4], v[5], w, j + 2);
  round<kFirst16>(v[1], v[2], v[3], v[0], v[5], v[6], v[7], v[4], w, j + 3);
}

}  // namespace

void sm3_blocks_portable(std::uint32_t state[8], const std::uint8_t* data, std::size_t blocks) {
  for (; blocks != 0; --blocks, data += 64) {
    std::uint32_t w[68];
    for (int j = 0; j < 16; ++j)
      w[j] = load_be<std::uint32_t>(data + 4 * j);
    // Four at a time, written out: w[j + 3] needs w[j], so vectors of neighbours would wait for
    // their own stores.
    for (int j = 16; j < 68; j += 4) {
      w[j] = expanded(w + j);
      w[j + 1] = expanded(w + j + 1);
      w[j + 2] = expanded(w + j + 2);
      w[j + 3] = expanded(w + j + 3);
    }
    std::uint32_t v[8];
    std::copy_n(state, 8, v);
    for (std::size_t j = 0; j < 16; j += 4)
      four_rounds<true>(v, w, j);
    for (std::size_t j = 16; j < 64; j += 4)
      four_rounds<false>(v, w, j);
    for (int i = 0; i < 8; ++i)
      state[i] ^= v[i];
  }
}

void sm3_many_portable(std::uint8_t* out, const RawView* items, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const Digest digest = sm3({items[i].data, items[i].size});
    std::copy_n(digest.data(), digest.size(), out + digest.size() * i);
  }
}

Digest sm3(ByteView data) noexcept {
  return Sm3::digest(data);
}

}  // namespace chopmark

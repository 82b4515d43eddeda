// SPDX-License-Identifier: Apache-2.0
// Arithmetic modulo p = 2^255 - 19, five limbs of 51 bits. Variable time: public data only.
// Floor: curve25519.
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.hpp"
#include "base/check.hpp"

#ifdef CHOPMARK_CHECK_BOUNDS
#define CHOPMARK_BOUND(condition) CHOPMARK_CHECK(condition)
#else
#define CHOPMARK_BOUND(condition) static_cast<void>(0)
#endif

namespace chopmark::curve25519 {

/// value = sum(limb[i] * 2^(51 i)) mod p. Four bounds, each wider than the one before:
///   tight    limb < 2^51 + 2^13   outputs of mul, sqr, carry
///   reduced  limb < 2^51 + 2^16   what the kernels of every backend take and give
///   sum      limb < 2^52 + 2^14   tight + tight; inputs of sub
///   loose    limb < 2^54          outputs of sub, sum + sum; inputs of mul, sqr, carry
struct Fe {
  std::array<std::uint64_t, 5> limb{};
};
static_assert(sizeof(Fe) == 40);

inline constexpr std::uint64_t kLimbMask = (std::uint64_t{1} << 51) - 1;
inline constexpr Fe kZero{};
inline constexpr Fe kOne{{1, 0, 0, 0, 0}};

constexpr bool all_below(const Fe& a, std::uint64_t bound) noexcept {
  for (const std::uint64_t limb : a.limb) {
    if (limb >= bound) return false;
  }
  return true;
}
inline constexpr std::uint64_t kTight = (std::uint64_t{1} << 51) + (1 << 13);
inline constexpr std::uint64_t kReduced = (std::uint64_t{1} << 51) + (1 << 16);
inline constexpr std::uint64_t kSum = 2 * kTight;
inline constexpr std::uint64_t kLoose = std::uint64_t{1} << 54;

/// tight + tight -> sum; sum + sum -> loose. The caller keeps to the table above.
constexpr Fe add(const Fe& a, const Fe& b) noexcept {
  Fe r;
  for (std::size_t i = 0; i < 5; ++i)
    r.limb[i] = a.limb[i] + b.limb[i];
  CHOPMARK_BOUND(all_below(r, kLoose));
  return r;
}

/// sum - sum -> loose. 4p is added in limbs of 2^53 - 76 and 2^53 - 4, which exceed any sum, so no
/// limb goes below zero, and a limb of the result is < 2^52 + 2^14 + 2^53 < 2^54.
constexpr Fe sub(const Fe& a, const Fe& b) noexcept {
  CHOPMARK_BOUND(all_below(a, kSum) && all_below(b, kSum));
  constexpr std::uint64_t first = (std::uint64_t{1} << 53) - 76;
  constexpr std::uint64_t other = (std::uint64_t{1} << 53) - 4;
  return {{a.limb[0] + first - b.limb[0], a.limb[1] + other - b.limb[1],
           a.limb[2] + other - b.limb[2], a.limb[3] + other - b.limb[3],
           a.limb[4] + other - b.limb[4]}};
}

namespace detail {

using Wide = unsigned __int128;

/// Carries the five columns of a product of loose values to tight limbs. Columns 0 to 3 are below
/// 77 * 2^108 < 2^115. Column 4 has no factor 19: r4 < 5 * 2^108 + 2^64 < 2^110.4, so its carry is
/// below 2^59.4 and 19 times it below 2^63.7.
constexpr Fe carry_wide(Wide r0, Wide r1, Wide r2, Wide r3, Wide r4) noexcept {
  r1 += r0 >> 51;
  r2 += r1 >> 51;
  r3 += r2 >> 51;
  r4 += r3 >> 51;
  const auto top = static_cast<std::uint64_t>(r4 >> 51);
  Fe r{{static_cast<std::uint64_t>(r0) & kLimbMask, static_cast<std::uint64_t>(r1) & kLimbMask,
        static_cast<std::uint64_t>(r2) & kLimbMask, static_cast<std::uint64_t>(r3) & kLimbMask,
        static_cast<std::uint64_t>(r4) & kLimbMask}};
  // limb[0] < 2^51 + 2^63.7 < 2^64, so its carry is < 2^13 and limb[1] < 2^51 + 2^13: tight.
  r.limb[0] += 19 * top;
  r.limb[1] += r.limb[0] >> 51;
  r.limb[0] &= kLimbMask;
  CHOPMARK_BOUND(all_below(r, kTight));
  return r;
}

}  // namespace detail

/// loose * loose -> tight.
constexpr Fe mul(const Fe& a, const Fe& b) noexcept {
  CHOPMARK_BOUND(all_below(a, kLoose) && all_below(b, kLoose));
  using detail::Wide;
  const auto& [a0, a1, a2, a3, a4] = a.limb;
  const auto& [b0, b1, b2, b3, b4] = b.limb;
  // Weights 2^255 and above come back times 19; 19 * 2^54 < 2^59.
  const std::uint64_t c1 = 19 * b1, c2 = 19 * b2, c3 = 19 * b3, c4 = 19 * b4;
  const Wide r0 = Wide{a0} * b0 + Wide{a1} * c4 + Wide{a2} * c3 + Wide{a3} * c2 + Wide{a4} * c1;
  const Wide r1 = Wide{a0} * b1 + Wide{a1} * b0 + Wide{a2} * c4 + Wide{a3} * c3 + Wide{a4} * c2;
  const Wide r2 = Wide{a0} * b2 + Wide{a1} * b1 + Wide{a2} * b0 + Wide{a3} * c4 + Wide{a4} * c3;
  const Wide r3 = Wide{a0} * b3 + Wide{a1} * b2 + Wide{a2} * b1 + Wide{a3} * b0 + Wide{a4} * c4;
  const Wide r4 = Wide{a0} * b4 + Wide{a1} * b3 + Wide{a2} * b2 + Wide{a3} * b1 + Wide{a4} * b0;
  return detail::carry_wide(r0, r1, r2, r3, r4);
}

/// loose^2 -> tight.
constexpr Fe sqr(const Fe& a) noexcept {
  CHOPMARK_BOUND(all_below(a, kLoose));
  using detail::Wide;
  const auto& [a0, a1, a2, a3, a4] = a.limb;
  const std::uint64_t d0 = 2 * a0, d1 = 2 * a1, d2 = 2 * a2;
  const std::uint64_t c3 = 19 * a3, c4 = 19 * a4;
  const Wide r0 = Wide{a0} * a0 + Wide{d1} * c4 + Wide{d2} * c3;
  const Wide r1 = Wide{d0} * a1 + Wide{d2} * c4 + Wide{a3} * c3;
  const Wide r2 = Wide{d0} * a2 + Wide{a1} * a1 + Wide{2 * a3} * c4;
  const Wide r3 = Wide{d0} * a3 + Wide{d1} * a2 + Wide{a4} * c4;
  const Wide r4 = Wide{d0} * a4 + Wide{d1} * a3 + Wide{a2} * a2;
  return detail::carry_wide(r0, r1, r2, r3, r4);
}

/// loose -> tight.
constexpr Fe carry(const Fe& a) noexcept {
  CHOPMARK_BOUND(all_below(a, kLoose));
  Fe r = a;
  for (std::size_t i = 0; i < 4; ++i) {
    r.limb[i + 1] += r.limb[i] >> 51;
    r.limb[i] &= kLimbMask;
  }
  // limb[4] < 2^54 + 2^3, so the fold adds less than 19 * 2^4 to limb[0].
  r.limb[0] += 19 * (r.limb[4] >> 51);
  r.limb[4] &= kLimbMask;
  CHOPMARK_BOUND(all_below(r, kTight));
  return r;
}

/// -a for a sum; the result is tight.
constexpr Fe negate(const Fe& a) noexcept {
  return carry(sub(kZero, a));
}

constexpr Fe sqr_times(Fe a, int times) noexcept {
  for (int i = 0; i < times; ++i)
    a = sqr(a);
  return a;
}

/// Little-endian value of 255 bits (bit 255 is ignored), not necessarily below p. Tight.
[[nodiscard]] Fe load(const std::uint8_t bytes[32]) noexcept;

/// The one little-endian encoding below p, from a loose value.
void store(std::uint8_t bytes[32], const Fe& a) noexcept;

/// Both take loose values.
[[nodiscard]] bool is_zero(const Fe& a) noexcept;
[[nodiscard]] bool is_odd(const Fe& a) noexcept;

/// a^(p-2): the inverse, or 0 for 0.
[[nodiscard]] Fe invert(const Fe& a) noexcept;

/// a^((p-5)/8) = a^(2^252 - 3).
[[nodiscard]] Fe pow_p58(const Fe& a) noexcept;

/// sqrt(u / v), if there is one; of the two roots either may come back.
[[nodiscard]] bool sqrt_ratio(Fe& root, const Fe& u, const Fe& v) noexcept;

}  // namespace chopmark::curve25519

// SPDX-License-Identifier: Apache-2.0
// Values for tests of the kernels in lanes: other ones in each lane, so that a mix-up is seen.
#pragma once

#include <array>
#include <vector>

#include "backends/lane_functions.hpp"
#include "curve25519/reference.hpp"
#include "test.hpp"

namespace chopmark::test {

inline constexpr std::size_t kLaneCount = 8;
using Limbs = std::array<std::uint64_t, 5>;

// The bounds stated in cpp/src/backends/lanes/field51.inl.
inline constexpr std::uint64_t kTopLimb = curve25519::kLimbMask;  // 2^51 - 1
inline constexpr std::uint64_t kReducedMost = curve25519::kReduced - 1;
inline constexpr std::uint64_t kProductMost = (std::uint64_t{1} << 59) - 1;
inline constexpr std::uint64_t kRawMost = (std::uint64_t{1} << 62) - 1;

/// The array, and the registers where this processor has them.
std::vector<const LaneFunctions*> all_lanes();

/// Limbs at the extremes of `most` in many combinations, at 2^51 - 1 and 2^51, then random ones.
std::vector<Limbs> extreme_limbs(std::uint64_t most);
/// All combinations of these limbs.
std::vector<Limbs> combinations(const std::array<std::uint64_t, 6>& edges);

inline Limbs limbs_in(const LaneElement& a, std::size_t lane) {
  Limbs limbs{};
  for (std::size_t i = 0; i < 5; ++i)
    limbs[i] = a.limb[i].lane[lane];
  return limbs;
}
inline void put_limbs(LaneElement& a, std::size_t lane, const Limbs& limbs) {
  for (std::size_t i = 0; i < 5; ++i)
    a.limb[i].lane[lane] = limbs[i];
}
/// values[at], values[at + 1], ... in the lanes, from the front again after the last.
LaneElement element_of(const std::vector<Limbs>& values, std::size_t at);

inline Number number_of(const Limbs& limbs) {
  return limbs_mod(limbs, kFieldPrime);
}
inline Number number_in(const LaneElement& a, std::size_t lane) {
  return number_of(limbs_in(a, lane));
}
/// The limbs of a number below p.
Limbs canonical_limbs(const Number& a);

inline Number plus_p(const Number& a, const Number& b) {
  return plus_mod(a, b, kFieldPrime);
}
inline Number minus_p(const Number& a, const Number& b) {
  return plus_mod(a, minus(kFieldPrime, b), kFieldPrime);
}
inline Number times_p(const Number& a, const Number& b) {
  return times_mod(a, b, kFieldPrime);
}

inline bool limbs_at_most(const Limbs& limbs, std::uint64_t most) {
  for (const std::uint64_t limb : limbs) {
    if (limb > most) return false;
  }
  return true;
}
/// Whether the lane holds this number, in limbs of at most `most`.
inline bool holds(const LaneElement& a, std::size_t lane, const Number& expected,
                  std::uint64_t most = kReducedMost) {
  return number_in(a, lane) == expected && limbs_at_most(limbs_in(a, lane), most);
}

/// Points of all kinds: of small order, of the main subgroup, mixed.
std::vector<curve25519::Point> kinds_of_points();
/// Encodings that decode and that do not, canonical and not, of small order and random.
std::vector<Digest> kinds_of_encodings();

}  // namespace chopmark::test

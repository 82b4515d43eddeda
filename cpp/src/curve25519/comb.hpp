// SPDX-License-Identifier: Apache-2.0
// Tables by which a multiple of a point known beforehand takes no doublings. Floor: curve25519.
#pragma once

#include <cstddef>

#include "curve25519/point.hpp"

namespace chopmark::curve25519 {

/// Windows of `bits` bits with digits in [-2^(bits-1), 2^(bits-1)]: entry d of window j, at
/// j * kEntries + d, is d * 2^(bits j) times the point, 0 <= d <= 2^(bits-1).
template <unsigned bits, unsigned windows>
struct CombShape {
  static constexpr unsigned kBits = bits;
  static constexpr unsigned kWindows = windows;
  static constexpr std::size_t kEntries = (std::size_t{1} << (bits - 1)) + 1;
  static constexpr std::size_t kSize = windows * kEntries;
};
using KeyComb = CombShape<5, 51>;   // scalars below 2^254: 867 points, 110,976 bytes
using BaseComb = CombShape<8, 32>;  // scalars below 2^255: 4,128 points, 528,384 bytes

/// One table for all windows, where doublings come between them: the shape says how many there are,
/// and only window 0 is stored. 1,025 points, 131,200 bytes. s < L leaves no carry: where bit 252
/// is set, the 127 bits below it are zero.
using BaseWindow = CombShape<11, 23>;

/// Writes windows * (2^(bits-1) + 1) points.
void make_comb(Niels* table, const Point& p, unsigned bits, unsigned windows);

/// That of the base point: made when first asked for, then kept.
[[nodiscard]] const Niels* base_comb();
/// Multiples 0 .. 1024 of the base point: made when first asked for, then kept.
[[nodiscard]] const Niels* base_window();

}  // namespace chopmark::curve25519

// SPDX-License-Identifier: Apache-2.0
// What the signature kernels of the backends take (dispatch/backend.hpp). Floor: sig.
#pragma once

#include <cstddef>
#include <cstdint>

#include "curve25519/comb.hpp"
#include "curve25519/point.hpp"
#include "curve25519/scalar.hpp"

namespace chopmark::sig {

/// One verification by itself. The key is a point of the curve, k and s are below L.
struct Equation {
  const curve25519::Niels* key;
  const curve25519::Niels* comb;  // of the key (curve25519::KeyComb), or null
  const std::uint8_t* r;          // 32 bytes as sent
  curve25519::Scalar k;
  curve25519::Scalar s;
};

/// Terms of a multi-scalar multiplication, scalars in signed digits of base 256: the value is
/// sum(digit[j] * 256^j), 16 digits for short terms and 32 for long ones.
struct Terms {
  const curve25519::Niels* short_points;
  const std::int8_t* short_digits;
  std::size_t short_count;
  const curve25519::Niels* const* long_points;
  const std::int8_t* long_digits;
  std::size_t long_count;
  unsigned window_bits;    // 8, or 4 for few terms
  std::uint64_t* scratch;  // kScratchWords, aligned to 64 bytes
};

// Buckets of one group of eight windows of 8 bits, 24 words each.
inline constexpr std::size_t kScratchWords = std::size_t{8} * 129 * 24;

/// Kernels of the portable backend.
void verify_exact_portable(std::uint8_t* verdicts, const Equation* equations, std::size_t count,
                           bool cofactored);
void window_sums_portable(curve25519::Point* sums, const Terms& terms);

}  // namespace chopmark::sig

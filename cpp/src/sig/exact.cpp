// SPDX-License-Identifier: Apache-2.0
// Kernels::verify_exact of the portable backend: s B - k A by interleaved non-adjacent forms
// (Straus). Several share one inversion, after which the point is compared with R as it was sent.
#include <algorithm>

#include "sig/kernels.hpp"

namespace chopmark::sig {
namespace {

using namespace curve25519;

constexpr unsigned kKeyWindow = 5;
constexpr unsigned kBaseWindow = 8;
static_assert(kBaseMultiples > std::size_t{1} << (kBaseWindow - 1));
using KeyTable = std::array<Cached, std::size_t{1} << (kKeyWindow - 2)>;
constexpr std::size_t kTogether = 16;

std::size_t magnitude(int digit) noexcept {
  return static_cast<std::size_t>(digit < 0 ? -digit : digit);
}

template <class Entry>
Completed step(const Point& sum, const Entry& entry, bool positive) noexcept {
  return positive ? add(sum, entry) : subtract(sum, entry);
}

/// Adds or subtracts scalar times the point of the comb.
template <class Shape>
void add_by_comb(Point& sum, const Niels* comb, const Scalar& scalar, bool positive) noexcept {
  int carried = 0;
  constexpr int half = 1 << (Shape::kBits - 1);
  for (unsigned j = 0; j < Shape::kWindows; ++j) {
    int digit = static_cast<int>(bits_at(scalar, j * Shape::kBits, Shape::kBits)) + carried;
    carried = digit > half ? 1 : 0;
    digit -= carried << Shape::kBits;
    const Niels& entry = comb[j * Shape::kEntries + magnitude(digit)];
    if (digit != 0) sum = to_point(step(sum, entry, (digit > 0) == positive));
  }
}

Point by_combs(const Equation& equation) {
  Point sum;
  add_by_comb<KeyComb>(sum, equation.comb, equation.k, false);
  add_by_comb<BaseComb>(sum, base_comb(), equation.s, true);
  return sum;
}

/// s B - k A.
Point base_minus_key(const Equation& equation) noexcept {
  std::int8_t s_digits[256];
  std::int8_t k_digits[256];
  const std::size_t used = std::max(non_adjacent_form(s_digits, equation.s, kBaseWindow),
                                    non_adjacent_form(k_digits, equation.k, kKeyWindow));
  const KeyTable key = odd_multiples<std::tuple_size_v<KeyTable>>(to_point(*equation.key));
  Point sum;
  for (std::size_t i = used; i-- != 0;) {
    Completed next = doubled(sum);
    if (k_digits[i] != 0)
      next = step(to_point(next), key[magnitude(k_digits[i]) / 2], k_digits[i] < 0);
    if (s_digits[i] != 0)
      next = step(to_point(next), kBaseTable[magnitude(s_digits[i])], s_digits[i] > 0);
    sum = i == 0 ? to_point(next) : to_projective(next);
  }
  return sum;
}

/// Replaces each z by its inverse. None is zero.
void invert_together(Fe* z, std::size_t count) noexcept {
  Fe before[kTogether];
  Fe all = kOne;
  for (std::size_t i = 0; i < count; ++i) {
    before[i] = all;
    all = mul(all, z[i]);
  }
  Fe inverse = invert(all);
  for (std::size_t i = count; i-- != 0;) {
    const Fe own = mul(inverse, before[i]);
    inverse = mul(inverse, z[i]);
    z[i] = own;
  }
}

bool matches_up_to_small_order(const Point& p, const std::uint8_t r_bytes[32]) noexcept {
  Niels r;
  std::uint8_t ok = 0;
  decode_points_portable(&r, &ok, r_bytes, 32, 1);
  return ok != 0 && is_small_order(to_point(subtract(p, r)));
}

bool verdict(const Point& p, const Fe& inverse, const std::uint8_t* r, bool cofactored) noexcept {
  Digest encoded;
  store(encoded.data(), mul(p.y, inverse));
  if (is_odd(mul(p.x, inverse))) encoded[31] |= 0x80;
  // Comparing with the canonical encoding refuses a non-canonical R.
  const bool same = std::equal(encoded.begin(), encoded.end(), r);
  if (cofactored) return same || matches_up_to_small_order(p, r);
  return same && !is_small_order_encoding(encoded.data());
}

}  // namespace

void verify_exact_portable(std::uint8_t* verdicts, const Equation* equations, std::size_t count,
                           bool cofactored) {
  Point p[kTogether];
  Fe z[kTogether];
  for (std::size_t begin = 0; begin < count; begin += kTogether) {
    const std::size_t some = std::min(kTogether, count - begin);
    for (std::size_t i = 0; i < some; ++i) {
      const Equation& equation = equations[begin + i];
      p[i] = equation.comb != nullptr ? by_combs(equation) : base_minus_key(equation);
      z[i] = p[i].z;
    }
    invert_together(z, some);
    for (std::size_t i = 0; i < some; ++i)
      verdicts[begin + i] = verdict(p[i], z[i], equations[begin + i].r, cofactored) ? 1 : 0;
  }
}

}  // namespace chopmark::sig

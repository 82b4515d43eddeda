// SPDX-License-Identifier: Apache-2.0
// One verification by itself: s B - k A by interleaved non-adjacent forms (Straus).
#include <algorithm>
#include <cstring>

#include "sig/prepared.hpp"

namespace chopmark::sig {
namespace {

using namespace curve25519;

constexpr unsigned kKeyWindow = 5;
constexpr unsigned kBaseWindow = 8;
using KeyTable = std::array<Cached, kKeyTable>;
static_assert(kKeyTable == std::size_t{1} << (kKeyWindow - 2));
using BaseTable = std::array<Cached, std::size_t{1} << (kBaseWindow - 2)>;

const BaseTable& base_table() noexcept {
  static const BaseTable table = odd_multiples<std::tuple_size_v<BaseTable>>(base_point());
  return table;
}

template <class Table>
Completed step(const Point& sum, const Table& table, int digit) noexcept {
  const auto entry = static_cast<std::size_t>(digit < 0 ? -digit : digit) / 2;
  return digit > 0 ? add(sum, table[entry]) : subtract(sum, table[entry]);
}

/// s B - k A.
Point base_minus_key(const Scalar& s, const Scalar& k, const KeyTable& key) noexcept {
  std::int8_t s_digits[256];
  std::int8_t k_digits[256];
  const std::size_t used = std::max(non_adjacent_form(s_digits, s, kBaseWindow),
                                    non_adjacent_form(k_digits, k, kKeyWindow));
  const BaseTable& base = base_table();
  Point sum;
  for (std::size_t i = used; i-- != 0;) {
    Completed next = doubled(sum);
    if (k_digits[i] != 0) next = step(to_point(next), key, -k_digits[i]);
    if (s_digits[i] != 0) next = step(to_point(next), base, s_digits[i]);
    sum = i == 0 ? to_point(next) : to_projective(next);
  }
  return sum;
}

}  // namespace

bool verify_exact(const Prepared& one, Rule rule) noexcept {
  const KeyTable* kept = one.key_set != nullptr ? one.key_set->table(one.key) : nullptr;
  KeyTable made;
  if (kept == nullptr) {
    made = odd_multiples<kKeyTable>(one.public_key().point);
    kept = &made;
  }
  const Point expected_r = base_minus_key(one.s, one.challenge, *kept);
  if (rule == Rule::zip215) {
    const Point difference = to_point(subtract(expected_r, to_cached(one.r)));
    return is_small_order(difference);
  }
  // Comparing with the canonical encoding refuses a non-canonical R.
  Digest encoded;
  compress(encoded.data(), expected_r);
  return encoded == one.r_bytes && !is_small_order(expected_r);
}

}  // namespace chopmark::sig

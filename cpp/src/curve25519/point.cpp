// SPDX-License-Identifier: Apache-2.0
#include "curve25519/point.hpp"

#include <algorithm>
#include <iterator>

namespace chopmark::curve25519 {

bool decompress(Point& p, const std::uint8_t bytes[32]) noexcept {
  p.y = carry(load(bytes));
  p.z = kOne;
  const Fe yy = sqr(p.y);
  const Fe u = sub(yy, kOne);
  const Fe v = carry(add(mul(yy, kCurveD), kOne));
  if (!sqrt_ratio(p.x, u, v)) return false;
  const bool sign = (bytes[31] >> 7) != 0;
  if (is_odd(p.x) != sign) p.x = negate(p.x);
  p.t = mul(p.x, p.y);
  return true;
}

void decode_points_portable(Niels* points, std::uint8_t* ok, const std::uint8_t* encodings,
                            std::size_t stride, std::size_t count) noexcept {
  for (std::size_t i = 0; i < count; ++i) {
    Point p;
    ok[i] = decompress(p, encodings + stride * i) ? 1 : 0;
    points[i] = to_niels(p);
  }
}

bool is_small_order_encoding(const std::uint8_t bytes[32]) noexcept {
  Digest y = digest_from(bytes);
  y[31] &= 0x7f;
  return std::find(std::begin(kSmallOrderY), std::end(kSmallOrderY), y) != std::end(kSmallOrderY);
}

bool is_canonical_encoding(const std::uint8_t bytes[32]) noexcept {
  Digest y;
  store(y.data(), load(bytes));
  const bool sign = (bytes[31] >> 7) != 0;
  // x = 0 exactly where y = 1 or y = -1: the first two of the table.
  if (sign && (y == kSmallOrderY[0] || y == kSmallOrderY[1])) return false;
  y[31] |= static_cast<std::uint8_t>(bytes[31] & 0x80);
  return std::equal(y.begin(), y.end(), bytes);
}

void compress(std::uint8_t bytes[32], const Point& p) noexcept {
  const Fe inverse = invert(p.z);
  store(bytes, mul(p.y, inverse));
  if (is_odd(mul(p.x, inverse))) bytes[31] |= 0x80;
}

const Point& base_point() noexcept {
  static const Point base = [] {
    std::uint8_t encoded[32];
    compress(encoded, to_point(kBaseTable[1]));
    Point p;
    CHOPMARK_CHECK(decompress(p, encoded));  // brings z to 1
    return p;
  }();
  return base;
}

}  // namespace chopmark::curve25519

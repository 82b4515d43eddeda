// SPDX-License-Identifier: Apache-2.0
#include "curve25519/point.hpp"

namespace chopmark::curve25519 {

bool decompress(Point& p, const std::uint8_t bytes[32]) noexcept {
  p.y = carry(load(bytes));
  p.z = kOne;
  const Fe yy = sqr(p.y);
  const Fe u = sub(yy, kOne);
  const Fe v = carry(add(mul(yy, curve_d()), kOne));
  if (!sqrt_ratio(p.x, u, v)) return false;
  const bool sign = (bytes[31] >> 7) != 0;
  if (is_odd(p.x) != sign) p.x = negate(p.x);
  p.t = mul(p.x, p.y);
  return true;
}

void compress(std::uint8_t bytes[32], const Point& p) noexcept {
  const Fe inverse = invert(p.z);
  store(bytes, mul(p.y, inverse));
  if (is_odd(mul(p.x, inverse))) bytes[31] |= 0x80;
}

const Point& base_point() noexcept {
  static const Point base = [] {
    // y = 4/5 with the even x (RFC 8032 5.1).
    const Fe four{{4, 0, 0, 0, 0}};
    const Fe five{{5, 0, 0, 0, 0}};
    std::uint8_t encoded[32];
    store(encoded, mul(four, invert(five)));
    Point p;
    CHOPMARK_CHECK(decompress(p, encoded));
    return p;
  }();
  return base;
}

}  // namespace chopmark::curve25519

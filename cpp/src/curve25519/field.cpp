// SPDX-License-Identifier: Apache-2.0
#include "curve25519/field.hpp"

#include "base/endian.hpp"
#include "curve25519/constants.hpp"

namespace chopmark::curve25519 {
namespace {

/// a^(2^250 - 1), the common part of both powers, and a^11 beside it.
struct PowerChain {
  Fe all_ones_250;
  Fe eleven;
};

PowerChain power_chain(const Fe& a) noexcept {
  const Fe two = sqr(a);
  const Fe nine = mul(sqr_times(two, 2), a);
  const Fe eleven = mul(nine, two);
  const Fe ones5 = mul(sqr(eleven), nine);  // a^(2^5 - 1)
  const Fe ones10 = mul(sqr_times(ones5, 5), ones5);
  const Fe ones20 = mul(sqr_times(ones10, 10), ones10);
  const Fe ones40 = mul(sqr_times(ones20, 20), ones20);
  const Fe ones50 = mul(sqr_times(ones40, 10), ones10);
  const Fe ones100 = mul(sqr_times(ones50, 50), ones50);
  const Fe ones200 = mul(sqr_times(ones100, 100), ones100);
  return {mul(sqr_times(ones200, 50), ones50), eleven};
}

}  // namespace

Fe load(const std::uint8_t bytes[32]) noexcept {
  const auto word = [bytes](int at) { return load_le<std::uint64_t>(bytes + at); };
  return {{word(0) & kLimbMask, (word(6) >> 3) & kLimbMask, (word(12) >> 6) & kLimbMask,
           (word(19) >> 1) & kLimbMask, (word(24) >> 12) & kLimbMask}};
}

void store(std::uint8_t bytes[32], const Fe& a) noexcept {
  // Two carries leave limbs < 2^51 but for limb[0] < 2^51 + 19, so the value is < 2p.
  Fe r = carry(carry(a));
  // q = 1 exactly when the value is at least p: then value + 19 reaches 2^255.
  std::uint64_t q = (r.limb[0] + 19) >> 51;
  for (std::size_t i = 1; i < 5; ++i)
    q = (r.limb[i] + q) >> 51;
  r.limb[0] += 19 * q;
  for (std::size_t i = 0; i < 4; ++i) {
    r.limb[i + 1] += r.limb[i] >> 51;
    r.limb[i] &= kLimbMask;
  }
  r.limb[4] &= kLimbMask;  // drops 2^255 when q = 1: the value becomes value - p
  store_le<std::uint64_t>(bytes, r.limb[0] | r.limb[1] << 51);
  store_le<std::uint64_t>(bytes + 8, r.limb[1] >> 13 | r.limb[2] << 38);
  store_le<std::uint64_t>(bytes + 16, r.limb[2] >> 26 | r.limb[3] << 25);
  store_le<std::uint64_t>(bytes + 24, r.limb[3] >> 39 | r.limb[4] << 12);
}

bool is_zero(const Fe& a) noexcept {
  std::uint8_t bytes[32];
  store(bytes, a);
  std::uint8_t any = 0;
  for (const std::uint8_t byte : bytes)
    any |= byte;
  return any == 0;
}

bool is_odd(const Fe& a) noexcept {
  std::uint8_t bytes[32];
  store(bytes, a);
  return (bytes[0] & 1) != 0;
}

Fe invert(const Fe& a) noexcept {
  const PowerChain chain = power_chain(a);
  return mul(sqr_times(chain.all_ones_250, 5), chain.eleven);  // 2^255 - 32 + 11 = p - 2
}

Fe pow_p58(const Fe& a) noexcept {
  return mul(sqr_times(power_chain(a).all_ones_250, 2), a);  // 2^252 - 4 + 1
}

bool sqrt_ratio(Fe& root, const Fe& u, const Fe& v) noexcept {
  // RFC 8032 5.1.3: candidate u v^3 (u v^7)^((p-5)/8), right up to a factor sqrt(-1).
  const Fe v3 = mul(sqr(v), v);
  const Fe v7 = mul(sqr(v3), v);
  root = mul(mul(u, v3), pow_p58(mul(u, v7)));
  const Fe check = mul(v, sqr(root));
  const Fe wanted = carry(u);
  if (is_zero(sub(check, wanted))) return true;
  if (!is_zero(add(check, wanted))) return false;
  root = mul(root, kSqrtMinusOne);
  return true;
}

}  // namespace chopmark::curve25519

// SPDX-License-Identifier: Apache-2.0
// ZIP-215 decoding: the arithmetic of sqrt_ratio and decompress in curve25519, two groups of lanes
// side by side, since one chain of squarings alone waits for its own multiplications.

/// Lane i from 32 bytes at encodings[i]: bits 0 to 254, and the lanes whose bit 255 is set.
inline LaneFe load_encodings(const std::uint8_t* const encodings[kLanes], Mask& sign) {
  alignas(64) std::uint64_t gathered[4][kLanes];
  for (unsigned i = 0; i < kLanes; ++i) {
    for (unsigned j = 0; j < 4; ++j)
      gathered[j][i] = little_endian_word(encodings[i] + 8 * j);
  }
  const Vec w0 = load(gathered[0]), w1 = load(gathered[1]);
  const Vec w2 = load(gathered[2]), w3 = load(gathered[3]);
  const Vec mask = splat(kMask51);
  const Vec limbs[5] = {bits_and(w0, mask),
                        bits_and(bits_or(shifted_right<51>(w0), shifted_left<13>(w1)), mask),
                        bits_and(bits_or(shifted_right<38>(w1), shifted_left<26>(w2)), mask),
                        bits_and(bits_or(shifted_right<25>(w2), shifted_left<39>(w3)), mask),
                        bits_and(shifted_right<12>(w3), mask)};
  sign = equal(shifted_right<63>(w3), splat(1));
  return fe_from_limbs(limbs);
}

/// Two groups of lanes.
struct FePair {
  LaneFe a, b;
};
LANE_INLINE FePair mul(const FePair& x, const FePair& y) {
  return {mul(x.a, y.a), mul(x.b, y.b)};
}
LANE_INLINE FePair sqr(const FePair& x) {
  return {sqr(x.a), sqr(x.b)};
}
FePair sqr_times(FePair x, int times) {
  for (int i = 0; i < times; ++i)
    x = sqr(x);
  return x;
}

/// x^(2^250 - 1), and x^11 beside it.
struct PowerChain {
  FePair all_ones_250, eleven;
};
PowerChain power_chain(const FePair& x) {
  const FePair two = sqr(x);
  const FePair nine = mul(sqr_times(two, 2), x);
  const FePair eleven = mul(nine, two);
  const FePair ones5 = mul(sqr(eleven), nine);  // x^(2^5 - 1)
  const FePair ones10 = mul(sqr_times(ones5, 5), ones5);
  const FePair ones20 = mul(sqr_times(ones10, 10), ones10);
  const FePair ones40 = mul(sqr_times(ones20, 20), ones20);
  const FePair ones50 = mul(sqr_times(ones40, 10), ones10);
  const FePair ones100 = mul(sqr_times(ones50, 50), ones50);
  const FePair ones200 = mul(sqr_times(ones100, 100), ones100);
  return {mul(sqr_times(ones200, 50), ones50), eleven};
}
/// x^((p-5)/8) = x^(2^252 - 3).
inline FePair pow_p58(const FePair& x) {
  return mul(sqr_times(power_chain(x).all_ones_250, 2), x);
}
/// x^(p-2), the inverse: 2^255 - 32 + 11 = p - 2.
inline FePair invert(const FePair& x) {
  const PowerChain chain = power_chain(x);
  return mul(sqr_times(chain.all_ones_250, 5), chain.eleven);
}

struct Decoding {
  LaneFe y, u, v, v3;
  Mask sign;
};

inline Decoding start_decoding(const std::uint8_t* const encodings[kLanes]) {
  Decoding d;
  d.y = load_encodings(encodings, d.sign);
  const LaneRaw yy = square(d.y);
  const LaneFe one = small_fe(1);
  d.u = carry(sub(yy, raw(one)));
  d.v = carry(add(product(carry(yy), curve_d()), raw(one)));
  d.v3 = mul(sqr(d.v), d.v);
  return d;
}

/// `power` is (u v^7)^((p-5)/8). Writes the lanes' points; returns the lanes that have one.
inline Mask finish_decoding(std::uint64_t* const points[kLanes], const Decoding& d,
                            const LaneFe& power) {
  LaneFe x = mul(mul(d.u, d.v3), power);
  const LaneRaw check = product(d.v, sqr(x));
  const Mask plain = is_zero(carry(sub(check, raw(d.u))));
  const Mask turned = is_zero(carry(add(check, raw(d.u))));
  x = select(plain, mul(x, sqrt_minus_one()), x);
  const auto wrong = static_cast<Mask>(is_odd(x) ^ d.sign);
  x = select(wrong, x, difference(small_fe(0), x));
  store_niels(points, to_niels(x, d.y));
  return static_cast<Mask>(plain | turned);
}

/// Returns the items that have a point, item 0 in bit 0.
unsigned decode_two_groups(std::uint64_t* const points[2 * kLanes],
                           const std::uint8_t* const encodings[2 * kLanes]) {
  const Decoding a = start_decoding(encodings);
  const Decoding b = start_decoding(encodings + kLanes);
  const FePair v7{mul(sqr(a.v3), a.v), mul(sqr(b.v3), b.v)};
  const FePair power = pow_p58(mul(FePair{a.u, b.u}, v7));
  const unsigned first = finish_decoding(points, a, power.a);
  const unsigned second = finish_decoding(points + kLanes, b, power.b);
  return first | second << kLanes;
}

/// Kernels::decode_points.
void decode_points(curve25519::Niels* points, std::uint8_t* ok, const std::uint8_t* encodings,
                   std::size_t stride, std::size_t count) {
  if (count == 1) return curve25519::decode_points_portable(points, ok, encodings, stride, 1);
  constexpr std::size_t kTwo = 2 * kLanes;
  curve25519::Niels spare;  // where lanes beyond the end go
  for (std::size_t begin = 0; begin < count; begin += kTwo) {
    std::uint64_t* to[kTwo];
    const std::uint8_t* from[kTwo];
    for (std::size_t i = 0; i < kTwo; ++i) {
      const bool inside = begin + i < count;
      to[i] = words_of(inside ? points + begin + i : &spare);
      from[i] = encodings + stride * (inside ? begin + i : begin);
    }
    const unsigned good = decode_two_groups(to, from);
    for (std::size_t i = 0; i < kTwo && begin + i < count; ++i)
      ok[begin + i] = static_cast<std::uint8_t>((good >> i) & 1);
  }
}

// SPDX-License-Identifier: Apache-2.0
// In each lane a scalar modulo L = 2^252 + c, five limbs of 52 bits, for a multiplier of 52 bits.

constexpr std::uint64_t kMask52 = (std::uint64_t{1} << 52) - 1;
// c, and 2^8 c = -2^260 modulo L.
constexpr std::uint64_t kC[3] = {0x2631a5cf5d3ed, 0xdea2f79cd6581, 0x14def9};
constexpr std::uint64_t kC8[3] = {0x31a5cf5d3ed00, 0xa2f79cd658126, 0x14def9de};
constexpr std::uint64_t kOrder[5] = {kC[0], kC[1], kC[2], 0, std::uint64_t{1} << 44};
// 2^11 L: more than what reduced() subtracts.
constexpr std::uint64_t kManyOrders[5] = {0x8d2e7ae9f6800, 0x17bce6b2c0931, 0xa6f7cef5, 0,
                                          std::uint64_t{1} << 55};
// L - 128 (1 + 256 + ... + 256^15): what turns 16 bytes of digits plus 128 into their value.
constexpr std::uint64_t kUnbias[5] = {0x1e299dc75536d, 0x5e22771c55d79, 0xfffffff945e79,
                                      0xfffffffffffff, 0x00fffffffffff};
// 128 (1 + 256 + ... + 256^31), in limbs and in words.
constexpr std::uint64_t kBiasLimbs[5] = {0x0808080808080, 0x8080808080808, 0x0808080808080,
                                         0x8080808080808, 0x0808080808080};
constexpr std::uint64_t kBiasWord = 0x8080808080808080;

struct LaneScalar {
  Vec v[5];
};

/// Brings limbs 0 to 3 below 2^52; limb 4 takes what is left. Limbs may be negative.
LANE_INLINE void carry_limbs(Vec v[5]) {
  const Vec mask = splat(kMask52);
  for (int i = 0; i < 4; ++i) {
    v[i + 1] = add(v[i + 1], shifted_right_signed<52>(v[i]));
    v[i] = bits_and(v[i], mask);
  }
}

/// a b, added to columns of two rows: low halves in column i + j, high halves in the next. Both are
/// below 2^52.
LANE_INLINE void madd(Vec* column, Vec a, Vec b) {
  check_below(a, kMask52 + 1);
  check_below(b, kMask52 + 1);
  column[0] = madd_lo(column[0], a, b);
  column[1] = madd_hi(column[1], a, b);
}

/// low + 2^260 high modulo L, below L. Limbs of `low` are below 2^56, those of `high` below 2^52.
LANE_INLINE LaneScalar reduced(const Vec low[5], const Vec high[5]) {
  for (int i = 0; i < 5; ++i)
    check_below(low[i], std::uint64_t{1} << 56);
  const Vec zero = splat(0);
  // t = high * 2^8 c < 2^(260 + 133), subtracted. Columns are below 6 * 2^52.
  Vec t[8] = {zero, zero, zero, zero, zero, zero, zero, zero};
  for (int j = 0; j < 3; ++j) {
    const Vec c = splat(kC8[j]);
    madd(t + j, high[0], c);
    madd(t + j + 1, high[1], c);
    madd(t + j + 2, high[2], c);
    madd(t + j + 3, high[3], c);
    madd(t + j + 4, high[4], c);
  }
  const Vec mask = splat(kMask52);
  t[6] = add(t[6], shifted_right<52>(t[5]));
  t[5] = bits_and(t[5], mask);
  t[7] = add(t[7], shifted_right<52>(t[6]));  // below 2^(393 - 364)
  t[6] = bits_and(t[6], mask);
  // u = (t / 2^260) * 2^8 c, added: below 2^(133 + 133), columns below 6 * 2^52.
  Vec u[6] = {zero, zero, zero, zero, zero, zero};
  for (int j = 0; j < 3; ++j) {
    const Vec c = splat(kC8[j]);
    madd(u + j, t[5], c);
    madd(u + j + 1, t[6], c);
    madd(u + j + 2, t[7], c);
  }
  // u[5] is 0: t[7] * kC8[2] < 2^(29 + 29). The sum is above 0 since 2^11 L > t mod 2^260 with its
  // carries, and below 2^266.
  LaneScalar r;
  for (int i = 0; i < 5; ++i)
    r.v[i] = sub(add(add(low[i], u[i]), splat(kManyOrders[i])), t[i]);
  r.v[4] = add(r.v[4], shifted_left<52>(u[5]));
  carry_limbs(r.v);
  // r = r mod 2^252 - q c: above -2^139 and below 2^252.
  const Vec q = shifted_right<44>(r.v[4]);
  r.v[4] = bits_and(r.v[4], splat(kMask52 >> 8));
  Vec qc[4] = {zero, zero, zero, zero};
  for (int j = 0; j < 3; ++j)
    madd(qc + j, q, splat(kC[j]));
  for (int i = 0; i < 4; ++i)
    r.v[i] = sub(r.v[i], qc[i]);
  carry_limbs(r.v);
  const Vec negative = shifted_right_signed<63>(r.v[4]);
  for (int i = 0; i < 5; ++i)
    r.v[i] = add(r.v[i], bits_and(negative, splat(kOrder[i])));
  carry_limbs(r.v);
  return r;
}

LANE_INLINE void limbs_from_words(Vec limbs[5], const Vec words[4]) {
  const Vec mask = splat(kMask52);
  limbs[0] = bits_and(words[0], mask);
  limbs[1] = bits_and(bits_or(shifted_right<52>(words[0]), shifted_left<12>(words[1])), mask);
  limbs[2] = bits_and(bits_or(shifted_right<40>(words[1]), shifted_left<24>(words[2])), mask);
  limbs[3] = bits_and(bits_or(shifted_right<28>(words[2]), shifted_left<36>(words[3])), mask);
  limbs[4] = shifted_right<16>(words[3]);
}
LANE_INLINE void words_from_limbs(Vec words[4], const Vec limbs[5]) {
  words[0] = bits_or(limbs[0], shifted_left<52>(limbs[1]));
  words[1] = bits_or(shifted_right<12>(limbs[1]), shifted_left<40>(limbs[2]));
  words[2] = bits_or(shifted_right<24>(limbs[2]), shifted_left<28>(limbs[3]));
  words[3] = bits_or(shifted_right<36>(limbs[3]), shifted_left<16>(limbs[4]));
}

/// The words of 64 bytes in each lane, modulo L.
LANE_INLINE LaneScalar reduced_digest(const Vec words[8]) {
  Vec low[5];
  limbs_from_words(low, words);
  const Vec mask = splat(kMask52);
  low[4] = bits_and(bits_or(low[4], shifted_left<48>(words[4])), mask);
  const Vec high[5] = {
      bits_and(shifted_right<4>(words[4]), mask),
      bits_and(bits_or(shifted_right<56>(words[4]), shifted_left<8>(words[5])), mask),
      bits_and(bits_or(shifted_right<44>(words[5]), shifted_left<20>(words[6])), mask),
      bits_and(bits_or(shifted_right<32>(words[6]), shifted_left<32>(words[7])), mask),
      shifted_right<20>(words[7])};
  return reduced(low, high);
}

/// a b modulo L, of limbs below 2^52.
LANE_INLINE LaneScalar scalar_product(const Vec a[5], const Vec b[5]) {
  const Vec zero = splat(0);
  Vec column[10] = {zero, zero, zero, zero, zero, zero, zero, zero, zero, zero};
  for (int i = 0; i < 5; ++i) {
    madd(column + i, a[i], b[0]);
    madd(column + i + 1, a[i], b[1]);
    madd(column + i + 2, a[i], b[2]);
    madd(column + i + 3, a[i], b[3]);
    madd(column + i + 4, a[i], b[4]);
  }
  carry_limbs(column + 5);  // the product is below 2^512, so limb 9 is below 2^44
  return reduced(column, column + 5);
}

/// Lane i from or to item begin + i; lanes beyond the end repeat the first, or go to a spare place.
template <class Item>
LANE_INLINE void lane_rows(Item* rows[kLanes], Item* items, std::size_t words, std::size_t begin,
                           std::size_t count, Item* spare) {
  for (std::size_t i = 0; i < kLanes; ++i) {
    const bool inside = begin + i < count;
    rows[i] = inside || spare == nullptr ? items + words * (inside ? begin + i : begin) : spare;
  }
}

/// Kernels::reduce_digests.
void reduce_digests(curve25519::Scalar* scalars, const std::uint8_t* digests, std::size_t count) {
  for (std::size_t begin = 0; begin < count; begin += kLanes) {
    alignas(64) std::uint64_t gathered[kLanes][8];
    const std::uint64_t* from[kLanes];
    for (std::size_t i = 0; i < kLanes; ++i) {
      const std::uint8_t* const own = digests + 64 * (begin + i < count ? begin + i : begin);
      for (unsigned j = 0; j < 8; ++j)
        gathered[i][j] = little_endian_word(own + 8 * j);
      from[i] = gathered[i];
    }
    Vec words[8];
    load_columns(words, from, 8);
    const LaneScalar r = reduced_digest(words);
    words_from_limbs(words, r.v);
    std::uint64_t spare[4];
    std::uint64_t* to[kLanes];
    lane_rows(to, words_of(scalars), 4, begin, count, spare);
    store_columns(to, words, 4);
  }
}

/// Kernels::coefficient_digits.
void coefficient_digits(std::int8_t* digits, const std::uint8_t* z,
                        const curve25519::Scalar* scalars, std::size_t count) {
  const Vec bias = splat(kBiasWord);
  for (std::size_t begin = 0; begin < count; begin += kLanes) {
    alignas(64) std::uint64_t gathered[2][kLanes];
    for (std::size_t i = 0; i < kLanes; ++i) {
      const std::uint8_t* const own = z + 16 * (begin + i < count ? begin + i : begin);
      gathered[0][i] = little_endian_word(own);
      gathered[1][i] = little_endian_word(own + 8);
    }
    const Vec zero = splat(0);
    const Vec z_words[4] = {bits_xor(load(gathered[0]), bias), bits_xor(load(gathered[1]), bias),
                            zero, zero};
    Vec a[5];
    limbs_from_words(a, z_words);
    for (int i = 0; i < 5; ++i)
      a[i] = add(a[i], splat(kUnbias[i]));
    carry_limbs(a);

    const std::uint64_t* from[kLanes];
    lane_rows<const std::uint64_t>(from, words_of(scalars), 4, begin, count, nullptr);
    Vec words[4];
    load_columns(words, from, 4);
    Vec b[5];
    limbs_from_words(b, words);

    LaneScalar product = scalar_product(a, b);
    for (int i = 0; i < 5; ++i)
      product.v[i] = add(product.v[i], splat(kBiasLimbs[i]));
    carry_limbs(product.v);
    words_from_limbs(words, product.v);
    for (Vec& word : words)
      word = bits_xor(word, bias);
    alignas(64) std::uint64_t bytes[kLanes][4];
    std::uint64_t* to[kLanes];
    for (std::size_t i = 0; i < kLanes; ++i)
      to[i] = bytes[i];
    store_columns(to, words, 4);
    for (std::size_t i = 0; i < kLanes && begin + i < count; ++i) {
      for (unsigned j = 0; j < 4; ++j)
        put_little_endian_word(digits + 32 * (begin + i) + 8 * j, bytes[i][j]);
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
// Eight lanes of 32 bits. Also read by the AVX-512 backend, which has one instruction for some of
// these.

struct U32x8 {
  using Vector = __m256i;
  static constexpr std::size_t kLanes = 8;

  static CHOPMARK_INLINE Vector load(const void* from) {
    return _mm256_loadu_si256(static_cast<const __m256i*>(from));
  }
  static CHOPMARK_INLINE void store(void* to, Vector x) {
    _mm256_storeu_si256(static_cast<__m256i*>(to), x);
  }
  static CHOPMARK_INLINE Vector broadcast(std::uint32_t x) {
    return _mm256_set1_epi32(static_cast<int>(x));
  }
  static CHOPMARK_INLINE Vector add(Vector x, Vector y) { return _mm256_add_epi32(x, y); }
  static CHOPMARK_INLINE Vector xor2(Vector x, Vector y) { return _mm256_xor_si256(x, y); }
  static CHOPMARK_INLINE Vector or2(Vector x, Vector y) { return _mm256_or_si256(x, y); }
#if defined(__AVX512VL__)
  static CHOPMARK_INLINE Vector xor3(Vector x, Vector y, Vector z) {
    return _mm256_ternarylogic_epi32(x, y, z, 0x96);
  }
  static CHOPMARK_INLINE Vector choice(Vector x, Vector y, Vector z) {
    return _mm256_ternarylogic_epi32(x, y, z, 0xca);
  }
  static CHOPMARK_INLINE Vector majority(Vector x, Vector y, Vector z) {
    return _mm256_ternarylogic_epi32(x, y, z, 0xe8);
  }
  template <int kBits>
  static CHOPMARK_INLINE Vector rotated_right(Vector x) {
    return _mm256_ror_epi32(x, kBits);
  }
#else
  static CHOPMARK_INLINE Vector xor3(Vector x, Vector y, Vector z) { return xor2(xor2(x, y), z); }
  // x ? y : z, bit by bit.
  static CHOPMARK_INLINE Vector choice(Vector x, Vector y, Vector z) {
    return xor2(z, _mm256_and_si256(x, xor2(y, z)));
  }
  static CHOPMARK_INLINE Vector majority(Vector x, Vector y, Vector z) {
    return _mm256_or_si256(_mm256_and_si256(x, y), _mm256_and_si256(z, _mm256_or_si256(x, y)));
  }
  template <int kBits>
  static CHOPMARK_INLINE Vector rotated_right(Vector x) {
    if constexpr (kBits == 8) {
      return in_words(x, 0x0c0f0e0d080b0a09, 0x0407060500030201);
    } else if constexpr (kBits == 16) {
      return in_words(x, 0x0d0c0f0e09080b0a, 0x0504070601000302);
    } else {
      return _mm256_or_si256(_mm256_srli_epi32(x, kBits), _mm256_slli_epi32(x, 32 - kBits));
    }
  }
#endif
  template <int kBits>
  static CHOPMARK_INLINE Vector rotated_left(Vector x) {
    return rotated_right<32 - kBits>(x);
  }
  template <int kBits>
  static CHOPMARK_INLINE Vector shifted_right(Vector x) {
    return _mm256_srli_epi32(x, kBits);
  }
  template <int kBits>
  static CHOPMARK_INLINE Vector shifted_left(Vector x) {
    return _mm256_slli_epi32(x, kBits);
  }
  static CHOPMARK_INLINE Vector byte_swapped(Vector x) {
    return in_words(x, 0x0c0d0e0f08090a0b, 0x0405060700010203);
  }
  // In lane i, `set` if bit i of `bits`, else `clear`.
  static CHOPMARK_INLINE Vector selected(std::uint32_t bits, Vector set, Vector clear) {
    const Vector bit = _mm256_set_epi32(128, 64, 32, 16, 8, 4, 2, 1);
    const Vector chosen = _mm256_cmpeq_epi32(_mm256_and_si256(broadcast(bits), bit), bit);
    return _mm256_blendv_epi8(clear, set, chosen);
  }

  // Word i of every lane into w[i], from 64 bytes of each lane.
  static CHOPMARK_INLINE void load_words(Vector w[16], const std::uint8_t* const rows[8]) {
    load_half(w, rows, 0);
    load_half(w + 8, rows, 32);
  }

  // The 64 bytes of words w[0..16) of each lane, one lane after the other.
  static CHOPMARK_INLINE void store_words(std::uint8_t* out, const Vector w[16]) {
    store_half<64>(out, w);
    store_half<64>(out + 32, w + 8);
  }

  // The 32 bytes of words w[0..8) of each lane, one lane after the other.
  static CHOPMARK_INLINE void store_half_words(std::uint8_t* out, const Vector w[8]) {
    store_half<32>(out, w);
  }
  // The same, each lane to its own place.
  static CHOPMARK_INLINE void scatter_half_words(std::uint8_t* const out[8], const Vector w[8]) {
    Vector row[8];
    rows_of_half(row, w);
    for (std::size_t i = 0; i < 8; ++i)
      store(out[i], row[i]);
  }

 private:
  // The same byte shuffle in both halves.
  static CHOPMARK_INLINE Vector in_words(Vector x, long long high, long long low) {
    return _mm256_shuffle_epi8(x, _mm256_set_epi64x(high, low, high, low));
  }
  // Half q of to[j]: word 4 q + j of the four rows.
  static CHOPMARK_INLINE void mix_quad(Vector to[4], Vector row0, Vector row1, Vector row2,
                                       Vector row3) {
    const Vector low01 = _mm256_unpacklo_epi32(row0, row1);
    const Vector high01 = _mm256_unpackhi_epi32(row0, row1);
    const Vector low23 = _mm256_unpacklo_epi32(row2, row3);
    const Vector high23 = _mm256_unpackhi_epi32(row2, row3);
    to[0] = _mm256_unpacklo_epi64(low01, low23);
    to[1] = _mm256_unpackhi_epi64(low01, low23);
    to[2] = _mm256_unpacklo_epi64(high01, high23);
    to[3] = _mm256_unpackhi_epi64(high01, high23);
  }
  static CHOPMARK_INLINE void load_half(Vector w[8], const std::uint8_t* const rows[8],
                                        std::size_t at) {
    Vector low[4];
    Vector high[4];
    mix_quad(low, load(rows[0] + at), load(rows[1] + at), load(rows[2] + at), load(rows[3] + at));
    mix_quad(high, load(rows[4] + at), load(rows[5] + at), load(rows[6] + at), load(rows[7] + at));
    join<0>(w, low, high);
    join<1>(w, low, high);
    join<2>(w, low, high);
    join<3>(w, low, high);
  }
  static CHOPMARK_INLINE void rows_of_half(Vector row[8], const Vector w[8]) {
    Vector low[4];
    Vector high[4];
    mix_quad(low, w[0], w[1], w[2], w[3]);
    mix_quad(high, w[4], w[5], w[6], w[7]);
    join<0>(row, low, high);
    join<1>(row, low, high);
    join<2>(row, low, high);
    join<3>(row, low, high);
  }
  template <std::size_t kStride>
  static CHOPMARK_INLINE void store_half(std::uint8_t* out, const Vector w[8]) {
    Vector row[8];
    rows_of_half(row, w);
    for (std::size_t i = 0; i < 8; ++i)
      store(out + kStride * i, row[i]);
  }
  template <int j>
  static CHOPMARK_INLINE void join(Vector to[8], const Vector low[4], const Vector high[4]) {
    to[j] = _mm256_permute2x128_si256(low[j], high[j], 0x20);
    to[j + 4] = _mm256_permute2x128_si256(low[j], high[j], 0x31);
  }
};

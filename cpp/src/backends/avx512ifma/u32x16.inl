// SPDX-License-Identifier: Apache-2.0
// Sixteen lanes of 32 bits.

struct U32x16 {
  using Vector = __m512i;
  static constexpr std::size_t kLanes = 16;

  static CHOPMARK_INLINE Vector load(const void* from) { return _mm512_loadu_si512(from); }
  static CHOPMARK_INLINE void store(void* to, Vector x) { _mm512_storeu_si512(to, x); }
  static CHOPMARK_INLINE Vector broadcast(std::uint32_t x) {
    return _mm512_set1_epi32(static_cast<int>(x));
  }
  static CHOPMARK_INLINE Vector add(Vector x, Vector y) { return _mm512_add_epi32(x, y); }
  static CHOPMARK_INLINE Vector xor2(Vector x, Vector y) { return _mm512_xor_si512(x, y); }
  static CHOPMARK_INLINE Vector or2(Vector x, Vector y) { return _mm512_or_si512(x, y); }
  static CHOPMARK_INLINE Vector xor3(Vector x, Vector y, Vector z) {
    return _mm512_ternarylogic_epi32(x, y, z, 0x96);
  }
  // x ? y : z, bit by bit.
  static CHOPMARK_INLINE Vector choice(Vector x, Vector y, Vector z) {
    return _mm512_ternarylogic_epi32(x, y, z, 0xca);
  }
  static CHOPMARK_INLINE Vector majority(Vector x, Vector y, Vector z) {
    return _mm512_ternarylogic_epi32(x, y, z, 0xe8);
  }
  template <int kBits>
  static CHOPMARK_INLINE Vector rotated_right(Vector x) {
    return _mm512_ror_epi32(x, kBits);
  }
  template <int kBits>
  static CHOPMARK_INLINE Vector rotated_left(Vector x) {
    return _mm512_rol_epi32(x, kBits);
  }
  template <int kBits>
  static CHOPMARK_INLINE Vector shifted_right(Vector x) {
    return _mm512_srli_epi32(x, kBits);
  }
  template <int kBits>
  static CHOPMARK_INLINE Vector shifted_left(Vector x) {
    return _mm512_slli_epi32(x, kBits);
  }
  static CHOPMARK_INLINE Vector byte_swapped(Vector x) {
    return _mm512_shuffle_epi8(
        x, _mm512_broadcast_i32x4(_mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203)));
  }
  // In lane i, `set` if bit i of `bits`, else `clear`.
  static CHOPMARK_INLINE Vector selected(std::uint32_t bits, Vector set, Vector clear) {
    return _mm512_mask_mov_epi32(clear, static_cast<__mmask16>(bits), set);
  }

  // Word i of every lane into w[i], from 64 bytes of each lane.
  static CHOPMARK_INLINE void load_words(Vector w[16], const std::uint8_t* const rows[16]) {
    Vector quad[4][4];
    load_quad(quad[0], rows);
    load_quad(quad[1], rows + 4);
    load_quad(quad[2], rows + 8);
    load_quad(quad[3], rows + 12);
    join_quads<0>(w, quad);
    join_quads<1>(w, quad);
    join_quads<2>(w, quad);
    join_quads<3>(w, quad);
  }

  // The 64 bytes of words w[0..16) of each lane, one lane after the other.
  static CHOPMARK_INLINE void store_words(std::uint8_t* out, const Vector w[16]) {
    Vector quad[4][4];
    Vector row[16];
    mix_quad(quad[0], w[0], w[1], w[2], w[3]);
    mix_quad(quad[1], w[4], w[5], w[6], w[7]);
    mix_quad(quad[2], w[8], w[9], w[10], w[11]);
    mix_quad(quad[3], w[12], w[13], w[14], w[15]);
    join_quads<0>(row, quad);
    join_quads<1>(row, quad);
    join_quads<2>(row, quad);
    join_quads<3>(row, quad);
    for (int i = 0; i < 16; ++i)
      store(out + 64 * i, row[i]);
  }

  // The 32 bytes of words w[0..8) of each lane, one lane after the other.
  static CHOPMARK_INLINE void store_half_words(std::uint8_t* out, const Vector w[8]) {
    store_all_lanes(SideBySide{out}, w);
  }
  // The same, each lane to its own place.
  static CHOPMARK_INLINE void scatter_half_words(std::uint8_t* const out[16], const Vector w[8]) {
    store_all_lanes(Scattered{out}, w);
  }

 private:
  // Quarter q of to[j]: word 4 q + j of the four rows.
  static CHOPMARK_INLINE void mix_quad(Vector to[4], Vector row0, Vector row1, Vector row2,
                                       Vector row3) {
    const Vector low01 = _mm512_unpacklo_epi32(row0, row1);
    const Vector high01 = _mm512_unpackhi_epi32(row0, row1);
    const Vector low23 = _mm512_unpacklo_epi32(row2, row3);
    const Vector high23 = _mm512_unpackhi_epi32(row2, row3);
    to[0] = _mm512_unpacklo_epi64(low01, low23);
    to[1] = _mm512_unpackhi_epi64(low01, low23);
    to[2] = _mm512_unpacklo_epi64(high01, high23);
    to[3] = _mm512_unpackhi_epi64(high01, high23);
  }
  static CHOPMARK_INLINE void load_quad(Vector to[4], const std::uint8_t* const rows[4]) {
    mix_quad(to, load(rows[0]), load(rows[1]), load(rows[2]), load(rows[3]));
  }
  // Words j, j + 4, j + 8, j + 12 of all rows; 0x88 takes the even quarters, 0xdd the odd ones.
  template <int j>
  static CHOPMARK_INLINE void join_quads(Vector w[16], const Vector quad[4][4]) {
    const Vector even01 = _mm512_shuffle_i32x4(quad[0][j], quad[1][j], 0x88);
    const Vector odd01 = _mm512_shuffle_i32x4(quad[0][j], quad[1][j], 0xdd);
    const Vector even23 = _mm512_shuffle_i32x4(quad[2][j], quad[3][j], 0x88);
    const Vector odd23 = _mm512_shuffle_i32x4(quad[2][j], quad[3][j], 0xdd);
    w[j] = _mm512_shuffle_i32x4(even01, even23, 0x88);
    w[j + 4] = _mm512_shuffle_i32x4(odd01, odd23, 0x88);
    w[j + 8] = _mm512_shuffle_i32x4(even01, even23, 0xdd);
    w[j + 12] = _mm512_shuffle_i32x4(odd01, odd23, 0xdd);
  }
  // Where the 32 bytes of a lane go.
  struct SideBySide {
    std::uint8_t* out;
    CHOPMARK_INLINE std::uint8_t* operator[](int lane) const { return out + 32 * lane; }
  };
  struct Scattered {
    std::uint8_t* const* out;
    CHOPMARK_INLINE std::uint8_t* operator[](int lane) const { return out[lane]; }
  };
  template <class To>
  static CHOPMARK_INLINE void store_all_lanes(To to, const Vector w[8]) {
    Vector low[4];
    Vector high[4];
    mix_quad(low, w[0], w[1], w[2], w[3]);
    mix_quad(high, w[4], w[5], w[6], w[7]);
    store_lanes<0>(to, low[0], high[0]);
    store_lanes<1>(to, low[1], high[1]);
    store_lanes<2>(to, low[2], high[2]);
    store_lanes<3>(to, low[3], high[3]);
  }
  // Lanes j, j + 4, j + 8, j + 12, one in each quarter of `low` and `high`.
  template <int j, class To>
  static CHOPMARK_INLINE void store_lanes(To to, Vector low, Vector high) {
    const __m256i low01 = _mm512_castsi512_si256(low);
    const __m256i high01 = _mm512_castsi512_si256(high);
    const __m256i low23 = _mm512_extracti64x4_epi64(low, 1);
    const __m256i high23 = _mm512_extracti64x4_epi64(high, 1);
    store_lane(to[j], _mm256_permute2x128_si256(low01, high01, 0x20));
    store_lane(to[j + 4], _mm256_permute2x128_si256(low01, high01, 0x31));
    store_lane(to[j + 8], _mm256_permute2x128_si256(low23, high23, 0x20));
    store_lane(to[j + 12], _mm256_permute2x128_si256(low23, high23, 0x31));
  }
  static CHOPMARK_INLINE void store_lane(std::uint8_t* to, __m256i lane) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), lane);
  }
};

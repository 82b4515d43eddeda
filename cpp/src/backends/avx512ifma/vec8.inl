// SPDX-License-Identifier: Apache-2.0
// Eight words of 64 bits in one AVX-512 register. The kernels of lanes/ use nothing else of the
// instruction set, so that a test can run the same text over an array (tests/cpp/backends).

using Vec = __m512i;
using Mask = std::uint8_t;  // bit i is lane i
constexpr unsigned kLanes = 8;

LANE_INLINE Vec splat(std::uint64_t word) {
  return _mm512_set1_epi64(static_cast<long long>(word));
}
/// A splat that the compiler cannot see through: gcc would turn a product by it into shifts and
/// adds, which are slower here.
LANE_INLINE Vec opaque_splat(std::uint64_t word) {
  Vec a = splat(word);
  __asm__("" : "+v"(a));
  return a;
}
LANE_INLINE Vec load(const std::uint64_t* words) {
  return _mm512_loadu_si512(words);
}
LANE_INLINE void store(std::uint64_t* words, Vec a) {
  _mm512_storeu_si512(words, a);
}
LANE_INLINE Vec add(Vec a, Vec b) {
  return _mm512_add_epi64(a, b);
}
LANE_INLINE Vec sub(Vec a, Vec b) {
  return _mm512_sub_epi64(a, b);
}
LANE_INLINE Vec bits_and(Vec a, Vec b) {
  return _mm512_and_si512(a, b);
}
LANE_INLINE Vec bits_or(Vec a, Vec b) {
  return _mm512_or_si512(a, b);
}
template <unsigned n>
LANE_INLINE Vec shifted_left(Vec a) {
  return _mm512_slli_epi64(a, n);
}
template <unsigned n>
LANE_INLINE Vec shifted_right(Vec a) {
  return _mm512_srli_epi64(a, n);
}
/// Of signed words.
template <unsigned n>
LANE_INLINE Vec shifted_right_signed(Vec a) {
  return _mm512_srai_epi64(a, n);
}
LANE_INLINE Vec bits_xor(Vec a, Vec b) {
  return _mm512_xor_si512(a, b);
}
/// Of the product modulo 2^64.
LANE_INLINE Vec times(Vec a, Vec b) {
  return _mm512_mullo_epi64(a, b);
}
/// sum + the lower (upper) 52 bits of the product of the lower 52 bits of a and b.
LANE_INLINE Vec madd_lo(Vec sum, Vec a, Vec b) {
  return _mm512_madd52lo_epu64(sum, a, b);
}
LANE_INLINE Vec madd_hi(Vec sum, Vec a, Vec b) {
  return _mm512_madd52hi_epu64(sum, a, b);
}
/// b in the lanes of the mask, a in the others.
LANE_INLINE Vec select(Mask mask, Vec a, Vec b) {
  return _mm512_mask_blend_epi64(mask, a, b);
}
LANE_INLINE Mask equal(Vec a, Vec b) {
  return _mm512_cmpeq_epi64_mask(a, b);
}
/// For the bounds that CHOPMARK_CHECK_BOUNDS asserts.
LANE_INLINE bool all_below(Vec a, Vec bound) {
  return _mm512_cmplt_epu64_mask(a, bound) == 0xff;
}

/// The 8 x 8 matrix with the given rows, turned: lane i of columns[j] is lane j of row i.
LANE_INLINE void transpose(Vec* columns, Vec r0, Vec r1, Vec r2, Vec r3, Vec r4, Vec r5, Vec r6,
                           Vec r7) {
  const Vec a0 = _mm512_unpacklo_epi64(r0, r1), a1 = _mm512_unpackhi_epi64(r0, r1);
  const Vec a2 = _mm512_unpacklo_epi64(r2, r3), a3 = _mm512_unpackhi_epi64(r2, r3);
  const Vec a4 = _mm512_unpacklo_epi64(r4, r5), a5 = _mm512_unpackhi_epi64(r4, r5);
  const Vec a6 = _mm512_unpacklo_epi64(r6, r7), a7 = _mm512_unpackhi_epi64(r6, r7);
  // Pairs of words as 128-bit quarters: 0x88 takes quarters 0 and 2 of each, 0xdd 1 and 3.
  const Vec b0 = _mm512_shuffle_i64x2(a0, a2, 0x88), b1 = _mm512_shuffle_i64x2(a1, a3, 0x88);
  const Vec b2 = _mm512_shuffle_i64x2(a0, a2, 0xdd), b3 = _mm512_shuffle_i64x2(a1, a3, 0xdd);
  const Vec b4 = _mm512_shuffle_i64x2(a4, a6, 0x88), b5 = _mm512_shuffle_i64x2(a5, a7, 0x88);
  const Vec b6 = _mm512_shuffle_i64x2(a4, a6, 0xdd), b7 = _mm512_shuffle_i64x2(a5, a7, 0xdd);
  columns[0] = _mm512_shuffle_i64x2(b0, b4, 0x88);
  columns[4] = _mm512_shuffle_i64x2(b0, b4, 0xdd);
  columns[1] = _mm512_shuffle_i64x2(b1, b5, 0x88);
  columns[5] = _mm512_shuffle_i64x2(b1, b5, 0xdd);
  columns[2] = _mm512_shuffle_i64x2(b2, b6, 0x88);
  columns[6] = _mm512_shuffle_i64x2(b2, b6, 0xdd);
  columns[3] = _mm512_shuffle_i64x2(b3, b7, 0x88);
  columns[7] = _mm512_shuffle_i64x2(b3, b7, 0xdd);
}

LANE_INLINE void load_eight_columns(Vec* columns, const std::uint64_t* const rows[8],
                                    unsigned from) {
  transpose(columns, load(rows[0] + from), load(rows[1] + from), load(rows[2] + from),
            load(rows[3] + from), load(rows[4] + from), load(rows[5] + from), load(rows[6] + from),
            load(rows[7] + from));
}
LANE_INLINE void store_eight_columns(std::uint64_t* const rows[8], const Vec* columns,
                                     unsigned from) {
  Vec turned[8];
  transpose(turned, columns[0], columns[1], columns[2], columns[3], columns[4], columns[5],
            columns[6], columns[7]);
  for (unsigned i = 0; i < 8; ++i)
    store(rows[i] + from, turned[i]);
}

LANE_INLINE Vec load_halves(const std::uint64_t* low, const std::uint64_t* high) {
  const auto half = [](const std::uint64_t* words) __attribute__((always_inline)) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(words));
  };
  return _mm512_inserti64x4(_mm512_castsi256_si512(half(low)), half(high), 1);
}
LANE_INLINE void load_four_columns(Vec* columns, const std::uint64_t* const rows[8],
                                   unsigned from) {
  // Words 0 .. 3 of rows i and i + 4.
  const Vec p0 = load_halves(rows[0] + from, rows[4] + from);
  const Vec p1 = load_halves(rows[1] + from, rows[5] + from);
  const Vec p2 = load_halves(rows[2] + from, rows[6] + from);
  const Vec p3 = load_halves(rows[3] + from, rows[7] + from);
  const Vec a0 = _mm512_unpacklo_epi64(p0, p1), a1 = _mm512_unpackhi_epi64(p0, p1);
  const Vec a2 = _mm512_unpacklo_epi64(p2, p3), a3 = _mm512_unpackhi_epi64(p2, p3);
  // Pairs in a0: (rows 0 1, word 0), (0 1, 2), (4 5, 0), (4 5, 2); in a2 rows 2, 3, 6, 7.
  const Vec even = _mm512_set_epi64(13, 12, 5, 4, 9, 8, 1, 0);
  const Vec odd = _mm512_set_epi64(15, 14, 7, 6, 11, 10, 3, 2);
  columns[0] = _mm512_permutex2var_epi64(a0, even, a2);
  columns[1] = _mm512_permutex2var_epi64(a1, even, a3);
  columns[2] = _mm512_permutex2var_epi64(a0, odd, a2);
  columns[3] = _mm512_permutex2var_epi64(a1, odd, a3);
}
LANE_INLINE void store_halves(std::uint64_t* low, std::uint64_t* high, Vec two) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(low), _mm512_castsi512_si256(two));
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(high), _mm512_extracti64x4_epi64(two, 1));
}
LANE_INLINE void store_four_columns(std::uint64_t* const rows[8], const Vec* columns,
                                    unsigned from) {
  const Vec a0 = _mm512_unpacklo_epi64(columns[0], columns[1]);  // rows 0, 2, 4, 6; words 0, 1
  const Vec a1 = _mm512_unpackhi_epi64(columns[0], columns[1]);  // rows 1, 3, 5, 7
  const Vec a2 = _mm512_unpacklo_epi64(columns[2], columns[3]);
  const Vec a3 = _mm512_unpackhi_epi64(columns[2], columns[3]);
  const Vec first = _mm512_set_epi64(11, 10, 3, 2, 9, 8, 1, 0);
  const Vec second = _mm512_set_epi64(15, 14, 7, 6, 13, 12, 5, 4);
  store_halves(rows[0] + from, rows[2] + from, _mm512_permutex2var_epi64(a0, first, a2));
  store_halves(rows[4] + from, rows[6] + from, _mm512_permutex2var_epi64(a0, second, a2));
  store_halves(rows[1] + from, rows[3] + from, _mm512_permutex2var_epi64(a1, first, a3));
  store_halves(rows[5] + from, rows[7] + from, _mm512_permutex2var_epi64(a1, second, a3));
}

/// Rows of 20 words move in three parts of 8, 8 and 4.
template <unsigned part>
LANE_INLINE void load_part(Vec* columns, const std::uint64_t* const rows[8]) {
  if constexpr (part < 2) return load_eight_columns(columns + 8 * part, rows, 8 * part);
  load_four_columns(columns + 16, rows, 16);
}
template <unsigned part>
LANE_INLINE void store_part(std::uint64_t* const rows[8], const Vec* columns) {
  if constexpr (part < 2) return store_eight_columns(rows, columns + 8 * part, 8 * part);
  store_four_columns(rows, columns + 16, 16);
}

/// Lane i of columns[j] is rows[i][j], j < count, which is a multiple of 4.
LANE_INLINE void load_columns(Vec* columns, const std::uint64_t* const rows[8], unsigned count) {
  unsigned from = 0;
  for (; from + 8 <= count; from += 8)
    load_eight_columns(columns + from, rows, from);
  if (from < count) load_four_columns(columns + from, rows, from);
}
LANE_INLINE void store_columns(std::uint64_t* const rows[8], const Vec* columns, unsigned count) {
  unsigned from = 0;
  for (; from + 8 <= count; from += 8)
    store_eight_columns(rows, columns + from, from);
  if (from < count) store_four_columns(rows, columns + from, from);
}

// SPDX-License-Identifier: Apache-2.0
// Four words of 64 bits in one AVX2 register: what lanes/ needs of the instruction set, and halves
// of words for field25.inl.

using Vec = __m256i;
using Mask = std::uint8_t;  // bit i is lane i
constexpr unsigned kLanes = 4;

LANE_INLINE Vec splat(std::uint64_t word) {
  return _mm256_set1_epi64x(static_cast<long long>(word));
}
LANE_INLINE Vec load(const std::uint64_t* words) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(words));
}
LANE_INLINE void store(std::uint64_t* words, Vec a) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(words), a);
}
LANE_INLINE Vec add(Vec a, Vec b) {
  return _mm256_add_epi64(a, b);
}
LANE_INLINE Vec sub(Vec a, Vec b) {
  return _mm256_sub_epi64(a, b);
}
LANE_INLINE Vec bits_and(Vec a, Vec b) {
  return _mm256_and_si256(a, b);
}
LANE_INLINE Vec bits_or(Vec a, Vec b) {
  return _mm256_or_si256(a, b);
}
template <unsigned n>
LANE_INLINE Vec shifted_left(Vec a) {
  return _mm256_slli_epi64(a, n);
}
template <unsigned n>
LANE_INLINE Vec shifted_right(Vec a) {
  return _mm256_srli_epi64(a, n);
}
/// Of the lower halves.
LANE_INLINE Vec times(Vec a, Vec b) {
  return _mm256_mul_epu32(a, b);
}
LANE_INLINE Vec add_halves(Vec a, Vec b) {
  return _mm256_add_epi32(a, b);
}
LANE_INLINE Vec sub_halves(Vec a, Vec b) {
  return _mm256_sub_epi32(a, b);
}
/// The lower half of `low` below the upper half of `high`.
LANE_INLINE Vec halves_of(Vec low, Vec high) {
  return _mm256_blend_epi32(low, high, 0xaa);
}
/// Each half to the right by as many bits as that half of `bits` says.
LANE_INLINE Vec shifted_halves(Vec a, Vec bits) {
  return _mm256_srlv_epi32(a, bits);
}
LANE_INLINE Vec swapped_halves(Vec a) {
  return _mm256_shuffle_epi32(a, 0xb1);
}
/// b in the lanes of the mask, a in the others.
LANE_INLINE Vec select(Mask mask, Vec a, Vec b) {
  const Vec bit = _mm256_set_epi64x(8, 4, 2, 1);
  return _mm256_blendv_epi8(a, b, _mm256_cmpeq_epi64(bits_and(splat(mask), bit), bit));
}
LANE_INLINE Mask equal(Vec a, Vec b) {
  return static_cast<Mask>(_mm256_movemask_pd(_mm256_castsi256_pd(_mm256_cmpeq_epi64(a, b))));
}
/// Whether each word of a is below that of b; both below 2^63.
LANE_INLINE bool all_below(Vec a, Vec b) {
  return _mm256_movemask_epi8(_mm256_cmpgt_epi64(b, a)) == -1;
}

/// Two words of rows i and i + 2.
LANE_INLINE Vec load_halves(const std::uint64_t* low, const std::uint64_t* high) {
  const __m128i first = _mm_loadu_si128(reinterpret_cast<const __m128i*>(low));
  const __m128i second = _mm_loadu_si128(reinterpret_cast<const __m128i*>(high));
  return _mm256_inserti128_si256(_mm256_castsi128_si256(first), second, 1);
}
LANE_INLINE void store_halves(std::uint64_t* low, std::uint64_t* high, Vec two) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(low), _mm256_castsi256_si128(two));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(high), _mm256_extracti128_si256(two, 1));
}

/// Lane i of columns[j] is rows[i][j], j < count, which is a multiple of 2.
LANE_INLINE void load_columns(Vec* columns, const std::uint64_t* const rows[4], unsigned count) {
  for (unsigned j = 0; j < count; j += 2) {
    const Vec even = load_halves(rows[0] + j, rows[2] + j);
    const Vec odd = load_halves(rows[1] + j, rows[3] + j);
    columns[j] = _mm256_unpacklo_epi64(even, odd);
    columns[j + 1] = _mm256_unpackhi_epi64(even, odd);
  }
}
LANE_INLINE void store_columns(std::uint64_t* const rows[4], const Vec* columns, unsigned count) {
  for (unsigned j = 0; j < count; j += 2) {
    store_halves(rows[0] + j, rows[2] + j, _mm256_unpacklo_epi64(columns[j], columns[j + 1]));
    store_halves(rows[1] + j, rows[3] + j, _mm256_unpackhi_epi64(columns[j], columns[j + 1]));
  }
}

/// Rows of 20 words move in three parts of 8, 8 and 4.
template <unsigned part>
LANE_INLINE void load_part(Vec* columns, const std::uint64_t* const rows[4]) {
  const std::uint64_t* const from[4] = {rows[0] + 8 * part, rows[1] + 8 * part, rows[2] + 8 * part,
                                        rows[3] + 8 * part};
  load_columns(columns + 8 * part, from, part < 2 ? 8 : 4);
}
template <unsigned part>
LANE_INLINE void store_part(std::uint64_t* const rows[4], const Vec* columns) {
  std::uint64_t* const to[4] = {rows[0] + 8 * part, rows[1] + 8 * part, rows[2] + 8 * part,
                                rows[3] + 8 * part};
  store_columns(to, columns + 8 * part, part < 2 ? 8 : 4);
}

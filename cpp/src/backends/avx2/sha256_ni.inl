// SPDX-License-Identifier: Apache-2.0
// SHA-256 with the SHA extensions, which do two rounds and four schedule words at a time. Needs
// sha_ni, sse4.1 and ssse3. Lanes below are named from the highest to the lowest.

// Rounds 4 * group .. 4 * group + 3 with the message words m.
inline void sha256_four_rounds(__m128i& abef, __m128i& cdgh, __m128i m, int group) {
  const __m128i round = _mm_loadu_si128(reinterpret_cast<const __m128i*>(kSha256Round + 4 * group));
  const __m128i sum = _mm_add_epi32(m, round);
  // Two rounds turn a, b, e, f into c, d, g, h, so the operands change places each time.
  cdgh = _mm_sha256rnds2_epu32(cdgh, abef, sum);
  abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(sum, 0x0e));
}

// The four message words after the sixteen in m0 (oldest) .. m3.
inline __m128i sha256_next_words(__m128i m0, __m128i m1, __m128i m2, __m128i m3) {
  const __m128i partial = _mm_add_epi32(_mm_sha256msg1_epu32(m0, m1), _mm_alignr_epi8(m3, m2, 4));
  return _mm_sha256msg2_epu32(partial, m3);
}

inline __m128i sha256_load_words(const std::uint8_t* from) {
  const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
  return _mm_shuffle_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)), big_endian);
}

void sha256_blocks_ni(std::uint32_t state[8], const std::uint8_t* data, std::size_t blocks) {
  auto* const dcba_place = reinterpret_cast<__m128i*>(state);
  auto* const hgfe_place = reinterpret_cast<__m128i*>(state + 4);
  const __m128i cdab = _mm_shuffle_epi32(_mm_loadu_si128(dcba_place), 0xb1);
  const __m128i efgh = _mm_shuffle_epi32(_mm_loadu_si128(hgfe_place), 0x1b);
  __m128i abef = _mm_alignr_epi8(cdab, efgh, 8);
  __m128i cdgh = _mm_blend_epi16(efgh, cdab, 0xf0);

  for (; blocks != 0; --blocks, data += 64) {
    const __m128i abef_before = abef;
    const __m128i cdgh_before = cdgh;
    __m128i m0 = sha256_load_words(data);
    __m128i m1 = sha256_load_words(data + 16);
    __m128i m2 = sha256_load_words(data + 32);
    __m128i m3 = sha256_load_words(data + 48);
    for (int group = 0; group < 12; group += 4) {
      sha256_four_rounds(abef, cdgh, m0, group);
      m0 = sha256_next_words(m0, m1, m2, m3);
      sha256_four_rounds(abef, cdgh, m1, group + 1);
      m1 = sha256_next_words(m1, m2, m3, m0);
      sha256_four_rounds(abef, cdgh, m2, group + 2);
      m2 = sha256_next_words(m2, m3, m0, m1);
      sha256_four_rounds(abef, cdgh, m3, group + 3);
      m3 = sha256_next_words(m3, m0, m1, m2);
    }
    sha256_four_rounds(abef, cdgh, m0, 12);
    sha256_four_rounds(abef, cdgh, m1, 13);
    sha256_four_rounds(abef, cdgh, m2, 14);
    sha256_four_rounds(abef, cdgh, m3, 15);
    abef = _mm_add_epi32(abef, abef_before);
    cdgh = _mm_add_epi32(cdgh, cdgh_before);
  }

  const __m128i feba = _mm_shuffle_epi32(abef, 0x1b);
  const __m128i dchg = _mm_shuffle_epi32(cdgh, 0xb1);
  _mm_storeu_si128(dcba_place, _mm_blend_epi16(feba, dchg, 0xf0));
  _mm_storeu_si128(hgfe_place, _mm_alignr_epi8(dchg, feba, 8));
}

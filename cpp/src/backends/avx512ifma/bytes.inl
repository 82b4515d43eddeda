// SPDX-License-Identifier: Apache-2.0
// The last bytes of an item, without a read past their end: masked-off bytes are not touched.

CHOPMARK_INLINE void store_last_piece(std::uint8_t* piece, const std::uint8_t* from,
                                      std::size_t bytes, std::uint8_t mark) {
  const __mmask64 end = __mmask64{1} << bytes;
  const __m512i last = _mm512_maskz_loadu_epi8(end - 1, from);
  _mm512_storeu_si512(piece,
                      _mm512_mask_blend_epi8(end, last, _mm512_set1_epi8(static_cast<char>(mark))));
}

// SPDX-License-Identifier: Apache-2.0
// The last bytes of an item.

CHOPMARK_INLINE void store_last_piece(std::uint8_t* piece, const std::uint8_t* from,
                                      std::size_t bytes, std::uint8_t mark) {
  __builtin_memset(piece, 0, kPieceBytes);
  if (bytes != 0) __builtin_memcpy(piece, from, bytes);  // `from` of an empty item may be null
  piece[bytes] = mark;
}

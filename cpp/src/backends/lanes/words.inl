// SPDX-License-Identifier: Apache-2.0
// The structures of curve25519 as what they are: arrays of words of 64 bits. Not through the
// members of std::array, which are templates of the standard library.

// For what must not become a call: its operands would go through memory. A test over an array,
// where they are in memory anyway, makes it a plain inline.
#ifndef LANE_INLINE
#define LANE_INLINE inline __attribute__((always_inline))
#endif
#define LANE_LAMBDA __attribute__((always_inline))

static_assert(sizeof(curve25519::Fe) == 40 && sizeof(curve25519::Niels) == 128 &&
              sizeof(curve25519::Point) == 160 && sizeof(curve25519::Scalar) == 32);

constexpr std::uint64_t kMask51 = (std::uint64_t{1} << 51) - 1;  // a limb of curve25519::Fe

// Of this object alone: an inline variable whose address is taken is one that the linker may share.
constexpr curve25519::Fe kOwnCurveD = curve25519::kCurveD;
constexpr curve25519::Fe kOwnCurve2D = curve25519::kCurve2D;
constexpr curve25519::Fe kOwnSqrtMinusOne = curve25519::kSqrtMinusOne;

template <class Structure>
inline const std::uint64_t* words_of(const Structure* structure) {
  return reinterpret_cast<const std::uint64_t*>(structure);
}
template <class Structure>
inline std::uint64_t* words_of(Structure* structure) {
  return reinterpret_cast<std::uint64_t*>(structure);
}

LANE_INLINE std::uint64_t swapped_if_big_endian(std::uint64_t word) {
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  return __builtin_bswap64(word);
#else
  return word;
#endif
}
LANE_INLINE std::uint64_t little_endian_word(const std::uint8_t* bytes) {
  std::uint64_t word;
  __builtin_memcpy(&word, bytes, 8);
  return swapped_if_big_endian(word);
}
LANE_INLINE void put_little_endian_word(std::int8_t* bytes, std::uint64_t word) {
  word = swapped_if_big_endian(word);
  __builtin_memcpy(bytes, &word, 8);
}

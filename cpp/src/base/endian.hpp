// SPDX-License-Identifier: Apache-2.0
// Loads and stores of integers at any alignment. Floor: base.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace chopmark {

template <class Word>
[[nodiscard]] constexpr Word byte_swapped(Word value) noexcept {
  if constexpr (sizeof(Word) == 1) {
    return value;
  } else if constexpr (sizeof(Word) == 2) {
    return static_cast<Word>(__builtin_bswap16(value));
  } else if constexpr (sizeof(Word) == 4) {
    return static_cast<Word>(__builtin_bswap32(value));
  } else {
    static_assert(sizeof(Word) == 8);
    return static_cast<Word>(__builtin_bswap64(value));
  }
}

template <class Word>
[[nodiscard]] inline Word load_be(const std::uint8_t* from) noexcept {
  Word value;
  std::memcpy(&value, from, sizeof value);
  if constexpr (std::endian::native == std::endian::little) value = byte_swapped(value);
  return value;
}

template <class Word>
[[nodiscard]] inline Word load_le(const std::uint8_t* from) noexcept {
  Word value;
  std::memcpy(&value, from, sizeof value);
  if constexpr (std::endian::native == std::endian::big) value = byte_swapped(value);
  return value;
}

template <class Word>
inline void store_be(std::uint8_t* to, Word value) noexcept {
  if constexpr (std::endian::native == std::endian::little) value = byte_swapped(value);
  std::memcpy(to, &value, sizeof value);
}

template <class Word>
inline void store_le(std::uint8_t* to, Word value) noexcept {
  if constexpr (std::endian::native == std::endian::big) value = byte_swapped(value);
  std::memcpy(to, &value, sizeof value);
}

}  // namespace chopmark

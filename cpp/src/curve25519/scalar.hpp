// SPDX-License-Identifier: Apache-2.0
// Arithmetic modulo L = 2^252 + 27742317777372353535851937790883648493, the order of the base
// point. Floor: curve25519.
#pragma once

#include <array>
#include <cstdint>

namespace chopmark::curve25519 {

/// Four little-endian words; below L unless said otherwise.
struct Scalar {
  std::array<std::uint64_t, 4> word{};
  friend bool operator==(const Scalar&, const Scalar&) = default;
};

inline constexpr Scalar kGroupOrder{
    {0x5812631a5cf5d3ed, 0x14def9dea2f79cd6, 0x0000000000000000, 0x1000000000000000}};

/// 32 little-endian bytes as they are: any value below 2^256.
[[nodiscard]] Scalar load_scalar(const std::uint8_t bytes[32]) noexcept;

/// Whether the value is below L: a full comparison.
[[nodiscard]] bool is_canonical(const Scalar& s) noexcept;

/// 64 little-endian bytes modulo L.
[[nodiscard]] Scalar reduce_wide(const std::uint8_t bytes[64]) noexcept;

/// Both operands below 2^256.
[[nodiscard]] Scalar mul(const Scalar& a, const Scalar& b) noexcept;
/// Both operands below L.
[[nodiscard]] Scalar add(const Scalar& a, const Scalar& b) noexcept;
[[nodiscard]] Scalar negate(const Scalar& a) noexcept;

/// Sum of z_i a_i modulo L for coefficients z of 16 signed bytes, z = sum(z[j] * 256^j), and a_i
/// below L. At most 2^13 terms.
class CoefficientSum {
 public:
  void add(const std::uint8_t z[16], const Scalar& a) noexcept;
  [[nodiscard]] Scalar value() const noexcept;

 private:
  // With u = z + 128 * (1 + 256 + ... + 256^15), which is not negative: sums of u a and of a.
  std::array<std::uint64_t, 7> products_{};  // below 2^(128 + 253 + 13)
  std::array<std::uint64_t, 5> plain_{};     // below 2^(253 + 13)
};

/// Digits in [-128, 127] with s = sum(digits[j] * 256^j), for s below L.
void signed_bytes(std::int8_t digits[32], const Scalar& s) noexcept;

/// Kernels of the portable backend.
void reduce_digests_portable(Scalar* scalars, const std::uint8_t* digests,
                             std::size_t count) noexcept;
void coefficient_digits_portable(std::int8_t* digits, const std::uint8_t* z, const Scalar* scalars,
                                 std::size_t count) noexcept;

/// Bits at .. at + width - 1, as far as there are any; width <= 32.
[[nodiscard]] inline std::uint64_t bits_at(const Scalar& s, unsigned at, unsigned width) noexcept {
  const unsigned word = at / 64;
  const unsigned shift = at % 64;
  std::uint64_t value = s.word[word] >> shift;
  if (shift + width > 64 && word < 3) value |= s.word[word + 1] << (64 - shift);
  return value & ((std::uint64_t{1} << width) - 1);
}

/// Digits of the width-w non-adjacent form: s = sum(digit[i] * 2^i), each digit 0 or odd with
/// |digit| < 2^(w-1). For s below 2^253. Returns how many digits there are up to the last one that
/// is not 0.
std::size_t non_adjacent_form(std::int8_t digits[256], const Scalar& s, unsigned width) noexcept;

}  // namespace chopmark::curve25519

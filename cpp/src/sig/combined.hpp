// SPDX-License-Identifier: Apache-2.0
// Many verifications as one equation (S-20..S-24). Floor: sig.
#pragma once

#include <vector>

#include "sig/candidates.hpp"

namespace chopmark::sig {

/// Terms of A, one for each key of a range, and of B.
struct LongTerms {
  std::vector<const curve25519::Niels*> points;
  std::vector<std::int8_t> digits;  // 32 each
};

/// The candidates [from, to) whose R decodes, ready to be combined in any ranges.
class Combination {
 public:
  /// `candidates` is borrowed.
  Combination(const Candidates& candidates, std::size_t from, std::size_t to);

  [[nodiscard]] std::size_t size() const noexcept { return candidate_.size(); }
  /// Which of the candidates entry i is.
  [[nodiscard]] std::size_t candidate(std::size_t i) const noexcept { return candidate_[i]; }

  /// Whether all entries of [from, to) hold: 8 (sum z_i R_i + sum z_i k_i A_i - (sum z_i s_i) B) =
  /// 0 with coefficients drawn for this range alone.
  [[nodiscard]] bool holds(std::size_t from, std::size_t to) {
    const std::vector<std::uint8_t> z = coefficients(from, to);
    return is_neutral(window_sums(from, to, z, long_terms(from, to, z)));
  }

  /// The steps of holds(), each on its own so that each can be measured. z_i is 16 bytes.
  [[nodiscard]] std::vector<std::uint8_t> coefficients(std::size_t from, std::size_t to) const;
  [[nodiscard]] LongTerms long_terms(std::size_t from, std::size_t to,
                                     const std::vector<std::uint8_t>& z) const;
  [[nodiscard]] std::vector<curve25519::Point> window_sums(std::size_t from, std::size_t to,
                                                           const std::vector<std::uint8_t>& z,
                                                           const LongTerms& terms);
  [[nodiscard]] static bool is_neutral(const std::vector<curve25519::Point>& window_sums) noexcept;

 private:
  const Candidates& candidates_;
  std::vector<std::uint32_t> candidate_;
  std::vector<curve25519::Niels> r_;
  std::vector<std::uint8_t> transcripts_;  // 96 each: SHA-512(R || A || message) || s
  std::vector<std::uint64_t> scratch_;     // of the kernel
};

}  // namespace chopmark::sig

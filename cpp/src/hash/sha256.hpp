// SPDX-License-Identifier: Apache-2.0
// SHA-256 (FIPS 180-4). Floor: hash.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.hpp"

namespace chopmark {

/// Streaming form: update any number of times, finish once.
class Sha256 {
 public:
  static constexpr std::size_t kDigestBytes = 32;

  void update(ByteView data) noexcept;
  [[nodiscard]] Digest finish() noexcept;

 private:
  std::uint32_t state_[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                             0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::uint64_t bytes_ = 0;
  std::uint8_t buffer_[64];  // the first bytes_ % 64 are waiting
};

[[nodiscard]] Digest sha256(ByteView data) noexcept;

}  // namespace chopmark

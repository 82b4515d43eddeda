// SPDX-License-Identifier: Apache-2.0
// BLAKE3, hash and keyed hash, 32 bytes of output (docs/spec/hashes.md). Floor: hash.
#pragma once

#include "base/bytes.hpp"

namespace chopmark {

[[nodiscard]] Digest blake3(ByteView data) noexcept;
[[nodiscard]] Digest blake3_keyed(const Digest& key, ByteView data) noexcept;
/// As many bytes of output as `out` has (section 2.6 of the specification).
void blake3_keyed_xof(const Digest& key, ByteView data, std::span<std::uint8_t> out) noexcept;

}  // namespace chopmark

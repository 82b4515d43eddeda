// SPDX-License-Identifier: Apache-2.0
// BLAKE3, hash and keyed hash, 32 bytes or any number of them (docs/spec/hashes.md). Floor: hash.
#pragma once

#include "base/bytes.hpp"

namespace chopmark {

[[nodiscard]] Digest blake3(ByteView data) noexcept;
[[nodiscard]] Digest blake3_keyed(const Digest& key, ByteView data) noexcept;

/// Fills `out` with the first bytes of the extendable output (section 2.6 of the specification).
void blake3_xof(ByteView data, std::span<std::uint8_t> out) noexcept;
void blake3_keyed_xof(const Digest& key, ByteView data, std::span<std::uint8_t> out) noexcept;

}  // namespace chopmark

// SPDX-License-Identifier: Apache-2.0
// BLAKE3, hash and keyed hash, 32 bytes of output (docs/spec/hashes.md). Floor: hash.
#pragma once

#include "base/bytes.hpp"

namespace chopmark {

[[nodiscard]] Digest blake3(ByteView data) noexcept;
[[nodiscard]] Digest blake3_keyed(const Digest& key, ByteView data) noexcept;

}  // namespace chopmark

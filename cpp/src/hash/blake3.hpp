// SPDX-License-Identifier: Apache-2.0
// BLAKE3 (the published specification, version of 2020), 32-byte output. Floor: hash.
#pragma once

#include "base/bytes.hpp"

namespace chopmark {

[[nodiscard]] Digest blake3(ByteView data) noexcept;

/// The keyed mode. Up to 64 bytes of data cost one compression.
[[nodiscard]] Digest blake3_keyed(const Digest& key, ByteView data) noexcept;

}  // namespace chopmark

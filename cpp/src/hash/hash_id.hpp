// SPDX-License-Identifier: Apache-2.0
// The hash functions by number: stable, used in encodings and bindings. Floor: hash.
#pragma once

#include <cstdint>

namespace chopmark {

enum class HashId : std::uint8_t { sha256 = 1, sha512 = 2, blake3 = 3, sm3 = 4 };

}  // namespace chopmark

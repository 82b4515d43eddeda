// SPDX-License-Identifier: Apache-2.0
// Portable hash kernels, for the backend table only: callers use the one-shot and streaming
// functions of this folder. Floor: hash.
#pragma once

#include <cstddef>
#include <cstdint>

namespace chopmark {

void sha256_blocks_portable(std::uint32_t state[8], const std::uint8_t* data, std::size_t blocks);

}  // namespace chopmark

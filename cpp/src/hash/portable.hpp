// SPDX-License-Identifier: Apache-2.0
// Portable hash kernels, for the backend table only: callers use the one-shot and streaming
// functions of this folder. Floor: hash.
#pragma once

#include <cstddef>
#include <cstdint>

namespace chopmark {

void sha256_blocks_portable(std::uint32_t state[8], const std::uint8_t* data, std::size_t blocks);
void sha512_blocks_portable(std::uint64_t state[8], const std::uint8_t* data, std::size_t blocks);
void sm3_blocks_portable(std::uint32_t state[8], const std::uint8_t* data, std::size_t blocks);
void blake3_compress_portable(std::uint32_t state[16], const std::uint32_t message[16]);

}  // namespace chopmark

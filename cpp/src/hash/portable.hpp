// SPDX-License-Identifier: Apache-2.0
// Portable hash kernels, for the backend table only: callers use the one-shot and streaming
// functions of this folder. Floor: hash.
#pragma once

#include <cstddef>
#include <cstdint>

#include "dispatch/backend.hpp"

namespace chopmark {

/// Round constants of FIPS 180-4, 4.2.2; also read by the kernels of other backends.
extern const std::uint32_t kSha256Round[64];
/// The initial state of 5.3.3, which is also that of BLAKE3.
extern const std::uint32_t kSha256Initial[8];
/// The round constants of SM3, rotated as round j takes them, and its initial state.
struct Sm3Constants {
  std::uint32_t round[64];
  std::uint32_t initial[8];
};
extern const Sm3Constants kSm3Constants;
/// For SHA-512 those of 4.2.3, and the initial state of 5.3.5.
extern const std::uint64_t kSha512Round[80];
extern const std::uint64_t kSha512Initial[8];

void sha256_blocks_portable(std::uint32_t state[8], const std::uint8_t* data, std::size_t blocks);
void sha512_blocks_portable(std::uint64_t state[8], const std::uint8_t* data, std::size_t blocks);
void sm3_blocks_portable(std::uint32_t state[8], const std::uint8_t* data, std::size_t blocks);
void blake3_compress_portable(std::uint32_t cv[8], const std::uint8_t block[64],
                              std::uint32_t block_bytes, std::uint64_t counter,
                              std::uint32_t flags);
/// One by one, through the slots above.
void sha512_many_portable(std::uint8_t* out, const std::uint8_t* prefixes, const RawView* items,
                          std::size_t count);
void sha256_many_portable(std::uint8_t* out, const RawView* items, std::size_t count);
void sm3_many_portable(std::uint8_t* out, const RawView* items, std::size_t count);
void blake3_chunks_portable(std::uint8_t* out, const std::uint32_t key[8], const std::uint8_t* data,
                            std::size_t count, std::uint64_t counter, std::uint32_t mode);
void blake3_parents_portable(std::uint8_t* out, const std::uint32_t key[8],
                             const std::uint8_t* children, std::size_t count, std::uint32_t mode);
void blake3_small_many_portable(std::uint8_t* out, const std::uint32_t key[8], const RawView* items,
                                std::size_t count, std::uint32_t mode);
void blake3_keyed_blocks_portable(const BlockJob* jobs, std::size_t count,
                                  const std::uint32_t key[8]);
void blake3_output_portable(std::uint8_t* out, const Blake3Node& root, std::uint64_t counter,
                            std::size_t count);

extern const TreeKernels kSha256TreePortable;
extern const TreeKernels kSm3TreePortable;
extern const TreeKernels kBlake3TreePortable;

}  // namespace chopmark

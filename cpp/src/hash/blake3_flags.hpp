// SPDX-License-Identifier: Apache-2.0
// Constants that the tree of BLAKE3 and its kernels share (table 3 of the specification). Floor:
// hash.
#pragma once

#include <cstddef>
#include <cstdint>

namespace chopmark {

constexpr std::size_t kBlake3ChunkBytes = 1024;

constexpr std::uint32_t kBlake3ChunkStart = 1;
constexpr std::uint32_t kBlake3ChunkEnd = 2;
constexpr std::uint32_t kBlake3Parent = 4;
constexpr std::uint32_t kBlake3Root = 8;
constexpr std::uint32_t kBlake3Keyed = 16;

}  // namespace chopmark

// SPDX-License-Identifier: Apache-2.0
// x86-64 with AVX2. Compiled with its own flags: no standard-library templates in here, and
// everything but the table in an unnamed namespace, so that no weak symbol built for a newer
// processor can serve the whole program.
#include <immintrin.h>

#include "base/check.hpp"
#include "curve25519/constants.hpp"
#include "dispatch/backend.hpp"
#include "hash/blake3_flags.hpp"
#include "hash/portable.hpp"
#include "sig/kernels.hpp"

namespace chopmark::backends {
namespace {

// clang-format off: each is written over those before it
#include "backends/lanes/words.inl"
#include "backends/avx2/vec4.inl"
#include "backends/avx2/field25.inl"
#include "backends/lanes/point.inl"
#include "backends/lanes/decode.inl"
#include "backends/lanes/exact.inl"
#include "backends/lanes/buckets.inl"
#include "backends/lanes/many.inl"
#include "backends/lanes/in_step.inl"
// clang-format on
// In this order: what one offers, the next may use.
#include "backends/avx2/bytes.inl"
#include "backends/avx2/sha256_ni.inl"
#include "backends/avx2/sha512_many.inl"
#include "backends/avx2/u32x8.inl"
#include "backends/lanes/blake3.inl"
#include "backends/lanes/blocks.inl"
#include "backends/lanes/trees.inl"
// After their base.
#include "backends/avx2/blake3_many.inl"
#include "backends/avx2/block_many.inl"
#include "backends/avx2/tree_many.inl"

// Named functions: the body of a lambda in the table below would be a weak symbol.
bool supported(const CpuFeatures& cpu) noexcept {
  return cpu.avx2 && cpu.bmi2;
}

void install(Kernels& kernels, const CpuFeatures& cpu) noexcept {
  kernels.decode_points = decode_points;
  kernels.verify_exact = verify_exact;
  kernels.window_sums = window_sums;
  // One stream after the other through the SHA extensions beats eight lanes.
  if (cpu.sha_ni && cpu.sse41 && cpu.ssse3) {
    kernels.sha256_blocks = sha256_blocks_ni;
  } else {
    kernels.sha256_many = sha256_many_x8;
    kernels.sha256_tree = {sha256_leaves_x8, sha256_any_leaves_x8, sha256_nodes_x8};
  }
  kernels.sha512_many = sha512_many_x4;
  kernels.sm3_many = sm3_many_x8;
  kernels.blake3_chunks = blake3_chunks_x8;
  kernels.blake3_parents = blake3_parents_x8;
  kernels.blake3_small_many = blake3_small_many_x8;
  kernels.blake3_keyed_blocks = blake3_keyed_blocks_x8;
  kernels.blake3_output = blake3_output_x8;
  kernels.sm3_tree = {sm3_leaves_x8, sm3_any_leaves_x8, sm3_nodes_x8};
  kernels.blake3_tree = {blake3_leaves_x8, blake3_any_leaves_x8, blake3_nodes_x8};
}

}  // namespace

extern const Backend avx2_backend;
const Backend avx2_backend{.name = "avx2", .supported = supported, .install = install};

}  // namespace chopmark::backends

// SPDX-License-Identifier: Apache-2.0
// x86-64 with AVX-512 and IFMA. Compiled with its own flags: the rules of avx2.cpp hold here too.
#if defined(__GNUC__) && !defined(__clang__)
// GCC 12 takes the undefined operand that its own intrinsics pass on purpose for a mistake.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif
#include <immintrin.h>
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

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
#include "backends/avx512ifma/vec8.inl"
#include "backends/lanes/field51.inl"
#include "backends/lanes/point.inl"
#include "backends/lanes/decode.inl"
#include "backends/lanes/exact.inl"
#include "backends/lanes/buckets.inl"
#include "backends/lanes/scalar52.inl"
#include "backends/lanes/many.inl"
#include "backends/lanes/in_step.inl"
// clang-format on
// In this order: what one offers, the next may use.
#include "backends/avx2/u32x8.inl"
#include "backends/avx512ifma/bytes.inl"
#include "backends/avx512ifma/sha512_many.inl"
#include "backends/avx512ifma/u32x16.inl"
#include "backends/lanes/blake3.inl"
#include "backends/lanes/blocks.inl"
#include "backends/lanes/trees.inl"
// After their base.
#include "backends/avx2/blake3_many.inl"
#include "backends/avx512ifma/blake3_many.inl"
#include "backends/avx512ifma/block_many.inl"
#include "backends/avx512ifma/tree_many.inl"

bool supported(const CpuFeatures& cpu) noexcept {
  return cpu.avx2 && cpu.bmi2 && cpu.avx512f && cpu.avx512dq && cpu.avx512bw && cpu.avx512vl &&
         cpu.avx512ifma;
}

void install(Kernels& kernels, const CpuFeatures&) noexcept {
  kernels.reduce_digests = reduce_digests;
  kernels.coefficient_digits = coefficient_digits;
  kernels.decode_points = decode_points;
  kernels.verify_exact = verify_exact;
  kernels.window_sums = window_sums;
  kernels.sha512_many = sha512_many_x8;
  kernels.sha256_many = sha256_many_x16;
  kernels.sm3_many = sm3_many_x16;
  kernels.blake3_chunks = blake3_chunks_x16;
  kernels.blake3_parents = blake3_parents_x16;
  kernels.blake3_small_many = blake3_small_many_x16;
  kernels.blake3_keyed_blocks = blake3_keyed_blocks_x16;
  kernels.blake3_output = blake3_output_x16;
  kernels.sha256_tree = {sha256_leaves_x16, sha256_any_leaves_x16, sha256_nodes_x16};
  kernels.sm3_tree = {sm3_leaves_x16, sm3_any_leaves_x16, sm3_nodes_x16};
  kernels.blake3_tree = {blake3_leaves_x16, blake3_any_leaves_x16, blake3_nodes_x16};
}

}  // namespace

extern const Backend avx512ifma_backend;
const Backend avx512ifma_backend{.name = "avx512ifma", .supported = supported, .install = install};

}  // namespace chopmark::backends

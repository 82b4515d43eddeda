// SPDX-License-Identifier: Apache-2.0
// x86-64 with AVX-512 and IFMA. Compiled with its own flags: the rules of avx2.cpp hold here too.
#if defined(__GNUC__) && !defined(__clang__)
// The intrinsics of gcc 12 build on a value that is meant to be undefined.
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <immintrin.h>

#include "base/check.hpp"
#include "curve25519/constants.hpp"
#include "dispatch/backend.hpp"
#include "sig/kernels.hpp"

namespace chopmark::backends {
namespace {

// clang-format off: each is written over those before it
#include "backends/lanes/words.inl"
#include "backends/avx512/vec8.inl"
#include "backends/lanes/field51.inl"
#include "backends/lanes/point.inl"
#include "backends/lanes/decode.inl"
#include "backends/lanes/exact.inl"
#include "backends/lanes/buckets.inl"
// clang-format on

bool supported(const CpuFeatures& cpu) noexcept {
  return cpu.avx2 && cpu.bmi2 && cpu.avx512f && cpu.avx512dq && cpu.avx512bw && cpu.avx512vl &&
         cpu.avx512ifma;
}

void install(Kernels& kernels, const CpuFeatures&) noexcept {
  kernels.decode_points = decode_points;
  kernels.verify_exact = verify_exact;
  kernels.window_sums = window_sums;
}

}  // namespace

extern const Backend avx512ifma_backend;
const Backend avx512ifma_backend{.name = "avx512ifma", .supported = supported, .install = install};

}  // namespace chopmark::backends

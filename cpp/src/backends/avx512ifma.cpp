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

#include "dispatch/backend.hpp"
#include "hash/portable.hpp"

namespace chopmark::backends {
namespace {

#include "backends/lanes.inl"
// In this order: what one offers, the next may use.
#include "backends/avx512ifma/bytes.inl"
#include "backends/avx512ifma/sha512_many.inl"

bool supported(const CpuFeatures& cpu) noexcept {
  return cpu.avx2 && cpu.bmi2 && cpu.avx512f && cpu.avx512dq && cpu.avx512bw && cpu.avx512vl &&
         cpu.avx512ifma;
}

void install(Kernels& kernels, const CpuFeatures&) noexcept {
  kernels.sha512_many = sha512_many_x8;
}

}  // namespace

extern const Backend avx512ifma_backend;
const Backend avx512ifma_backend{.name = "avx512ifma", .supported = supported, .install = install};

}  // namespace chopmark::backends

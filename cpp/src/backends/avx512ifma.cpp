// SPDX-License-Identifier: Apache-2.0
// x86-64 with AVX-512 and IFMA. Compiled with its own flags: the rules of avx2.cpp hold here too.
#include <immintrin.h>

#include "dispatch/backend.hpp"

namespace chopmark::backends {
namespace {

bool supported(const CpuFeatures& cpu) noexcept {
  return cpu.avx2 && cpu.bmi2 && cpu.avx512f && cpu.avx512dq && cpu.avx512bw && cpu.avx512vl &&
         cpu.avx512ifma;
}

void install(Kernels&, const CpuFeatures&) noexcept {}

}  // namespace

extern const Backend avx512ifma_backend;
const Backend avx512ifma_backend{.name = "avx512ifma", .supported = supported, .install = install};

}  // namespace chopmark::backends

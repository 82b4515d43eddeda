// SPDX-License-Identifier: Apache-2.0
// x86-64 with AVX2. Compiled with its own flags: no standard-library templates in here, and
// everything but the table in an unnamed namespace, so that no weak symbol built for a newer
// processor can serve the whole program.
#include <immintrin.h>

#include "dispatch/backend.hpp"

namespace chopmark::backends {

extern const Backend avx2_backend;
const Backend avx2_backend{
    .name = "avx2",
    .supported = [](const CpuFeatures& cpu) noexcept { return cpu.avx2 && cpu.bmi2; },
    .install = [](Kernels&, const CpuFeatures&) noexcept {},
};

}  // namespace chopmark::backends

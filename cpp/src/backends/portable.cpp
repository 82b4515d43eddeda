// SPDX-License-Identifier: Apache-2.0
// The backend that every processor runs: it fills every slot of the table.
#include "hash/portable.hpp"
#include "dispatch/backend.hpp"

namespace chopmark::backends {

extern const Backend portable_backend;
const Backend portable_backend{
    .name = "portable",
    .supported = [](const CpuFeatures&) noexcept { return true; },
    .install = [](Kernels& kernels,
                  const CpuFeatures&) noexcept { kernels.sha256_blocks = sha256_blocks_portable; },
};

}  // namespace chopmark::backends

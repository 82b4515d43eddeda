// SPDX-License-Identifier: Apache-2.0
// The backend that every processor runs: it fills every slot of the table.
#include "hash/portable.hpp"
#include "dispatch/backend.hpp"
#include "sig/kernels.hpp"

namespace chopmark::backends {

extern const Backend portable_backend;
const Backend portable_backend{
    .name = "portable",
    .supported = [](const CpuFeatures&) noexcept { return true; },
    .install =
        [](Kernels& kernels, const CpuFeatures&) noexcept {
          kernels.sha256_blocks = sha256_blocks_portable;
          kernels.sha512_blocks = sha512_blocks_portable;
          kernels.sm3_blocks = sm3_blocks_portable;
          kernels.blake3_compress = blake3_compress_portable;
          kernels.reduce_digests = curve25519::reduce_digests_portable;
          kernels.coefficient_digits = curve25519::coefficient_digits_portable;
          kernels.decode_points = curve25519::decode_points_portable;
          kernels.verify_exact = sig::verify_exact_portable;
          kernels.window_sums = sig::window_sums_portable;
          kernels.sha512_many = sha512_many_portable;
          kernels.sha256_many = sha256_many_portable;
          kernels.sm3_many = sm3_many_portable;
          kernels.blake3_chunks = blake3_chunks_portable;
          kernels.blake3_parents = blake3_parents_portable;
          kernels.blake3_small_many = blake3_small_many_portable;
          kernels.blake3_keyed_blocks = blake3_keyed_blocks_portable;
          kernels.blake3_output = blake3_output_portable;
          kernels.sha256_tree = kSha256TreePortable;
          kernels.sm3_tree = kSm3TreePortable;
          kernels.blake3_tree = kBlake3TreePortable;
        },
};

}  // namespace chopmark::backends

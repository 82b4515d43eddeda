// SPDX-License-Identifier: Apache-2.0
// The table of kernels and the backends that fill it. Callers go through kernels(); only
// dispatch.cpp chooses. Floor: dispatch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "dispatch/cpu_features.hpp"

namespace chopmark {

namespace curve25519 {
struct Niels;
struct Point;
struct Scalar;
}  // namespace curve25519
namespace sig {
struct Equation;
struct Terms;
}  // namespace sig
/// A byte string for kernels, which use no standard-library templates.
struct RawView {
  const std::uint8_t* data;  // not read when size is 0
  std::size_t size;
};

/// 64 bytes to hash; with BLAKE3 under a key whose last byte is `depth`.
struct BlockJob {
  const std::uint8_t* in;
  std::uint8_t* out;  // 32 bytes, read by no other job of the same call
  std::uint32_t depth;
};

/// A node of a BLAKE3 tree before its compression.
struct Blake3Node {
  std::uint32_t cv[8];
  std::uint8_t block[64];  // zeros behind block_bytes
  std::uint32_t block_bytes;
  std::uint32_t flags;
};

/// Leaves and nodes of one kind of Merkle tree (RFC 9162, 2.1.1), many at once: digests of 32 bytes
/// and, but for any_leaves, inputs lie side by side.
struct TreeKernels {
  // Of 0x00 and 32 bytes each.
  void (*leaves)(std::uint8_t* out, const std::uint8_t* in, std::size_t count);
  // Of 0x00 and an item each, of any length; BLAKE3: of one chunk, that is at most 1023 bytes.
  // `out` overlaps none of them.
  void (*any_leaves)(std::uint8_t* out, const RawView* items, std::size_t count);
  // Of 0x01 and two digests each. `out` may be `in`.
  void (*nodes)(std::uint8_t* out, const std::uint8_t* in, std::size_t count);
};

// Every slot is filled by the portable backend; a more capable one overrides what it does better,
// kernel by kernel, each by the feature bits that this kernel needs.
struct Kernels {
  // Absorbs whole blocks (64 bytes; SHA-512: 128) into the chaining state.
  void (*sha256_blocks)(std::uint32_t state[8], const std::uint8_t* data, std::size_t blocks);
  void (*sha512_blocks)(std::uint64_t state[8], const std::uint8_t* data, std::size_t blocks);
  void (*sm3_blocks)(std::uint32_t state[8], const std::uint8_t* data, std::size_t blocks);
  // One BLAKE3 compression: replaces the chaining value by the first eight output words.
  void (*blake3_compress)(std::uint32_t cv[8], const std::uint8_t block[64],
                          std::uint32_t block_bytes, std::uint64_t counter, std::uint32_t flags);

  // scalars[i] = 64 little-endian bytes modulo L.
  void (*reduce_digests)(curve25519::Scalar* scalars, const std::uint8_t* digests,
                         std::size_t count);
  // 32 signed bytes each of z_i times scalar i modulo L, for z_i of 16 signed bytes.
  void (*coefficient_digits)(std::int8_t* digits, const std::uint8_t* z,
                             const curve25519::Scalar* scalars, std::size_t count);
  // ZIP-215 decoding of `count` encodings of 32 bytes, `stride` bytes apart. ok[i] is 1 or 0;
  // points[i] means nothing where it is 0.
  void (*decode_points)(curve25519::Niels* points, std::uint8_t* ok, const std::uint8_t* encodings,
                        std::size_t stride, std::size_t count);
  // One by one: 8 (s B - k A - R) = 0 with R decoded, or R the encoding of s B - k A, which is not
  // of small order.
  void (*verify_exact)(std::uint8_t* verdicts, const sig::Equation* equations, std::size_t count,
                       bool cofactored);
  // sums[w] = sum over all terms of digit w times the point, for the 256 / window_bits windows.
  void (*window_sums)(curve25519::Point* sums, const sig::Terms& terms);
  // SHA-512 of each item, or, where `prefixes` is not null, of prefix i (64 bytes) and then item i;
  // 64 bytes each. `out` overlaps none of them.
  void (*sha512_many)(std::uint8_t* out, const std::uint8_t* prefixes, const RawView* items,
                      std::size_t count);
  // SHA-256 and SM3 of each item, 32 bytes each. `out` overlaps none of them.
  void (*sha256_many)(std::uint8_t* out, const RawView* items, std::size_t count);
  void (*sm3_many)(std::uint8_t* out, const RawView* items, std::size_t count);

  // BLAKE3 (hash/blake3_flags.hpp): `key` is the initial chaining value, `mode` the flags that all
  // nodes share, a value has 32 bytes.
  // Chaining values of `count` whole chunks that lie side by side, numbered from `counter`.
  void (*blake3_chunks)(std::uint8_t* out, const std::uint32_t key[8], const std::uint8_t* data,
                        std::size_t count, std::uint64_t counter, std::uint32_t mode);
  // Chaining values of `count` parents from those of their children, which lie side by side. `out`
  // may be `children`.
  void (*blake3_parents)(std::uint8_t* out, const std::uint32_t key[8],
                         const std::uint8_t* children, std::size_t count, std::uint32_t mode);
  // Hashes of items of at most one chunk each. `out` overlaps none of them.
  void (*blake3_small_many)(std::uint8_t* out, const std::uint32_t key[8], const RawView* items,
                            std::size_t count, std::uint32_t mode);
  // Keyed hashes of one block each, from where it lies to where its hash belongs. The last byte of
  // `key` is 0.
  void (*blake3_keyed_blocks)(const BlockJob* jobs, std::size_t count, const std::uint32_t key[8]);
  // Blocks counter .. counter + count - 1 of the output of a root node, 64 bytes each.
  void (*blake3_output)(std::uint8_t* out, const Blake3Node& root, std::uint64_t counter,
                        std::size_t count);

  TreeKernels sha256_tree;
  TreeKernels sm3_tree;
  TreeKernels blake3_tree;
};

struct Backend {
  const char* name;
  bool (*supported)(const CpuFeatures&) noexcept;
  void (*install)(Kernels&, const CpuFeatures&) noexcept;
};

/// All backends of this build, from the least to the most capable.
[[nodiscard]] std::span<const Backend> compiled_backends() noexcept;

/// Whether this processor can run `backend`.
[[nodiscard]] bool backend_available(const Backend& backend) noexcept;

enum class UseBackend : std::uint8_t { ok, unknown, unsupported };

/// Caps the kernels of the whole process at `name`; empty means the most capable available.
/// Nothing changes unless ok is returned. Safe to call while kernels run: they finish as they were.
[[nodiscard]] UseBackend use_backend(std::string_view name) noexcept;

[[nodiscard]] const char* active_backend_name() noexcept;
[[nodiscard]] const Kernels& kernels() noexcept;

}  // namespace chopmark

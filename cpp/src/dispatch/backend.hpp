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
}  // namespace curve25519
namespace sig {
struct Equation;
struct Terms;
}  // namespace sig

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

// SPDX-License-Identifier: Apache-2.0
// A signature after parsing and hashing, before any curve arithmetic but the decoding of its
// points. Floor: sig.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "base/bytes.hpp"
#include "curve25519/point.hpp"
#include "curve25519/scalar.hpp"
#include "sig/ed25519.hpp"

namespace chopmark::sig {

/// One signature that may still be valid. All bytes are copied, so later writes to the caller's
/// buffers change nothing.
struct Prepared {
  std::size_t item;  // index in the batch
  Digest r_bytes;
  curve25519::Scalar s;          // below L
  curve25519::Scalar challenge;  // k = SHA-512(R, A, message) mod L, of the bytes as sent
  curve25519::Point r;           // decoded for zip215 only
  DecodedKey own_key;            // decoded here, unless there is a key set
  const KeySet* key_set;
  std::size_t key;  // index in the key set

  [[nodiscard]] const DecodedKey& public_key() const noexcept {
    return key_set != nullptr ? (*key_set)[key] : own_key;
  }
};

/// Decodes item i of the batch. False if it is refused already: wrong length, s not below L, or A
/// or R that the rule does not decode.
[[nodiscard]] bool prepare(Prepared& out, const Batch& batch, std::size_t i, Rule rule);

/// One verification by itself.
[[nodiscard]] bool verify_exact(const Prepared& one, Rule rule) noexcept;

/// Whether all of these hold, by one linear combination (S-20..S-24).
[[nodiscard]] bool verify_combined(std::span<const Prepared> all);

}  // namespace chopmark::sig

// SPDX-License-Identifier: Apache-2.0
// The signatures of a batch that may still be valid, after parsing and hashing, before any
// equation. Floor: sig.
#pragma once

#include <vector>

#include "sig/ed25519.hpp"
#include "sig/kernels.hpp"

namespace chopmark::sig {

/// Whether the strict rule takes a key that decodes.
[[nodiscard]] bool strict_takes(const Digest& key) noexcept;

/// One entry for each signature, in the order of the batch. All bytes but those of messages are
/// copied, so later writes to the caller's buffers change nothing; messages are read once.
struct Candidates {
  std::vector<std::size_t> item;        // index in the batch
  std::vector<std::uint8_t> r_and_key;  // 64 each: R || A as sent
  std::vector<std::uint8_t> digests;    // 64 each: SHA-512(R || A || message)
  std::vector<curve25519::Scalar> s;    // below L
  std::vector<curve25519::Scalar> k;    // digests modulo L
  std::vector<std::uint32_t> key;       // index in keys

  std::vector<const curve25519::Niels*> keys;   // each key that occurs, mostly once
  std::vector<const curve25519::Niels*> combs;  // theirs, if the key set has any
  std::vector<curve25519::Niels> own_keys;      // where they are, unless they are of a key set

  [[nodiscard]] std::size_t size() const noexcept { return item.size(); }
  [[nodiscard]] const std::uint8_t* r(std::size_t i) const noexcept {
    return r_and_key.data() + 64 * i;
  }
};

/// Those of items [from, to) that have the right lengths, s below L, and a key that decodes and
/// that the rule takes.
[[nodiscard]] Candidates find_candidates(const Batch& batch, Rule rule, std::size_t from,
                                         std::size_t to);

}  // namespace chopmark::sig

// SPDX-License-Identifier: Apache-2.0
// Verification of inclusion and consistency proofs (RFC 9162 sections 2.1.3.2 and 2.1.4.2; rules
// M-10 and M-20 of docs/spec/merkle.md). Floor: merkle.
#pragma once

#include <cstdint>
#include <span>

#include "base/bytes.hpp"
#include "hash/hash_id.hpp"

namespace chopmark::merkle {

[[nodiscard]] bool verify_inclusion(HashId id, const Digest& leaf, std::uint64_t index,
                                    std::uint64_t size, std::span<const Digest> proof,
                                    const Digest& root) noexcept;

[[nodiscard]] bool verify_consistency(HashId id, std::uint64_t old_size, std::uint64_t new_size,
                                      std::span<const Digest> proof, const Digest& old_root,
                                      const Digest& new_root) noexcept;

}  // namespace chopmark::merkle

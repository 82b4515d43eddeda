// SPDX-License-Identifier: Apache-2.0
// Verification of many proofs in lanes: M-10 and M-20 of docs/spec/merkle.md, one verdict each
// (M-30). Floor: merkle.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/bytes.hpp"
#include "hash/hash_id.hpp"

namespace chopmark::merkle {

/// Proofs in rows of `depth` steps of 32 bytes each. Proof i is the first lengths[i] steps of row
/// i; all bytes behind them are zero, so that a proof has one form.
struct ProofRows {
  const std::uint8_t* steps;
  std::size_t depth;
  std::span<const std::uint64_t> lengths;

  [[nodiscard]] std::size_t size() const noexcept { return lengths.size(); }
};

/// Digests side by side: one for each proof, or one for all.
struct Digests {
  const std::uint8_t* bytes;
  bool one_for_all;

  [[nodiscard]] const std::uint8_t* operator[](std::size_t i) const noexcept {
    return bytes + (one_for_all ? 0 : std::tuple_size_v<Digest> * i);
  }
};

/// A size for each proof, or one for all.
struct Sizes {
  std::span<const std::uint64_t> values;
  bool one_for_all;

  [[nodiscard]] std::uint64_t operator[](std::size_t i) const noexcept {
    return values[one_for_all ? 0 : i];
  }
};

struct InclusionClaims {
  Digests leaves;
  std::span<const std::uint64_t> indexes;
  Sizes sizes;
  Digests roots;
};

struct ConsistencyClaims {
  Sizes old_sizes;
  Sizes new_sizes;
  Digests old_roots;
  Digests new_roots;
};

/// verdicts[i] = 1 if proof i shows claim i, else 0. threads = 0 means all cores.
void verify_inclusion_many(HashId id, const InclusionClaims& claims, const ProofRows& proofs,
                           unsigned threads, std::uint8_t* verdicts);
void verify_consistency_many(HashId id, const ConsistencyClaims& claims, const ProofRows& proofs,
                             unsigned threads, std::uint8_t* verdicts);

}  // namespace chopmark::merkle

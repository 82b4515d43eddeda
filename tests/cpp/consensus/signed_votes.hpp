// SPDX-License-Identifier: Apache-2.0
// Validators that sign whatever a test asks them to, with the signatures of simulated runs.
#pragma once

#include <string>
#include <vector>

#include "consensus/evidence.hpp"
#include "sim/scheme.hpp"
#include "test.hpp"

namespace chopmark::test {

using Indexes = std::vector<std::uint16_t>;

/// 0 to count - 1.
Indexes first_indexes(std::size_t count);

struct SignedVotes {
  explicit SignedVotes(std::size_t validators);

  [[nodiscard]] consensus::Signers signers() const { return {chain_id, anchor, keys}; }
  [[nodiscard]] std::size_t n() const { return keys.size(); }

  [[nodiscard]] Vote vote(VoteKind kind, std::uint16_t validator, std::uint64_t view,
                          const Digest& digest = {}) const;
  [[nodiscard]] Certificate certificate(VoteKind kind, const Indexes& by, std::uint64_t view,
                                        const Digest& digest = {}) const;
  /// By the first quorum.
  [[nodiscard]] Certificate certificate(VoteKind kind, std::uint64_t view,
                                        const Digest& digest = {}) const;
  /// Of `view` on a parent, or on the anchor (parent_view 0), that commits to `justification`.
  [[nodiscard]] Header header(std::uint64_t view, std::uint64_t parent_view, const Digest& parent,
                              const Bytes& justification) const;
  [[nodiscard]] Bytes encoded(const Justification& justification) const;

  Digest chain_id, anchor;
  std::uint64_t epoch = 3;
  std::vector<Digest> keys;
};

[[nodiscard]] bool all_signatures_valid(std::span<const consensus::SignatureCheck> checks);

/// Whether check_evidence takes it and its signatures show it.
[[nodiscard]] bool evidence_holds(const Evidence& evidence, const consensus::Signers& signers);

}  // namespace chopmark::test

// SPDX-License-Identifier: Apache-2.0
// What can be said of transactions before they are executed: form, chain, signers, time,
// signatures. Floor: ledger.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "ledger/codes.hpp"
#include "ledger/registry.hpp"
#include "types/transaction.hpp"

namespace chopmark::ledger {

/// A parsed transaction with its id and the indexes of its signers' keys.
struct Candidate {
  TransactionView view;
  Digest id{};
  std::array<std::uint64_t, limits::kSignersMax> keys{};
};

/// Form, chain and signers of one transaction (L-12, checked in this order). On a malformed one,
/// `failure` says what and where.
[[nodiscard]] Refusal check_form(Candidate& out, Failure& failure, ByteView bytes,
                                 const Digest& chain_id, const Registry& registry);

/// Whether it may stand in a block of this height (L-13).
[[nodiscard]] Refusal check_time(const TransactionView& view, std::uint64_t height) noexcept;

/// All signatures of all candidates in one batch: 1 where every signature of a candidate is valid.
[[nodiscard]] std::vector<std::uint8_t> check_signatures(std::span<const Candidate> candidates,
                                                         const Registry& registry,
                                                         unsigned threads);

}  // namespace chopmark::ledger

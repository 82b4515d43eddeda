// SPDX-License-Identifier: Apache-2.0
// What can be said of transactions before they are executed: form, chain, signers, time,
// signatures (docs/spec/ledger.md L-12, L-13, L-15). Floor: ledger.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "ledger/codes.hpp"
#include "ledger/register.hpp"
#include "types/transaction.hpp"

namespace chopmark::ledger {

/// Somebody who has verified transactions before.
class Verified {
 public:
  Verified() = default;
  virtual ~Verified() = default;
  /// Whether all signatures of exactly these bytes are valid under exactly these public keys.
  [[nodiscard]] virtual bool knows(const Digest& id, ByteView transaction,
                                   std::span<const Digest* const> public_keys) const noexcept = 0;

 protected:
  Verified(const Verified&) = default;
  Verified& operator=(const Verified&) = default;
};

/// Parsed transactions, their ids and the indexes of their signers' keys.
class Candidates {
 public:
  Candidates(const Register& registered, ByteView chain_id, std::uint64_t height) noexcept
      : registered_(registered), chain_id_(chain_id), height_(height) {}

  /// Takes a transaction if L-12 and L-13 let it through for a block of the height. On a malformed
  /// one, `failure` says what and where.
  [[nodiscard]] Refusal add(ByteView bytes, Failure& failure);
  void reserve(std::size_t count);

  /// The ids of all, computed once all have been added.
  void hash(unsigned threads);

  [[nodiscard]] std::size_t size() const noexcept { return views_.size(); }
  [[nodiscard]] const TransactionView& view(std::size_t i) const noexcept { return views_[i]; }
  [[nodiscard]] const Digest& id(std::size_t i) const noexcept { return ids_[i]; }
  [[nodiscard]] std::span<const std::uint64_t> keys(std::size_t i) const noexcept {
    return std::span(keys_).subspan(first_key_[i], views_[i].signer_count);
  }

  /// 1 for each whose signatures are all valid, in one batch; those that are not `wanted` (empty:
  /// all are) and those that `verified` (may be null) knows are not looked at again.
  [[nodiscard]] std::vector<std::uint8_t> check_signatures(std::span<const std::uint8_t> wanted,
                                                           const Verified* verified,
                                                           unsigned threads) const;

 private:
  [[nodiscard]] bool known(std::size_t i, const Verified* verified) const noexcept;

  const Register& registered_;
  ByteView chain_id_;
  std::uint64_t height_;
  std::vector<TransactionView> views_;
  std::vector<Digest> ids_;
  std::vector<std::uint64_t> keys_;
  std::vector<std::size_t> first_key_;
};

}  // namespace chopmark::ledger

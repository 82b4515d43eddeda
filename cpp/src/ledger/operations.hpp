// SPDX-License-Identifier: Apache-2.0
// The operations of the ledger: one function for each, which changes the state or says why not.
// A new operation is a code and a parser in types/operations.hpp, a file in operations/, and a case
// in operations.cpp. Floor: ledger.
#pragma once

#include <cstdint>
#include <optional>

#include "ledger/codes.hpp"
#include "ledger/entries.hpp"
#include "ledger/register.hpp"
#include "ledger/view.hpp"
#include "types/operations.hpp"
#include "types/transaction.hpp"

namespace chopmark::ledger {

/// The block in which a transaction stands.
struct BlockContext {
  const Digest& chain_id;
  const Register& registered;  // L-33: after the parent
  std::uint64_t height = 0;
  std::uint64_t time_ms = 0;
};

/// What an operation sees.
class Context {
 public:
  Context(const BlockContext& block, View& state, const TransactionView& transaction)
      : block_(block), state_(state), transaction_(transaction) {}

  void set_actor(std::size_t signer) noexcept { signer_ = transaction_.signer(signer); }

  [[nodiscard]] const Digest& chain_id() const noexcept { return block_.chain_id; }
  [[nodiscard]] const Register& registered() const noexcept { return block_.registered; }
  [[nodiscard]] std::uint64_t height() const noexcept { return block_.height; }
  [[nodiscard]] std::uint64_t now() const noexcept { return block_.time_ms; }
  [[nodiscard]] std::uint16_t field() const noexcept { return transaction_.field; }
  [[nodiscard]] std::uint32_t actor() const noexcept { return signer_.member; }
  /// The id of the key that the actor signs with.
  [[nodiscard]] std::uint32_t signing_key() const noexcept { return signer_.key; }
  [[nodiscard]] const TransactionView& transaction() const noexcept { return transaction_; }

  [[nodiscard]] bool active(std::uint32_t member) const noexcept {
    return block_.registered.active(member);
  }
  [[nodiscard]] bool actor_has(std::uint16_t roles, std::uint16_t in_field) const noexcept {
    return block_.registered.has_roles(signer_.member, in_field, roles);
  }
  /// L-36.
  [[nodiscard]] bool signs(std::uint32_t member) const noexcept;

  /// The entry under a key, decoded, if there is one. `T` is one of entries.hpp.
  template <class T>
  [[nodiscard]] std::optional<T> get(const Digest& key) const {
    const ByteView bytes = state_.get(key);
    if (bytes.empty()) return std::nullopt;
    return T::decode(bytes);
  }
  [[nodiscard]] bool has(const Digest& key) const { return !state_.get(key).empty(); }
  template <class T>
  void put(const Digest& key, const T& entry) {
    state_.put(key, entry.encode().view());
  }
  void remove(const Digest& key) { state_.remove(key); }

 private:
  const BlockContext& block_;
  View& state_;
  const TransactionView& transaction_;
  SignerRef signer_;
};

// Each may leave the state half changed when it fails: the transaction is undone as a whole. L-35
// is checked before they are called.
[[nodiscard]] ResultCode execute_governance(Context& context, const GovernanceOperation& op);
[[nodiscard]] ResultCode execute_key(Context& context, const KeyOperation& op);
[[nodiscard]] ResultCode execute_record(Context& context, const RecordOperation& op);
[[nodiscard]] ResultCode execute_attest(Context& context, const AttestOperation& op);
[[nodiscard]] ResultCode execute_grant(Context& context, const GrantOperation& op);
[[nodiscard]] ResultCode execute_use(Context& context, const UseOperation& op);
[[nodiscard]] ResultCode execute_open(Context& context, const OpenOperation& op);
[[nodiscard]] ResultCode execute_step(Context& context, const StepOperation& op);
[[nodiscard]] ResultCode execute_issue(Context& context, const IssueOperation& op);
[[nodiscard]] ResultCode execute_transfer(Context& context, const TransferOperation& op);
[[nodiscard]] ResultCode execute_redeem(Context& context, const RedeemOperation& op);
[[nodiscard]] ResultCode execute_lock(Context& context, const LockOperation& op);

struct TransactionResult {
  ResultCode code = ResultCode::ok;
  std::uint8_t failing_op = 255;
};

/// All operations of a parsed transaction, in order, or none of them (L-30).
[[nodiscard]] TransactionResult execute(const BlockContext& block, View& state,
                                        const TransactionView& transaction);

}  // namespace chopmark::ledger

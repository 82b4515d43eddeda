// SPDX-License-Identifier: Apache-2.0
// Executors without blocks: a state that stands on nothing, a register made by hand, and
// transactions that nobody signed.
#pragma once

#include <initializer_list>
#include <vector>

#include "codec/writer.hpp"
#include "ledger/operations.hpp"
#include "test.hpp"
#include "types/operation_samples.hpp"

namespace chopmark::test {

using ledger::ResultCode;

inline constexpr std::uint16_t kField = 7;
inline constexpr std::uint16_t kOtherField = 8;

inline Digest id_of(std::uint8_t number) {
  Digest id{};
  id[0] = number;
  return id;
}

inline ResultCode call(ledger::Context& c, const GovernanceOperation& op) {
  return execute_governance(c, op);
}
inline ResultCode call(ledger::Context& c, const KeyOperation& op) {
  return execute_key(c, op);
}
inline ResultCode call(ledger::Context& c, const RecordOperation& op) {
  return execute_record(c, op);
}
inline ResultCode call(ledger::Context& c, const AttestOperation& op) {
  return execute_attest(c, op);
}
inline ResultCode call(ledger::Context& c, const GrantOperation& op) {
  return execute_grant(c, op);
}
inline ResultCode call(ledger::Context& c, const UseOperation& op) {
  return execute_use(c, op);
}
inline ResultCode call(ledger::Context& c, const OpenOperation& op) {
  return execute_open(c, op);
}
inline ResultCode call(ledger::Context& c, const StepOperation& op) {
  return execute_step(c, op);
}
inline ResultCode call(ledger::Context& c, const IssueOperation& op) {
  return execute_issue(c, op);
}
inline ResultCode call(ledger::Context& c, const TransferOperation& op) {
  return execute_transfer(c, op);
}
inline ResultCode call(ledger::Context& c, const RedeemOperation& op) {
  return execute_redeem(c, op);
}
inline ResultCode call(ledger::Context& c, const LockOperation& op) {
  return execute_lock(c, op);
}

/// Members 1 to 5, each with the key 1, which administrates, and every role in kField; the council
/// is 1, 2, 3 with threshold 2. Block 10, at 1,000 ms.
class World {
 public:
  World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  /// Who signs from here on, each with the key 1; the first one acts.
  World& as(std::initializer_list<std::uint32_t> members);
  World& as(std::uint32_t member) { return as({member}); }
  /// One who acts alone, with this key.
  World& with_key(std::uint32_t member, std::uint32_t key);
  World& in_field(std::uint16_t field) {
    field_ = field;
    return *this;
  }
  World& at(std::uint64_t time_ms) {
    time_ms_ = time_ms;
    return *this;
  }

  /// One operation as a transaction: what fails leaves nothing.
  template <class Operation>
  ResultCode run(const Operation& op) {
    return transact([&](ledger::Context& context) { return call(context, op); });
  }
  template <class Call>
  ResultCode transact(Call&& one) {
    const TransactionView transaction = view_of({});
    const ledger::BlockContext block = this->block();
    view_.begin_transaction();
    ledger::Context context(block, view_, transaction);
    context.set_actor(0);
    const ResultCode code = one(context);
    if (code != ResultCode::ok) view_.take_back();
    return code;
  }
  /// Encoded operations (C-23) as one transaction.
  ledger::TransactionResult execute(const std::vector<Bytes>& operations);

  /// What stands in the state counts from here on.
  void next_block();
  [[nodiscard]] std::uint64_t height() const { return height_; }
  [[nodiscard]] const Digest& chain_id() const { return chain_id_; }

  /// Into the state, and with the next block into the register.
  template <class Entry>
  void put(const Digest& key, const Entry& entry) {
    view_.put(key, entry.encode().view());
  }
  template <class Entry>
  [[nodiscard]] Entry get(const Digest& key) const {
    const ByteView bytes = view_.get(key);
    EXPECT(!bytes.empty());
    return bytes.empty() ? Entry{} : Entry::decode(bytes);
  }
  [[nodiscard]] bool has(const Digest& key) const { return !view_.get(key).empty(); }

  void set_status(std::uint32_t member, ledger::MemberStatus status);
  void set_roles(std::uint32_t member, std::uint16_t field, std::uint16_t bits);
  void define(const Schema& schema);
  void define(const Template& one);
  void define(const AssetClass& one);
  /// By a member with the role hold, without a trace of who signs.
  void hold(const ObjectId& object, bool on);

 private:
  [[nodiscard]] ledger::BlockContext block() const {
    return {chain_id_, registered_, height_, time_ms_};
  }
  [[nodiscard]] TransactionView view_of(const std::vector<Bytes>& operations);
  void put_member(std::uint32_t member);

  Digest chain_id_ = id_of(0xcc);
  ledger::EntryMap final_;
  ledger::Overlay overlay_{nullptr, &final_};
  ledger::View view_{overlay_};
  ledger::Register registered_;
  std::uint64_t height_ = 10;
  std::uint64_t time_ms_ = 1000;
  std::uint16_t field_ = kField;
  Bytes signers_;
  Bytes operations_;
};

/// A definition as bytes, described by zeros.
template <class Definition>
Bytes encoded(const Definition& one) {
  return definition_of(one, Digest{});
}

RecordOperation create_record(const Digest& id);
RecordOperation change_record(RecordAction action, const Digest& id, std::uint32_t version);

}  // namespace chopmark::test

// SPDX-License-Identifier: Apache-2.0
// The register of a block (docs/spec/ledger.md L-33): members, keys, roles, governance and
// definitions as they stand in the state after its parent, decoded. Floor: ledger.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/number_map.hpp"
#include "ledger/entries.hpp"
#include "sig/ed25519.hpp"
#include "types/transaction.hpp"

namespace chopmark::ledger {

/// A definition and whether it is in force.
template <class T>
struct Defined {
  T definition;
  bool in_force = false;
};

/// Immutable but for `apply`: blocks without GOV and KEY share it.
class Register {
 public:
  Register() = default;

  /// Takes over an entry of kinds 0x01, 0x04 and 0x06 to 0x0b; others are none of its business.
  void apply(ByteView entry);
  /// Decodes the keys that `apply` brought.
  void settle();

  /// Whether the member exists and is active.
  [[nodiscard]] bool active(std::uint32_t member) const noexcept {
    return status(member) == static_cast<std::uint8_t>(MemberStatus::active);
  }
  /// Index in keys() of the key that a signer names, if it counts at this height (L-12).
  [[nodiscard]] std::optional<std::uint32_t> key_index(const SignerRef& signer,
                                                       std::uint64_t height) const noexcept;
  /// Null if the member has no such key, of whatever validity.
  [[nodiscard]] const KeyEntry* find_key(std::uint32_t member, std::uint32_t key_id) const noexcept;
  [[nodiscard]] const sig::KeySet& keys() const noexcept { return *keys_; }

  /// 0 if the member has none.
  [[nodiscard]] std::uint16_t roles(std::uint32_t member, std::uint16_t field) const noexcept;
  /// All of these.
  [[nodiscard]] bool has_roles(std::uint32_t member, std::uint16_t field,
                               std::uint16_t bits) const noexcept {
    return (roles(member, field) & bits) == bits;
  }

  [[nodiscard]] const GovernanceEntry& governance() const noexcept { return governance_; }
  // Null if there is no such entry (L-38).
  [[nodiscard]] const Defined<Schema>* schema(std::uint16_t id) const noexcept;
  [[nodiscard]] const Defined<Template>* case_template(std::uint16_t id) const noexcept;
  [[nodiscard]] const Defined<AssetClass>* asset_class(std::uint32_t id) const noexcept;

 private:
  static constexpr std::uint64_t pair(std::uint32_t high, std::uint32_t low) noexcept {
    return std::uint64_t{high} << 32 | low;
  }
  [[nodiscard]] std::uint32_t status(std::uint32_t member) const noexcept {
    return members_.find(member).value_or(0);
  }
  void apply_key(const KeyEntry& entry);

  NumberMap members_;    // id: status
  NumberMap key_index_;  // (member, key id): index in key_entries_ and in keys()
  NumberMap roles_;      // (member, field): bits
  std::vector<KeyEntry> key_entries_;
  std::shared_ptr<const sig::KeySet> keys_;
  GovernanceEntry governance_;
  NumberMap schema_index_, template_index_, class_index_;
  std::vector<Defined<Schema>> schemas_;
  std::vector<Defined<Template>> templates_;
  std::vector<Defined<AssetClass>> classes_;
};

}  // namespace chopmark::ledger

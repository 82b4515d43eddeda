// SPDX-License-Identifier: Apache-2.0
// Members with their keys and roles, and their keys decoded once. Floor: ledger.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "ledger/state.hpp"
#include "sig/ed25519.hpp"
#include "types/genesis.hpp"
#include "types/transaction.hpp"

namespace chopmark::ledger {

/// Those of the genesis: no operation of this version changes a member (L-10).
class Registry {
 public:
  explicit Registry(const Genesis& genesis);

  /// Index of a signer's key in keys(); empty if the member or the key is unknown.
  [[nodiscard]] std::optional<std::uint64_t> key_index(const SignerRef& signer) const noexcept;
  [[nodiscard]] const sig::KeySet& keys() const noexcept { return keys_; }
  [[nodiscard]] bool has_role(std::uint32_t member, std::uint16_t field,
                              RoleBits role) const noexcept;

 private:
  struct Entry {
    std::uint32_t id;
    std::uint64_t first_key;  // index in keys_
    std::vector<std::uint32_t> key_ids;
    std::vector<MemberRole> roles;
  };
  [[nodiscard]] const Entry* find(std::uint32_t member) const noexcept;

  std::vector<Entry> members_;  // ascending by id
  sig::KeySet keys_;
};

}  // namespace chopmark::ledger

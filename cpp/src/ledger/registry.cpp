// SPDX-License-Identifier: Apache-2.0
#include "ledger/registry.hpp"

#include <algorithm>

namespace chopmark::ledger {
namespace {

sig::KeySet decode_keys(const Genesis& genesis) {
  std::vector<ByteView> keys;
  for (const Member& member : genesis.members) {
    for (const MemberKey& key : member.keys)
      keys.emplace_back(key.public_key);
  }
  // Without tables: blocks are large batches, and combs would take 18 MB for 164 keys.
  return sig::KeySet(Items::list(keys.data(), keys.size()), false);
}

}  // namespace

Registry::Registry(const Genesis& genesis) : keys_(decode_keys(genesis)) {
  std::uint64_t next = 0;
  for (const Member& member : genesis.members) {
    Entry entry{member.id, next, {}, member.roles};
    for (const MemberKey& key : member.keys)
      entry.key_ids.push_back(key.id);
    next += member.keys.size();
    members_.push_back(std::move(entry));
  }
}

const Registry::Entry* Registry::find(std::uint32_t member) const noexcept {
  const auto at =
      std::lower_bound(members_.begin(), members_.end(), member,
                       [](const Entry& entry, std::uint32_t id) { return entry.id < id; });
  return at != members_.end() && at->id == member ? &*at : nullptr;
}

std::optional<std::uint64_t> Registry::key_index(const SignerRef& signer) const noexcept {
  const Entry* entry = find(signer.member);
  if (entry == nullptr) return std::nullopt;
  const auto at = std::lower_bound(entry->key_ids.begin(), entry->key_ids.end(), signer.key);
  if (at == entry->key_ids.end() || *at != signer.key) return std::nullopt;
  return entry->first_key + static_cast<std::uint64_t>(at - entry->key_ids.begin());
}

bool Registry::has_role(std::uint32_t member, std::uint16_t field, RoleBits role) const noexcept {
  const Entry* entry = find(member);
  if (entry == nullptr) return false;
  const auto at = std::lower_bound(
      entry->roles.begin(), entry->roles.end(), field,
      [](const MemberRole& one, std::uint16_t wanted) { return one.field < wanted; });
  return at != entry->roles.end() && at->field == field && (at->bits & role) != 0;
}

}  // namespace chopmark::ledger

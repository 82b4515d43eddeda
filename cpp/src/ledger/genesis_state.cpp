// SPDX-License-Identifier: Apache-2.0
#include "ledger/genesis_state.hpp"

#include "ledger/entries.hpp"

namespace chopmark::ledger {
namespace {

template <class T>
void put(View& state, const Digest& key, const T& entry) {
  state.put(key, entry.encode().view());
}

void put_member(View& state, const Member& member) {
  MemberEntry entry;
  entry.member = member.id;
  entry.keys = static_cast<std::uint8_t>(member.keys.size());
  entry.name_length = static_cast<std::uint8_t>(member.name.size());
  std::copy(member.name.begin(), member.name.end(), entry.name.begin());
  for (const MemberKey& one : member.keys) {
    KeyEntry key;
    key.member = member.id;
    key.id = one.id;
    key.flags = one.flags;
    key.public_key = one.public_key;
    if (key.administrates()) ++entry.admin_keys;
    put(state, key_key(member.id, one.id), key);
    put(state, public_key_key(one.public_key), PublicKeyEntry{member.id, one.id});
  }
  for (const MemberRole& role : member.roles)
    put(state, role_key(member.id, role.field), RoleEntry{member.id, role.field, role.bits, 0});
  put(state, member_key(member.id), entry);
}

}  // namespace

void put_genesis_state(const Genesis& genesis, View& state) {
  for (const Member& member : genesis.members)
    put_member(state, member);
  GovernanceEntry governance;
  governance.threshold = genesis.threshold;
  governance.council_count = static_cast<std::uint8_t>(genesis.council.size());
  std::copy(genesis.council.begin(), genesis.council.end(), governance.council.begin());
  governance.members = static_cast<std::uint32_t>(genesis.members.size());
  put(state, governance_key(), governance);
  ValidatorsEntry validators;
  if (!genesis.validators.empty())
    validators.public_keys = {genesis.validators[0].data(),
                              genesis.validators.size() * sizeof(Digest)};
  put(state, validators_key(), validators);
}

}  // namespace chopmark::ledger

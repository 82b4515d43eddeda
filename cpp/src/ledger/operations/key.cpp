// SPDX-License-Identifier: Apache-2.0
// KEY: keys of members (docs/spec/ledger.md L-210..L-241).
#include "ledger/operations/council.hpp"
#include "sig/ed25519.hpp"

namespace chopmark::ledger {
namespace {

// What is there at present, whatever the register of the block says. An actor has an entry in every
// state, and so has the key that it signs with: entries of both kinds stay (L-29).
MemberEntry member_at_present(const Context& context, std::uint32_t member) {
  return *context.get<MemberEntry>(member_key(member));
}

KeyEntry signing_key_at_present(const Context& context) {
  return *context.get<KeyEntry>(key_key(context.actor(), context.signing_key()));
}

/// L-211, L-212.
bool reused(const Context& context, std::uint32_t member, const NewKey& key) {
  return context.has(key_key(member, key.id)) || context.has(public_key_key(key.public_key));
}

ResultCode add(Context& context, const KeyOperation& op) {
  if (!signing_key_at_present(context).administrates()) return ResultCode::role_denied;  // L-210
  const std::uint32_t actor = context.actor();
  if (reused(context, actor, op.key)) return ResultCode::key_reused;  // L-211, L-212
  MemberEntry member = member_at_present(context, actor);
  if (member.keys >= limits::kMemberKeysMax) return ResultCode::limit;        // L-213
  if (!possessed(context, actor, op.key)) return ResultCode::bad_possession;  // L-214
  put_new_key(context, actor, op.key, op.key.flags);                          // L-215
  ++member.keys;  // at most 16 (L-213), as are those of them that administrate
  if ((op.key.flags & kKeyAdministrates) != 0) ++member.admin_keys;
  context.put(member_key(actor), member);
  return ResultCode::ok;
}

/// L-221, L-241: one key in place of another; the numbers of keys stay.
void replace(Context& context, KeyEntry old, const NewKey& key) {
  put_new_key(context, old.member, key, old.flags);
  old.until = context.height() + 1;
  context.put(key_key(old.member, old.id), old);
}

ResultCode rotate(Context& context, const KeyOperation& op) {
  const KeyEntry old = signing_key_at_present(context);
  if (old.until != kNever) return ResultCode::key_revoked;                         // L-220
  if (reused(context, old.member, op.key)) return ResultCode::key_reused;          // L-211, L-212
  if (!possessed(context, old.member, op.key)) return ResultCode::bad_possession;  // L-214
  replace(context, old, op.key);
  return ResultCode::ok;
}

/// L-233. A height to come is not known to be compromised.
bool known_height(const Context& context, std::uint64_t compromised_since) noexcept {
  return compromised_since <= context.height() || compromised_since == kNever;
}

/// L-234, L-235.
ResultCode end_key(Context& context, KeyEntry key, std::uint64_t compromised_since) {
  MemberEntry member = member_at_present(context, key.member);
  if (key.administrates()) {
    if (member.admin_keys <= 1) return ResultCode::last_key;  // L-234
    --member.admin_keys;
  }
  // `keys` counts this one, whose `until` was never (L-24, L-231).
  --member.keys;
  context.put(member_key(key.member), member);
  key.until = context.height() + 1;
  key.compromised_since = compromised_since;
  context.put(key_key(key.member, key.id), key);
  return ResultCode::ok;
}

ResultCode revoke(Context& context, const KeyOperation& op) {
  const auto key = context.get<KeyEntry>(key_key(context.actor(), op.key_id));
  if (!key.has_value()) return ResultCode::key_unknown;      // L-230
  if (key->until != kNever) return ResultCode::key_revoked;  // L-231
  if (context.signing_key() != op.key_id &&                  // L-232
      !signing_key_at_present(context).administrates()) {
    return ResultCode::role_denied;
  }
  if (!known_height(context, op.compromised_since)) return ResultCode::conflict;  // L-233
  return end_key(context, *key, op.compromised_since);
}

ResultCode by_council(Context& context, const KeyOperation& op) {
  if (!council_agrees(context)) return ResultCode::threshold;  // L-101
  const auto member = context.get<MemberEntry>(member_key(op.member));
  if (!member.has_value() || member->status == MemberStatus::expelled) {
    return ResultCode::unknown_member;  // L-240
  }
  auto key = context.get<KeyEntry>(key_key(op.member, op.key_id));
  if (!key.has_value()) return ResultCode::key_unknown;                           // L-230
  if (key->until != kNever) return ResultCode::key_revoked;                       // L-231
  if (!known_height(context, op.compromised_since)) return ResultCode::conflict;  // L-233
  if (op.action == KeyAction::council_revokes) {
    return end_key(context, *key, op.compromised_since);
  }
  if (reused(context, op.member, op.key)) return ResultCode::key_reused;          // L-211, L-212
  if (!possessed(context, op.member, op.key)) return ResultCode::bad_possession;  // L-214
  key->compromised_since = op.compromised_since;                                  // L-241
  replace(context, *key, op.key);
  return ResultCode::ok;
}

}  // namespace

bool possessed(const Context& context, std::uint32_t member, const NewKey& key) {
  const auto payload = possession_payload(context.chain_id(), member, key);
  return sig::verify(key.public_key, key.possession, payload, sig::Rule::zip215);
}

void put_new_key(Context& context, std::uint32_t member, const NewKey& key, std::uint8_t flags) {
  KeyEntry entry;
  entry.member = member;
  entry.id = key.id;
  entry.flags = flags;
  entry.public_key = key.public_key;
  entry.from = context.height() + 1;
  context.put(key_key(member, key.id), entry);
  context.put(public_key_key(key.public_key), PublicKeyEntry{member, key.id});
}

ResultCode execute_key(Context& context, const KeyOperation& op) {
  switch (op.action) {
    case KeyAction::add:
      return add(context, op);
    case KeyAction::rotate:
      return rotate(context, op);
    case KeyAction::revoke:
      return revoke(context, op);
    case KeyAction::council_revokes:
    case KeyAction::council_replaces:
      return by_council(context, op);
  }
  CHOPMARK_CHECK(false);  // the parser lets no other action through
  return ResultCode::ok;
}

}  // namespace chopmark::ledger

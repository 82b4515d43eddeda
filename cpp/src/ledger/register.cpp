// SPDX-License-Identifier: Apache-2.0
#include "ledger/register.hpp"

namespace chopmark::ledger {
namespace {

template <class T>
const Defined<T>* find_in(const NumberMap& index, const std::vector<Defined<T>>& all,
                          std::uint32_t id) noexcept {
  const auto at = index.find(id);
  return at.has_value() ? &all[*at] : nullptr;
}

/// A definition never changes, so one that is known takes its new status alone.
template <class T>
void apply_definition(NumberMap& index, std::vector<Defined<T>>& all, const Result<T>& parsed,
                      bool in_force) {
  const auto at = index.find(parsed->id);
  if (at.has_value()) {
    all[*at].in_force = in_force;
    return;
  }
  index.set(parsed->id, static_cast<std::uint32_t>(all.size()));
  all.push_back({*parsed, in_force});
}

}  // namespace

void Register::apply(ByteView bytes) {
  switch (static_cast<EntryKind>(bytes[0])) {
    case EntryKind::member: {
      const MemberEntry entry = MemberEntry::decode(bytes);
      members_.set(entry.member, static_cast<std::uint32_t>(entry.status));
      return;
    }
    case EntryKind::key:
      apply_key(KeyEntry::decode(bytes));
      return;
    case EntryKind::role: {
      const RoleEntry entry = RoleEntry::decode(bytes);
      roles_.set(pair(entry.member, entry.field), entry.bits);
      return;
    }
    case EntryKind::governance:
      governance_ = GovernanceEntry::decode(bytes);
      return;
    case EntryKind::schema: {
      const DefinitionEntry entry = DefinitionEntry::decode(bytes);
      apply_definition(schema_index_, schemas_, parse_schema(entry.definition), !entry.retired);
      return;
    }
    case EntryKind::case_template: {
      const DefinitionEntry entry = DefinitionEntry::decode(bytes);
      apply_definition(template_index_, templates_, parse_template(entry.definition),
                       !entry.retired);
      return;
    }
    case EntryKind::asset_class: {
      const DefinitionEntry entry = DefinitionEntry::decode(bytes);
      apply_definition(class_index_, classes_, parse_class(entry.definition), !entry.retired);
      return;
    }
    case EntryKind::record:
    case EntryKind::attestation:
    case EntryKind::public_key:
    case EntryKind::validators:  // executors read them at present, consensus elsewhere
    case EntryKind::nullifier:
    case EntryKind::grant:
    case EntryKind::open_case:
    case EntryKind::totals:
    case EntryKind::backing:
    case EntryKind::holding:
    case EntryKind::lock:
      return;
  }
}

void Register::apply_key(const KeyEntry& entry) {
  const std::uint64_t name = pair(entry.member, entry.id);
  const auto known = key_index_.find(name);
  if (known.has_value()) {
    key_entries_[*known] = entry;  // with the same public key: only its validity changes (L-82)
    return;
  }
  key_index_.set(name, static_cast<std::uint32_t>(key_entries_.size()));
  key_entries_.push_back(entry);
}

void Register::settle() {
  const std::size_t decoded = keys_ == nullptr ? 0 : keys_->size();
  if (keys_ != nullptr && decoded == key_entries_.size()) return;
  std::vector<ByteView> more;
  more.reserve(key_entries_.size() - decoded);
  for (std::size_t i = decoded; i < key_entries_.size(); ++i)
    more.emplace_back(key_entries_[i].public_key);
  const Items items = Items::list(more.data(), more.size());
  keys_ = keys_ == nullptr ? std::make_shared<const sig::KeySet>(items, false)
                           : std::make_shared<const sig::KeySet>(*keys_, items);
}

std::optional<std::uint32_t> Register::key_index(const SignerRef& signer,
                                                 std::uint64_t height) const noexcept {
  const auto index = key_index_.find(pair(signer.member, signer.key));
  if (!index.has_value()) return std::nullopt;
  const KeyEntry& key = key_entries_[*index];
  const bool counts = key.from <= height && height < key.until &&
                      status(signer.member) != static_cast<std::uint32_t>(MemberStatus::expelled);
  return counts ? index : std::nullopt;
}

const KeyEntry* Register::find_key(std::uint32_t member, std::uint32_t key_id) const noexcept {
  const auto index = key_index_.find(pair(member, key_id));
  return index.has_value() ? &key_entries_[*index] : nullptr;
}

std::uint16_t Register::roles(std::uint32_t member, std::uint16_t field) const noexcept {
  return static_cast<std::uint16_t>(roles_.find(pair(member, field)).value_or(0));
}

const Defined<Schema>* Register::schema(std::uint16_t id) const noexcept {
  return find_in(schema_index_, schemas_, id);
}

const Defined<Template>* Register::case_template(std::uint16_t id) const noexcept {
  return find_in(template_index_, templates_, id);
}

const Defined<AssetClass>* Register::asset_class(std::uint32_t id) const noexcept {
  return find_in(class_index_, classes_, id);
}

}  // namespace chopmark::ledger

// SPDX-License-Identifier: Apache-2.0
#include "ledger/state_batch.hpp"

#include <cstring>

#include "base/check.hpp"
#include "hash/many.hpp"
#include "ledger/entries.hpp"

namespace chopmark::ledger {
namespace {

constexpr std::size_t kAhead = 8;  // entries whose memory is asked for

bool is_removed(const Overlay::Change& change) noexcept {
  return change.standing == Overlay::Standing::removed;
}

bool is_of_register(const Overlay::Change& change) noexcept {
  if (is_removed(change)) return false;  // entries of the register stay
  const auto kind = static_cast<EntryKind>(change.bytes[0]);
  return kind == EntryKind::member || (kind >= EntryKind::key && kind <= EntryKind::asset_class);
}

}  // namespace

StateBatch::StateBatch(const Overlay& overlay) {
  changes_.reserve(overlay.changes().size());
  for (const Overlay::Change& change : overlay.changes()) {
    if (change.standing == Overlay::Standing::unchanged) continue;
    changes_.push_back(&change);
    changes_register_ = changes_register_ || is_of_register(change);
  }
}

void StateBatch::apply_to(Register& registered) const {
  for (const Overlay::Change* change : changes_) {
    if (is_of_register(*change)) registered.apply(change->entry());
  }
  registered.settle();
}

void StateBatch::apply_to(state::StateTree& tree, state::VersionId version,
                          unsigned threads) const {
  const std::size_t count = changes_.size();
  if (count == 0) return;
  // Key and value of each side by side.
  std::vector<Digest> keys(count);
  std::vector<Digest> values(count);
  std::vector<ByteView> entries(count);
  std::vector<std::uint8_t> deletes(count);
  bool any_deletes = false;
  for (std::size_t i = 0; i < count; ++i) {
    keys[i] = changes_[i]->key;
    deletes[i] = is_removed(*changes_[i]) ? 1 : 0;
    any_deletes = any_deletes || deletes[i] != 0;
    if (deletes[i] == 0) entries[i] = changes_[i]->entry();
  }
  hash_many(HashId::blake3, Items::list(entries.data(), count), values[0].data(), threads);
  const state::Batch batch{.keys = keys[0].data(),
                           .values = values[0].data(),
                           .deletes = any_deletes ? deletes.data() : nullptr,
                           .count = count,
                           .stride = sizeof(Digest)};
  CHOPMARK_CHECK(tree.update(version, batch, threads) == state::Refusal::none);
}

void StateBatch::apply_to(EntryMap& entries) const {
  for (std::size_t i = 0; i < changes_.size(); ++i) {
    if (i + kAhead < changes_.size()) entries.prefetch(changes_[i + kAhead]->key);
    const Overlay::Change& change = *changes_[i];
    is_removed(change) ? entries.remove(change.key) : entries.put(change.key, change.entry());
  }
}

}  // namespace chopmark::ledger

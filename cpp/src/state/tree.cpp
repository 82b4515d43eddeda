// SPDX-License-Identifier: Apache-2.0
#include "state/tree.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.hpp"
#include "base/limits.hpp"
#include "state/update.hpp"

namespace chopmark::state {

StateTree::StateTree(HashId id, std::uint32_t journal_max) : id_(id), journal_max_(journal_max) {
  CHOPMARK_CHECK(is_state_hash(id) && journal_max <= kOlderMax);
  versions_.emplace(base_, Version{});
}

bool Version::sees(VersionId overlay) const noexcept {
  return std::binary_search(line.begin(), line.end(), overlay);
}

const Version* StateTree::find(VersionId version) const noexcept {
  const auto found = versions_.find(version);
  return found == versions_.end() ? nullptr : &found->second;
}

Refusal StateTree::add_overlay(VersionId parent, VersionId& made) {
  const auto found = versions_.find(parent);
  if (found == versions_.end()) return Refusal::unknown_version;
  if (overlays() >= limits::kStateOverlaysMax) return Refusal::too_many_overlays;
  if (found->second.depth >= limits::kStateOverlayDepthMax) return Refusal::too_deep;
  Version version;
  version.parent = parent;
  version.depth = found->second.depth + 1;
  version.top = found->second.top;
  version.root = found->second.root;
  version.size = found->second.size;
  CHOPMARK_CHECK(next_ != UINT32_MAX);
  const std::vector<VersionId>& below = found->second.line;
  version.line.assign(std::upper_bound(below.begin(), below.end(), base_), below.end());
  version.line.push_back(next_);
  versions_.emplace(next_, std::move(version));
  ++found->second.overlays;
  made = next_++;
  return Refusal::none;
}

bool StateTree::stands_on(VersionId version, VersionId ancestor) const noexcept {
  // A parent has a smaller number than what stands on it.
  while (version > ancestor)
    version = versions_.at(version).parent;
  return version == ancestor;
}

const Inner& StateTree::seen(const Version& version, const Inner& newest) const noexcept {
  const Inner* node = &newest;
  while (node->owner > base_ && !version.sees(node->owner))
    node = &versions_.at(node->owner).journal.at(node->older).node;
  return *node;
}

const std::uint8_t* StateTree::any_key(const Version& version, Ref ref) const noexcept {
  while (is_inner(ref))
    ref = inner(version, ref).child[0];
  return store_.entries(ref);
}

/// The nodes and buckets that only this version sees hang from nodes that it wrote.
void StateTree::recycle_made_by(VersionId id, const Version& version) {
  if (is_bucket(version.top) && version.top_fresh) store_.recycle(version.top);
  std::vector<Ref> open;
  if (is_inner(version.top)) open.push_back(version.top);
  while (!open.empty()) {
    const Ref ref = open.back();
    open.pop_back();
    const Inner& node = store_.inner(ref);
    if (node.owner != id) continue;
    for (unsigned side = 0; side < 2; ++side) {
      if (is_inner(node.child[side])) open.push_back(node.child[side]);
      if (is_bucket(node.child[side]) && (node.fresh >> side & 1U) != 0)
        store_.recycle(node.child[side]);
    }
    if (node.older == 0) store_.recycle(ref);
  }
}

/// Nothing stands on it any more: what it wrote is the newest where it stands.
void StateTree::forget(VersionId version) {
  const auto found = versions_.find(version);
  Journal& journal = found->second.journal;
  recycle_made_by(version, found->second);
  for (std::uint32_t number = journal.size(); number != 0; --number)
    store_.inner(journal.at(number).ref) = journal.at(number).node;
  journal.clear(journal_blocks_);
  if (const auto parent = versions_.find(found->second.parent); parent != versions_.end())
    --parent->second.overlays;
  versions_.erase(found);
}

Refusal StateTree::drop(VersionId version) {
  if (find(version) == nullptr) return Refusal::unknown_version;
  if (version == base_) return Refusal::frozen;
  // The youngest first: nothing stands on it.
  for (VersionId last = versions_.rbegin()->first; last >= version;) {
    const auto before = versions_.lower_bound(last);
    const VersionId next = std::prev(before)->first;  // the base is older than all
    if (stands_on(last, version)) forget(last);
    last = next;
  }
  return Refusal::none;
}

Refusal StateTree::merge(VersionId version) {
  if (find(version) == nullptr) return Refusal::unknown_version;
  for (VersionId last = versions_.rbegin()->first; last > base_;) {
    const VersionId next = std::prev(versions_.lower_bound(last))->first;
    if (!stands_on(last, version) && !stands_on(version, last)) forget(last);
    last = next;
  }
  // What is left above the base is one line of ancestors of `version` and what stands on it. What
  // they replaced can be reached from versions that end here alone.
  for (VersionId at = version; at != base_;) {
    Version& merged = versions_.at(at);
    for (const Ref ref : merged.replaced)
      store_.recycle(ref);
    merged.replaced = {};
    merged.journal.clear(journal_blocks_);
    const VersionId parent = merged.parent;
    if (at != version) versions_.erase(at);
    at = parent;
  }
  if (version == base_) return Refusal::none;
  versions_.erase(base_);
  base_ = version;
  const std::uint32_t below = versions_.at(base_).depth;
  versions_.at(base_).parent = kNobody;
  for (auto& [id, kept] : versions_)
    kept.depth -= below;
  return Refusal::none;
}

Refusal StateTree::update(VersionId version, const Batch& batch, unsigned threads) {
  const auto found = versions_.find(version);
  if (found == versions_.end()) return Refusal::unknown_version;
  if (found->second.overlays != 0) return Refusal::frozen;
  if (batch.count > limits::kStateKeysMax - found->second.size) return Refusal::too_many_keys;
  // With no overlay about, all there is belongs to the base.
  const bool in_place = overlays() == 0;
  return apply_batch(
      {*this, store_, journal_blocks_, journal_max_, found->second, version, in_place}, batch,
      threads);
}

const std::uint8_t* StateTree::get(const Version& version, const std::uint8_t* key) const noexcept {
  Ref ref = version.top;
  while (is_inner(ref)) {
    const Inner& node = inner(version, ref);
    ref = node.child[bit_at(key, node.depth)];
  }
  if (ref == kNothing) return nullptr;
  const std::uint8_t* const entries = store_.entries(ref);
  for (std::size_t i = 0; i < bucket_size(ref); ++i) {
    if (equal_keys(entries + kEntryBytes * i, key)) return entries + kEntryBytes * i + kKeyBytes;
  }
  return nullptr;
}

void StateTree::warm(const Version& version, const std::uint8_t* keys,
                     std::size_t count) const noexcept {
  CHOPMARK_CHECK(count <= kWarmKeys);
  std::array<Ref, kWarmKeys> refs;
  refs.fill(version.top);
  for (bool open = true; open;) {
    open = false;
    for (std::size_t i = 0; i < count; ++i) {
      if (!is_inner(refs[i])) continue;
      const Inner& node = inner(version, refs[i]);
      refs[i] = node.child[bit_at(keys + kKeyBytes * i, node.depth)];
      store_.prefetch(refs[i]);
      open = true;
    }
  }
}

std::size_t StateTree::memory() const noexcept {
  std::size_t bytes = store_.memory() + journal_blocks_.memory();
  for (const auto& [id, version] : versions_)
    bytes += version.replaced.capacity() * sizeof(Ref) + version.journal.memory() +
             version.line.capacity() * sizeof(VersionId);
  return bytes;
}

}  // namespace chopmark::state

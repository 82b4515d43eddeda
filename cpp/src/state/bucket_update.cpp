// SPDX-License-Identifier: Apache-2.0
#include "state/bucket_update.hpp"

#include <cstring>

namespace chopmark::state {
namespace {

constexpr std::size_t kJoinMax = kBucketMax * 3 / 4;  // entries of two buckets that become one

}  // namespace

/// The common case by itself: one value set, in a bucket that exists and does not overflow.
bool BucketUpdate::set_one(const Item& item, Touched& into) {
  if (item.changes() != 1 || item.ref == kNothing || batch_.deletes_at(item.from)) return false;
  const std::size_t size = bucket_size(item.ref);
  const std::uint8_t* const key = batch_.key(item.from);
  std::size_t at = 0;
  while (at != size && key_before(item.bytes + kEntryBytes * at, key))
    ++at;
  const bool found = at != size && equal_keys(item.bytes + kEntryBytes * at, key);
  if (found && may_change(item.place())) {
    std::memcpy(item.bytes + kEntryBytes * at + kKeyBytes, batch_.value(item.from), kValueBytes);
    into.buckets.add(item.bytes, size, item.place().root());
    return true;
  }
  const std::size_t after = found ? size : size + 1;
  if (after > kBucketMax) return false;
  const bool mine = may_change(item.place());
  std::uint8_t* const entries = hang_bucket(item.place(), after);
  std::uint8_t* const entry = entries + kEntryBytes * at;
  std::memcpy(entries, item.bytes, kEntryBytes * at);
  std::memcpy(entry, key, kKeyBytes);
  std::memcpy(entry + kKeyBytes, batch_.value(item.from), kValueBytes);
  std::memcpy(entry + kEntryBytes, item.bytes + kEntryBytes * (found ? at + 1 : at),
              kEntryBytes * (after - at - 1));
  into.buckets.add(entries, after, item.place().root());
  to_.version.size += after - size;
  discard(item.ref, mine);
  return true;
}

/// A bucket, or nothing, and its changes.
void BucketUpdate::rewrite(const Item& item, Touched& into) {
  const std::size_t before = item.ref == kNothing ? 0 : bucket_size(item.ref);
  const bool mine = may_change(item.place());
  merge(item, before);
  to_.version.size += merged_.size() - before;
  item.place().hang(kNothing, false);
  std::memset(item.place().root(), 0, kDigestBytes);
  if (!merged_.empty()) build(0, merged_.size(), item.place(), into);
  if (item.ref != kNothing) discard(item.ref, mine);
}

/// merged_ = the entries of the bucket after the changes.
void BucketUpdate::merge(const Item& item, std::size_t before) {
  merged_.clear();
  const std::uint8_t* old = item.bytes;
  const std::uint8_t* const end = old + kEntryBytes * before;
  for (std::size_t i = item.from; i < item.to; ++i) {
    const std::uint8_t* const key = batch_.key(i);
    for (; old != end && key_before(old, key); old += kEntryBytes)
      merged_.push_back({old, old + kKeyBytes});
    if (old != end && equal_keys(old, key)) old += kEntryBytes;
    if (!batch_.deletes_at(i)) merged_.push_back({key, batch_.value(i)});
  }
  for (; old != end; old += kEntryBytes)
    merged_.push_back({old, old + kKeyBytes});
}

/// The subtree over merged_[from, to), not empty. To the left by recursion, at most once for each
/// bit of a key.
void BucketUpdate::build(std::size_t from, std::size_t to, Place place, Touched& into) {
  while (to - from > kBucketMax) {
    const std::size_t depth = shared_bits(merged_[from].key, merged_[to - 1].key);
    const std::size_t middle =
        split_at(from, to, depth, [this](std::size_t i) { return merged_[i].key; });
    const Ref ref = store_.make_inner(to_.version_id, depth);
    place.hang(ref, false);
    Inner& node = store_.inner(ref);
    into.nodes.add(depth, node.pair, place.root());
    build(from, middle, {&node, 0}, into);
    place = {&node, 1};
    from = middle;
  }
  std::uint8_t* const entries = hang_bucket(place, to - from);
  for (std::size_t i = from; i < to; ++i) {
    std::uint8_t* const entry = entries + kEntryBytes * (i - from);
    std::memcpy(entry, merged_[i].key, kKeyBytes);
    std::memcpy(entry + kKeyBytes, merged_[i].value, kValueBytes);
  }
  into.buckets.add(entries, to - from, place.root());
}

bool BucketUpdate::join(Inner& node, Place place) {
  const Ref left = node.child[0];
  const Ref right = node.child[1];
  const std::size_t count = bucket_size(left);
  if (count + bucket_size(right) > kJoinMax) return false;
  std::uint8_t* const entries = hang_bucket(place, count + bucket_size(right));
  std::memcpy(entries, store_.entries(left), kEntryBytes * count);
  std::memcpy(entries + kEntryBytes * count, store_.entries(right),
              kEntryBytes * bucket_size(right));
  discard(left, may_change({&node, 0}));
  discard(right, may_change({&node, 1}));
  return true;
}

}  // namespace chopmark::state

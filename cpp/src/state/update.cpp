// SPDX-License-Identifier: Apache-2.0
// Generation by generation from the top, the batch in key order is split over the nodes that it
// touches, so that memory can be asked for ahead; the buckets at the bottom are rewritten; then
// everything touched is hashed, the deepest first. A large batch does so in parts, each of them a
// few whole subtrees that fit into the processor's cache, and last with the nodes above them.
#include "state/update.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>
#include <vector>

#include "state/entries.hpp"
#include "state/sorted_batch.hpp"

namespace chopmark::state {
namespace {

constexpr std::size_t kPart = 512;                     // changes of a part: about half a MiB
constexpr std::size_t kAhead = 12;                     // items whose memory is asked for
constexpr std::size_t kMergeMax = kBucketMax * 3 / 4;  // entries of two buckets that become one

/// Where a subtree hangs: its name and its root in the node above, or in the version.
struct Place {
  Ref* ref;
  std::uint8_t* root;

  static Place below(Inner& inner, unsigned side) noexcept {
    return {&inner.child[side], inner.pair + kDigestBytes * side};
  }
};

class Update {
 public:
  Update(const UpdateTarget& target, const SortedBatch& batch, unsigned threads)
      : to_(target), store_(target.store), batch_(batch), threads_(threads) {}

  void run() {
    if (batch_.size() == 0) return;
    Version& version = to_.version;
    split_into_parts({{&version.top, version.root.data()},
                      version.top,
                      0,
                      0,
                      static_cast<std::uint32_t>(batch_.size())});
    into_ = &part_;
    for (std::size_t from = 0; from != subtrees_.size();) {
      std::size_t changes = 0;
      items_.clear();
      for (; from != subtrees_.size() && changes < part_size(); ++from) {
        items_.push_back(subtrees_[from]);
        changes += subtrees_[from].to - subtrees_[from].from;
      }
      run_part();
    }
    hash(above_);
  }

 private:
  /// Changes [from, to) belong into the subtree `ref`; all keys there share the bits before
  /// `depth`.
  struct Item {
    Place place;
    Ref ref;
    std::uint32_t depth;
    std::uint32_t from, to;
  };

  /// What was touched and is not hashed yet.
  struct Touched {
    HashWork work;
    std::array<std::vector<Place>, kKeyBits> nodes;  // only where there are deletes
  };

  /// Hashing of more than a part at once is what several threads can share.
  [[nodiscard]] std::size_t part_size() const noexcept {
    return threads_ == 1 ? kPart : batch_.size();
  }

  /// Goes down until no subtree has more changes than a part.
  void split_into_parts(const Item& top) {
    into_ = &above_;
    items_.push_back(top);
    while (!items_.empty()) {
      next_.clear();
      visit_all(items_, [this](const Item& item) {
        const bool large = item.to - item.from > part_size() && is_inner(item.ref);
        large ? visit_inner(item) : subtrees_.push_back(item);
      });
      items_.swap(next_);
    }
  }

  void run_part() {
    bottom_.clear();
    while (!items_.empty()) {
      next_.clear();
      visit_all(items_, [this](const Item& item) {
        is_inner(item.ref) ? visit_inner(item) : bottom_.push_back(item);
      });
      items_.swap(next_);
    }
    visit_all(bottom_, [this](const Item& item) { rewrite(item); });
    hash(part_);
  }

  template <class Visit>
  void visit_all(const std::vector<Item>& items, Visit&& visit) {
    for (std::size_t i = 0; i < std::min(kAhead, items.size()); ++i)
      store_.prefetch(items[i].ref);
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (i + kAhead < items.size()) store_.prefetch(items[i + kAhead].ref);
      visit(items[i]);
    }
  }

  void visit_inner(const Item& item) {
    const std::size_t depth = store_.inner(item.ref).depth;
    // Bits between here and the branch are those of every key below.
    if (depth != item.depth) {
      const std::uint8_t* const below = store_.any_key(item.ref);
      const std::size_t parting = std::min(shared_bits(batch_.key(item.from), below),
                                           shared_bits(batch_.key(item.to - 1), below));
      if (parting < depth) return branch_above(item, parting, bit_at(below, parting));
    }
    const Ref ref = owned_inner(item.ref);
    *item.place.ref = ref;
    descend(item, ref, depth);
  }

  /// Some change parts from the subtree before its first branch: a new node above it, with the
  /// subtree on one side and nothing yet on the other.
  void branch_above(const Item& item, std::size_t depth, unsigned side) {
    const Ref ref = make_inner(depth);
    store_.inner(ref).child[side] = item.ref;
    std::memcpy(store_.inner(ref).pair + kDigestBytes * side, item.place.root, kDigestBytes);
    *item.place.ref = ref;
    descend(item, ref, depth);
  }

  void descend(const Item& item, Ref ref, std::size_t depth) {
    if (batch_.has_deletes()) {
      into_->nodes[depth].push_back(item.place);
    } else {
      into_->work.nodes.add(depth, store_.inner(ref).pair, item.place.root);
    }
    Inner& inner = store_.inner(ref);
    const auto below = static_cast<std::uint32_t>(depth + 1);
    if (item.to - item.from == 1) {
      const unsigned side = batch_.bit(item.from, depth);
      next_.push_back({Place::below(inner, side), inner.child[side], below, item.from, item.to});
      return;
    }
    const auto middle = static_cast<std::uint32_t>(batch_.split(item.from, item.to, depth));
    if (middle != item.from)
      next_.push_back({Place::below(inner, 0), inner.child[0], below, item.from, middle});
    if (middle != item.to)
      next_.push_back({Place::below(inner, 1), inner.child[1], below, middle, item.to});
  }

  /// A bucket, or nothing, and its changes.
  void rewrite(const Item& item) {
    const std::size_t before = item.ref == kNothing ? 0 : bucket_size(item.ref);
    if (changed_in_place(item, before)) return;
    merge(item, before);
    to_.version.size += merged_.size() - before;
    *item.place.ref = kNothing;
    std::memset(item.place.root, 0, kDigestBytes);
    if (!merged_.empty()) build(0, merged_.size(), item.place);
    if (item.ref != kNothing) discard(item.ref);
  }

  /// The common case by itself: another value for one entry, in a bucket that may be changed.
  bool changed_in_place(const Item& item, std::size_t size) {
    if (item.to - item.from != 1 || size == 0 || batch_.deletes_at(item.from)) return false;
    std::uint8_t* entry = store_.entries(item.ref);
    std::uint8_t* const end = entry + kEntryBytes * size;
    while (entry != end && !equal_keys(entry, batch_.key(item.from)))
      entry += kEntryBytes;
    if (entry == end || !owned(item.ref)) return false;
    std::memcpy(entry + kKeyBytes, batch_.value(item.from), kValueBytes);
    into_->work.add_entries(store_.entries(item.ref), size, item.place.root);
    return true;
  }

  /// merged_ = the entries of the bucket after the changes.
  void merge(const Item& item, std::size_t before) {
    merged_.clear();
    const std::uint8_t* old = before == 0 ? nullptr : store_.entries(item.ref);
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
  void build(std::size_t from, std::size_t to, Place place) {
    while (to - from > kBucketMax) {
      const std::size_t depth = shared_bits(merged_[from].key, merged_[to - 1].key);
      const std::size_t middle =
          split_at(from, to, depth, [this](std::size_t i) { return merged_[i].key; });
      const Ref ref = make_inner(depth);
      *place.ref = ref;
      Inner& inner = store_.inner(ref);
      into_->work.nodes.add(depth, inner.pair, place.root);
      build(from, middle, Place::below(inner, 0));
      place = Place::below(inner, 1);
      from = middle;
    }
    const Ref bucket = store_.make_bucket(to_.version_id, to - from);
    if (!to_.in_place) to_.version.created.push_back(bucket);
    *place.ref = bucket;
    fill(bucket, from, to, place);
  }

  void fill(Ref bucket, std::size_t from, std::size_t to, Place place) {
    std::uint8_t* const entries = store_.entries(bucket);
    for (std::size_t i = from; i < to; ++i) {
      std::uint8_t* const entry = entries + kEntryBytes * (i - from);
      std::memcpy(entry, merged_[i].key, kKeyBytes);
      std::memcpy(entry + kKeyBytes, merged_[i].value, kValueBytes);
    }
    into_->work.add_entries(entries, to - from, place.root);
  }

  void hash(Touched& touched) {
    into_ = &touched;
    hash_leaves(to_.id, touched.work.leaves, threads_);
    touched.work.leaves.clear();
    for (std::size_t depth = kKeyBits; depth-- != 0;) {
      for (const Place& place : touched.nodes[depth])
        settle(depth, place);
      touched.nodes[depth].clear();
      std::vector<HashJob>& jobs = touched.work.nodes.at(depth);
      if (!jobs.empty()) hash_nodes(to_.id, jobs, threads_);
      jobs.clear();
    }
    touched.work.scratch.clear();
  }

  /// A node whose subtrees are final: hashed, unless deletes left one side of it or none. No inner
  /// node is made any more, so one that is given back keeps its bytes until it is hashed.
  void settle(std::size_t depth, Place place) {
    const Ref ref = *place.ref;
    const Ref left = store_.inner(ref).child[0];
    const Ref right = store_.inner(ref).child[1];
    const std::uint8_t* const pair = store_.inner(ref).pair;
    if (left == kNothing || right == kNothing) {
      *place.ref = left | right;
      std::memcpy(place.root, left == kNothing ? pair + kDigestBytes : pair, kDigestBytes);
      return discard(ref);
    }
    into_->work.nodes.add(depth, pair, place.root);
    if (!is_bucket(left) || !is_bucket(right)) return;
    const std::size_t count = bucket_size(left);
    if (count + bucket_size(right) > kMergeMax) return;
    const Ref joined = store_.make_bucket(to_.version_id, count + bucket_size(right));
    if (!to_.in_place) to_.version.created.push_back(joined);
    std::uint8_t* const entries = store_.entries(joined);
    std::memcpy(entries, store_.entries(left), kEntryBytes * count);
    std::memcpy(entries + kEntryBytes * count, store_.entries(right),
                kEntryBytes * bucket_size(right));
    *place.ref = joined;
    discard(left);
    discard(right);
    discard(ref);
  }

  [[nodiscard]] bool owned(Ref ref) noexcept {
    return to_.in_place || store_.owner(ref) == to_.version_id;
  }

  Ref make_inner(std::size_t depth) {
    const Ref ref = store_.make_inner(to_.version_id, depth);
    if (!to_.in_place) to_.version.created.push_back(ref);
    return ref;
  }

  /// The node itself where it may be changed, else a copy in its place.
  Ref owned_inner(Ref ref) {
    if (owned(ref)) return ref;
    const Ref copy = make_inner(store_.inner(ref).depth);
    std::copy_n(store_.inner(ref).child, 2, store_.inner(copy).child);
    std::memcpy(store_.inner(copy).pair, store_.inner(ref).pair, 2 * kDigestBytes);
    to_.version.replaced.push_back(ref);
    return copy;
  }

  /// The version has no use for a subtree's top any more; others may have.
  void discard(Ref ref) { owned(ref) ? store_.release(ref) : to_.version.replaced.push_back(ref); }

  const UpdateTarget& to_;
  Store& store_;
  const SortedBatch& batch_;
  unsigned threads_;
  std::vector<Item> items_, next_, bottom_;
  std::vector<Item> subtrees_;  // of all parts
  std::vector<EntryRef> merged_;
  Touched above_, part_;  // the nodes above all parts, and a part
  Touched* into_ = nullptr;
};

}  // namespace

Refusal apply_batch(const UpdateTarget& target, const Batch& batch, unsigned threads) {
  const SortedBatch sorted(batch);
  if (sorted.has_duplicates()) return Refusal::duplicate_key;
  Update(target, sorted, threads).run();
  return Refusal::none;
}

}  // namespace chopmark::state

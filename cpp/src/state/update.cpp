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

#include "state/bucket_hashes.hpp"
#include "state/sorted_batch.hpp"

namespace chopmark::state {
namespace {

constexpr std::size_t kPart = 512;                     // changes of a part: about half a MiB
constexpr std::size_t kAhead = 8;                      // buckets whose changes are asked for
constexpr std::size_t kMergeMax = kBucketMax * 3 / 4;  // entries of two buckets that become one

/// Where a subtree hangs: in an inner node that this version may write to.
struct Place {
  Inner* above;
  unsigned side;

  [[nodiscard]] Ref& ref() const noexcept { return above->child[side]; }
  [[nodiscard]] std::uint8_t* root() const noexcept { return above->pair + kDigestBytes * side; }
  [[nodiscard]] bool fresh() const noexcept { return (above->fresh >> side & 1U) != 0; }
  void hang(Ref subtree, bool fresh_bucket) const noexcept {
    ref() = subtree;
    const std::uint32_t bit = std::uint32_t{1} << side;
    above->fresh = (fresh_bucket ? above->fresh | bit : above->fresh & ~bit) & 3U;
  }
};

class Update {
 public:
  Update(const UpdateTarget& target, const SortedBatch& batch, unsigned threads)
      : to_(target), store_(target.store), batch_(batch), threads_(threads) {}

  void run() {
    Version& version = to_.version;
    stem_.owner = to_.version_id;
    std::memcpy(stem_.pair, version.root.data(), kDigestBytes);
    Place{&stem_, 0}.hang(version.top, version.top_fresh);
    split_into_parts();
    into_ = &part_;
    for (std::size_t from = 0; from != subtrees_.size();) {
      std::size_t changes = 0;
      items_.clear();
      for (; from != subtrees_.size() && changes < part_size(); ++from) {
        items_.push_back(subtrees_[from]);
        store_.prefetch(subtrees_[from].ref);
        changes += subtrees_[from].to - subtrees_[from].from;
      }
      run_part();
    }
    hash(above_);
    version.top = stem_.child[0];
    version.top_fresh = Place{&stem_, 0}.fresh();
    version.root = digest_from(stem_.pair);
  }

 private:
  /// Changes [from, to) belong into the subtree `ref`, whose node or entries stand at `bytes`; all
  /// keys there share the bits before `depth`.
  struct Item {
    Inner* above;
    std::uint8_t* bytes;
    std::uint32_t from, to;
    Ref ref;
    std::uint16_t depth;
    std::uint16_t side;

    [[nodiscard]] Place place() const noexcept { return {above, side}; }
    [[nodiscard]] std::uint32_t changes() const noexcept { return to - from; }
  };

  /// What was touched and is not hashed yet.
  struct Touched {
    BucketHashes buckets;
    NodeJobs nodes;
    std::array<std::vector<Place>, kKeyBits> unsettled;  // only where there are deletes
  };

  /// Hashing of more than a part at once is what several threads can share.
  [[nodiscard]] std::size_t part_size() const noexcept {
    return threads_ == 1 ? kPart : batch_.size();
  }

  /// Goes down until no subtree has more changes than a part.
  void split_into_parts() {
    into_ = &above_;
    add_item({&stem_, 0}, 0, 0, static_cast<std::uint32_t>(batch_.size()));
    while (!next_.empty()) {
      items_.swap(next_);
      next_.clear();
      for (const Item& item : items_)
        item.changes() > part_size() ? visit(item) : subtrees_.push_back(item);
    }
    rewrite_bottom();
  }

  void run_part() {
    while (!items_.empty()) {
      next_.clear();
      for (const Item& item : items_)
        visit(item);
      items_.swap(next_);
    }
    rewrite_bottom();
    hash(part_);
  }

  /// Its memory is asked for at once: it is wanted when the whole generation before it is done.
  void add_item(Place place, std::size_t depth, std::size_t from, std::size_t to) {
    const Ref ref = place.ref();
    std::uint8_t* const bytes = store_.prefetch(ref);
    (is_inner(ref) ? next_ : bottom_)
        .push_back({place.above, bytes, static_cast<std::uint32_t>(from),
                    static_cast<std::uint32_t>(to), ref, static_cast<std::uint16_t>(depth),
                    static_cast<std::uint16_t>(place.side)});
  }

  void visit(const Item& item) {
    Inner& node = *reinterpret_cast<Inner*>(item.bytes);
    // Bits between here and the branch are those of every key below.
    if (node.depth != item.depth) {
      const std::uint8_t* const below = to_.tree.any_key(to_.version, item.ref);
      const std::size_t parting = std::min(shared_bits(batch_.key(item.from), below),
                                           shared_bits(batch_.key(item.to - 1), below));
      if (parting < node.depth) return branch_above(item, parting, bit_at(below, parting));
    }
    descend(item, own(item, node));
  }

  /// Some change parts from the subtree before its first branch: a new node above it, with the
  /// subtree on one side and nothing yet on the other.
  void branch_above(const Item& item, std::size_t depth, unsigned side) {
    const Ref ref = store_.make_inner(to_.version_id, depth);
    Inner& node = store_.inner(ref);
    node.child[side] = item.ref;
    std::memcpy(node.pair + kDigestBytes * side, item.place().root(), kDigestBytes);
    item.place().ref() = ref;
    descend(item, node);
  }

  void descend(const Item& item, Inner& node) {
    const std::size_t depth = node.depth;
    if (batch_.has_deletes()) {
      into_->unsettled[depth].push_back(item.place());
    } else {
      into_->nodes.add(depth, node.pair, item.place().root());
    }
    if (item.changes() == 1)
      return add_item({&node, batch_.bit(item.from, depth)}, depth + 1, item.from, item.to);
    const std::size_t middle = batch_.split(item.from, item.to, depth);
    if (middle != item.from) add_item({&node, 0}, depth + 1, item.from, middle);
    if (middle != item.to) add_item({&node, 1}, depth + 1, middle, item.to);
  }

  void rewrite_bottom() {
    for (std::size_t i = 0; i < bottom_.size(); ++i) {
      if (i + kAhead < bottom_.size()) batch_.prefetch(bottom_[i + kAhead].from);
      if (!set_one(bottom_[i])) rewrite(bottom_[i]);
    }
    bottom_.clear();
  }

  /// The common case by itself: one value set, in a bucket that exists and does not overflow.
  bool set_one(const Item& item) {
    if (item.changes() != 1 || item.ref == kNothing || batch_.deletes_at(item.from)) return false;
    const std::size_t size = bucket_size(item.ref);
    const std::uint8_t* const key = batch_.key(item.from);
    std::size_t at = 0;
    while (at != size && key_before(item.bytes + kEntryBytes * at, key))
      ++at;
    const bool found = at != size && equal_keys(item.bytes + kEntryBytes * at, key);
    if (found && may_change_bucket(item.place())) {
      std::memcpy(item.bytes + kEntryBytes * at + kKeyBytes, batch_.value(item.from), kValueBytes);
      into_->buckets.add(item.bytes, size, item.place().root());
      return true;
    }
    const std::size_t after = found ? size : size + 1;
    if (after > kBucketMax) return false;
    const bool mine = may_change_bucket(item.place());
    std::uint8_t* const entries = hang_bucket(item.place(), after);
    std::uint8_t* const entry = entries + kEntryBytes * at;
    std::memcpy(entries, item.bytes, kEntryBytes * at);
    std::memcpy(entry, key, kKeyBytes);
    std::memcpy(entry + kKeyBytes, batch_.value(item.from), kValueBytes);
    std::memcpy(entry + kEntryBytes, item.bytes + kEntryBytes * (found ? at + 1 : at),
                kEntryBytes * (after - at - 1));
    into_->buckets.add(entries, after, item.place().root());
    to_.version.size += after - size;
    discard_bucket(item.ref, mine);
    return true;
  }

  /// A bucket, or nothing, and its changes.
  void rewrite(const Item& item) {
    const std::size_t before = item.ref == kNothing ? 0 : bucket_size(item.ref);
    const bool mine = may_change_bucket(item.place());
    merge(item, before);
    to_.version.size += merged_.size() - before;
    item.place().hang(kNothing, false);
    std::memset(item.place().root(), 0, kDigestBytes);
    if (!merged_.empty()) build(0, merged_.size(), item.place());
    if (item.ref != kNothing) discard_bucket(item.ref, mine);
  }

  /// merged_ = the entries of the bucket after the changes.
  void merge(const Item& item, std::size_t before) {
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
  void build(std::size_t from, std::size_t to, Place place) {
    while (to - from > kBucketMax) {
      const std::size_t depth = shared_bits(merged_[from].key, merged_[to - 1].key);
      const std::size_t middle =
          split_at(from, to, depth, [this](std::size_t i) { return merged_[i].key; });
      const Ref ref = store_.make_inner(to_.version_id, depth);
      place.hang(ref, false);
      Inner& node = store_.inner(ref);
      into_->nodes.add(depth, node.pair, place.root());
      build(from, middle, {&node, 0});
      place = {&node, 1};
      from = middle;
    }
    std::uint8_t* const entries = hang_bucket(place, to - from);
    for (std::size_t i = from; i < to; ++i) {
      std::uint8_t* const entry = entries + kEntryBytes * (i - from);
      std::memcpy(entry, merged_[i].key, kKeyBytes);
      std::memcpy(entry + kKeyBytes, merged_[i].value, kValueBytes);
    }
    into_->buckets.add(entries, to - from, place.root());
  }

  void hash(Touched& touched) {
    into_ = &touched;
    const HashId id = to_.tree.hash_id();
    touched.buckets.run(id, threads_);
    for (std::size_t depth = kKeyBits; depth-- != 0;) {
      for (const Place& place : touched.unsettled[depth])
        settle(depth, place);
      touched.unsettled[depth].clear();
      std::vector<HashJob>& jobs = touched.nodes.at(depth);
      if (!jobs.empty()) hash_nodes(id, jobs, threads_);
      jobs.clear();
    }
  }

  /// A node whose subtrees are final: hashed, unless deletes left one side of it or none. No inner
  /// node is made any more, so one that is given back keeps its bytes until it is hashed.
  void settle(std::size_t depth, Place place) {
    const Ref ref = place.ref();
    Inner& node = store_.inner(ref);
    const Ref left = node.child[0];
    const Ref right = node.child[1];
    if (left == kNothing || right == kNothing) {
      const Place rest{&node, left == kNothing ? 1U : 0U};
      place.hang(rest.ref(), rest.fresh());
      std::memcpy(place.root(), rest.root(), kDigestBytes);
      return discard_inner(ref);
    }
    into_->nodes.add(depth, node.pair, place.root());
    if (!is_bucket(left) || !is_bucket(right)) return;
    const std::size_t count = bucket_size(left);
    if (count + bucket_size(right) > kMergeMax) return;
    std::uint8_t* const entries = hang_bucket(place, count + bucket_size(right));
    std::memcpy(entries, store_.entries(left), kEntryBytes * count);
    std::memcpy(entries + kEntryBytes * count, store_.entries(right),
                kEntryBytes * bucket_size(right));
    discard_bucket(left, may_change_bucket({&node, 0}));
    discard_bucket(right, may_change_bucket({&node, 1}));
    discard_inner(ref);
  }

  std::uint8_t* hang_bucket(Place place, std::size_t size) {
    const Ref bucket = store_.make_bucket(size);
    place.hang(bucket, true);
    return store_.entries(bucket);
  }

  /// A node that this version may write to: the one that was found, after its bytes have been saved
  /// for those who see them, or a copy if others wrote it.
  Inner& own(const Item& item, Inner& node) {
    if (to_.in_place || node.owner == to_.version_id) return node;
    const Inner& seen = to_.tree.inner(to_.version, item.ref);
    Journal& journal = to_.version.journal;
    if (&seen == &node && journal.size() < to_.journal_max) {
      const std::uint32_t number = journal.add(node, item.ref, to_.journal_blocks);
      node.owner = to_.version_id;
      node.fresh = 0;
      node.older = number & kOlderMax;
      return node;
    }
    const Ref copy = store_.make_inner(to_.version_id, node.depth);
    std::memcpy(store_.inner(copy).pair, seen.pair, sizeof seen.pair);
    std::copy_n(seen.child, 2, store_.inner(copy).child);
    item.place().ref() = copy;
    to_.version.replaced.push_back(item.ref);
    return store_.inner(copy);
  }

  [[nodiscard]] bool may_change_bucket(Place place) const noexcept {
    return to_.in_place || place.fresh();
  }

  /// The version has no use for it any more; others may have.
  void discard_bucket(Ref ref, bool may_change) {
    may_change ? store_.recycle(ref) : to_.version.replaced.push_back(ref);
  }
  void discard_inner(Ref ref) {
    to_.in_place || store_.inner(ref).older == 0 ? store_.recycle(ref)
                                                 : to_.version.replaced.push_back(ref);
  }

  const UpdateTarget& to_;
  Store& store_;
  const SortedBatch& batch_;
  unsigned threads_;
  Inner stem_{};  // the tree hangs at its left side
  std::vector<Item> items_, next_, bottom_;
  std::vector<Item> subtrees_;  // of all parts
  std::vector<EntryRef> merged_;
  Touched above_, part_;  // the nodes above all parts, and a part
  Touched* into_ = nullptr;
};

}  // namespace

Refusal apply_batch(const UpdateTarget& target, const Batch& batch, unsigned threads) {
  if (batch.count == 0) return Refusal::none;
  const SortedBatch sorted(batch);
  if (sorted.has_duplicates()) return Refusal::duplicate_key;
  Update(target, sorted, threads).run();
  return Refusal::none;
}

}  // namespace chopmark::state

// SPDX-License-Identifier: Apache-2.0
// Generation by generation from the top, the batch in key order is split over the nodes that it
// touches, so that memory can be asked for ahead; the buckets at the bottom are rewritten; then
// everything touched is hashed, the deepest first. A large batch does so in parts, each of them a
// few whole subtrees that fit into the processor's cache, and last with the nodes above them.
#include "state/update.hpp"

#include <algorithm>
#include <cstring>
#include <vector>

#include "state/bucket_update.hpp"

namespace chopmark::state {
namespace {

constexpr std::size_t kPart = 512;  // changes of a part: about half a MiB
constexpr std::size_t kAhead = 8;   // buckets whose changes are asked for

class Update {
 public:
  Update(const UpdateTarget& target, const SortedBatch& batch, unsigned threads)
      : to_(target),
        store_(target.store),
        batch_(batch),
        buckets_(target, batch),
        threads_(threads) {}

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
      buckets_.apply(bottom_[i], *into_);
    }
    bottom_.clear();
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
    if (is_bucket(left) && is_bucket(right) && buckets_.join(node, place)) discard_inner(ref);
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

  void discard_inner(Ref ref) {
    to_.in_place || store_.inner(ref).older == 0 ? store_.recycle(ref)
                                                 : to_.version.replaced.push_back(ref);
  }

  const UpdateTarget& to_;
  Store& store_;
  const SortedBatch& batch_;
  BucketUpdate buckets_;
  unsigned threads_;
  Inner stem_{};  // the tree hangs at its left side
  std::vector<Item> items_, next_, bottom_;
  std::vector<Item> subtrees_;  // of all parts
  Touched above_, part_;        // the nodes above all parts, and a part
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

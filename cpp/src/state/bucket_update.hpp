// SPDX-License-Identifier: Apache-2.0
// The lower end of a batch: buckets are rewritten, split and joined. Floor: state.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "state/bucket_hashes.hpp"
#include "state/sorted_batch.hpp"
#include "state/update.hpp"

namespace chopmark::state {

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

class BucketUpdate {
 public:
  BucketUpdate(const UpdateTarget& target, const SortedBatch& batch)
      : to_(target), store_(target.store), batch_(batch) {}

  /// Applies the changes of an item that is a bucket, or nothing, and notes what is to be hashed.
  void apply(const Item& item, Touched& into) {
    if (!set_one(item, into)) rewrite(item, into);
  }
  /// `node`, at `place`, has nothing but buckets below: one in its stead, if that is small enough.
  /// The node is left to the caller.
  bool join(Inner& node, Place place);

 private:
  bool set_one(const Item& item, Touched& into);
  void rewrite(const Item& item, Touched& into);
  void merge(const Item& item, std::size_t before);
  void build(std::size_t from, std::size_t to, Place place, Touched& into);

  std::uint8_t* hang_bucket(Place place, std::size_t size) {
    const Ref bucket = store_.make_bucket(size);
    place.hang(bucket, true);
    return store_.entries(bucket);
  }
  [[nodiscard]] bool may_change(Place bucket) const noexcept {
    return to_.in_place || bucket.fresh();
  }
  /// The version has no use for it any more; others may have.
  void discard(Ref bucket, bool may_change) {
    may_change ? store_.recycle(bucket) : to_.version.replaced.push_back(bucket);
  }

  const UpdateTarget& to_;
  Store& store_;
  const SortedBatch& batch_;
  std::vector<EntryRef> merged_;
};

}  // namespace chopmark::state

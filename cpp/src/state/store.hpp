// SPDX-License-Identifier: Apache-2.0
// Memory of the state tree: inner nodes and buckets in blocks that never move, named by 32-bit
// numbers. Floor: state.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <vector>

#include "state/state_hash.hpp"

namespace chopmark::state {

/// Names a subtree: nothing, an inner node, or a bucket together with its number of entries.
using Ref = std::uint32_t;
constexpr Ref kNothing = 0;

/// Entries of a bucket at most. What lies below is hashed again on each change instead of kept:
/// more of it costs time, less costs memory (docs/adr/009).
constexpr std::size_t kBucketMax = 4;

constexpr Ref kBucketBit = Ref{1} << 31;
constexpr unsigned kSizeShift = 28;
constexpr Ref kBucketIndexMax = (Ref{1} << kSizeShift) - 1;
constexpr Ref kInnerIndexMax = kBucketBit - 1;

[[nodiscard]] constexpr bool is_bucket(Ref ref) noexcept {
  return (ref & kBucketBit) != 0;
}
[[nodiscard]] constexpr bool is_inner(Ref ref) noexcept {
  return ref != kNothing && !is_bucket(ref);
}
[[nodiscard]] constexpr std::size_t bucket_size(Ref ref) noexcept {
  return 1 + ((ref & ~kBucketBit) >> kSizeShift);
}

/// A version of the tree: made by an overlay, kept by what was created in it.
using VersionId = std::uint32_t;
constexpr VersionId kNobody = 0;

/// An inner node. The roots of its two subtrees stand side by side: the input of its hash.
struct Inner {
  std::uint8_t pair[2 * kDigestBytes];
  Ref child[2];
  VersionId owner;  // the version that made it
  std::uint8_t depth;
};

/// Blocks begin at the start of a page of the large kind.
constexpr std::align_val_t kBlockAlign{std::size_t{1} << 21};

struct AlignedDelete {
  void operator()(std::uint8_t* bytes) const noexcept { ::operator delete[](bytes, kBlockAlign); }
};
using AlignedBytes = std::unique_ptr<std::uint8_t[], AlignedDelete>;

/// Slots of equal size in blocks, and a list of the free ones.
class Slots {
 public:
  explicit Slots(std::size_t bytes = 64) noexcept : bytes_(bytes) {}

  [[nodiscard]] std::uint8_t* at(Ref index) const noexcept {
    return blocks_[index / kPerBlock].get() + bytes_ * (index % kPerBlock);
  }
  Ref take();
  void give_back(Ref index) { free_.push_back(index); }

  [[nodiscard]] std::size_t in_use() const noexcept { return next_ - free_.size(); }
  [[nodiscard]] std::size_t memory() const noexcept {
    return std::size_t{next_} * bytes_ + free_.capacity() * sizeof(Ref);
  }

 private:
  static constexpr std::size_t kPerBlock = std::size_t{1} << 17;  // whole large pages
  static constexpr std::size_t kAhead = 8;
  void add_block();

  std::size_t bytes_;
  std::vector<AlignedBytes> blocks_;
  std::vector<Ref> free_;
  Ref next_ = 0;
};

/// All inner nodes and buckets of all versions.
class Store {
 public:
  Store();

  [[nodiscard]] Inner& inner(Ref ref) noexcept {
    return *reinterpret_cast<Inner*>(inners_.at(ref));
  }
  [[nodiscard]] const Inner& inner(Ref ref) const noexcept {
    return *reinterpret_cast<const Inner*>(inners_.at(ref));
  }
  /// The entries of a bucket, in ascending order.
  [[nodiscard]] std::uint8_t* entries(Ref ref) noexcept { return pool(ref).at(index_of(ref)); }
  [[nodiscard]] const std::uint8_t* entries(Ref ref) const noexcept {
    return pool(ref).at(index_of(ref));
  }

  [[nodiscard]] VersionId& owner(Ref ref) noexcept;
  Ref make_inner(VersionId owner, std::size_t depth);
  Ref make_bucket(VersionId owner, std::size_t size);
  void release(Ref ref);
  /// release for a node whose owner is never forgotten: its memory is not touched.
  void recycle(Ref ref);
  /// The smallest key below; all share the bits before the first branch.
  [[nodiscard]] const std::uint8_t* any_key(Ref ref) const noexcept;

  void prefetch(Ref ref) const noexcept;
  [[nodiscard]] std::size_t memory() const noexcept;
  [[nodiscard]] std::size_t in_use() const noexcept;

 private:
  static Ref index_of(Ref bucket) noexcept { return bucket & kBucketIndexMax; }
  [[nodiscard]] const Slots& pool(Ref bucket) const noexcept {
    return buckets_[bucket_size(bucket) - 1];
  }

  Slots inners_{sizeof(Inner)};
  std::array<Slots, kBucketMax> buckets_;                  // by size
  std::array<std::vector<VersionId>, kBucketMax> owners_;  // of the buckets
};

}  // namespace chopmark::state

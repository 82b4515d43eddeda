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

/// A version of the tree. A version has a larger number than what it stands on.
using VersionId = std::uint32_t;
constexpr VersionId kNobody = 0;

/// An inner node. The roots of its two subtrees stand side by side: the input of its hash.
///
/// What stands in it is what `owner` and the versions that stand on it see. If `owner` is an
/// overlay that found the node and wrote over it, what others see is in its journal, under the
/// number `older`; if it made the node, nobody else sees it and `older` is 0. Depth and all bits of
/// keys before it are the same for all who see the node.
struct Inner {
  std::uint8_t pair[2 * kDigestBytes];
  Ref child[2];
  VersionId owner;
  std::uint32_t depth : 8;
  std::uint32_t fresh : 2;  // bit i: child i is a bucket that `owner` made
  std::uint32_t older : 22;
};
constexpr std::uint32_t kOlderMax = (std::uint32_t{1} << 22) - 1;

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
  static constexpr std::size_t kAhead = 24;
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

  Ref make_inner(VersionId owner, std::size_t depth);
  Ref make_bucket(std::size_t size);
  /// Its bytes stay as they are until it is made again.
  void recycle(Ref ref);

  /// Asks for the memory of a node or bucket and says where it stands; null for nothing.
  std::uint8_t* prefetch(Ref ref) const noexcept {
    if (ref == kNothing) return nullptr;
    std::uint8_t* const from = is_inner(ref) ? inners_.at(ref) : pool(ref).at(index_of(ref));
    const std::size_t bytes = is_inner(ref) ? sizeof(Inner) : kEntryBytes * bucket_size(ref);
    for (std::size_t byte = 0; byte < bytes; byte += 64)
      __builtin_prefetch(from + byte, 0, 2);
    return from;
  }
  [[nodiscard]] std::size_t memory() const noexcept;
  [[nodiscard]] std::size_t in_use() const noexcept;

 private:
  static Ref index_of(Ref bucket) noexcept { return bucket & kBucketIndexMax; }
  [[nodiscard]] const Slots& pool(Ref bucket) const noexcept {
    return buckets_[bucket_size(bucket) - 1];
  }

  Slots inners_{sizeof(Inner)};
  std::array<Slots, kBucketMax> buckets_;  // by size
};

}  // namespace chopmark::state

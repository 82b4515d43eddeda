// SPDX-License-Identifier: Apache-2.0
#include "state/store.hpp"

#if defined(__linux__)
#include <sys/mman.h>
#endif

#include "base/check.hpp"

namespace chopmark::state {

Ref Slots::take() {
  if (!free_.empty()) {
    const Ref index = free_.back();
    free_.pop_back();
    // Free slots lie anywhere: ask for one that is taken soon.
    if (free_.size() >= kAhead) {
      const std::uint8_t* const soon = at(free_[free_.size() - kAhead]);
      for (std::size_t byte = 0; byte < bytes_; byte += 64)
        __builtin_prefetch(soon + byte, 1);
    }
    return index;
  }
  if (next_ == blocks_.size() * kPerBlock) add_block();
  return next_++;
}

void Slots::add_block() {
  const std::size_t size = bytes_ * kPerBlock;
  blocks_.emplace_back(static_cast<std::uint8_t*>(::operator new[](size, kBlockAlign)));
#if defined(__linux__)
  // Updates touch memory all over the place: large pages save a fifth of their time. A small tree
  // stays in its first blocks and takes no more than it needs.
  if (blocks_.size() > 1) (void)madvise(blocks_.back().get(), size, MADV_HUGEPAGE);
#endif
}

Store::Store() {
  for (std::size_t i = 0; i < kBucketMax; ++i)
    buckets_[i] = Slots(kEntryBytes * (i + 1));
  CHOPMARK_CHECK(inners_.take() == kNothing);  // the number 0 stands for nothing
}

VersionId& Store::owner(Ref ref) noexcept {
  return is_bucket(ref) ? owners_[bucket_size(ref) - 1][index_of(ref)] : inner(ref).owner;
}

Ref Store::make_inner(VersionId owner, std::size_t depth) {
  const Ref ref = inners_.take();
  CHOPMARK_CHECK(ref <= kInnerIndexMax);
  new (inners_.at(ref)) Inner{{}, {kNothing, kNothing}, owner, static_cast<std::uint8_t>(depth)};
  return ref;
}

Ref Store::make_bucket(VersionId owner, std::size_t size) {
  const Ref index = buckets_[size - 1].take();
  CHOPMARK_CHECK(index <= kBucketIndexMax);
  auto& owners = owners_[size - 1];
  if (index >= owners.size()) owners.resize(std::size_t{index} + 1);
  owners[index] = owner;
  return kBucketBit | static_cast<Ref>(size - 1) << kSizeShift | index;
}

void Store::release(Ref ref) {
  owner(ref) = kNobody;
  recycle(ref);
}

void Store::recycle(Ref ref) {
  if (is_bucket(ref)) {
    buckets_[bucket_size(ref) - 1].give_back(index_of(ref));
  } else {
    inners_.give_back(ref);
  }
}

const std::uint8_t* Store::any_key(Ref ref) const noexcept {
  while (is_inner(ref))
    ref = inner(ref).child[0];
  return entries(ref);
}

void Store::prefetch(Ref ref) const noexcept {
  if (ref == kNothing) return;
  const std::uint8_t* const from = is_inner(ref) ? inners_.at(ref) : entries(ref);
  const std::size_t lines = is_inner(ref) ? 2 : bucket_size(ref);
  for (std::size_t i = 0; i < lines; ++i)
    __builtin_prefetch(from + 64 * i, 1);
}

std::size_t Store::memory() const noexcept {
  std::size_t bytes = inners_.memory();
  for (std::size_t i = 0; i < kBucketMax; ++i)
    bytes += buckets_[i].memory() + owners_[i].capacity() * sizeof(VersionId);
  return bytes;
}

std::size_t Store::in_use() const noexcept {
  std::size_t count = inners_.in_use() - 1;
  for (const auto& slots : buckets_)
    count += slots.in_use();
  return count;
}

}  // namespace chopmark::state

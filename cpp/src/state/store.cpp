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
        __builtin_prefetch(soon + byte, 0, 2);
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

Ref Store::make_inner(VersionId owner, std::size_t depth) {
  const Ref ref = inners_.take();
  CHOPMARK_CHECK(ref <= kInnerIndexMax);
  new (inners_.at(ref))
      Inner{{}, {kNothing, kNothing}, owner, static_cast<std::uint32_t>(depth) & 0xffU, 0, 0};
  return ref;
}

Ref Store::make_bucket(std::size_t size) {
  const Ref index = buckets_[size - 1].take();
  CHOPMARK_CHECK(index <= kBucketIndexMax);
  return kBucketBit | static_cast<Ref>(size - 1) << kSizeShift | index;
}

void Store::recycle(Ref ref) {
  if (is_bucket(ref)) {
    buckets_[bucket_size(ref) - 1].give_back(index_of(ref));
  } else {
    inners_.give_back(ref);
  }
}

std::size_t Store::memory() const noexcept {
  std::size_t bytes = inners_.memory();
  for (const Slots& slots : buckets_)
    bytes += slots.memory();
  return bytes;
}

std::size_t Store::in_use() const noexcept {
  std::size_t count = inners_.in_use() - 1;
  for (const auto& slots : buckets_)
    count += slots.in_use();
  return count;
}

}  // namespace chopmark::state

// SPDX-License-Identifier: Apache-2.0
// What inner nodes held before a version wrote over them. Floor: state.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include "state/store.hpp"

namespace chopmark::state {

struct Saved {
  Inner node;
  Ref ref;
};

/// Blocks of journals that are gone, for those to come: in use all the time, they stay in the
/// cache.
class JournalBlocks {
 public:
  using Block = std::unique_ptr<Saved[]>;
  static constexpr std::size_t kSaved = 4096;  // in a block

  Block take();
  void give_back(Block&& block);
  [[nodiscard]] std::size_t memory() const noexcept { return spare_.size() * bytes(1); }
  [[nodiscard]] static constexpr std::size_t bytes(std::size_t blocks) noexcept {
    return blocks * kSaved * sizeof(Saved);
  }

 private:
  static constexpr std::size_t kSpareMax = 64;  // some twenty MB: a block of 20,000 changes
  std::vector<Block> spare_;
};

/// Of one version, in the order in which it was written. Numbers begin with 1.
class Journal {
 public:
  std::uint32_t add(const Inner& node, Ref ref, JournalBlocks& blocks) {
    if (size_ == blocks_.size() * JournalBlocks::kSaved) blocks_.push_back(blocks.take());
    Saved& saved = blocks_[size_ / JournalBlocks::kSaved][size_ % JournalBlocks::kSaved];
    __builtin_prefetch(&saved + kAhead, 1);
    std::memcpy(&saved.node, &node, sizeof node);
    saved.ref = ref;
    return ++size_;
  }
  [[nodiscard]] std::uint32_t size() const noexcept { return size_; }
  [[nodiscard]] const Saved& at(std::uint32_t number) const noexcept {
    return blocks_[(number - 1) / JournalBlocks::kSaved][(number - 1) % JournalBlocks::kSaved];
  }
  void clear(JournalBlocks& blocks);
  [[nodiscard]] std::size_t memory() const noexcept { return JournalBlocks::bytes(blocks_.size()); }

 private:
  static constexpr std::size_t kAhead = 6;
  std::vector<JournalBlocks::Block> blocks_;
  std::uint32_t size_ = 0;
};

}  // namespace chopmark::state

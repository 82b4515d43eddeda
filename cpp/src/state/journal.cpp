// SPDX-License-Identifier: Apache-2.0
#include "state/journal.hpp"

#include <utility>

namespace chopmark::state {

JournalBlocks::Block JournalBlocks::take() {
  if (spare_.empty()) return std::make_unique_for_overwrite<Saved[]>(kSaved);
  Block block = std::move(spare_.back());
  spare_.pop_back();
  return block;
}

void JournalBlocks::give_back(Block&& block) {
  if (spare_.size() < kSpareMax) spare_.push_back(std::move(block));
}

void Journal::clear(JournalBlocks& blocks) {
  while (!blocks_.empty()) {
    blocks.give_back(std::move(blocks_.back()));
    blocks_.pop_back();
  }
  size_ = 0;
}

}  // namespace chopmark::state

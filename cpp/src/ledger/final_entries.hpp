// SPDX-License-Identifier: Apache-2.0
// The transactions of the last final blocks by their ids: what L-14 remembers. Floor: ledger.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "base/bytes.hpp"
#include "ledger/id_index.hpp"
#include "ledger/operations.hpp"

namespace chopmark::ledger {

/// A transaction that stands in a block.
struct Entry {
  Digest id{};
  std::uint64_t height = 0;
  std::uint64_t log_index = 0;
  TransactionResult result;
};

class FinalEntries {
 public:
  void add(const std::vector<Entry>& entries) {
    for (const Entry& entry : entries) {
      index_.insert(entry.id, first_ + entries_.size(), IdOf{this});
      entries_.push_back(entry);
    }
  }
  /// Drops those of blocks below this height.
  void forget_below(std::uint64_t height) {
    for (; !entries_.empty() && entries_.front().height < height; ++first_) {
      index_.erase(entries_.front().id, IdOf{this});
      entries_.pop_front();
    }
  }
  /// Null if the id is not among them.
  [[nodiscard]] const Entry* find(const Digest& id) const {
    const auto number = index_.find(id, IdOf{this});
    return number ? &entries_[*number - first_] : nullptr;
  }
  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

 private:
  struct IdOf {
    const FinalEntries* from;
    const Digest& operator()(std::uint64_t number) const {
      return from->entries_[number - from->first_].id;
    }
  };
  std::deque<Entry> entries_;
  std::uint64_t first_ = 0;  // number of the front one
  IdIndex index_;
};

}  // namespace chopmark::ledger

// SPDX-License-Identifier: Apache-2.0
// The changes of an overlay, carried over to where they count. Floor: ledger.
#pragma once

#include <cstdint>
#include <vector>

#include "ledger/entry_map.hpp"
#include "ledger/overlay.hpp"
#include "ledger/register.hpp"
#include "state/tree.hpp"

namespace chopmark::ledger {

/// Borrows the overlay.
class StateBatch {
 public:
  explicit StateBatch(const Overlay& overlay);

  /// Whether it has entries of the register (L-33).
  [[nodiscard]] bool changes_register() const noexcept { return changes_register_; }
  void apply_to(Register& registered) const;
  void apply_to(state::StateTree& tree, state::VersionId version, unsigned threads) const;
  void apply_to(EntryMap& entries) const;

 private:
  std::vector<const Overlay::Change*> changes_;
  bool changes_register_ = false;
};

}  // namespace chopmark::ledger

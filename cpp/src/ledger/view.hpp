// SPDX-License-Identifier: Apache-2.0
// The entries of one state as a block that is executed sees and changes them: those of its parent,
// and above them its own changes, which a failed transaction takes back. Floor: ledger.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/bytes.hpp"
#include "ledger/overlay.hpp"

namespace chopmark::ledger {

class View {
 public:
  /// Changes go into `top`; what it does not have is looked up in its parents.
  explicit View(Overlay& top) noexcept : top_(top) {}

  /// Borrowed until the next change; empty if there is no such entry.
  [[nodiscard]] ByteView get(const Digest& key) const noexcept;
  void put(const Digest& key, ByteView entry);
  void remove(const Digest& key);

  /// From here on changes can be taken back.
  void begin_transaction() noexcept;
  /// Everything since then.
  void take_back() noexcept;

 private:
  Overlay& top_;
  std::vector<Overlay::Undo> undo_;
  Bytes undo_bytes_;
};

}  // namespace chopmark::ledger

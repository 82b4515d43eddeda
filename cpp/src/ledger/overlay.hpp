// SPDX-License-Identifier: Apache-2.0
// What one block changes, above its parent's entries. Floor: ledger.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/bytes.hpp"
#include "ledger/entry_map.hpp"

namespace chopmark::ledger {

class Overlay {
 public:
  /// Above another overlay, or, if that is null, above the final entries. Borrows both.
  Overlay(const Overlay* parent, const EntryMap* final_entries) noexcept
      : parent_(parent), final_(final_entries) {}

  enum class Standing : std::uint8_t { present, removed, unchanged };

  struct Change {
    Digest key;
    std::uint8_t* bytes;
    std::uint16_t size;
    std::uint16_t room;
    Standing standing;  // unchanged: a change that was taken back
    [[nodiscard]] ByteView entry() const noexcept { return {bytes, size}; }
  };

  /// Where a change was before it was made.
  struct Undo {
    std::uint32_t change;
    Standing standing;
    std::uint16_t size;
    std::uint32_t bytes_at;  // of its bytes, in the order in which they were kept
  };

  /// The entry here or below; empty if there is none. Borrowed until it changes.
  [[nodiscard]] ByteView find(const Digest& key) const noexcept;
  void put(const Digest& key, ByteView entry, std::vector<Undo>& undo, Bytes& undo_bytes);
  void remove(const Digest& key, std::vector<Undo>& undo, Bytes& undo_bytes);
  void take_back(const Undo& undo, const Bytes& undo_bytes) noexcept;

  /// In the order in which their keys were first changed; some are unchanged.
  [[nodiscard]] const std::vector<Change>& changes() const noexcept { return changes_; }
  /// The parent has become final.
  void stand_on_final() noexcept { parent_ = nullptr; }
  [[nodiscard]] std::size_t memory() const noexcept;

 private:
  static constexpr std::size_t kBlockBytes = std::size_t{64} << 10;

  [[nodiscard]] const Change* change_of(const Digest& key) const noexcept;
  Change& own(const Digest& key, std::vector<Undo>& undo, Bytes& undo_bytes);
  void grow();
  std::uint8_t* take(std::size_t bytes);

  const Overlay* parent_;
  const EntryMap* final_;
  std::vector<Change> changes_;
  std::vector<std::uint32_t> slots_;  // 1 + index in changes_, or 0; a power of two of them
  std::vector<std::unique_ptr<std::uint8_t[]>> blocks_;
  std::size_t block_left_ = 0;
};

}  // namespace chopmark::ledger

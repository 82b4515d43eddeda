// SPDX-License-Identifier: Apache-2.0
// Entries of the final state by their keys. Floor: ledger.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/bytes.hpp"

namespace chopmark::ledger {

/// Byte strings of at most 64 KiB behind keys that are hashes. Tables of references by open
/// addressing, 256 of them, so that none is long when it grows; what they refer to lies in blocks
/// that never move.
class EntryMap {
 public:
  EntryMap() = default;

  /// Borrowed until this entry changes; empty if there is none.
  [[nodiscard]] ByteView find(const Digest& key) const noexcept;
  /// `entry` is not empty.
  void put(const Digest& key, ByteView entry);
  void remove(const Digest& key) noexcept;
  /// Asks for the memory that find, put and remove touch first.
  void prefetch(const Digest& key) const noexcept;

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  /// Bytes held.
  [[nodiscard]] std::size_t memory() const noexcept;

 private:
  // A reference: 24 bits of the key, then where the cell lies, in units of 16 bytes.
  using Reference = std::uint64_t;
  static constexpr unsigned kPlaceBits = 40;
  static constexpr Reference kPlaceMask = (Reference{1} << kPlaceBits) - 1;
  static constexpr std::size_t kUnit = 16;
  static constexpr std::size_t kBlockUnits = std::size_t{1} << 17;
  static constexpr std::size_t kHeadBytes = 34;  // of a cell: the key and the size of its entry
  static constexpr std::size_t kTables = 256;

  struct Table {
    std::vector<Reference> slots;  // 0: free; a power of two of them
    std::size_t used = 0;
  };
  struct Where {
    Table* table;
    std::size_t slot;  // of the key, or the free one where it would go
    bool found;
  };

  [[nodiscard]] static std::uint64_t bits_of(const Digest& key) noexcept;
  [[nodiscard]] static Reference tag_of(std::uint64_t bits) noexcept;
  [[nodiscard]] static std::size_t units_of(std::size_t entry_bytes) noexcept {
    return (kHeadBytes + entry_bytes + kUnit - 1) / kUnit;
  }
  [[nodiscard]] std::uint8_t* cell(Reference reference) const noexcept;
  [[nodiscard]] std::size_t slot_of(const Table& table, const Digest& key) const noexcept;
  [[nodiscard]] std::uint64_t take(std::size_t units);
  void give_back(Reference reference, std::size_t units);
  void grow(Table& table);

  std::array<Table, kTables> tables_;
  std::vector<std::unique_ptr<std::uint8_t[]>> blocks_;
  std::size_t block_used_ = kBlockUnits;          // units of the last block
  std::vector<std::vector<std::uint64_t>> free_;  // places, by units
  std::size_t size_ = 0;
};

}  // namespace chopmark::ledger

// SPDX-License-Identifier: Apache-2.0
#include "ledger/entry_map.hpp"

#include <algorithm>
#include <cstring>

#include "base/check.hpp"
#include "base/endian.hpp"

namespace chopmark::ledger {
namespace {

constexpr std::size_t kFirstSlots = 64;

std::size_t size_of(const std::uint8_t* cell) noexcept {
  return load_be<std::uint16_t>(cell + 32);
}

}  // namespace

std::uint64_t EntryMap::bits_of(const Digest& key) noexcept {
  return load_be<std::uint64_t>(key.data());
}

// The first byte chooses the table, the last bits the slot: the tag has those between. Bit 0 of the
// place is free to be 0 with any tag, since no cell lies at place 0.
EntryMap::Reference EntryMap::tag_of(std::uint64_t bits) noexcept {
  return (bits << 8) >> kPlaceBits << kPlaceBits;
}

std::uint8_t* EntryMap::cell(Reference reference) const noexcept {
  const std::uint64_t place = reference & kPlaceMask;
  return blocks_[place / kBlockUnits].get() + kUnit * (place % kBlockUnits);
}

/// Where the key is, or the first free slot after where it would be.
std::size_t EntryMap::slot_of(const Table& table, const Digest& key) const noexcept {
  const std::uint64_t bits = bits_of(key);
  const std::size_t mask = table.slots.size() - 1;
  for (std::size_t slot = bits & mask;; slot = (slot + 1) & mask) {
    const Reference reference = table.slots[slot];
    if (reference == 0) return slot;
    if ((reference & ~kPlaceMask) == tag_of(bits) &&
        std::memcmp(cell(reference), key.data(), key.size()) == 0)
      return slot;
  }
}

ByteView EntryMap::find(const Digest& key) const noexcept {
  const Table& table = tables_[key[0]];
  if (table.slots.empty()) return {};
  const Reference reference = table.slots[slot_of(table, key)];
  if (reference == 0) return {};
  const std::uint8_t* const at = cell(reference);
  return {at + kHeadBytes, size_of(at)};
}

void EntryMap::prefetch(const Digest& key) const noexcept {
  const Table& table = tables_[key[0]];
  if (table.slots.empty()) return;
  __builtin_prefetch(&table.slots[bits_of(key) & (table.slots.size() - 1)]);
}

void EntryMap::put(const Digest& key, ByteView entry) {
  CHOPMARK_CHECK(!entry.empty() && entry.size() <= UINT16_MAX);
  Table& table = tables_[key[0]];
  if (4 * (table.used + 1) > 3 * table.slots.size()) grow(table);
  Reference& reference = table.slots[slot_of(table, key)];
  const std::size_t units = units_of(entry.size());
  const bool is_new = reference == 0;
  if (is_new || units_of(size_of(cell(reference))) != units) {
    const std::uint64_t place = take(units);
    if (!is_new) give_back(reference, units_of(size_of(cell(reference))));
    reference = tag_of(bits_of(key)) | place;
    table.used += is_new ? 1 : 0;
    size_ += is_new ? 1 : 0;
    std::memcpy(cell(reference), key.data(), key.size());
  }
  std::uint8_t* const at = cell(reference);
  store_be(at + 32, static_cast<std::uint16_t>(entry.size()));
  std::memcpy(at + kHeadBytes, entry.data(), entry.size());
}

void EntryMap::remove(const Digest& key) noexcept {
  Table& table = tables_[key[0]];
  if (table.slots.empty()) return;
  std::size_t hole = slot_of(table, key);
  if (table.slots[hole] == 0) return;
  give_back(table.slots[hole], units_of(size_of(cell(table.slots[hole]))));
  // Those behind move up, so that each is found from the slot of its key without a gap.
  const std::size_t mask = table.slots.size() - 1;
  for (std::size_t at = (hole + 1) & mask; table.slots[at] != 0; at = (at + 1) & mask) {
    const std::size_t home = load_be<std::uint64_t>(cell(table.slots[at])) & mask;
    if (((at - home) & mask) < ((at - hole) & mask)) continue;
    table.slots[hole] = table.slots[at];
    hole = at;
  }
  table.slots[hole] = 0;
  --table.used;
  --size_;
}

void EntryMap::grow(Table& table) {
  std::vector<Reference> wider(std::max(kFirstSlots, 2 * table.slots.size()));
  const std::size_t mask = wider.size() - 1;
  for (const Reference reference : table.slots) {
    if (reference == 0) continue;
    std::size_t slot = load_be<std::uint64_t>(cell(reference)) & mask;
    while (wider[slot] != 0)
      slot = (slot + 1) & mask;
    wider[slot] = reference;
  }
  table.slots = std::move(wider);
}

std::uint64_t EntryMap::take(std::size_t units) {
  if (units < free_.size() && !free_[units].empty()) {
    const std::uint64_t place = free_[units].back();
    free_[units].pop_back();
    return place;
  }
  if (block_used_ + units > kBlockUnits) {
    blocks_.push_back(std::make_unique_for_overwrite<std::uint8_t[]>(kUnit * kBlockUnits));
    block_used_ = blocks_.size() == 1 ? 1 : 0;  // no cell at place 0
  }
  const std::uint64_t place = (blocks_.size() - 1) * kBlockUnits + block_used_;
  block_used_ += units;
  return place;
}

void EntryMap::give_back(Reference reference, std::size_t units) {
  if (free_.size() <= units) free_.resize(units + 1);
  free_[units].push_back(reference & kPlaceMask);
}

std::size_t EntryMap::memory() const noexcept {
  std::size_t bytes = blocks_.size() * kUnit * kBlockUnits;
  for (const Table& table : tables_)
    bytes += table.slots.capacity() * sizeof(Reference);
  for (const auto& places : free_)
    bytes += places.capacity() * sizeof(std::uint64_t);
  return bytes;
}

}  // namespace chopmark::ledger

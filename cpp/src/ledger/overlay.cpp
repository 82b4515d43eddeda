// SPDX-License-Identifier: Apache-2.0
#include "ledger/overlay.hpp"

#include <algorithm>
#include <cstring>

#include "base/check.hpp"
#include "base/endian.hpp"
#include "ledger/view.hpp"

namespace chopmark::ledger {
namespace {

constexpr std::size_t kFirstSlots = 64;

std::size_t home_of(const Digest& key, std::size_t slots) noexcept {
  return load_be<std::uint64_t>(key.data() + 8) & (slots - 1);
}

}  // namespace

const Overlay::Change* Overlay::change_of(const Digest& key) const noexcept {
  if (slots_.empty()) return nullptr;
  for (std::size_t slot = home_of(key, slots_.size());; slot = (slot + 1) & (slots_.size() - 1)) {
    if (slots_[slot] == 0) return nullptr;
    const Change& change = changes_[slots_[slot] - 1];
    if (change.key == key) return &change;
  }
}

ByteView Overlay::find(const Digest& key) const noexcept {
  for (const Overlay* at = this; at != nullptr; at = at->parent_) {
    const Change* const change = at->change_of(key);
    if (change == nullptr || change->standing == Standing::unchanged) continue;
    return change->standing == Standing::present ? change->entry() : ByteView{};
  }
  return final_->find(key);
}

/// The change of a key, made if need be, with what it was kept for taking back.
Overlay::Change& Overlay::own(const Digest& key, std::vector<Undo>& undo, Bytes& undo_bytes) {
  if (2 * (changes_.size() + 1) > slots_.size()) grow();
  std::size_t slot = home_of(key, slots_.size());
  while (slots_[slot] != 0 && changes_[slots_[slot] - 1].key != key)
    slot = (slot + 1) & (slots_.size() - 1);
  if (slots_[slot] == 0) {
    changes_.push_back({key, nullptr, 0, 0, Standing::unchanged});
    slots_[slot] = static_cast<std::uint32_t>(changes_.size());
  }
  Change& change = changes_[slots_[slot] - 1];
  undo.push_back({slots_[slot] - 1, change.standing, change.size,
                  static_cast<std::uint32_t>(undo_bytes.size())});
  if (change.standing == Standing::present) append(undo_bytes, change.entry());
  return change;
}

void Overlay::put(const Digest& key, ByteView entry, std::vector<Undo>& undo, Bytes& undo_bytes) {
  CHOPMARK_CHECK(!entry.empty() && entry.size() <= UINT16_MAX);
  Change& change = own(key, undo, undo_bytes);
  if (entry.size() > change.room) {
    change.bytes = take(entry.size());
    change.room = static_cast<std::uint16_t>(entry.size());
  }
  change.size = static_cast<std::uint16_t>(entry.size());
  change.standing = Standing::present;
  std::memcpy(change.bytes, entry.data(), entry.size());
}

void Overlay::remove(const Digest& key, std::vector<Undo>& undo, Bytes& undo_bytes) {
  own(key, undo, undo_bytes).standing = Standing::removed;
}

void Overlay::take_back(const Undo& undo, const Bytes& undo_bytes) noexcept {
  Change& change = changes_[undo.change];
  change.standing = undo.standing;
  if (undo.standing != Standing::present) return;
  // What it had fits: room only grows.
  change.size = undo.size;
  std::memcpy(change.bytes, undo_bytes.data() + undo.bytes_at, undo.size);
}

void Overlay::grow() {
  std::vector<std::uint32_t> wider(std::max(kFirstSlots, 2 * slots_.size()));
  for (std::uint32_t i = 0; i < changes_.size(); ++i) {
    std::size_t slot = home_of(changes_[i].key, wider.size());
    while (wider[slot] != 0)
      slot = (slot + 1) & (wider.size() - 1);
    wider[slot] = i + 1;
  }
  slots_ = std::move(wider);
}

std::uint8_t* Overlay::take(std::size_t bytes) {
  if (block_left_ < bytes) {
    blocks_.push_back(std::make_unique_for_overwrite<std::uint8_t[]>(kBlockBytes));
    block_left_ = kBlockBytes;
  }
  std::uint8_t* const at = blocks_.back().get() + (kBlockBytes - block_left_);
  block_left_ -= bytes;
  return at;
}

std::size_t Overlay::memory() const noexcept {
  return blocks_.size() * kBlockBytes + changes_.capacity() * sizeof(Change) +
         slots_.capacity() * sizeof(std::uint32_t);
}

ByteView View::get(const Digest& key) const noexcept {
  return top_.find(key);
}

void View::put(const Digest& key, ByteView entry) {
  top_.put(key, entry, undo_, undo_bytes_);
}

void View::remove(const Digest& key) {
  top_.remove(key, undo_, undo_bytes_);
}

void View::begin_transaction() noexcept {
  undo_.clear();
  undo_bytes_.clear();
}

void View::take_back() noexcept {
  for (std::size_t i = undo_.size(); i-- != 0;)
    top_.take_back(undo_[i], undo_bytes_);
  begin_transaction();
}

}  // namespace chopmark::ledger

// SPDX-License-Identifier: Apache-2.0
#include "sim/toy_ledger.hpp"

#include <algorithm>
#include <utility>

#include "base/endian.hpp"
#include "hash/sha256.hpp"
#include "sim/headers.hpp"
#include "sim/mix.hpp"
#include "sim/random.hpp"

namespace chopmark::sim {
namespace {

enum : std::uint8_t { kUnknown, kWaiting, kFinal };

constexpr std::uint32_t kTransactionsMax = 1 << 24;  // of a run

Digest spread(std::uint64_t root) noexcept {
  Digest out;
  for (std::size_t i = 0; i < out.size(); i += 8)
    store_be<std::uint64_t>(out.data() + i, mix(root, i));
  return out;
}

}  // namespace

ToyLedger::ToyLedger(const Setup& setup, std::size_t nodes) : setup_(&setup), nodes_(nodes) {
  Block anchor;
  anchor.digest = setup.chain_id;
  anchor.root = hash_bytes(setup.chain_id);
  finals_.push_back(std::move(anchor));
  Seats first(setup.validators);
  for (std::size_t i = 0; i < first.size(); ++i)
    first[i] = static_cast<std::uint8_t>(i);
  sets_.push_back(std::move(first));
}

std::uint8_t& ToyLedger::state_of(std::uint32_t transaction) {
  if (transaction >= states_.size()) {
    states_.resize(transaction + 64, kUnknown);
    taken_.resize(states_.size(), 0);
  }
  return states_[transaction];
}

bool ToyLedger::submit(std::uint32_t transaction) {
  if (transaction >= kTransactionsMax) return false;
  std::uint8_t& state = state_of(transaction);
  if (state != kUnknown) return false;
  state = kWaiting;
  waiting_.push_back(transaction);
  ++waiting_count_;
  return true;
}

const ToyLedger::Block* ToyLedger::find(const Digest& digest) const noexcept {
  for (auto at = candidates_.rbegin(); at != candidates_.rend(); ++at) {
    if (at->digest == digest) return &*at;
  }
  return finals_.back().digest == digest ? &finals_.back() : nullptr;
}

const Seats& ToyLedger::seats_after(const Block& parent) {
  const Seats& now = sets_.back();
  const std::size_t seats_changed_max = (now.size() - 1) / 3;
  next_ = now;
  Random draw(parent.root);
  for (std::size_t left = draw.below(seats_changed_max + 1); left != 0; --left) {
    const auto joins = static_cast<std::uint8_t>(draw.below(nodes_));
    const std::size_t seat = draw.below(next_.size());
    if (std::ranges::find(next_, joins) == next_.end()) next_[seat] = joins;
  }
  return next_;
}

void ToyLedger::encode_set(const Seats* seats, Bytes& out) const {
  out.push_back(seats == nullptr ? 0 : static_cast<std::uint8_t>(seats->size()));
  if (seats == nullptr) return;
  for (const std::uint8_t node : *seats)
    append(out, setup_->keys[node]);
}

std::optional<BuiltBlock> ToyLedger::build(const Digest& parent, bool last, std::uint32_t batch,
                                           std::size_t filler, Bytes& payload) {
  const Block* on = find(parent);
  if (on == nullptr) return std::nullopt;
  BuiltBlock out{spread(on->root), on->log_size, nullptr};
  if (last) out.next = &seats_after(*on);
  ++mark_;
  for (const Block* at = on; at != nullptr && at->height > height(); at = find(at->parent)) {
    for (const std::uint32_t one : at->transactions)
      taken_[one] = mark_;
  }
  std::erase_if(waiting_, [this](std::uint32_t one) { return states_[one] != kWaiting; });
  payload.assign(4, 0);
  std::uint32_t count = 0;
  for (const std::uint32_t one : waiting_) {
    if (count == batch) break;
    if (taken_[one] == mark_) continue;
    payload.resize(payload.size() + 8);
    store_be<std::uint64_t>(payload.data() + payload.size() - 8, one);
    ++count;
  }
  store_be<std::uint32_t>(payload.data(), count);
  if (payload.size() < filler) payload.resize(filler, 0x5a);
  return out;
}

bool ToyLedger::apply(const Block& parent, const Digest& digest, ByteView payload,
                      Block& out) const {
  out.digest = digest;
  out.parent = parent.digest;
  out.height = parent.height + 1;
  out.transactions.clear();
  if (payload.size() < 4) return false;
  const std::uint64_t count = load_be<std::uint32_t>(payload.data());
  if (count > (payload.size() - 4) / 8) return false;
  for (std::size_t i = 0; i < count; ++i) {
    const auto number = load_be<std::uint64_t>(payload.data() + 4 + 8 * i);
    if (number >= kTransactionsMax) return false;  // kSpoiled among others
    out.transactions.push_back(static_cast<std::uint32_t>(number));
  }
  out.root = hash_bytes(payload.first(4 + 8 * count), parent.root);
  out.log_size = parent.log_size + count;
  return true;
}

Judgement ToyLedger::certify(const Digest& digest, ByteView header, ByteView payload) {
  const HeaderView fields(header.data());
  const Block* parent = find(fields.parent());
  if (parent == nullptr) return {};
  Judgement out{true, false, nullptr};
  Block block = take_spare();
  const bool valid = apply(*parent, digest, payload, block);
  Digest next_hash{};
  if (ends_epoch(block.height)) {
    Bytes set{0x41};
    out.next = &seats_after(*parent);
    encode_set(out.next, set);
    next_hash = sha256(set);
  }
  out.ok = valid && fields.state_root() == spread(parent->root) &&
           fields.log_size() == parent->log_size && fields.log_root() == Digest{} &&
           fields.next_set_hash() == next_hash && fields.height() == block.height;
  if (out.ok && find(digest) == nullptr) {
    for (const std::uint32_t one : block.transactions)
      state_of(one);
    candidates_.push_back(std::move(block));
  } else {
    spare_.push_back(std::move(block));
  }
  return out;
}

bool ToyLedger::finalize(const Digest& digest, ByteView header, ByteView payload) {
  const HeaderView fields(header.data());
  if (fields.parent() != finals_.back().digest) return false;
  Block block = take_spare();
  if (!apply(finals_.back(), digest, payload, block)) return false;
  if (ends_epoch(block.height)) sets_.push_back(seats_after(finals_.back()));
  for (const std::uint32_t one : block.transactions) {
    std::uint8_t& state = state_of(one);
    if (state == kWaiting) --waiting_count_;
    state = kFinal;
  }
  const std::uint64_t now = block.height;
  finals_.push_back(std::move(block));
  drop_candidates(now);
  return true;
}

void ToyLedger::drop_candidates(std::uint64_t up_to) {
  for (std::size_t i = 0; i < candidates_.size();) {
    if (candidates_[i].height > up_to) {
      ++i;
      continue;
    }
    spare_.push_back(std::move(candidates_[i]));
    candidates_.erase(candidates_.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

ToyLedger::Block ToyLedger::take_spare() {
  if (spare_.empty()) return {};
  Block out = std::move(spare_.back());
  spare_.pop_back();
  return out;
}

void ToyLedger::restore(std::uint64_t to) {
  drop_candidates(~std::uint64_t{0});
  while (height() > to) {
    for (const std::uint32_t one : finals_.back().transactions)
      state_of(one) = kUnknown;
    if (ends_epoch(height())) sets_.pop_back();
    finals_.pop_back();
  }
  for (const std::uint32_t one : waiting_) {
    if (states_[one] == kWaiting) states_[one] = kUnknown;
  }
  waiting_.clear();
  waiting_count_ = 0;
}

}  // namespace chopmark::sim

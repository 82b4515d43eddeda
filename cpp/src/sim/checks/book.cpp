// SPDX-License-Identifier: Apache-2.0
#include "sim/checks/book.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/check.hpp"

namespace chopmark::sim::checks {
namespace {

std::string in_view(const Epoch& epoch, std::uint64_t view) {
  return " in epoch " + std::to_string(epoch.number) + " view " + std::to_string(view);
}

std::string node_name(std::size_t node) {
  return "node " + std::to_string(node);
}

/// B-12.
std::vector<std::uint16_t> order_of(const Digest& anchor, std::size_t validators) {
  constexpr std::string_view kName = "chopmark leaders";
  Bytes text(kName.begin(), kName.end());
  append(text, anchor);
  const Digest seed = sha256(text);
  std::vector<std::uint16_t> order(validators);
  for (std::size_t i = 0; i < validators; ++i)
    order[i] = static_cast<std::uint16_t>(i);
  for (std::size_t i = validators; i >= 2; --i) {
    Bytes drawn(seed.begin(), seed.end());
    drawn.resize(40);
    store_be<std::uint64_t>(drawn.data() + 32, i);
    const auto draw = load_be<std::uint64_t>(sha256(drawn).data());
    std::swap(order[i - 1], order[draw % i]);
  }
  return order;
}

constexpr std::uint32_t bit(std::size_t validator) noexcept {
  return std::uint32_t{1} << validator;
}

}  // namespace

Book::Book(const Setup& setup, Verify verify, Reporter& reporter)
    : chain_id_(setup.chain_id),
      views_per_leader_(setup.views_per_leader),
      node_keys_(setup.keys),
      faulty_(setup.byzantine),
      verify_(verify),
      reporter_(reporter) {
  faulty_.resize(node_keys_.size());
  Bytes set(1, static_cast<std::uint8_t>(setup.validators));
  for (std::size_t i = 0; i < setup.validators; ++i)
    append(set, setup.keys[i]);
  PositionView first;
  first.epoch = 1;
  first.anchor_digest = chain_id_.data();
  first.set = set;
  add_epoch(first);
}

Epoch* Book::epoch(std::uint64_t number) noexcept {
  return number == 0 || number > epochs_.size() ? nullptr : epochs_[number - 1].get();
}

Epoch& Book::add_epoch(const PositionView& position) {
  CHOPMARK_CHECK(position.epoch == epochs_.size() + 1);
  Epoch& made = *epochs_.emplace_back(std::make_unique<Epoch>());
  made.number = position.epoch;
  made.anchor_height = position.anchor_height;
  made.anchor_digest = digest_from(position.anchor_digest);
  made.anchor_time_ms = position.anchor_time_ms;
  made.node_of.fill(0xff);
  made.validator_of.assign(node_keys_.size(), -1);
  for (std::size_t i = 0; i < position.set[0]; ++i) {
    made.keys.push_back(digest_from(position.set.data() + 1 + 32 * i));
    const auto node = std::ranges::find(node_keys_, made.keys.back());
    if (node == node_keys_.end()) continue;
    const auto at = static_cast<std::size_t>(node - node_keys_.begin());
    made.node_of[i] = static_cast<std::uint8_t>(at);
    made.validator_of[at] = static_cast<std::int16_t>(i);
  }
  made.order = order_of(made.anchor_digest, made.keys.size());
  made.views_per_leader = views_per_leader_;
  made.ring.resize(256);
  // Whoever is four epochs behind is brought up by boundary proofs and signs nothing there.
  if (epochs_.size() > 4) {
    Epoch& old = *epochs_[epochs_.size() - 5];
    old.low = ~std::uint64_t{0};
    old.ring.clear();
  }
  return made;
}

void Book::open(const Epoch& epoch, Slot& slot, std::uint64_t view) const {
  slot.view = view;
  slot.nullified = 0;
  slot.overflowed = false;
  slot.candidates.clear();
  slot.signatures.resize(epoch.keys.size());
  slot.own.assign(3 * nodes(), Own{});
  slot.kept.clear();
}

Slot* Book::slot(Epoch& epoch, std::uint64_t view, bool honest) {
  if (view < epoch.low || view == 0 || epoch.ring.empty()) return nullptr;
  if (view > epoch.high) {
    if (honest) {
      epoch.high = view;
    } else if (view > epoch.high + kViewsAhead) {
      return nullptr;
    }
  }
  while (view - epoch.low >= epoch.ring.size()) {
    if (epoch.ring.size() < kRingMax) {
      grow(epoch, 2 * epoch.ring.size());
    } else {
      epoch.low = view - kRingMax / 2;
    }
  }
  std::unique_ptr<Slot>& slot = epoch.ring[view & (epoch.ring.size() - 1)];
  if (slot == nullptr) slot = std::make_unique<Slot>();
  if (slot->view != view) open(epoch, *slot, view);
  return slot.get();
}

void Book::grow(Epoch& epoch, std::size_t size) {
  std::vector<std::unique_ptr<Slot>> ring(size);
  for (std::unique_ptr<Slot>& slot : epoch.ring) {
    if (epoch.remembers(slot)) ring[slot->view & (size - 1)] = std::move(slot);
  }
  epoch.ring = std::move(ring);
}

void Book::forget(Epoch& epoch, std::uint64_t lowest_final) {
  if (lowest_final > kViewsKept) epoch.low = std::max(epoch.low, lowest_final - kViewsKept);
}

std::int32_t Book::find(const Slot& slot, const std::uint8_t* digest) noexcept {
  for (std::size_t i = 0; i < slot.candidates.size(); ++i) {
    if (same(slot.candidates[i].digest, digest)) return static_cast<std::int32_t>(i);
  }
  return kNone;
}

std::int32_t Book::add(const Epoch& epoch, Slot& slot, const std::uint8_t* digest, bool honest) {
  const std::int32_t found = find(slot, digest);
  if (found != kNone) return found;
  if (!honest && slot.candidates.size() >= kForgedMax) {
    slot.overflowed = true;
    return kNone;
  }
  slot.candidates.emplace_back().digest = digest_from(digest);
  slot.signatures.resize(epoch.keys.size() * (1 + 2 * slot.candidates.size()));
  slot.kept.resize(3 * nodes() * slot.candidates.size());
  return static_cast<std::int32_t>(slot.candidates.size()) - 1;
}

bool Book::verifies(const Epoch& epoch, Vote kind, std::uint64_t view, const std::uint8_t* digest,
                    std::size_t validator, const std::uint8_t* signature) const {
  const VotePayload payload(chain_id_, kind, epoch.number, view, digest);
  return verify_(epoch.keys[validator], payload.view(), {signature, 64});
}

bool Book::see(Epoch& epoch, Slot& slot, Vote kind, const std::uint8_t* digest,
               std::size_t validator, const std::uint8_t* signature) {
  std::int32_t at = digest == nullptr ? kNone : find(slot, digest);
  const bool new_candidate = digest != nullptr && at == kNone;
  const auto row = [&] {
    return digest == nullptr ? std::size_t{0}
                             : 1 + 2 * static_cast<std::size_t>(at) + (kind == Vote::finalize);
  };
  if (!new_candidate) {
    const std::uint32_t seen = digest == nullptr ? slot.nullified
                               : kind == Vote::finalize
                                   ? slot.candidates[static_cast<std::size_t>(at)].finalized
                                   : slot.candidates[static_cast<std::size_t>(at)].notarized;
    if ((seen & bit(validator)) != 0) {
      const auto& known = slot.signatures[row() * epoch.keys.size() + validator];
      // Another signature on the same may be good, too, in a scheme that is not deterministic.
      return same(known.data(), signature, 64) ||
             verifies(epoch, kind, slot.view, digest, validator, signature);
    }
  }
  if (!verifies(epoch, kind, slot.view, digest, validator, signature)) return false;
  const std::size_t node = epoch.node_of[validator];
  if (new_candidate) at = add(epoch, slot, digest, node != 0xff && !faulty_[node]);
  if (digest != nullptr && at == kNone) return true;  // no room: a flood of liars
  std::memcpy(slot.signatures[row() * epoch.keys.size() + validator].data(), signature, 64);
  entered(epoch, slot, kind, at, validator);
  return true;
}

bool Book::see(const CertificateView& certificate, bool honest) {
  Epoch* const epoch = this->epoch(certificate.epoch);
  if (epoch == nullptr) return false;
  Slot* const slot = this->slot(*epoch, certificate.view, honest);
  const std::uint8_t* signature = certificate.signatures;
  bool good = true;
  for (std::uint32_t left = certificate.signers; left != 0; left &= left - 1, signature += 64) {
    const auto validator = static_cast<std::size_t>(__builtin_ctz(left));
    if (slot != nullptr) {
      good &= see(*epoch, *slot, certificate.kind, certificate.digest, validator, signature);
    } else {
      good &= verifies(*epoch, certificate.kind, certificate.view, certificate.digest, validator,
                       signature);
    }
    if (!good && !honest && slot == nullptr) break;
  }
  return good;
}

void Book::entered(Epoch& epoch, Slot& slot, Vote kind, std::int32_t candidate,
                   std::size_t validator) {
  Candidate* const one =
      candidate == kNone ? nullptr : &slot.candidates[static_cast<std::size_t>(candidate)];
  std::uint32_t& seen = kind == Vote::nullify    ? slot.nullified
                        : kind == Vote::notarize ? one->notarized
                                                 : one->finalized;
  seen |= bit(validator);
  const std::size_t node = epoch.node_of[validator];
  if (node != 0xff && !faulty_[node]) honest_entered(slot, kind, candidate, validator, node);
  if (count(seen) == epoch.quorum()) decided(epoch, slot, kind, candidate);
}

void Book::honest_entered(Slot& slot, Vote kind, std::int32_t candidate, std::size_t validator,
                          std::size_t node) {
  const auto bad = [&](const char* what) {
    reporter_.report(6,
                     node_name(node) + " signed " + what + " in view " + std::to_string(slot.view));
  };
  for (std::size_t i = 0; i < slot.candidates.size(); ++i) {
    const Candidate& other = slot.candidates[i];
    const bool finalized = (other.finalized & bit(validator)) != 0;
    if (kind == Vote::nullify) {
      if (finalized) bad("a finalize and a nullify");
      continue;
    }
    if (static_cast<std::int32_t>(i) == candidate) continue;
    const bool notarized = (other.notarized & bit(validator)) != 0;
    if (kind == Vote::notarize && notarized) bad("two notarize");
    if (kind == Vote::notarize && finalized) bad("a finalize and a notarize of another block");
    if (kind == Vote::finalize && notarized) bad("a notarize and a finalize of another block");
    if (kind == Vote::finalize && finalized) bad("two finalize");
  }
  if (kind == Vote::finalize && (slot.nullified & bit(validator)) != 0)
    bad("a nullify and a finalize");
}

void Book::decided(const Epoch& epoch, const Slot& slot, Vote kind, std::int32_t candidate) {
  const std::size_t q = epoch.quorum();
  const auto bad = [&](std::uint32_t invariant, const char* what) {
    reporter_.report(invariant, what + in_view(epoch, slot.view));
  };
  if (kind == Vote::nullify) {
    for (const Candidate& one : slot.candidates)
      if (count(one.finalized) >= q) bad(3, "a finalized view is nullified");
    return;
  }
  for (std::size_t i = 0; i < slot.candidates.size(); ++i) {
    if (static_cast<std::int32_t>(i) == candidate) continue;
    const Candidate& other = slot.candidates[i];
    if (kind == Vote::notarize && count(other.notarized) >= q) bad(2, "two notarizations");
    if (kind == Vote::finalize && count(other.finalized) >= q) bad(1, "two finalizations");
  }
  if (kind != Vote::finalize) return;
  const Candidate& one = slot.candidates[static_cast<std::size_t>(candidate)];
  if (count(slot.nullified) >= q) bad(3, "a nullified view is finalized");
  if (count(one.notarized) < q && !slot.overflowed) bad(4, "final without a notarization");
  if (one.block.judged < 0) bad(4, "a refused block is final");
}

std::uint64_t Book::highest_signed(const Epoch& epoch, std::size_t node) const noexcept {
  const std::int16_t validator = epoch.validator_of[node];
  if (validator < 0) return 0;
  const std::uint32_t mine = bit(static_cast<std::size_t>(validator));
  std::uint64_t highest = 0;
  for (const std::unique_ptr<Slot>& slot : epoch.ring) {
    if (!epoch.remembers(slot) || slot->view <= highest) continue;
    std::uint32_t seen = slot->nullified;
    for (const Candidate& one : slot->candidates)
      seen |= one.notarized | one.finalized;
    if ((seen & mine) != 0) highest = slot->view;
  }
  return highest;
}

}  // namespace chopmark::sim::checks

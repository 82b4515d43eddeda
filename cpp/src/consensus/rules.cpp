// SPDX-License-Identifier: Apache-2.0
// The rules that move a replica, R1 and R3 to R7. Each looks at what is known and does what has
// become possible; run_rules() repeats them until nothing more is.
#include <algorithm>
#include <bit>
#include <utility>

#include "base/limits.hpp"
#include "base/mutant.hpp"
#include "consensus/evidence.hpp"
#include "consensus/replica.hpp"

namespace chopmark::consensus {
namespace {

constexpr std::uint64_t kClockDriftMs = 10'000;  // how far ahead a block's time may be (R3)
constexpr std::uint32_t kBackOffMax = 16;
constexpr std::array kAllKinds = {VoteKind::notarize, VoteKind::nullify, VoteKind::finalize};

}  // namespace

void Replica::run_rules() {
  bool changed = true;
  while (changed && !ending_) {
    changed = tally_votes();
    changed |= make_final();
    changed |= certify_blocks();
    changed |= enter_views();
    changed |= notarize_views();
    changed |= finalize_views();
    changed |= nullify_views();
    changed |= propose();
  }
  dirty_ = false;
}

bool Replica::tally_votes() {
  bool changed = false;
  // Views that are final wait until that is durable: their votes count no more.
  for (auto at = views_.upper_bound(final_.view); at != views_.end(); ++at) {
    for (const VoteKind kind : kAllKinds)
      changed |= tally(at->first, at->second, kind);
  }
  return changed;
}

/// Forms a certificate of verified votes, or has those verified that would make one.
bool Replica::tally(std::uint64_t number, View& view, VoteKind kind) {
  Votes& votes = view.votes[slot(kind)];
  const auto count = [](Mask mask) { return static_cast<std::size_t>(std::popcount(mask)); };
  const std::size_t needed = mutant(1) ? q_ - 1 : q_;
  if (count(votes.present) < needed || view.certificate(kind) != nullptr) return false;
  for (Mask left = votes.present; count(left) >= needed;) {
    const Digest digest = votes.of[static_cast<std::size_t>(std::countr_zero(left))].digest;
    Mask same = 0;
    for (std::uint16_t i = 0; i < n_; ++i) {
      if ((left >> i & 1) != 0 && (votes.of[i].digest == digest || mutant(38))) {
        same |= Mask{1} << i;
      }
    }
    left &= ~same;
    if (count(same) < needed) continue;
    const VoteSubject subject{kind, epoch_, number, digest};
    if (count(same & votes.verified) >= needed) {
      Certificate certificate{subject, {}, {}};
      for (std::uint16_t i = 0; i < n_ && certificate.signers.size() < needed; ++i) {
        if ((same & votes.verified) >> i & 1) {
          certificate.signers.push_back(i);
          certificate.signatures.push_back(votes.of[i].signature);
        }
      }
      accept_certificate(std::move(certificate));
      return true;
    }
    const Mask open = same & ~votes.verified;
    if ((open & votes.asked) != 0) return false;
    std::vector<SignatureCheck> signatures;
    for (std::uint16_t i = 0; i < n_; ++i) {
      if ((open >> i & 1) != 0) {
        signatures.push_back(signature_check(i, subject, votes.of[i].signature));
      }
    }
    votes.asked |= open;
    ask_verification(TallyCheck{subject, open}, signatures);
    return false;
  }
  return false;
}

Replica::StoredBlock* Replica::block_of(const Digest& digest) {
  const auto at = blocks_.find(digest);
  return at == blocks_.end() ? nullptr : &at->second;
}

const Replica::StoredBlock* Replica::block_of(const Digest& digest) const {
  const auto at = blocks_.find(digest);
  return at == blocks_.end() ? nullptr : &at->second;
}

bool Replica::is_certified(const Digest& digest) const {
  if (digest == final_.digest) return true;
  const StoredBlock* block = block_of(digest);
  return block != nullptr && block->certified == Certified::yes;
}

/// Whether the block that a certificate names is certified, and of its view.
bool Replica::certified_by(const StoredCertificate& certificate) const {
  const VoteSubject& subject = certificate.certificate.subject;
  const StoredBlock* block = block_of(subject.digest);
  return block != nullptr && block->certified == Certified::yes &&
         block->body.header.view == subject.view;
}

bool Replica::is_failed(const Digest& digest) const {
  const StoredBlock* block = block_of(digest);
  return block != nullptr && block->certified == Certified::no;
}

// R1: a nullification, a certified notarization or a finalization of any view u >= view leads to
// u + 1.
bool Replica::enter_views() {
  std::uint64_t next = view_;
  for (auto at = views_.lower_bound(view_); at != views_.end(); ++at) {
    const StoredCertificate* notarization = at->second.certificate(VoteKind::notarize);
    const bool certified = notarization != nullptr && certified_by(*notarization);
    if (certified || at->second.certificate(VoteKind::nullify) != nullptr ||
        at->second.certificate(VoteKind::finalize) != nullptr) {
      next = at->first + 1;
    }
  }
  if (next == view_) return false;
  enter(next);
  return true;
}

void Replica::enter(std::uint64_t view) {
  const std::uint64_t length = config_.views_per_leader;
  if ((view - 1) / length != (view_ - 1) / length) {
    if (final_.view == final_at_entry_) back_off_ = std::min(back_off_ + 1, kBackOffMax);
    final_at_entry_ = final_.view;
  }
  view_ = view;
  timers_started_ = false;
  leader_deadline_.reset();
  view_deadline_.reset();
}

std::optional<Replica::Parent> Replica::parent_of(const Digest& digest) const {
  if (digest == final_.digest) {
    return Parent{final_.height, final_.view, final_.time_ms, false, {}};
  }
  const StoredBlock* block = block_of(digest);
  if (block == nullptr) return std::nullopt;
  const Header& header = block->body.header;
  const bool last = header.closing || header.height == last_height(config_, epoch_);
  return Parent{header.height, header.view, header.time_ms, last,
                header.closing ? header.last : digest};
}

/// What every validator judges alike: R4 asks this of blocks that a quorum notarized.
bool Replica::follows_parent(const Header& header) const {
  const std::optional<Parent> parent = parent_of(header.parent_digest);
  if (!parent || header.chain_id != config_.chain_id || header.epoch != epoch_ ||
      header.parent_view != parent->view || (header.time_ms <= parent->time_ms && !mutant(35)) ||
      header.closing != (parent->ends_epoch && !mutant(22))) {
    return false;
  }
  if (header.closing) return header.height == parent->height && header.last == parent->last;
  const bool last = header.height == last_height(config_, epoch_);
  return (header.height == parent->height + 1 || mutant(36)) &&
         header.payload_len <= config_.payload_bytes_max &&
         (header.next_set_hash == Digest{}) != last;
}

/// And what depends on the own clock: only own votes and timers ask this.
bool Replica::header_fits(const Header& header) const {
  if (!follows_parent(header)) return false;
  return header.time_ms == parent_of(header.parent_digest)->time_ms + 1 ||
         header.time_ms <= kClockDriftMs || header.time_ms - kClockDriftMs <= wall_ms_;
}

bool Replica::justified(const Header& header, const Justification& justification) const {
  return justification_fits(header, justification, anchor_);
}

void Replica::verify_proposal(BlockBody&& block) {
  const Header& header = block.header;
  const VoteSubject subject{VoteKind::notarize, epoch_, header.view, block.digest};
  std::vector<SignatureCheck> checks = {
      signature_check(header.leader, subject, block.leader_signature)};
  Result<Justification> justification = parse_justification(block.justification, n_);
  ProposalCheck check{std::move(block), std::nullopt};
  if (justification && (justified(check.block.header, *justification) || mutant(6))) {
    add_checks(checks, *justification);
    check.justification = std::move(*justification);
  }
  views_[check.block.header.view].verifying = true;
  ask_verification(std::move(check), checks);
}

bool Replica::may_notarize(std::uint64_t number, const View& view) const {
  if (!may_sign(number) || number < view_ || !view.proposal) return false;
  if (view.notarized && !(mutant(2) && *view.notarized != *view.proposal)) return false;
  if (view.equivocated) return false;
  if (view.finalized && *view.finalized != *view.proposal) return false;
  const StoredBlock* block = block_of(*view.proposal);
  return block != nullptr && header_fits(block->body.header);
}

// R3: notarize the first proposal of the view that passes.
bool Replica::notarize_views() {
  bool changed = false;
  for (auto at = views_.lower_bound(view_); at != views_.end(); ++at) {
    if (!may_notarize(at->first, at->second)) continue;
    vote(VoteKind::notarize, at->first, Digest(*at->second.proposal));
    changed = true;
  }
  return changed;
}

// R4: blocks with a notarization or finalization, and what these stand on, lowest first.
bool Replica::certify_blocks() {
  bool changed = false;
  for (auto at = views_.upper_bound(final_.view); at != views_.end(); ++at) {
    for (const VoteKind kind : {VoteKind::notarize, VoteKind::finalize}) {
      const StoredCertificate* certificate = at->second.certificate(kind);
      if (certificate == nullptr) continue;
      StoredBlock* lowest = nullptr;
      StoredBlock* block = block_of(certificate->certificate.subject.digest);
      if (block != nullptr && block->body.header.view != at->first) continue;
      while (block != nullptr && block->certified == Certified::unknown) {
        lowest = block;
        block = block_of(block->body.header.parent_digest);
      }
      if (lowest != nullptr) changed |= certify(*lowest);
    }
  }
  return changed;
}

bool Replica::certify(StoredBlock& block) {
  const Header& header = block.body.header;
  if (is_failed(header.parent_digest)) {
    block.certified = Certified::no;
    return true;
  }
  if (!is_certified(header.parent_digest)) return false;
  if (block.justified == Certified::unknown) {
    Result<Justification> justification = parse_justification(block.body.justification, n_);
    if (justification && justified(header, *justification)) {
      block.justified = Certified::asked;
      std::vector<SignatureCheck> checks;
      add_checks(checks, *justification);
      const Digest digest = block.body.digest;
      ask_verification(BlockCheck{digest, std::move(*justification)}, checks);
      return true;
    }
    block.justified = Certified::no;
  }
  if (block.justified == Certified::asked) return false;
  if (block.justified == Certified::no || !follows_parent(header)) {
    block.certified = Certified::no;
  } else if (header.closing || mutant(23)) {
    block.certified = Certified::yes;
  } else {
    block.certified = Certified::asked;
    effects_.certify(block.body);
  }
  return true;
}

// R5: finalize what is notarized and certified, unless this validator said otherwise.
bool Replica::finalize_views() {
  bool changed = false;
  for (auto at = views_.upper_bound(final_.view); at != views_.end(); ++at) {
    const View& view = at->second;
    const StoredCertificate* notarization = view.certificate(VoteKind::notarize);
    if (notarization == nullptr || view.finalized || (view.nullified && !mutant(4)) ||
        !may_sign(at->first)) {
      continue;
    }
    const Digest digest = notarization->certificate.subject.digest;
    const bool said_other = view.notarized && *view.notarized != digest && !mutant(5);
    if (!(certified_by(*notarization) || mutant(7)) || said_other || view.equivocated) continue;
    vote(VoteKind::finalize, at->first, digest);
    changed = true;
  }
  return changed;
}

// R6: a failed certification, the leader's own nullify of the current view, a leader held inactive.
// Timers: timers.cpp.
bool Replica::nullify_views() {
  std::vector<std::uint64_t> wanted;
  for (auto at = views_.upper_bound(final_.view); at != views_.end(); ++at) {
    const auto& [number, view] = *at;
    if (view.nullified || view.finalized || !may_sign(number)) continue;
    const StoredCertificate* notarization = view.certificate(VoteKind::notarize);
    const bool failed =
        notarization != nullptr && is_failed(notarization->certificate.subject.digest);
    const bool leader_gave_up =
        number == view_ && view.votes[slot(VoteKind::nullify)].has(leader(number));
    if (failed || leader_gave_up) wanted.push_back(number);
  }
  const View* current = view_at(view_);
  const bool open = current == nullptr || (!current->nullified && !current->finalized);
  if (open && may_sign(view_) && leader(view_) != index_ && inactive(leader(view_)) && awake() &&
      std::ranges::find(wanted, view_) == wanted.end()) {
    wanted.push_back(view_);
  }
  for (const std::uint64_t number : wanted)
    vote(VoteKind::nullify, number, {});
  return !wanted.empty();
}

bool Replica::may_sign(std::uint64_t view) const noexcept {
  return is_validator() && (!amnesia_ || mutant(21)) && !ending_ && view > sign_above_ &&
         view > final_.view;
}

void Replica::vote(VoteKind kind, std::uint64_t number, const Digest& digest) {
  CHOPMARK_CHECK(may_sign(number));
  View& view = views_[number];
  switch (kind) {
    case VoteKind::notarize:
      view.notarized = digest;
      break;
    case VoteKind::finalize:
      view.finalized = digest;
      break;
    case VoteKind::nullify:
      view.nullified = true;
      break;
  }
  const VoteSubject subject{kind, epoch_, number, digest};
  effects_.sign(next_request_, vote_payload(config_.chain_id, subject));
  signs_.emplace(next_request_++, PendingSign{epoch_, subject, std::nullopt, std::nullopt});
}

}  // namespace chopmark::consensus

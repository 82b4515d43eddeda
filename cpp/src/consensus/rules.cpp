// SPDX-License-Identifier: Apache-2.0
// The rules that move a replica, R1 and R3 to R10. Each looks at what is known and does what has
// become possible; run_rules() repeats them until nothing more is.
#include <algorithm>
#include <utility>

#include "base/limits.hpp"
#include "consensus/replica.hpp"

namespace chopmark::consensus {
namespace {

constexpr std::uint64_t kClockDriftMs = 10'000;  // how far ahead a block's time may be (R3)
constexpr std::uint32_t kBackOffMax = 16;
constexpr std::size_t kRecentMax = 64;  // final blocks kept for peers that lag

}  // namespace

void Replica::run_rules() {
  bool changed = true;
  while (changed) {
    changed = tally_votes();
    changed |= make_final();
    changed |= certify_blocks();
    changed |= enter_views();
    changed |= notarize_views();
    changed |= finalize_views();
    changed |= nullify_views();
    changed |= propose();
  }
}

bool Replica::tally_votes() {
  bool changed = false;
  std::vector<Certificate> formed;
  for (auto& [number, view] : views_) {
    // Views that are final wait here until that is durable: their votes count no more.
    if (number <= final_.view) continue;
    for (auto& [kind, votes] : view.votes) {
      if (view.certificates.contains(kind)) continue;
      std::map<Digest, std::vector<std::uint16_t>> by_digest;
      for (const auto& [voter, vote] : votes)
        by_digest[vote.digest].push_back(voter);
      for (const auto& [digest, voters] : by_digest) {
        if (voters.size() < q_) continue;
        const VoteSubject subject{kind, config_.epoch, number, digest};
        Certificate certificate{subject, {}, {}};
        TallyCheck check{subject, {}};
        std::vector<SignatureCheck> signatures;
        bool waiting = false;
        for (const std::uint16_t voter : voters) {
          StoredVote& vote = votes.at(voter);
          waiting |= vote.asked && !vote.verified;
          if (vote.verified && certificate.signers.size() < q_) {
            certificate.signers.push_back(voter);
            certificate.signatures.push_back(vote.signature);
          } else if (!vote.verified && !vote.asked) {
            check.voters.push_back(voter);
            signatures.push_back(signature_check(voter, subject, vote.signature));
          }
        }
        if (certificate.signers.size() >= q_) {
          formed.push_back(std::move(certificate));
        } else if (!waiting && !check.voters.empty()) {
          for (const std::uint16_t voter : check.voters)
            votes.at(voter).asked = true;
          ask_verification(std::move(check), signatures);
        }
      }
    }
  }
  for (Certificate& certificate : formed) {
    accept_certificate(std::move(certificate));
    changed = true;
  }
  return changed;
}

const Header* Replica::header_of(const Digest& digest) const {
  const auto at = blocks_.find(digest);
  return at == blocks_.end() ? nullptr : &at->second.body.header;
}

bool Replica::is_certified(const Digest& digest) const {
  if (digest == final_.digest) return true;
  const auto at = blocks_.find(digest);
  return at != blocks_.end() && at->second.certified == Certified::yes;
}

bool Replica::is_failed(const Digest& digest) const {
  const auto at = blocks_.find(digest);
  return at != blocks_.end() && at->second.certified == Certified::no;
}

// R1: a nullification, a certified notarization or a finalization of any view u >= view leads to
// u + 1.
bool Replica::enter_views() {
  std::uint64_t next = view_;
  for (const auto& [number, view] : views_) {
    if (number < view_) continue;
    const auto notarization = view.certificates.find(VoteKind::notarize);
    const bool certified = notarization != view.certificates.end() &&
                           is_certified(notarization->second.subject.digest);
    if (certified || view.certificates.contains(VoteKind::nullify) ||
        view.certificates.contains(VoteKind::finalize)) {
      next = number + 1;
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

/// What every validator judges alike: R4 asks this of blocks that a quorum notarized.
bool Replica::follows_parent(const Header& header) const {
  const bool on_final = header.parent_digest == final_.digest;
  const Header* parent = header_of(header.parent_digest);
  if (!on_final && parent == nullptr) return false;
  const std::uint64_t parent_height = on_final ? final_.height : parent->height;
  const std::uint64_t parent_view = on_final ? final_.view : parent->view;
  const std::uint64_t parent_time = on_final ? final_.time_ms : parent->time_ms;
  return header.chain_id == config_.chain_id && header.height == parent_height + 1 &&
         header.parent_view == parent_view && header.time_ms > parent_time &&
         header.payload_len <= config_.payload_bytes_max && header.next_set_hash == Digest{};
}

/// And what depends on the own clock: only own votes and timers ask this.
bool Replica::header_fits(const Header& header) const {
  if (!follows_parent(header)) return false;
  const bool on_final = header.parent_digest == final_.digest;
  const std::uint64_t parent_time =
      on_final ? final_.time_ms : header_of(header.parent_digest)->time_ms;
  return header.time_ms == parent_time + 1 ||
         (header.time_ms <= kClockDriftMs || header.time_ms - kClockDriftMs <= wall_ms_);
}

/// Shape of a justification: the parent's certificate, and every view in between nullified.
bool Replica::justified(const Header& header, const Justification& justification) const {
  if (header.parent_view >= header.view) return false;
  if (justification.parent) {
    const VoteSubject& parent = justification.parent->subject;
    if (parent.epoch != config_.epoch || parent.view != header.parent_view ||
        parent.digest != header.parent_digest) {
      return false;
    }
  } else if (header.parent_view != 0 || header.parent_digest != config_.chain_id) {
    return false;
  }
  if (justification.nullifications.size() != header.view - header.parent_view - 1) return false;
  std::uint64_t expected = header.parent_view;
  for (const Certificate& one : justification.nullifications) {
    if (one.subject.epoch != config_.epoch || one.subject.view != ++expected) return false;
  }
  return true;
}

void Replica::verify_proposal(BlockBody&& block) {
  const Result<Justification> justification = parse_justification(block.justification, n_);
  if (!justification || !justified(block.header, *justification)) {
    ++counters_.unjustified;
    return;
  }
  View& view = views_[block.header.view];
  view.verifying = true;
  const VoteSubject subject{VoteKind::notarize, config_.epoch, block.header.view, block.digest};
  std::vector<SignatureCheck> checks = {
      signature_check(block.header.leader, subject, block.leader_signature)};
  if (justification->parent) add_checks(checks, *justification->parent);
  for (const Certificate& one : justification->nullifications)
    add_checks(checks, one);
  ask_verification(ProposalCheck{std::move(block), *justification}, checks);
}

bool Replica::may_notarize(std::uint64_t number, const View& view) const {
  if (!votes() || number < view_ || !view.proposal || view.notarized || view.equivocated) {
    return false;
  }
  if (view.finalized && *view.finalized != *view.proposal) return false;
  const Header* header = header_of(*view.proposal);
  return header != nullptr && header_fits(*header);
}

// R3: notarize the first proposal of the view that passes.
bool Replica::notarize_views() {
  std::vector<std::pair<std::uint64_t, Digest>> wanted;
  for (const auto& [number, view] : views_) {
    if (may_notarize(number, view)) wanted.emplace_back(number, *view.proposal);
  }
  for (const auto& [number, digest] : wanted)
    vote(VoteKind::notarize, number, digest);
  return !wanted.empty();
}

/// R4 may look at a block once its parent is certified; a child of a failed block fails.
bool Replica::certifiable(const StoredBlock& block) const {
  return block.certified == Certified::unknown && is_certified(block.body.header.parent_digest);
}

// R4: blocks with a notarization or finalization, and what these stand on, are checked by the
// ledger.
bool Replica::certify_blocks() {
  bool changed = false;
  std::set<Digest> needed;
  for (const auto& [number, view] : views_) {
    for (const auto& [kind, certificate] : view.certificates) {
      if (kind == VoteKind::nullify) continue;
      for (Digest at = certificate.subject.digest; needed.insert(at).second;) {
        const auto block = blocks_.find(at);
        if (block == blocks_.end()) break;
        at = block->second.body.header.parent_digest;
      }
    }
  }
  for (auto& [digest, block] : blocks_) {
    if (!needed.contains(digest) || block.certified != Certified::unknown) continue;
    if (is_failed(block.body.header.parent_digest) ||
        (is_certified(block.body.header.parent_digest) && !follows_parent(block.body.header))) {
      block.certified = Certified::no;
      changed = true;
    } else if (certifiable(block)) {
      block.certified = Certified::asked;
      effects_.certify(block.body);
      changed = true;
    }
  }
  return changed;
}

// R5: finalize what is notarized and certified, unless this validator said otherwise.
bool Replica::finalize_views() {
  if (!votes()) return false;
  std::vector<std::pair<std::uint64_t, Digest>> wanted;
  for (const auto& [number, view] : views_) {
    const auto notarization = view.certificates.find(VoteKind::notarize);
    if (notarization == view.certificates.end() || view.finalized || view.nullified) continue;
    const Digest& digest = notarization->second.subject.digest;
    const bool said_other = view.notarized && *view.notarized != digest;
    if (is_certified(digest) && !said_other && !view.equivocated) {
      wanted.emplace_back(number, digest);
    }
  }
  for (const auto& [number, digest] : wanted)
    vote(VoteKind::finalize, number, digest);
  return !wanted.empty();
}

// R6: a failed certification, or the leader's own nullify of the current view. Timers: timers.cpp.
bool Replica::nullify_views() {
  if (!votes()) return false;
  std::vector<std::uint64_t> wanted;
  for (const auto& [number, view] : views_) {
    if (view.nullified || view.finalized) continue;
    const auto notarization = view.certificates.find(VoteKind::notarize);
    const bool failed =
        notarization != view.certificates.end() && is_failed(notarization->second.subject.digest);
    const auto nullifies = view.votes.find(VoteKind::nullify);
    const bool leader_gave_up = number == view_ && nullifies != view.votes.end() &&
                                nullifies->second.contains(leader(number));
    if (failed || leader_gave_up) wanted.push_back(number);
  }
  for (const std::uint64_t number : wanted)
    vote(VoteKind::nullify, number, {});
  return !wanted.empty();
}

void Replica::vote(VoteKind kind, std::uint64_t number, const Digest& digest) {
  CHOPMARK_CHECK(votes());
  View& view = views_[number];
  switch (kind) {
    case VoteKind::notarize:
      CHOPMARK_CHECK(!view.notarized);
      view.notarized = digest;
      break;
    case VoteKind::finalize:
      CHOPMARK_CHECK(!view.finalized && !view.nullified);
      view.finalized = digest;
      break;
    case VoteKind::nullify:
      CHOPMARK_CHECK(!view.finalized && !view.nullified);
      view.nullified = true;
      break;
  }
  const VoteSubject subject{kind, config_.epoch, number, digest};
  effects_.sign(next_request_, vote_payload(config_.chain_id, subject));
  signs_.emplace(next_request_++, PendingSign{subject, std::nullopt});
}

// R10: deliver the chain to a finalized block once all of it is here and certified.
bool Replica::make_final() {
  if (delivering_) return false;
  for (auto at = views_.rbegin(); at != views_.rend(); ++at) {
    const auto finalization = at->second.certificates.find(VoteKind::finalize);
    if (finalization == at->second.certificates.end()) continue;
    std::vector<Digest> chain;
    for (Digest digest = finalization->second.subject.digest; digest != final_.digest;) {
      const auto block = blocks_.find(digest);
      if (block == blocks_.end() || block->second.certified != Certified::yes) break;
      chain.push_back(digest);
      digest = block->second.body.header.parent_digest;
    }
    if (chain.empty() || header_of(chain.back())->parent_digest != final_.digest) continue;
    std::reverse(chain.begin(), chain.end());
    finalize_chain(Certificate(finalization->second), chain);
    return true;
  }
  return false;
}

void Replica::finalize_chain(const Certificate& certificate, const std::vector<Digest>& chain) {
  // Before anything is delivered or dropped: the finalization and every body up to it (B-62).
  Held held{0, 0, {}, {}, {}, {}};
  for (const Digest& digest : chain) {
    auto taken = blocks_.extract(digest);
    BlockBody& body = taken.mapped().body;
    persist(RecordKind::block, encode(BlockMessage{body}));
    final_ = {body.header.height, body.header.view, digest, body.header.time_ms,
              body.payload.size() > 4};
    // Each block's own finalization goes with it where one is known.
    Bytes own;
    const auto view = views_.find(body.header.view);
    if (view != views_.end()) {
      const auto known = view->second.certificates.find(VoteKind::finalize);
      if (known != view->second.certificates.end()) own = encode_certificate(known->second, n_);
    }
    held.deliveries.emplace_back(std::move(body), std::move(own));
  }
  final_certificate_ = certificate;
  held.seq = persist(RecordKind::certificate, encode(CertificateMessage{certificate}));
  held_.push_back(std::move(held));
  delivering_ = true;
  last_progress_ms_ = mono_ms_;
  back_off_ /= 2;
  if (view_ <= final_.view) enter(final_.view + 1);
}

void Replica::drop_final_views() {
  views_.erase(views_.begin(), views_.upper_bound(final_.view));
  std::erase_if(blocks_,
                [&](const auto& one) { return one.second.body.header.view <= final_.view; });
  while (recent_order_.size() > kRecentMax) {
    recent_.erase(recent_order_.front());
    recent_order_.erase(recent_order_.begin());
  }
}

}  // namespace chopmark::consensus

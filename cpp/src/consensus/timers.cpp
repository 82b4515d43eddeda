// SPDX-License-Identifier: Apache-2.0
// What time does: the timers of a view (R1, R6), the idle rule (R2), standstill (R8), gaps (R11).
#include <algorithm>
#include <set>
#include <utility>

#include "base/limits.hpp"
#include "base/mutant.hpp"
#include "consensus/replica.hpp"

namespace chopmark::consensus {
namespace {

constexpr std::uint64_t kLeaderCapMs = 16'000;
constexpr std::uint64_t kViewCapMs = 32'000;
constexpr std::uint64_t kInactiveMs = 60'000;

}  // namespace

std::uint64_t Replica::backed_off(std::uint64_t base, std::uint64_t cap) const noexcept {
  // base * 1.5^j in integers; j is at most 16, so the product stays below 2^32 * 3^16 < 2^58.
  std::uint64_t value = base;
  for (std::uint32_t i = 0; i < back_off_ && value < cap; ++i)
    value += value / 2;
  return std::min(value, cap);
}

bool Replica::awake() const {
  if (pending_ != 0 || final_.has_records) return true;                   // (a)
  if (mono_ms_ - last_progress_ms_ >= config_.heartbeat_ms) return true;  // (b)
  const View* current = view_at(view_);
  if (current != nullptr && current->proposal) return true;  // (c)
  const bool still = mono_ms_ - last_progress_ms_ >= config_.standstill_ms;
  for (auto at = views_.upper_bound(final_.view); at != views_.end(); ++at) {
    const StoredCertificate* notarization = at->second.certificate(VoteKind::notarize);
    if (notarization == nullptr) continue;
    const StoredBlock* block = block_of(notarization->certificate.subject.digest);
    if (block == nullptr) continue;
    if (block->body.payload.size() > 4) return true;                              // (a)
    if (still && block->certified == Certified::yes && !mutant(24)) return true;  // (d)
  }
  if (!still) return false;
  if (view_ != final_.view + 1 && !mutant(24)) return true;  // (d)
  return current != nullptr && current->votes[slot(VoteKind::nullify)].present != 0;
}

/// R6: a view of this leader timed out without a proposal, not long ago, and nothing of it came
/// since.
bool Replica::inactive(std::uint16_t validator) const noexcept {
  const std::uint64_t since = inactive_ms_[validator];
  return since != 0 && mono_ms_ < since + kInactiveMs;
}

void Replica::start_view_timers() {
  timers_started_ = true;
  const std::uint64_t leader_ms = 2 * std::uint64_t{config_.delta_ms} + config_.build_ms;
  const std::uint64_t view_ms = 4 * std::uint64_t{config_.delta_ms} + config_.build_ms;
  leader_deadline_ = mono_ms_ + backed_off(leader_ms, kLeaderCapMs);
  view_deadline_ = mono_ms_ + backed_off(view_ms, kViewCapMs);
}

void Replica::run_timers() {
  const bool up = awake();
  if (up && !timers_started_) start_view_timers();
  if (!up) {  // timers that have not fired stop while there is nothing to do
    timers_started_ = false;
    leader_deadline_.reset();
    view_deadline_.reset();
  }
  const View* current = view_at(view_);
  if (leader_deadline_ && current != nullptr && current->proposal) {
    const StoredBlock* block = block_of(*current->proposal);
    if (block != nullptr && header_fits(block->body.header)) leader_deadline_.reset();
  }
  const bool due = (leader_deadline_ && *leader_deadline_ <= mono_ms_) ||
                   (view_deadline_ && *view_deadline_ <= mono_ms_);
  if (due) {
    if (leader_deadline_ && leader(view_) != index_) inactive_ms_[leader(view_)] = mono_ms_;
    leader_deadline_.reset();
    view_deadline_.reset();
    const bool open = current == nullptr || (!current->nullified && !current->finalized);
    if (open && may_sign(view_)) vote(VoteKind::nullify, view_, {});
    run_rules();
  }
  if (mono_ms_ >= next_standstill_ms_) {
    next_standstill_ms_ = mono_ms_ + config_.standstill_ms;
    if (mono_ms_ - last_progress_ms_ >= config_.standstill_ms) standstill();
    ask_for_gaps();
    if (amnesia_) ask_amnesia();
  }
}

// R8: own votes, own proposals and every certificate above the last final view, newest first.
void Replica::standstill() {
  if (mutant(25)) return;
  std::size_t votes_sent = 0;
  std::size_t certificates_sent = 0;
  if (final_certificate_) send(kEveryone, CertificateMessage{*final_certificate_});
  for (auto at = views_.rbegin(); at != views_.rend() && at->first > final_.view; ++at) {
    for (const Bytes& own : at->second.own_messages) {
      if (votes_sent++ < limits::kResentPerTick) effects_.send(kEveryone, own);
    }
    for (const auto& certificate : at->second.certificates) {
      if (!certificate || certificates_sent++ >= limits::kResentPerTick) continue;
      effects_.send(kEveryone, certificate->message);
    }
  }
  ask_final(kEveryone);
  sign_again();
}

/// What the signer refused and still counts: it may have been away for a moment.
void Replica::sign_again() {
  for (PendingSign& one : std::exchange(refused_, {})) {
    if (one.epoch != epoch_ || !may_sign(one.subject.view)) continue;
    // A notarize is written with its block, which may have had to go (make_room).
    const bool needs_block = one.subject.kind == VoteKind::notarize && !one.proposal;
    if (needs_block && block_of(one.subject.digest) == nullptr) continue;
    effects_.sign(next_request_, vote_payload(config_.chain_id, one.subject));
    signs_.emplace(next_request_++, std::move(one));
  }
}

// R11: views with neither a usable notarization nor a nullification, and blocks that are missing.
void Replica::ask_for_gaps() {
  if (mutant(26)) return;
  std::size_t asked = 0;
  for (std::uint64_t number = final_.view + 1; number < view_ && asked < limits::kAskedPerTick;
       ++number) {
    const View* view = view_at(number);
    if (view != nullptr) {
      const StoredCertificate* notarization = view->certificate(VoteKind::notarize);
      const bool usable = notarization != nullptr &&
                          block_of(notarization->certificate.subject.digest) != nullptr &&
                          !is_failed(notarization->certificate.subject.digest);
      if (usable || view->certificate(VoteKind::nullify) != nullptr) continue;
    }
    ++asked;
    send(kEveryone, AskMessage{epoch_, number, Wanted::certificate, {}});
    // The asker applies the same rule to itself.
    if (!may_sign(number)) continue;
    const bool open = view == nullptr || (!view->nullified && (!view->finalized || mutant(9)));
    if (open) vote(VoteKind::nullify, number, {});
  }
  std::set<Digest> missing;
  const auto need = [&](std::uint64_t view, const Digest& digest) {
    if (digest == final_.digest || view <= final_.view || asked >= limits::kAskedPerTick) return;
    if (block_of(digest) != nullptr || !missing.insert(digest).second) return;
    ++asked;
    send(kEveryone, AskMessage{epoch_, view, Wanted::block, digest});
  };
  for (const auto& [number, view] : views_) {
    for (const auto& one : view.certificates) {
      if (one && one->certificate.subject.kind != VoteKind::nullify) {
        need(number, one->certificate.subject.digest);
      }
    }
  }
  for (const auto& [digest, block] : blocks_)
    need(block.body.header.parent_view, block.body.header.parent_digest);
}

void Replica::schedule() {
  std::uint64_t next = next_standstill_ms_;
  if (leader_deadline_) next = std::min(next, *leader_deadline_);
  if (view_deadline_) next = std::min(next, *view_deadline_);
  if (next == last_timer_) return;
  last_timer_ = next;
  effects_.set_timer(next);
}

}  // namespace chopmark::consensus

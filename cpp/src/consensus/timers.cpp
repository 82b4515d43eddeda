// SPDX-License-Identifier: Apache-2.0
// What time does: the timers of a view (R1, R6), the idle rule (R2), standstill (R8), gaps (R11).
#include <algorithm>

#include "consensus/replica.hpp"

namespace chopmark::consensus {
namespace {

constexpr std::uint64_t kLeaderCapMs = 16'000;
constexpr std::uint64_t kViewCapMs = 32'000;
constexpr std::size_t kAskedPerTick = 50;
constexpr std::size_t kResentPerTick = 50;

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
  const auto current = views_.find(view_);
  if (current != views_.end() && current->second.proposal) return true;    // (c)
  if (mono_ms_ - last_progress_ms_ < config_.standstill_ms) return false;  // (d)
  if (view_ != final_.view + 1) return true;
  if (current == views_.end()) return false;
  const auto nullifies = current->second.votes.find(VoteKind::nullify);
  return nullifies != current->second.votes.end() && !nullifies->second.empty();
}

void Replica::start_view_timers() {
  timers_started_ = true;
  const std::uint64_t leader_ms = 2 * std::uint64_t{config_.delta_ms} + config_.build_ms;
  const std::uint64_t view_ms = 4 * std::uint64_t{config_.delta_ms} + config_.build_ms;
  leader_deadline_ = mono_ms_ + backed_off(leader_ms, kLeaderCapMs);
  view_deadline_ = mono_ms_ + backed_off(view_ms, kViewCapMs);
}

void Replica::run_timers() {
  if (awake() && !timers_started_) start_view_timers();
  if (!awake()) {  // timers that have not fired stop while there is nothing to do
    timers_started_ = false;
    leader_deadline_.reset();
    view_deadline_.reset();
  }
  const auto current = views_.find(view_);
  if (current != views_.end() && current->second.proposal) {
    const Header* header = header_of(*current->second.proposal);
    if (header != nullptr && header_fits(*header)) leader_deadline_.reset();
  }
  const bool due = (leader_deadline_ && *leader_deadline_ <= mono_ms_) ||
                   (view_deadline_ && *view_deadline_ <= mono_ms_);
  if (due) {
    leader_deadline_.reset();
    view_deadline_.reset();
    View& view = views_[view_];
    if (votes() && !view.nullified && !view.finalized) vote(VoteKind::nullify, view_, {});
    run_rules();
  }
  if (mono_ms_ >= next_standstill_ms_) {
    next_standstill_ms_ = mono_ms_ + config_.standstill_ms;
    if (mono_ms_ - last_progress_ms_ >= config_.standstill_ms) standstill();
    ask_for_gaps();
  }
}

// R8: own votes, own proposals and every certificate above the last final view, newest first.
void Replica::standstill() {
  std::size_t votes_sent = 0;
  std::size_t certificates_sent = 0;
  if (final_certificate_) send(kEveryone, CertificateMessage{*final_certificate_});
  for (auto at = views_.rbegin(); at != views_.rend(); ++at) {
    for (const Bytes& own : at->second.own_messages) {
      if (votes_sent++ < kResentPerTick) effects_.send(kEveryone, own);
    }
    for (const auto& [kind, certificate] : at->second.certificates) {
      if (certificates_sent++ < kResentPerTick) send(kEveryone, CertificateMessage{certificate});
    }
  }
}

// R11: views with neither a usable notarization nor a nullification, and blocks that are missing.
void Replica::ask_for_gaps() {
  std::size_t asked = 0;
  for (std::uint64_t number = final_.view + 1; number < view_ && asked < kAskedPerTick; ++number) {
    View& view = views_[number];
    const auto notarization = view.certificates.find(VoteKind::notarize);
    const bool usable =
        notarization != view.certificates.end() && !is_failed(notarization->second.subject.digest);
    if (usable || view.certificates.contains(VoteKind::nullify)) continue;
    ++asked;
    send(kEveryone, AskMessage{config_.epoch, number, Wanted::certificate, {}});
    // The asker applies the same rule to itself.
    if (votes() && !view.nullified && !view.finalized) vote(VoteKind::nullify, number, {});
  }
  std::set<Digest> missing;
  const auto need = [&](std::uint64_t view, const Digest& digest) {
    if (digest == final_.digest || blocks_.contains(digest) || asked >= kAskedPerTick) return;
    if (!missing.insert(digest).second) return;
    ++asked;
    send(kEveryone, AskMessage{config_.epoch, view, Wanted::block, digest});
  };
  for (const auto& [number, view] : views_) {
    for (const auto& [kind, certificate] : view.certificates) {
      if (kind != VoteKind::nullify) need(number, certificate.subject.digest);
    }
  }
  for (const auto& [digest, block] : blocks_) {
    const Header& header = block.body.header;
    if (header.parent_view > final_.view) need(header.parent_view, header.parent_digest);
  }
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

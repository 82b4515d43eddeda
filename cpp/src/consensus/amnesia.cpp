// SPDX-License-Identifier: Apache-2.0
// A validator that cannot trust its log asks what it may have signed (B-80, B-81).
#include <algorithm>
#include <utility>

#include "base/mutant.hpp"
#include "codec/writer.hpp"
#include "consensus/replica.hpp"

namespace chopmark::consensus {

void Replica::ask_amnesia() {
  effects_.send(kEveryone, encode(AmnesiaAskMessage{epoch_, nonce_}));
}

/// The highest view in which this validator signed, or that it entered.
std::uint64_t Replica::highest_signed() const noexcept {
  std::uint64_t highest = view_;
  for (const auto& [number, view] : views_) {
    if (view.notarized || view.finalized || view.nullified) highest = std::max(highest, number);
  }
  return highest;
}

/// A certificate of a view at or above `view`, if one is known.
const Certificate* Replica::proof_of_view(std::uint64_t view) const {
  for (auto at = views_.rbegin(); at != views_.rend() && at->first >= view; ++at) {
    for (const auto& one : at->second.certificates) {
      if (one) return &one->certificate;
    }
  }
  const bool final = final_certificate_ && final_certificate_->subject.view >= view;
  return final ? &*final_certificate_ : nullptr;
}

void Replica::receive(std::uint16_t link, AmnesiaAskMessage&& message) {
  if (!is_validator() || amnesia_ || ending_ || links_[link] == Digest{}) return;
  std::uint64_t& last = answered_ms_[link];
  if (last != 0 && mono_ms_ < last + config_.standstill_ms / 2) return;
  const std::uint64_t highest = highest_signed();
  const Certificate* proof = highest > 1 ? proof_of_view(highest - 1) : nullptr;
  if (highest > 1 && proof == nullptr) return;
  last = std::max<std::uint64_t>(mono_ms_, 1);
  AmnesiaReplyMessage reply{epoch_, message.nonce, index_, highest, {}, std::nullopt};
  if (proof != nullptr) reply.proof = *proof;
  effects_.sign(next_request_, amnesia_reply_payload(config_.chain_id, epoch_, message.nonce,
                                                     links_[link], highest));
  signs_.emplace(next_request_++,
                 PendingSign{epoch_, {}, std::nullopt, AmnesiaAnswer{link, std::move(reply)}});
}

void Replica::receive(std::uint16_t link, AmnesiaReplyMessage&& message) {
  const std::uint16_t peer = validator_of(link);
  if (!amnesia_ || message.nonce != nonce_ || message.validator != peer ||
      amnesia_->replies.contains(peer)) {
    ++counters_.unwanted;
    return;
  }
  const std::uint64_t shown = message.proof ? message.proof->subject.view + 1 : 1;
  const bool of_epoch = !message.proof || message.proof->subject.epoch == epoch_;
  if ((shown < message.highest || !of_epoch) && !mutant(15)) {
    ++counters_.unjustified;
    return;
  }
  std::vector<SignatureCheck> checks = {
      {set_[peer], message.signature,
       amnesia_reply_payload(config_.chain_id, epoch_, nonce_, config_.own_key, message.highest)}};
  if (message.proof) add_checks(checks, *message.proof);
  ask_verification(AmnesiaCheck{peer, message.highest}, checks);
}

void Replica::decide(AmnesiaCheck&& check, ByteView verdicts) {
  if (!amnesia_) return;
  if (!std::ranges::all_of(verdicts, [](std::uint8_t v) { return v == 1; })) {
    ++counters_.bad_signature;
    return;
  }
  amnesia_->replies.emplace(check.validator, check.highest);
  remember_again();
}

/// B-81: a view became final that is above whatever this validator can have signed in.
void Replica::remember_again() {
  if (!amnesia_ || amnesia_->replies.size() < (mutant(16) ? q_ - 1 : q_)) return;
  std::uint64_t highest = 0;
  for (const auto& [validator, view] : amnesia_->replies)
    highest = std::max(highest, view);
  if (mutant(13)) highest = highest > 2 ? highest - 2 : 0;
  if (final_.view <= highest + 1) return;
  codec::Writer out;
  out.u8(1);
  out.u64(epoch_);
  out.u64(final_.view);
  persist(RecordKind::amnesia, out.take());
  sign_above_ = final_.view;
  amnesia_.reset();
  dirty_ = true;
}

}  // namespace chopmark::consensus

// SPDX-License-Identifier: Apache-2.0
// Admission of messages (R9): what is stored is bounded, keyed by the authenticated sender, and has
// no effect before its signatures are verified.
#include <algorithm>
#include <utility>

#include "base/limits.hpp"
#include "base/mutant.hpp"
#include "consensus/replica.hpp"
#include "types/tags.hpp"

namespace chopmark::consensus {

bool Replica::in_window(std::uint64_t view) {
  const bool inside = view > final_.view && view <= view_ + limits::kViewWindow;
  if (!inside) ++counters_.out_of_window;
  return inside;
}

bool Replica::take_slot(std::uint16_t link) {
  if (in_flight_[link] >= limits::kVerificationsPerLink) {
    ++counters_.no_room;
    return false;
  }
  ++in_flight_[link];
  return true;
}

void Replica::free_slot(std::uint16_t link) {
  const auto at = in_flight_.find(link);
  if (at != in_flight_.end() && --at->second == 0) in_flight_.erase(at);
}

/// Whether the message is a certificate that is known, told without reading it all: each is sent by
/// everybody.
bool Replica::is_repeat(ByteView message) const {
  if (message.size() < 18 || message[0] != tags::kMessageCertificate) return false;
  const std::uint8_t kind = message[1];
  if (kind < tags::kNotarize || kind > tags::kFinalize) return false;
  const View* view = view_at(load_be<std::uint64_t>(message.data() + 10));
  return view != nullptr && view->certificate(static_cast<VoteKind>(kind)) != nullptr;
}

/// B-73: who is behind gets the proof that the epoch ended; who is ahead is asked.
void Replica::from_other_epoch(std::uint16_t link, std::uint64_t epoch) {
  ++counters_.out_of_window;
  if (epoch > epoch_) {
    ask_final(link);
    return;
  }
  if (epoch + 1 != epoch_ || boundary_.empty()) return;
  std::uint64_t& last = answered_ms_[link];
  if (last != 0 && mono_ms_ < last + config_.standstill_ms) return;
  last = mono_ms_;
  for (const Bytes& message : boundary_)
    effects_.send(link, message);
}

void Replica::receive(std::uint16_t link, ProposalMessage&& message) {
  const Header& header = message.block.header;
  if (!in_window(header.view)) return;
  const std::uint16_t peer = validator_of(link);
  const bool leads = peer == leader(header.view) || mutant(37);
  if (!leads || header.leader != peer || header.chain_id != config_.chain_id) {
    ++counters_.wrong_sender;
    return;
  }
  View& view = views_[header.view];
  if (view.proposal && *view.proposal != message.block.digest) {
    note_conflicts({VoteKind::notarize, epoch_, header.view, message.block.digest},
                   message.block.leader_signature, peer);
    if (mutant(2)) verify_proposal(std::move(message.block));
    return;
  }
  if (view.proposal || view.verifying) {
    ++counters_.unwanted;
    return;
  }
  verify_proposal(std::move(message.block));
}

void Replica::receive(std::uint16_t link, VoteMessage&& message) {
  const Vote& vote = message.vote;
  const VoteSubject& subject = vote.subject;
  if (subject.view <= final_.view) {
    // A vote for what is final already: its sender lags (R8).
    if (final_certificate_) send(link, CertificateMessage{*final_certificate_});
    return;
  }
  if (!in_window(subject.view)) return;
  if (vote.validator != validator_of(link)) {
    ++counters_.wrong_sender;
    return;
  }
  inactive_ms_[vote.validator] = 0;
  Votes& votes = views_[subject.view].votes[slot(subject.kind)];
  note_conflicts(subject, vote.signature, vote.validator);
  if (!votes.has(vote.validator)) {
    votes.put(vote.validator, {subject.digest, vote.signature}, n_);
    return;
  }
  // An unverified first vote must not keep a valid second one out.
  const bool settled = ((votes.verified | votes.asked) >> vote.validator & 1) != 0;
  if (settled) {
    ++counters_.unwanted;
  } else {
    votes.of[vote.validator] = {subject.digest, vote.signature};
  }
}

void Replica::receive(std::uint16_t link, CertificateMessage&& message) {
  const VoteSubject& subject = message.certificate.subject;
  if (subject.view <= final_.view) {
    ++counters_.out_of_window;
    return;
  }
  // Certificates of any view are admitted: they prove themselves. One of a subject at a time.
  const std::uint16_t peer = validator_of(link);
  const Mask bit = peer == kObserver ? 0 : Mask{1} << peer;
  const auto key = std::pair(subject.view, subject.kind);
  const auto other = offered_.find(key);
  if (other != offered_.end()) {
    other->second |= bit;
    ++counters_.unwanted;
    return;
  }
  if (!take_slot(link)) return;
  std::vector<SignatureCheck> checks;
  add_checks(checks, message.certificate);
  offered_.emplace(key, 0);
  ask_verification(CertificateCheck{link, std::move(message.certificate)}, checks);
}

void Replica::receive(std::uint16_t link, AskMessage&& message) {
  if (message.wanted == Wanted::final_blocks) {
    serve(link, message.number);
    return;
  }
  if (message.wanted == Wanted::block) {
    if (const StoredBlock* block = block_of(message.digest)) {
      send(link, BlockMessage{block->body});
      return;
    }
    const auto recent = std::ranges::find_if(
        recent_, [&](const FinalBlock& one) { return one.body.digest == message.digest; });
    if (recent != recent_.end()) send(link, BlockMessage{recent->body});
    return;
  }
  if (message.number <= final_.view) {
    if (final_certificate_) send(link, CertificateMessage{*final_certificate_});
    return;
  }
  View* view = view_at(message.number);
  bool answered = false;
  for (std::size_t i = 0; view != nullptr && i < kKinds; ++i) {
    if (!view->certificates[i]) continue;
    effects_.send(link, view->certificates[i]->message);
    answered = true;
  }
  // R11: own nullify(u), new or old, if u < own view and no finalize(u) was signed.
  if (answered || !may_sign(message.number) || message.number >= view_) return;
  View& own = views_[message.number];
  if (own.finalized && !mutant(9)) return;
  if (!own.nullified) {
    vote(VoteKind::nullify, message.number, {});
    if (mutant(8)) own.nullified = false;
    return;
  }
  for (const Bytes& one : own.own_messages)
    effects_.send(link, one);
}

void Replica::receive(std::uint16_t link, BlockMessage&& message) {
  // Taken only where a certificate or a justification named its digest: its hash is its proof.
  const Header& header = message.block.header;
  const Digest& digest = message.block.digest;
  const auto names = [&](const auto& entry) {
    return std::ranges::any_of(entry.second.certificates, [&](const auto& one) {
      return one && one->certificate.subject.digest == digest &&
             one->certificate.subject.view == header.view;
    });
  };
  const auto stands_on = [&](const auto& entry) {
    const Header& child = entry.second.body.header;
    return child.parent_digest == digest && child.parent_view == header.view;
  };
  const bool wanted = std::ranges::any_of(views_, names) || std::ranges::any_of(blocks_, stands_on);
  const bool fits = header.chain_id == config_.chain_id && header.view > final_.view;
  if (!wanted || !fits || block_of(digest) != nullptr) {
    ++counters_.unwanted;
    return;
  }
  // Whoever has a block has what it stands on: ask at once, not at the next tick of R11.
  const Digest parent = header.parent_digest;
  const std::uint64_t parent_view = header.parent_view;
  store_block(std::move(message.block));
  if (parent_view > final_.view && block_of(parent) == nullptr) {
    send(link, AskMessage{epoch_, parent_view, Wanted::block, parent});
  }
}

void Replica::receive(std::uint16_t link, EvidenceMessage&& message) {
  Evidence& evidence = message.evidence;
  if (evidence.culprit >= n_ || (accused_[evidence.kind] >> evidence.culprit & 1) != 0) {
    ++counters_.unwanted;
    return;
  }
  accuse(std::move(evidence), link, 0);
}

}  // namespace chopmark::consensus

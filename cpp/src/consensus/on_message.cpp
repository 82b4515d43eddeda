// SPDX-License-Identifier: Apache-2.0
// Admission of messages (R9): what is stored is bounded, keyed by the authenticated sender, and has
// no effect before its signatures are verified.
#include <algorithm>
#include <utility>

#include "base/limits.hpp"
#include "consensus/replica.hpp"

namespace chopmark::consensus {
namespace {

constexpr std::size_t kInFlightMax = 64;  // certificates of one peer under verification

}  // namespace

bool Replica::in_window(std::uint64_t epoch, std::uint64_t view) {
  const bool inside =
      epoch == config_.epoch && view > final_.view && view <= view_ + limits::kViewWindow;
  if (!inside) ++counters_.out_of_window;
  return inside;
}

void Replica::receive(std::uint16_t peer, ProposalMessage&& message) {
  const Header& header = message.block.header;
  if (!in_window(header.epoch, header.view)) return;
  if (peer != leader(header.view) || header.leader != peer) {
    ++counters_.wrong_sender;
    return;
  }
  View& view = views_[header.view];
  if (view.proposal && *view.proposal != message.block.digest) {
    const auto first = blocks_.find(*view.proposal);
    if (first != blocks_.end() && !view.equivocated) {
      const VoteSubject a{VoteKind::notarize, header.epoch, header.view, *view.proposal};
      const VoteSubject b{VoteKind::notarize, header.epoch, header.view, message.block.digest};
      note_conflict(a, first->second.body.leader_signature, b, message.block.leader_signature,
                    peer);
    }
    return;
  }
  if (view.proposal || view.verifying) {
    ++counters_.unwanted;
    return;
  }
  verify_proposal(std::move(message.block));
}

void Replica::receive(std::uint16_t peer, VoteMessage&& message) {
  const Vote& vote = message.vote;
  if (vote.subject.epoch == config_.epoch && vote.subject.view <= final_.view) {
    // A vote for what is final already: its sender lags (R8).
    if (final_certificate_) send(peer, CertificateMessage{*final_certificate_});
    return;
  }
  if (!in_window(vote.subject.epoch, vote.subject.view)) return;
  if (vote.validator != peer) {
    ++counters_.wrong_sender;
    return;
  }
  View& view = views_[vote.subject.view];
  Votes& votes = view.votes[vote.subject.kind];
  const auto [at, added] =
      votes.try_emplace(peer, StoredVote{vote.subject.digest, vote.signature, false, false});
  if (!added) {
    if (at->second.digest != vote.subject.digest) {
      VoteSubject other = vote.subject;
      other.digest = at->second.digest;
      note_conflict(other, at->second.signature, vote.subject, vote.signature, peer);
      // An unverified first vote must not keep a valid second one out.
      if (!at->second.verified && !at->second.asked) {
        at->second = {vote.subject.digest, vote.signature, false, false};
      }
    } else if (!at->second.verified && !at->second.asked) {
      at->second.signature = vote.signature;
    } else {
      ++counters_.unwanted;
    }
    return;
  }
  // E3: finalize and nullify of one view exclude each other.
  const VoteKind against =
      vote.subject.kind == VoteKind::finalize ? VoteKind::nullify : VoteKind::finalize;
  if (vote.subject.kind == VoteKind::notarize) return;
  const auto other = view.votes[against].find(peer);
  if (other == view.votes[against].end()) return;
  const VoteSubject subject{against, vote.subject.epoch, vote.subject.view, other->second.digest};
  note_conflict(subject, other->second.signature, vote.subject, vote.signature, peer);
}

void Replica::receive(std::uint16_t peer, CertificateMessage&& message) {
  const VoteSubject& subject = message.certificate.subject;
  if (subject.epoch != config_.epoch || subject.view <= final_.view) {
    ++counters_.out_of_window;
    return;
  }
  // Certificates of any view are admitted: they prove themselves.
  const auto view = views_.find(subject.view);
  if (view != views_.end() && view->second.certificates.contains(subject.kind)) {
    ++counters_.unwanted;
    return;
  }
  if (++in_flight_[peer] > kInFlightMax) {
    --in_flight_[peer];
    ++counters_.no_room;
    return;
  }
  std::vector<SignatureCheck> checks;
  add_checks(checks, message.certificate);
  ask_verification(CertificateCheck{peer, std::move(message.certificate)}, checks);
}

void Replica::receive(std::uint16_t peer, AskMessage&& message) {
  if (message.epoch != config_.epoch) {
    ++counters_.out_of_window;
    return;
  }
  if (message.wanted == Wanted::block) {
    const auto stored = blocks_.find(message.digest);
    const auto recent = recent_.find(message.digest);
    if (stored != blocks_.end()) {
      send(peer, BlockMessage{stored->second.body});
    } else if (recent != recent_.end()) {
      send(peer, BlockMessage{recent->second});
    }
    return;
  }
  if (message.number <= final_.view) {
    if (final_certificate_) send(peer, CertificateMessage{*final_certificate_});
    return;
  }
  const auto at = views_.find(message.number);
  if (at != views_.end() && !at->second.certificates.empty()) {
    for (const auto& [kind, certificate] : at->second.certificates) {
      send(peer, CertificateMessage{certificate});
    }
    return;
  }
  // R11: own nullify(u), new or old, if u < own view and no finalize(u) was signed.
  if (!votes() || message.number >= view_) return;
  View& view = views_[message.number];
  if (view.finalized) return;
  if (!view.nullified) {
    vote(VoteKind::nullify, message.number, {});
    return;
  }
  for (const Bytes& own : view.own_messages)
    effects_.send(peer, own);
}

void Replica::receive(std::uint16_t peer, BlockMessage&& message) {
  // Taken only where a certificate or a justification named its digest: its hash is its proof.
  const Header& header = message.block.header;
  const auto certified = [&](const auto& entry) {
    return std::any_of(
        entry.second.certificates.begin(), entry.second.certificates.end(),
        [&](const auto& one) { return one.second.subject.digest == message.block.digest; });
  };
  const auto parent_of = [&](const auto& entry) {
    return entry.second.body.header.parent_digest == message.block.digest;
  };
  const bool wanted = std::any_of(views_.begin(), views_.end(), certified) ||
                      std::any_of(blocks_.begin(), blocks_.end(), parent_of);
  const bool fits = header.chain_id == config_.chain_id && header.epoch == config_.epoch &&
                    header.view > final_.view;
  if (!wanted || !fits || blocks_.contains(message.block.digest)) {
    ++counters_.unwanted;
    return;
  }
  // Whoever has a block has what it stands on: ask at once, not at the next tick of R11.
  const Digest parent = header.parent_digest;
  const std::uint64_t parent_view = header.parent_view;
  store_block(std::move(message.block));
  if (parent_view > final_.view && !blocks_.contains(parent)) {
    send(peer, AskMessage{config_.epoch, parent_view, Wanted::block, parent});
  }
}

void Replica::note_conflict(const VoteSubject& a, const Signature& a_signature,
                            const VoteSubject& b, const Signature& b_signature,
                            std::uint16_t culprit) {
  // E1/E2: two notarize of one view; E3: finalize and nullify; E5: two finalize.
  std::uint8_t kind = 2;
  if (a.kind != b.kind) kind = 3;
  if (a.kind == VoteKind::finalize && b.kind == VoteKind::finalize) kind = 5;
  if (a.kind == b.kind && a.kind == VoteKind::nullify) return;
  const std::vector<SignatureCheck> checks = {signature_check(culprit, a, a_signature),
                                              signature_check(culprit, b, b_signature)};
  if (questions_.size() >= kInFlightMax * n_) {
    ++counters_.no_room;
    return;
  }
  if (!views_[a.view].accused.emplace(kind, culprit).second) {
    ++counters_.unwanted;
    return;
  }
  ask_verification(
      ConflictCheck{kind, culprit, a.view, encode(VoteMessage{{a, culprit, a_signature}}),
                    encode(VoteMessage{{b, culprit, b_signature}})},
      checks);
}

}  // namespace chopmark::consensus

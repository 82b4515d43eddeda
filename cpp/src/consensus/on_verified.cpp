// SPDX-License-Identifier: Apache-2.0
// What verified signatures mean: only here do messages of others take effect.
#include <algorithm>
#include <utility>

#include "base/limits.hpp"
#include "consensus/replica.hpp"

namespace chopmark::consensus {
namespace {

bool all_valid(ByteView verdicts) noexcept {
  return std::all_of(verdicts.begin(), verdicts.end(), [](std::uint8_t v) { return v == 1; });
}

bool names_digest(const std::map<VoteKind, Certificate>& certificates, const Digest& digest) {
  return std::any_of(certificates.begin(), certificates.end(),
                     [&](const auto& one) { return one.second.subject.digest == digest; });
}

}  // namespace

SignatureCheck Replica::signature_check(std::uint16_t validator, const VoteSubject& subject,
                                        const Signature& signature) const {
  return {config_.validators[validator], signature, vote_payload(config_.chain_id, subject)};
}

void Replica::add_checks(std::vector<SignatureCheck>& out, const Certificate& certificate) const {
  for (std::size_t i = 0; i < certificate.signers.size(); ++i) {
    out.push_back(
        signature_check(certificate.signers[i], certificate.subject, certificate.signatures[i]));
  }
}

void Replica::ask_verification(Check&& check, const std::vector<SignatureCheck>& signatures) {
  const std::uint64_t request = next_request_++;
  effects_.verify_votes(request, signatures);
  questions_.emplace(request, Question{std::move(check), signatures.size()});
}

void Replica::decide(TallyCheck&& check, ByteView verdicts) {
  const auto at = views_.find(check.subject.view);
  if (at == views_.end()) return;
  Votes& votes = at->second.votes[check.subject.kind];
  for (std::size_t i = 0; i < check.voters.size(); ++i) {
    const auto vote = votes.find(check.voters[i]);
    // Another vote may have taken its place since.
    if (vote == votes.end() || vote->second.digest != check.subject.digest) continue;
    vote->second.asked = false;
    vote->second.verified = verdicts[i] == 1;
    if (verdicts[i] == 1) continue;
    votes.erase(vote);
    ++counters_.bad_signature;
  }
}

void Replica::decide(CertificateCheck&& check, ByteView verdicts) {
  --in_flight_[check.peer];
  if (!all_valid(verdicts)) {
    ++counters_.bad_signature;
    return;
  }
  accept_certificate(std::move(check.certificate));
}

void Replica::decide(ProposalCheck&& check, ByteView verdicts) {
  const std::uint64_t number = check.block.header.view;
  if (number <= final_.view) return;
  View& view = views_[number];
  view.verifying = false;
  if (!all_valid(verdicts)) {
    ++counters_.bad_signature;
    return;
  }
  // The leader's signature is its notarize vote; a justification's certificates are certificates.
  const std::uint16_t from = check.block.header.leader;
  Votes& notarizes = view.votes[VoteKind::notarize];
  const auto earlier = notarizes.find(from);
  if (earlier != notarizes.end() && earlier->second.digest != check.block.digest) {
    const VoteSubject a{VoteKind::notarize, config_.epoch, number, earlier->second.digest};
    const VoteSubject b{VoteKind::notarize, config_.epoch, number, check.block.digest};
    note_conflict(a, earlier->second.signature, b, check.block.leader_signature, from);
  }
  notarizes.insert_or_assign(
      from, StoredVote{check.block.digest, check.block.leader_signature, true, false});
  view.proposal = check.block.digest;
  if (check.justification.parent) accept_certificate(std::move(*check.justification.parent));
  for (Certificate& one : check.justification.nullifications)
    accept_certificate(std::move(one));
  store_block(std::move(check.block));
}

void Replica::decide(ConflictCheck&& check, ByteView verdicts) {
  const auto at = views_.find(check.view);
  if (!all_valid(verdicts)) {
    ++counters_.bad_signature;
    if (at != views_.end()) at->second.accused.erase({check.kind, check.culprit});
    return;
  }
  effects_.evidence(check.kind, check.culprit, check.first, check.second);
  // R3: two headers of one leader, so no finalize in this view.
  if (at != views_.end() && check.kind == 2 && check.culprit == leader(check.view)) {
    at->second.equivocated = true;
  }
}

void Replica::accept_certificate(Certificate&& certificate) {
  const VoteSubject subject = certificate.subject;
  if (subject.view <= final_.view) return;
  const auto [at, added] =
      views_[subject.view].certificates.try_emplace(subject.kind, std::move(certificate));
  // R7: each new certificate is broadcast once.
  if (added) send(kEveryone, CertificateMessage{at->second});
}

void Replica::store_block(BlockBody&& block) {
  if (blocks_.size() >= 4 * limits::kViewWindow && !make_room(block.header.view)) {
    ++counters_.no_room;
    return;
  }
  const Digest digest = block.digest;
  blocks_.try_emplace(digest, StoredBlock{std::move(block), Certified::unknown});
}

/// Whether a block of `view` may come in. Views without progress leave proposals behind that no
/// quorum notarized: the oldest of them goes, and comes back by R11 if a certificate names it. What
/// a quorum notarized is never dropped, and a proposal of the present view is never refused.
bool Replica::make_room(std::uint64_t view) {
  auto oldest = blocks_.end();
  for (auto at = blocks_.begin(); at != blocks_.end(); ++at) {
    const Header& header = at->second.body.header;
    const auto known = views_.find(header.view);
    const bool named = known != views_.end() && names_digest(known->second.certificates, at->first);
    if (named || header.view >= view_ || at->second.certified != Certified::unknown) continue;
    if (oldest == blocks_.end() || header.view < oldest->second.body.header.view) oldest = at;
  }
  if (oldest == blocks_.end()) return view <= view_;
  // A vote that waits for its signature is persisted with its block.
  const bool held = std::any_of(signs_.begin(), signs_.end(), [&](const auto& one) {
    return one.second.subject.digest == oldest->first;
  });
  if (held) return view <= view_;
  blocks_.erase(oldest);
  return true;
}

}  // namespace chopmark::consensus

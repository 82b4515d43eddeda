// SPDX-License-Identifier: Apache-2.0
// Evidence that this replica comes upon (B-90, B-91).
#include <algorithm>
#include <utility>

#include "base/limits.hpp"
#include "base/mutant.hpp"
#include "consensus/evidence.hpp"
#include "consensus/replica.hpp"

namespace chopmark::consensus {

/// A vote that arrives, against what its validator said before in the view (E2 to E5).
void Replica::note_conflicts(const VoteSubject& subject, const Signature& signature,
                             std::uint16_t of) {
  const View* view = view_at(subject.view);
  if (view == nullptr) return;
  for (const VoteKind kind : {VoteKind::notarize, VoteKind::nullify, VoteKind::finalize}) {
    const Votes& votes = view->votes[slot(kind)];
    if (!votes.has(of)) continue;
    const Vote earlier{
        {kind, epoch_, subject.view, votes.of[of].digest}, of, votes.of[of].signature};
    const Vote later{subject, of, signature};
    if (std::optional<Evidence> evidence = make_conflict(earlier, later)) {
      accuse(std::move(*evidence), link_of_[of], subject.view);
    }
  }
}

void Replica::accuse(Evidence&& evidence, std::uint16_t link, std::uint64_t view) {
  const Mask bit = Mask{1} << evidence.culprit;
  if (evidence.culprit == index_ || (accused_[evidence.kind] & bit) != 0) {
    ++counters_.unwanted;
    return;
  }
  const Result<EvidenceClaim> claim = check_evidence(evidence, {config_.chain_id, anchor_, set_});
  if (!claim) {
    ++counters_.unjustified;
    return;
  }
  if (evidence_.size() >= limits::kEvidenceMax || !take_slot(link)) return;
  accused_[evidence.kind] |= bit;
  std::vector<SignatureCheck> checks = claim->all_valid;
  checks.insert(checks.end(), claim->one_invalid.begin(), claim->one_invalid.end());
  ask_verification(EvidenceCheck{link, std::move(evidence), view, claim->all_valid.size()}, checks);
}

void Replica::decide(EvidenceCheck&& check, ByteView verdicts) {
  free_slot(check.link);
  const auto valid = [](std::uint8_t verdict) { return verdict == 1; };
  const ByteView must = verdicts.first(check.all_valid);
  const ByteView others = verdicts.subspan(check.all_valid);
  const bool holds =
      std::ranges::all_of(must, valid) && (others.empty() || !std::ranges::all_of(others, valid));
  const Evidence& evidence = check.evidence;
  if (!holds && !mutant(31)) {
    accused_[evidence.kind] &= ~(Mask{1} << evidence.culprit);
    ++counters_.bad_signature;
    return;
  }
  // R3: two headers of one leader, so no finalize in this view.
  View* view = view_at(check.view);
  if (view != nullptr && evidence.kind == 2 && evidence.culprit == leader(check.view)) {
    view->equivocated = true;
  }
  Held held;
  held.epoch = epoch_;
  held.message = encode(EvidenceMessage{evidence});
  held.seq = persist(RecordKind::evidence, encode_evidence(evidence));
  held.evidence = evidence;
  held_.push_back(std::move(held));
  evidence_.push_back(std::move(check.evidence));
}

/// E8: who notarized or finalized a header whose justification does not hold.
void Replica::accuse_unjustified(std::uint64_t number) {
  const View* view = view_at(number);
  if (view == nullptr || !view->unjustified) return;
  const BlockBody block = *view->unjustified;
  std::vector<Certificate> certificates;
  for (const VoteKind kind : {VoteKind::notarize, VoteKind::finalize}) {
    const StoredCertificate* one = view->certificate(kind);
    if (one != nullptr && one->certificate.subject.digest == block.digest) {
      certificates.push_back(one->certificate);
    }
  }
  for (const Certificate& certificate : certificates)
    accuse_signers(certificate, block);
}

void Replica::accuse_signers(const Certificate& certificate, const BlockBody& block) {
  for (std::size_t i = 0; i < certificate.signers.size(); ++i) {
    const std::uint16_t signer = certificate.signers[i];
    const Vote vote{certificate.subject, signer, certificate.signatures[i]};
    accuse(make_unjustified(vote, block.header_bytes, block.justification), link_of_[signer],
           certificate.subject.view);
  }
}

}  // namespace chopmark::consensus

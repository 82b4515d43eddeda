// SPDX-License-Identifier: Apache-2.0
// What verified signatures mean: only here do messages of others take effect.
#include <algorithm>
#include <utility>

#include "base/limits.hpp"
#include "base/mutant.hpp"
#include "consensus/replica.hpp"

namespace chopmark::consensus {
namespace {

bool all_valid(ByteView verdicts) noexcept {
  return std::ranges::all_of(verdicts, [](std::uint8_t v) { return v == 1; });
}

}  // namespace

SignatureCheck Replica::signature_check(std::uint16_t validator, const VoteSubject& subject,
                                        const Signature& signature) const {
  return {set_[validator], signature, vote_payload(config_.chain_id, subject)};
}

/// Leaves out what was verified before: the same vote, of the same signature.
void Replica::add_checks(std::vector<SignatureCheck>& out, const Certificate& certificate) const {
  const View* view = view_at(certificate.subject.view);
  const Votes* votes = view == nullptr ? nullptr : &view->votes[slot(certificate.subject.kind)];
  for (std::size_t i = 0; i < certificate.signers.size(); ++i) {
    const std::uint16_t signer = certificate.signers[i];
    const Signature& signature = certificate.signatures[i];
    const bool known = votes != nullptr && votes->knows(signer) &&
                       votes->of[signer].digest == certificate.subject.digest &&
                       votes->of[signer].signature == signature;
    if (!known) out.push_back(signature_check(signer, certificate.subject, signature));
  }
}

void Replica::add_checks(std::vector<SignatureCheck>& out,
                         const Justification& justification) const {
  if (justification.parent) {
    const Certificate& parent = *justification.parent;
    const bool is_final = final_certificate_ && final_certificate_->subject == parent.subject &&
                          final_certificate_->signers == parent.signers &&
                          final_certificate_->signatures == parent.signatures;
    if (!is_final) add_checks(out, parent);
  }
  for (const Certificate& one : justification.nullifications)
    add_checks(out, one);
}

void Replica::ask_verification(Check&& check, const std::vector<SignatureCheck>& signatures) {
  if (signatures.empty()) {
    std::visit([&](auto&& one) { decide(std::move(one), {}); }, std::move(check));
    return;
  }
  const std::uint64_t request = next_request_++;
  effects_.verify_votes(request, signatures);
  questions_.emplace(request, Question{std::move(check), signatures.size(), epoch_});
}

void Replica::decide(TallyCheck&& check, ByteView verdicts) {
  View* view = view_at(check.subject.view);
  if (view == nullptr) return;
  Votes& votes = view->votes[slot(check.subject.kind)];
  std::size_t at = 0;
  for (std::uint16_t voter = 0; voter < n_; ++voter) {
    if ((check.voters >> voter & 1) == 0) continue;
    const bool valid = verdicts[at++] == 1;
    votes.asked &= ~(Mask{1} << voter);
    // Another vote may have taken its place since.
    if (!votes.has(voter) || votes.of[voter].digest != check.subject.digest) continue;
    if (valid) {
      votes.verified |= Mask{1} << voter;
    } else if (!votes.knows(voter)) {
      votes.drop(voter);
      ++counters_.bad_signature;
    }
  }
}

void Replica::decide(CertificateCheck&& check, ByteView verdicts) {
  free_slot(check.link);
  const VoteSubject subject = check.certificate.subject;
  const auto offered = offered_.find({subject.view, subject.kind});
  const Mask others = offered == offered_.end() ? 0 : offered->second;
  if (offered != offered_.end()) offered_.erase(offered);
  if (!all_valid(verdicts) && !(mutant(19) && subject.view <= view_ + limits::kViewWindow)) {
    ++counters_.bad_signature;
    // Those whose own was not looked at may say it again.
    for (std::uint16_t other = 0; other < n_; ++other) {
      if ((others >> other & 1) == 0 || link_of_[other] == kEveryone) continue;
      send(link_of_[other], AskMessage{epoch_, subject.view, Wanted::certificate, {}});
    }
    return;
  }
  const std::uint16_t link = check.link;
  accept_certificate(std::move(check.certificate));
  if (subject.kind == VoteKind::finalize && subject.view > final_.view &&
      block_of(subject.digest) == nullptr) {
    ask_final(link);
  }
}

void Replica::decide(ProposalCheck&& check, ByteView verdicts) {
  const std::uint64_t number = check.block.header.view;
  View* found = view_at(number);
  if (number <= final_.view || found == nullptr) return;
  View& view = *found;
  view.verifying = false;
  const std::uint16_t from = check.block.header.leader;
  const Signature& signature = check.block.leader_signature;
  if (!verdicts.empty() && verdicts[0] != 1) {
    ++counters_.bad_signature;
    return;
  }
  const bool holds = check.justification.has_value() && (all_valid(verdicts) || mutant(20));
  const VoteSubject subject{VoteKind::notarize, epoch_, number, check.block.digest};
  inactive_ms_[from] = 0;
  if (!holds) {
    // E7: signed, and its justification does not hold. Not the first proposal of the view (R3).
    ++counters_.unjustified;
    Evidence evidence{7, from, epoch_, encode(VoteMessage{{subject, from, signature}}),
                      check.block.header_bytes};
    append(evidence.second, check.block.justification);
    accuse(std::move(evidence), link_of_[from], number);
    if (!view.unjustified) view.unjustified = std::move(check.block);
    accuse_unjustified(number);
    return;
  }
  // The leader's signature is its notarize vote; a justification's certificates are certificates.
  note_conflicts(subject, signature, from);
  Votes& notarizes = view.votes[slot(VoteKind::notarize)];
  notarizes.put(from, {check.block.digest, signature}, n_);
  notarizes.verified |= Mask{1} << from;
  view.proposal = check.block.digest;
  if (check.justification->parent) accept_certificate(std::move(*check.justification->parent));
  for (Certificate& one : check.justification->nullifications)
    accept_certificate(std::move(one));
  const Digest digest = check.block.digest;
  if (StoredBlock* known = block_of(digest)) {
    known->justified = Certified::yes;
    known->body.leader_signature = signature;
  } else if (StoredBlock* block = store_block(std::move(check.block))) {
    block->justified = Certified::yes;
  }
}

void Replica::decide(BlockCheck&& check, ByteView verdicts) {
  StoredBlock* block = block_of(check.digest);
  if (block == nullptr) return;
  if (!all_valid(verdicts)) {
    block->justified = Certified::no;
    View& view = views_[block->body.header.view];
    if (!view.unjustified) view.unjustified = block->body;
    accuse_unjustified(block->body.header.view);
    return;
  }
  block->justified = Certified::yes;
  if (check.justification.parent) accept_certificate(std::move(*check.justification.parent));
  for (Certificate& one : check.justification.nullifications)
    accept_certificate(std::move(one));
}

void Replica::accept_certificate(Certificate&& certificate) {
  const VoteSubject subject = certificate.subject;
  if (subject.view <= final_.view) return;
  View& view = views_[subject.view];
  std::optional<StoredCertificate>& place = view.certificates[slot(subject.kind)];
  if (place) return;
  // Its signatures are verified votes: kept where there is room, so that nobody checks them twice.
  Votes& votes = view.votes[slot(subject.kind)];
  for (std::size_t i = 0; i < certificate.signers.size(); ++i) {
    const std::uint16_t signer = certificate.signers[i];
    if (votes.knows(signer) || (votes.asked >> signer & 1) != 0) continue;
    note_conflicts(subject, certificate.signatures[i], signer);
    votes.put(signer, {subject.digest, certificate.signatures[i]}, n_);
    votes.verified |= Mask{1} << signer;
  }
  Bytes message = encode(CertificateMessage{certificate});
  // R7: each new certificate is broadcast once.
  if (!mutant(30)) effects_.send(kEveryone, message);
  place = StoredCertificate{std::move(certificate), std::move(message)};
  dirty_ = true;
  if (subject.kind != VoteKind::nullify) accuse_unjustified(subject.view);
}

Replica::StoredBlock* Replica::store_block(BlockBody&& block) {
  if (blocks_.size() >= limits::kBlocksMax && !make_room(block.header.view)) {
    ++counters_.no_room;
    return nullptr;
  }
  const Digest digest = block.digest;
  StoredBlock stored;
  stored.body = std::move(block);
  return &blocks_.try_emplace(digest, std::move(stored)).first->second;
}

/// Whether a block of `view` may come in. Views without progress leave proposals behind that no
/// quorum notarized: the oldest of them goes, and comes back by R11 if a certificate names it. What
/// a quorum notarized is never dropped, and a proposal of the present view is never refused.
bool Replica::make_room(std::uint64_t view) {
  auto oldest = blocks_.end();
  for (auto at = blocks_.begin(); at != blocks_.end(); ++at) {
    const Header& header = at->second.body.header;
    const View* known = view_at(header.view);
    const bool named =
        known != nullptr && std::ranges::any_of(known->certificates, [&](const auto& one) {
          return one && one->certificate.subject.digest == at->first;
        });
    if (named || header.view >= view_ || at->second.certified != Certified::unknown) continue;
    if (oldest == blocks_.end() || header.view < oldest->second.body.header.view) oldest = at;
  }
  if (oldest == blocks_.end()) return view <= view_;
  // A vote that waits for its signature is persisted with its block.
  const bool held = std::ranges::any_of(
      signs_, [&](const auto& one) { return one.second.subject.digest == oldest->first; });
  if (held) return view <= view_;
  blocks_.erase(oldest);
  return true;
}

}  // namespace chopmark::consensus

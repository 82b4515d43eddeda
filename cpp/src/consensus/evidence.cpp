// SPDX-License-Identifier: Apache-2.0
#include "consensus/evidence.hpp"

#include <algorithm>
#include <utility>

#include "base/mutant.hpp"
#include "codec/reader.hpp"
#include "hash/sha256.hpp"
#include "types/tags.hpp"

namespace chopmark::consensus {
namespace {

enum Kind : std::uint8_t {
  kTwoNotarize = 2,
  kFinalizeAndNullify = 3,
  kNotarizeAndFinalize = 4,
  kTwoFinalize = 5,
  kLeaderUnjustified = 7,
  kUnjustified = 8,
};

constexpr std::size_t kFirstAt = 1 + 2 + 8 + 4;  // kind, culprit, epoch, length

std::size_t second_at(const Evidence& evidence) noexcept {
  return kFirstAt + evidence.first.size() + 4;
}

Bytes encode(const Vote& vote) {
  return encode_message(VoteMessage{vote}, 0);  // votes are encoded alike whatever the number is
}

/// A vote of the culprit in the epoch of the evidence. Offsets count from `at`.
Result<Vote> read_vote(const Evidence& evidence, ByteView part, std::size_t at,
                       std::size_t validators) {
  // Nothing else is read: a block would be hashed for nothing.
  if (!part.empty() && part.front() != tags::kMessageVote) return Failure{Error::tag, at + 1};
  const Result<Message> message = parse_message(part, validators);
  if (!message) return Failure{message.failure().error, at + message.failure().offset};
  const Vote& vote = std::get<VoteMessage>(*message).vote;
  if (vote.validator != evidence.culprit || vote.subject.epoch != evidence.epoch) {
    return Failure{Error::value, at + part.size()};
  }
  return vote;
}

/// The kind of evidence that two votes are in the order given, if any.
std::optional<Kind> conflict(const Vote& first, const Vote& second) {
  const VoteSubject& a = first.subject;
  const VoteSubject& b = second.subject;
  if (first.validator != second.validator || a.epoch != b.epoch || a.view != b.view) return {};
  if (a.kind == VoteKind::finalize && b.kind == VoteKind::nullify) return kFinalizeAndNullify;
  if (a.digest == b.digest) return {};
  if (a.kind == VoteKind::notarize && b.kind == VoteKind::notarize) return kTwoNotarize;
  if (a.kind == VoteKind::notarize && b.kind == VoteKind::finalize) return kNotarizeAndFinalize;
  if (a.kind == VoteKind::finalize && b.kind == VoteKind::finalize) return kTwoFinalize;
  return {};
}

bool in_order(Kind kind, const Vote& first, const Vote& second) {
  const bool alike = kind == kTwoNotarize || kind == kTwoFinalize;
  return !alike || first.subject.digest < second.subject.digest;
}

Result<EvidenceClaim> check_conflict(const Evidence& evidence, const Vote& first,
                                     const Signers& signers) {
  const std::size_t at = second_at(evidence);
  const Result<Vote> second = read_vote(evidence, evidence.second, at, signers.validators.size());
  if (!second) return second.failure();
  const std::size_t end = at + evidence.second.size();
  const std::optional<Kind> kind = conflict(first, *second);
  if (kind != evidence.kind) return Failure{Error::value, end};
  if (!in_order(*kind, first, *second)) return Failure{Error::order, end};
  return EvidenceClaim{{vote_check(signers, first), vote_check(signers, *second)}, {}};
}

struct Judged {
  Header header;
  ByteView justification;
};

/// Header and justification of the vote. Offsets count in the evidence.
Result<Judged> read_judged(const Evidence& evidence, const Vote& vote) {
  const std::size_t at = second_at(evidence);
  const ByteView part = evidence.second;
  const bool closing = !part.empty() && part.front() == tags::kClosingHeader;
  const std::size_t size = closing ? Header::kClosingBytes : Header::kBytes;
  const ByteView head = part.first(std::min(size, part.size()));
  const Result<Header> header = parse_any_header(head);
  if (!header) return Failure{header.failure().error, at + header.failure().offset};
  const ByteView justification = part.subspan(size);
  const bool leads = header->leader == evidence.culprit;
  // A nullify names no header: its digest is zeros.
  if (header_digest(head) != vote.subject.digest ||
      leads != (evidence.kind == kLeaderUnjustified) ||
      sha256(justification) != header->justify_root) {
    return Failure{Error::value, at + part.size()};
  }
  return Judged{*header, justification};
}

Result<EvidenceClaim> check_unjustified(const Evidence& evidence, const Vote& vote,
                                        const Signers& signers) {
  const Result<Judged> judged = read_judged(evidence, vote);
  if (!judged) return judged.failure();
  EvidenceClaim claim{{vote_check(signers, vote)}, {}};
  const Header& header = judged->header;
  // Such a header would let a chain leave out views.
  if (header.chain_id != signers.chain_id || header.epoch != vote.subject.epoch ||
      header.view != vote.subject.view) {
    return claim;
  }
  const auto justification = parse_justification(judged->justification, signers.validators.size());
  if (!justification || !justification_fits(header, *justification, signers.anchor)) return claim;
  if (justification->parent) add_checks(claim.one_invalid, signers, *justification->parent);
  for (const Certificate& one : justification->nullifications)
    add_checks(claim.one_invalid, signers, one);
  if (claim.one_invalid.empty()) {
    return Failure{Error::value, second_at(evidence) + evidence.second.size()};
  }
  return claim;
}

}  // namespace

bool justification_fits(const Header& header, const Justification& justification,
                        const Digest& anchor) {
  if (header.parent_view >= header.view) return false;
  const std::optional<Certificate>& parent = justification.parent;
  if (header.parent_view == 0) {
    if (parent || header.parent_digest != anchor) return false;
  } else if (!parent || parent->subject.kind == VoteKind::nullify ||
             parent->subject.epoch != header.epoch || parent->subject.view != header.parent_view ||
             parent->subject.digest != header.parent_digest) {
    return false;
  }
  std::uint64_t next = header.parent_view + 1;  // at most header.view
  for (const Certificate& one : justification.nullifications) {
    if (one.subject.kind != VoteKind::nullify || one.subject.epoch != header.epoch ||
        one.subject.view != next++) {
      return false;
    }
  }
  return next == header.view || (mutant(34) && next + 1 == header.view);
}

SignatureCheck vote_check(const Signers& signers, const Vote& vote) {
  return {signers.validators[vote.validator], vote.signature,
          vote_payload(signers.chain_id, vote.subject)};
}

void add_checks(std::vector<SignatureCheck>& out, const Signers& signers,
                const Certificate& certificate) {
  const Bytes payload = vote_payload(signers.chain_id, certificate.subject);
  for (std::size_t i = 0; i < certificate.signers.size(); ++i) {
    out.push_back({signers.validators[certificate.signers[i]], certificate.signatures[i], payload});
  }
}

bool claim_holds(const EvidenceClaim& claim, const AllValid& all_valid) {
  return all_valid(claim.all_valid) && (claim.one_invalid.empty() || !all_valid(claim.one_invalid));
}

Result<EvidenceClaim> check_evidence(const Evidence& evidence, const Signers& signers) {
  const Result<Vote> vote =
      read_vote(evidence, evidence.first, kFirstAt, signers.validators.size());
  if (!vote) return vote.failure();
  switch (static_cast<Kind>(evidence.kind)) {
    case kTwoNotarize:
    case kFinalizeAndNullify:
    case kNotarizeAndFinalize:
    case kTwoFinalize:
      return check_conflict(evidence, *vote, signers);
    case kLeaderUnjustified:
    case kUnjustified:
      return check_unjustified(evidence, *vote, signers);
  }
  return Failure{Error::tag, 1};
}

std::optional<Evidence> make_conflict(const Vote& a, const Vote& b) {
  const Vote* first = &a;
  const Vote* second = &b;
  std::optional<Kind> kind = conflict(a, b);
  if (!kind || !in_order(*kind, a, b)) {
    std::swap(first, second);
    kind = conflict(b, a);
  }
  if (!kind) return {};
  return Evidence{*kind, a.validator, a.subject.epoch, encode(*first), encode(*second)};
}

Evidence make_unjustified(const Vote& vote, ByteView header, ByteView justification) {
  const Result<Header> read = parse_any_header(header);
  CHOPMARK_CHECK(read.has_value());
  const Kind kind = read->leader == vote.validator ? kLeaderUnjustified : kUnjustified;
  Bytes second(header.begin(), header.end());
  append(second, justification);
  return {kind, vote.validator, vote.subject.epoch, encode(vote), std::move(second)};
}

}  // namespace chopmark::consensus

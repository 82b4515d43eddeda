// SPDX-License-Identifier: Apache-2.0
#include "consensus/culprits.hpp"

#include <algorithm>

#include "hash/sha256.hpp"

namespace chopmark::consensus {
namespace {

bool well_formed(const Certificate& certificate, std::size_t validators) {
  const auto& signers = certificate.signers;
  return certificate.signatures.size() == signers.size() && signers.size() >= quorum(validators) &&
         std::ranges::is_sorted(signers, std::less_equal{}) && signers.back() < validators;
}

bool is_final(const Certificate& finalization, const Signers& signers, const AllValid& all_valid) {
  if (finalization.subject.kind != VoteKind::finalize || finalization.subject.view == 0 ||
      !well_formed(finalization, signers.validators.size())) {
    return false;
  }
  std::vector<SignatureCheck> checks;
  add_checks(checks, signers, finalization);
  return all_valid(checks);
}

Vote vote_at(const Certificate& certificate, std::size_t i) {
  return {certificate.subject, certificate.signers[i], certificate.signatures[i]};
}

/// Whoever signed both of two certificates that exclude each other.
Culprits signed_both(const Certificate& a, const Certificate& b) {
  Culprits out{Fork::named, {}};
  for (std::size_t i = 0, j = 0; i < a.signers.size() && j < b.signers.size();) {
    if (a.signers[i] == b.signers[j]) {
      std::optional<Evidence> evidence = make_conflict(vote_at(a, i), vote_at(b, j));
      CHOPMARK_CHECK(evidence.has_value());
      out.evidence.push_back(std::move(*evidence));
    }
    const bool forward = a.signers[i] <= b.signers[j];
    if (a.signers[i] >= b.signers[j]) ++j;
    if (forward) ++i;
  }
  return out;
}

/// The leader's proposal, if its signature is known and not among those of the certificate.
std::optional<Vote> proposal_of(const ChainBlock& block, const Header& header,
                                const Certificate& shown, const Signers& signers,
                                const AllValid& all_valid) {
  if (!block.leader_signature || header.leader >= signers.validators.size() ||
      std::ranges::binary_search(shown.signers, header.leader)) {
    return {};
  }
  VoteSubject subject = shown.subject;
  subject.kind = VoteKind::notarize;
  const Vote vote{subject, header.leader, *block.leader_signature};
  const SignatureCheck check = vote_check(signers, vote);
  if (!all_valid({&check, 1})) return {};
  return vote;
}

/// Whoever signed a block whose justification does not hold.
Culprits signed_unjustified(const ChainBlock& block, const Header& header, const Certificate& shown,
                            const Signers& signers, const AllValid& all_valid) {
  Culprits out{Fork::named, {}};
  for (std::size_t i = 0; i < shown.signers.size(); ++i)
    out.evidence.push_back(make_unjustified(vote_at(shown, i), block.header, block.justification));
  if (const auto proposal = proposal_of(block, header, shown, signers, all_valid)) {
    out.evidence.push_back(make_unjustified(*proposal, block.header, block.justification));
    std::ranges::sort(out.evidence, {}, &Evidence::culprit);
  }
  return out;
}

/// The justification, if it holds.
std::optional<Justification> justified(const ChainBlock& block, const Header& header,
                                       const VoteSubject& shown, const Signers& signers,
                                       const AllValid& all_valid) {
  if (header.chain_id != signers.chain_id || header.epoch != shown.epoch ||
      header.view != shown.view) {
    return {};
  }
  auto justification = parse_justification(block.justification, signers.validators.size());
  if (!justification || !justification_fits(header, *justification, signers.anchor)) return {};
  std::vector<SignatureCheck> checks;
  if (justification->parent) add_checks(checks, signers, *justification->parent);
  for (const Certificate& one : justification->nullifications)
    add_checks(checks, signers, one);
  if (!all_valid(checks)) return {};
  return std::move(*justification);
}

/// Goes down the chain that ends in a later view to where it passes the view in which the other
/// ended. `shown` is the certificate of the block at hand, by the finalization of the first or the
/// justification of the one above, so its signatures are verified.
Culprits go_down(const FinalChain& chain, const Certificate& ended, const Signers& signers,
                 const AllValid& all_valid) {
  Certificate shown = chain.finalization;
  for (const ChainBlock& block : chain.blocks) {
    const Result<Header> header = parse_any_header(block.header);
    if (!header || header_digest(block.header) != shown.subject.digest ||
        sha256(block.justification) != header->justify_root) {
      return {Fork::incomplete, {}};
    }
    auto justification = justified(block, *header, shown.subject, signers, all_valid);
    if (!justification) return signed_unjustified(block, *header, shown, signers, all_valid);
    const std::uint64_t view = ended.subject.view;
    if (header->parent_view < view) {
      return signed_both(ended, justification->nullifications[view - header->parent_view - 1]);
    }
    // Not the anchor, whose view 0 is below `view`; so there is a certificate.
    if (header->parent_view > view) {
      shown = std::move(*justification->parent);
    } else if (header->parent_digest == ended.subject.digest) {
      return {Fork::none, {}};
    } else {
      return signed_both(ended, *justification->parent);
    }
  }
  return {Fork::incomplete, {}};
}

}  // namespace

Result<FinalChain> final_chain(std::span<const Bytes> messages, std::size_t validators) {
  if (messages.empty()) return Failure{Error::truncated, 0};
  FinalChain chain;
  for (const Bytes& bytes : messages) {
    Result<Message> message = parse_message(bytes, validators);
    if (!message) return message.failure();
    auto* certificate = std::get_if<CertificateMessage>(&*message);
    auto* block = std::get_if<BlockMessage>(&*message);
    auto* proposal = std::get_if<ProposalMessage>(&*message);
    const bool first = &bytes == messages.data();
    if (first != (certificate != nullptr)) return Failure{Error::tag, 1};
    if (certificate != nullptr) {
      chain.finalization = std::move(certificate->certificate);
    } else if (block != nullptr) {
      chain.blocks.push_back({std::move(block->block.header_bytes),
                              std::move(block->block.justification), std::nullopt});
    } else if (proposal != nullptr) {
      BlockBody& body = proposal->block;
      chain.blocks.push_back(
          {std::move(body.header_bytes), std::move(body.justification), body.leader_signature});
    } else {
      return Failure{Error::tag, 1};
    }
  }
  return chain;
}

Culprits culprits(const FinalChain& a, const FinalChain& b, const Signers& signers,
                  const AllValid& all_valid) {
  const VoteSubject& at_a = a.finalization.subject;
  const VoteSubject& at_b = b.finalization.subject;
  if (at_a.epoch != at_b.epoch || !is_final(a.finalization, signers, all_valid) ||
      !is_final(b.finalization, signers, all_valid)) {
    return {Fork::not_final, {}};
  }
  if (at_a.view < at_b.view) return go_down(b, a.finalization, signers, all_valid);
  if (at_b.view < at_a.view) return go_down(a, b.finalization, signers, all_valid);
  if (at_a.digest == at_b.digest) return {Fork::none, {}};
  return signed_both(a.finalization, b.finalization);
}

}  // namespace chopmark::consensus

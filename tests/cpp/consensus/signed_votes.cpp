// SPDX-License-Identifier: Apache-2.0
#include "consensus/signed_votes.hpp"

#include <algorithm>
#include <numeric>

#include "hash/sha256.hpp"

namespace chopmark::test {

Indexes first_indexes(std::size_t count) {
  Indexes out(count);
  std::iota(out.begin(), out.end(), std::uint16_t{0});
  return out;
}

SignedVotes::SignedVotes(std::size_t validators)
    : chain_id(sha256(text("chain"))), anchor(sha256(text("anchor"))) {
  for (std::size_t i = 0; i < validators; ++i)
    keys.push_back(sim::node_key(i));
}

Vote SignedVotes::vote(VoteKind kind, std::uint16_t validator, std::uint64_t view,
                       const Digest& digest) const {
  const VoteSubject subject{kind, epoch, view, digest};
  return {subject, validator, sim::sign(keys[validator], vote_payload(chain_id, subject))};
}

Certificate SignedVotes::certificate(VoteKind kind, const Indexes& by, std::uint64_t view,
                                     const Digest& digest) const {
  Certificate out{{kind, epoch, view, digest}, by, {}};
  for (const std::uint16_t one : by)
    out.signatures.push_back(vote(kind, one, view, digest).signature);
  return out;
}

Certificate SignedVotes::certificate(VoteKind kind, std::uint64_t view,
                                     const Digest& digest) const {
  return certificate(kind, first_indexes(quorum(n())), view, digest);
}

Header SignedVotes::header(std::uint64_t view, std::uint64_t parent_view, const Digest& parent,
                           const Bytes& justification) const {
  Header out;
  out.chain_id = chain_id;
  out.epoch = epoch;
  out.view = view;
  out.height = view;
  out.parent_view = parent_view;
  out.parent_digest = parent;
  out.leader = static_cast<std::uint16_t>(view % n());
  out.payload_root = sha256({});
  out.justify_root = sha256(justification);
  out.time_ms = view;
  return out;
}

Bytes SignedVotes::encoded(const Justification& justification) const {
  return encode_justification(justification, n());
}

bool all_signatures_valid(std::span<const consensus::SignatureCheck> checks) {
  return std::ranges::all_of(checks, [](const consensus::SignatureCheck& one) {
    return sim::verify(one.public_key, one.payload, one.signature);
  });
}

bool evidence_holds(const Evidence& evidence, const consensus::Signers& signers) {
  const auto claim = consensus::check_evidence(evidence, signers);
  return claim && consensus::claim_holds(*claim, all_signatures_valid);
}

}  // namespace chopmark::test

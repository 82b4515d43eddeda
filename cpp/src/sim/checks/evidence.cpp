// SPDX-License-Identifier: Apache-2.0
// Invariant 9: whoever is accused is guilty.
#include <algorithm>

#include "sim/checks/checker.hpp"

namespace chopmark::sim::checks {
namespace {

/// Header and justification of evidence of kinds 7 and 8, if the justification is the header's.
bool read_unjustified(ByteView bytes, HeaderView& header, ByteView& justification) {
  Cursor in(bytes);
  if (!read_header(in, header)) return false;
  const Digest root = digest_from(header.justify_root());
  justification = in.rest();
  if (sha256(justification) == root) return true;
  Cursor again(justification);
  justification = again.sized();
  return again.done() && sha256(justification) == root;
}

}  // namespace

void Checker::accused(std::size_t node, ByteView evidence) {
  if (book_.faulty(node)) return;
  const char* const fault = evidence_fault(evidence);
  if (fault != nullptr) report(9, name_of(node) + fault);
}

const char* Checker::evidence_fault(ByteView evidence) {
  Cursor in(evidence);
  const std::uint8_t kind = in.number<std::uint8_t>();
  const std::size_t culprit = in.number<std::uint16_t>();
  const std::uint64_t number = in.number<std::uint64_t>();
  const ByteView first = in.sized();
  const ByteView second = in.sized();
  Epoch* const epoch = book_.epoch(number);
  if (!in.done() || epoch == nullptr || culprit >= epoch->keys.size())
    return " accuses in a form that cannot be read";
  const std::size_t accused_node = epoch->node_of[culprit];
  if (accused_node == 0xff || !book_.faulty(accused_node)) return " accuses an honest node";

  const auto signed_by_culprit = [&](const VoteView& vote) {
    return vote.validator == culprit && vote.epoch == number &&
           book_.verifies(*epoch, vote.kind, vote.view, vote.digest, culprit, vote.signature);
  };
  VoteView a;
  if (!read_vote(first, a) || !signed_by_culprit(a)) return " accuses by a vote that is none";
  if (kind == 7 || kind == 8) {
    HeaderView header;
    ByteView justification;
    if (a.digest == nullptr || !read_unjustified(second, header, justification) ||
        sha256(header.bytes()) != digest_from(a.digest))
      return " accuses by another header";
    if ((header.leader() == culprit) != (kind == 7)) return " takes a voter for the leader";
    const bool same_place = same(book_.chain_id(), header.chain_id()) && header.epoch() == number &&
                            header.view() == a.view;
    if (same_place && fault_of(*epoch, header, justification) == nullptr)
      return " accuses by a justification that holds";
    return nullptr;
  }
  VoteView b;
  if (!read_vote(second, b) || !signed_by_culprit(b) || a.view != b.view)
    return " accuses by a vote that is none";
  const bool differ = a.digest != nullptr && b.digest != nullptr && !same(a.digest, b.digest, 32);
  const bool ascending =
      differ && std::lexicographical_compare(a.digest, a.digest + 32, b.digest, b.digest + 32);
  const bool conflict =
      (kind == 2 && a.kind == Vote::notarize && b.kind == Vote::notarize && ascending) ||
      (kind == 3 && a.kind == Vote::finalize && b.kind == Vote::nullify) ||
      (kind == 4 && a.kind == Vote::notarize && b.kind == Vote::finalize && differ) ||
      (kind == 5 && a.kind == Vote::finalize && b.kind == Vote::finalize && ascending);
  return conflict ? nullptr : " accuses by votes that go together";
}

}  // namespace chopmark::sim::checks

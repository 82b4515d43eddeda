// SPDX-License-Identifier: Apache-2.0
// What nodes send: invariants 5 to 8.
#include <algorithm>

#include "sim/checks/checker.hpp"

namespace chopmark::sim::checks {
namespace {

constexpr std::uint64_t kMessagesPerSecondMax = 20'000;

}  // namespace

void Checker::malformed(std::size_t node, const char* what) {
  if (!book_.faulty(node)) report(8, name_of(node) + " sends " + what);
}

void Checker::sent(std::size_t node, std::uint16_t link, ByteView message) {
  Node& me = nodes_[node];
  const std::uint64_t second = now_us_ / 1'000'000;
  if (me.second != second) {
    me.second = second;
    me.sent_in_second = 0;
  }
  if (++me.sent_in_second == kMessagesPerSecondMax && !book_.faulty(node))
    report(10, name_of(node) + " sends too many messages");
  if (message.empty()) return malformed(node, "nothing");
  switch (message[0]) {
    case 0x50:
      return proposal_sent(node, message);
    case 0x51:
      return vote_sent(node, message);
    case 0x52:
      return certificate_sent(node, message);
    case 0x53:
      if (message.size() != 18 && message.size() != 50) malformed(node, "a malformed question");
      return;
    case 0x54:
      return block_sent(node, message);
    case 0x55:
      if (message.size() != 41) malformed(node, "a malformed amnesia question");
      return;
    case 0x56:
      return reply_sent(node, link, message);
    case 0x57:
      return evidence_sent(node, message);
    case 0x58:
      return;
    default:
      return malformed(node, "what is no message");
  }
}

void Checker::vote_sent(std::size_t node, ByteView message) {
  const bool honest = !book_.faulty(node);
  VoteView vote;
  if (!read_vote(message, vote)) return malformed(node, "a malformed vote");
  Epoch* const epoch = book_.epoch(vote.epoch);
  if (epoch == nullptr) return malformed(node, "a vote of an epoch that nobody is in");
  if (vote.validator >= epoch->keys.size()) return malformed(node, "a vote of no validator");
  if (honest && epoch->node_of[vote.validator] != node)
    return malformed(node, "a vote in another's name");
  Slot* const slot = book_.slot(*epoch, vote.view, honest);
  if (slot == nullptr) return;
  if (!book_.see(*epoch, *slot, vote.kind, vote.digest, vote.validator, vote.signature))
    return malformed(node, "a vote that does not verify");
  if (!honest) return;
  const std::int32_t candidate = vote.digest == nullptr ? kNone : Book::find(*slot, vote.digest);
  check_written(node, *epoch, *slot, vote.kind, candidate);
  if (vote.kind == Vote::notarize && candidate != kNone &&
      slot->candidates[static_cast<std::size_t>(candidate)].block.known)
    check_notarized(node, *epoch, *slot, candidate, {});
}

void Checker::check_written(std::size_t node, Epoch& epoch, Slot& slot, Vote kind,
                            std::int32_t candidate) {
  const Own& own = book_.own(slot, node, kind);
  if (!is_durable(node, own.seq) || own.candidate != candidate)
    report(7, name_of(node) + " sends a vote before it is durable" +
                  place_of(epoch.number, slot.view));
  if (own.late)
    report(11,
           name_of(node) + " signs at or below its final view" + place_of(epoch.number, slot.view));
}

void Checker::proposal_sent(std::size_t node, ByteView message) {
  const bool honest = !book_.faulty(node);
  BlockView block;
  if (!read_block(message, block)) return malformed(node, "a malformed proposal");
  Epoch* const epoch = book_.epoch(block.header.epoch());
  if (epoch == nullptr || !same(book_.chain_id(), block.header.chain_id()))
    return malformed(node, "a proposal of another epoch or chain");
  const std::size_t leader = block.header.leader();
  if (leader >= epoch->keys.size()) return malformed(node, "a proposal of no validator");
  if (honest && epoch->node_of[leader] != node)
    return malformed(node, "a proposal in another's name");
  Slot* const slot = book_.slot(*epoch, block.header.view(), honest);
  if (slot == nullptr) return;
  bool fits = false;
  const std::int32_t candidate = enter_block(*epoch, *slot, block, honest, fits);
  if (candidate == kNone) return;
  const Digest digest = slot->candidates[static_cast<std::size_t>(candidate)].digest;
  if (!book_.see(*epoch, *slot, Vote::notarize, digest.data(), leader, block.leader_signature))
    return malformed(node, "a proposal whose signature does not verify");
  if (!honest) {
    if (fits) see_justification(block);
    return;
  }
  if (!fits) return malformed(node, "a proposal with another payload or justification");
  check_written(node, *epoch, *slot, Vote::notarize, candidate);
  if (!is_durable(node, book_.kept(*slot, candidate, Kept::block, node)))
    report(7, name_of(node) + " sends a proposal before it is durable" +
                  place_of(epoch->number, slot->view));
  check_notarized(node, *epoch, *slot, candidate, block.justification);
  if (!block.header.closing()) check_roots(node, *epoch, block.header);
}

void Checker::certificate_sent(std::size_t node, ByteView message) {
  const bool honest = !book_.faulty(node);
  const ByteView bytes = message.subspan(1);
  Cursor peek(bytes);
  CertificateView certificate;
  if (!read_subject(peek, certificate)) return malformed(node, "a malformed certificate");
  Epoch* const epoch = book_.epoch(certificate.epoch);
  if (epoch == nullptr) return malformed(node, "a certificate of an epoch that nobody is in");
  if (!read_certificate(bytes, epoch->keys.size(), certificate))
    return malformed(node, "a malformed certificate");
  if (!book_.see(certificate, honest)) malformed(node, "a certificate that does not verify");
}

/// Liars show certificates within blocks, too.
void Checker::see_justification(const BlockView& block) {
  Epoch* const epoch = book_.epoch(block.header.epoch());
  Slot* const slot = epoch == nullptr ? nullptr : book_.slot(*epoch, block.header.view(), false);
  if (slot == nullptr) return;
  bool fits = false;
  const std::int32_t candidate = enter_block(*epoch, *slot, block, false, fits);
  if (fits) static_cast<void>(holds(*epoch, slot, candidate, block.header, block.justification));
}

void Checker::block_sent(std::size_t node, ByteView message) {
  BlockView block;
  if (!read_block(message, block)) return malformed(node, "a malformed block");
  if (book_.faulty(node)) return see_justification(block);
  const HeaderView& header = block.header;
  Epoch* const epoch = book_.epoch(header.epoch());
  if (epoch == nullptr) return malformed(node, "a block of an epoch that nobody is in");
  // Of a final block the header alone tells whether it is the one that was checked.
  if (!header.closing() && header.height() != 0 && header.height() <= chain_.size()) {
    const Final& known = chain_[header.height() - 1];
    // The last block of an epoch goes without payload in a boundary proof.
    const bool stripped = is_last(*epoch, header.height()) && block.payload.empty();
    if (known.header_mark == mark_of(header.bytes()) &&
        known.justification_mark == mark_of(block.justification) &&
        (stripped || known.payload_mark == mark_of(block.payload)))
      return;
  }
  Slot* const slot = book_.slot(*epoch, header.view(), true);
  std::int32_t candidate = kNone;
  bool fits = false;
  if (slot != nullptr) {
    candidate = enter_block(*epoch, *slot, block, true, fits);
  } else {
    fits = fits_roots(block);
  }
  if (!fits) return malformed(node, "a block with another payload or justification");
  if (!holds(*epoch, slot, candidate, header, block.justification))
    malformed(node, "a block whose justification does not hold");
}

void Checker::reply_sent(std::size_t node, std::uint16_t link, ByteView message) {
  Cursor in(message.subspan(1));
  const std::uint8_t* const start = in.take(40);  // epoch, nonce
  const std::size_t validator = in.number<std::uint16_t>();
  const std::uint8_t* const highest_bytes = in.take(8);
  const std::uint8_t* const signature = in.take(64);
  const std::uint8_t proof_kind = in.number<std::uint8_t>();
  if (in.failed() || proof_kind > 1) return malformed(node, "a malformed amnesia reply");
  if (book_.faulty(node)) {
    CertificateView shown;
    const ByteView bytes = in.sized();
    Epoch* const of = book_.epoch(load_be<std::uint64_t>(start));
    if (proof_kind == 1 && of != nullptr && read_certificate(bytes, of->keys.size(), shown) &&
        shown.epoch == of->number)
      static_cast<void>(book_.see(shown, false));
    return;
  }
  const auto highest = load_be<std::uint64_t>(highest_bytes);
  Epoch* const epoch = book_.epoch(load_be<std::uint64_t>(start));
  if (epoch == nullptr || validator >= epoch->keys.size() || epoch->node_of[validator] != node)
    return malformed(node, "an amnesia reply in another's name");
  if (link >= setup_.keys.size()) return malformed(node, "an amnesia reply to nobody");
  Bytes payload = started(0x13);
  append(payload, book_.chain_id());
  append(payload, {start, 40});
  append(payload, setup_.keys[link]);
  append(payload, {highest_bytes, 8});
  if (!verify_(epoch->keys[validator], payload, {signature, 64}))
    return malformed(node, "an amnesia reply that does not verify");
  if (highest < book_.highest_signed(*epoch, node))
    report(6, name_of(node) + " replies with less than it signed");
  if (nodes_[node].amnesic) report(6, name_of(node) + " is amnesic and replies");
  if (highest <= 1) return;
  CertificateView proof;
  if (proof_kind == 0 || !read_certificate(in.sized(), epoch->keys.size(), proof) ||
      proof.epoch != epoch->number || proof.view + 1 < highest || !book_.see(proof, true))
    malformed(node, "an amnesia reply without proof");
}

void Checker::evidence_sent(std::size_t node, ByteView message) {
  if (book_.faulty(node)) return;
  accused(node, message.subspan(1));
  if (std::ranges::find(nodes_[node].evidence, mark_of(message.subspan(1))) ==
      nodes_[node].evidence.end())
    report(7, name_of(node) + " sends evidence that it did not write");
}

}  // namespace chopmark::sim::checks

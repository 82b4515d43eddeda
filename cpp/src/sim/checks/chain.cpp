// SPDX-License-Identifier: Apache-2.0
// Blocks and what they stand on: invariants 1, 4, 5, 12 and 13.
#include <algorithm>

#include "sim/checks/checker.hpp"

namespace chopmark::sim::checks {

bool Checker::fits_roots(const BlockView& block) const {
  const HeaderView& header = block.header;
  if (!same(sha256(block.justification), header.justify_root())) return false;
  if (header.closing()) return block.payload.empty();
  return header.payload_len() == block.payload.size() &&
         same(sha256(block.payload), header.payload_root());
}

std::int32_t Checker::enter_block(const Epoch& epoch, Slot& slot, const BlockView& block,
                                  bool honest, bool& fits) {
  const ByteView bytes = block.header.bytes();
  std::int32_t at = kNone;
  for (std::size_t i = 0; i < slot.candidates.size() && at == kNone; ++i) {
    const Block& one = slot.candidates[i].block;
    if (one.known && same(one.header.data(), bytes.data(), bytes.size()))
      at = static_cast<std::int32_t>(i);
  }
  if (at == kNone) {
    at = book_.add(epoch, slot, sha256(bytes).data(), honest);
    if (at == kNone) {
      fits = fits_roots(block);
      return at;
    }
    Block& made = slot.candidates[static_cast<std::size_t>(at)].block;
    made.known = true;
    std::ranges::copy(bytes, made.header.begin());
  }
  Block& known = slot.candidates[static_cast<std::size_t>(at)].block;
  const std::uint64_t justification_mark = mark_of(block.justification);
  const std::uint64_t payload_mark = mark_of(block.payload);
  if (known.complete) {
    fits = known.justification_mark == justification_mark && known.payload_mark == payload_mark;
  } else if ((fits = fits_roots(block))) {
    known.complete = true;
    known.justification_mark = justification_mark;
    known.payload_mark = payload_mark;
  }
  return at;
}

bool Checker::holds(Epoch& epoch, Slot* slot, std::int32_t candidate, const HeaderView& header,
                    ByteView justification) {
  const bool remembered = slot != nullptr && candidate != kNone;
  if (remembered) {
    const std::int8_t known = slot->candidates[static_cast<std::size_t>(candidate)].block.holds;
    if (known != 0) return known > 0;
  }
  const bool good = fault_of(epoch, header, justification) == nullptr;
  if (remembered) slot->candidates[static_cast<std::size_t>(candidate)].block.holds = good ? 1 : -1;
  return good;
}

const char* Checker::fault_of(Epoch& epoch, const HeaderView& header, ByteView justification) {
  Cursor in(justification);
  const std::uint8_t parent_kind = in.number<std::uint8_t>();
  const std::size_t n = epoch.keys.size();
  if (in.failed() || parent_kind > 1) return "cannot be read";
  if (parent_kind == 0) {
    if (header.parent_view() != 0 || !same(epoch.anchor_digest, header.parent_digest()))
      return "names another anchor";
  } else {
    CertificateView parent;
    if (!read_certificate(in.sized(), n, parent)) return "has no parent certificate";
    if (parent.kind == Vote::nullify || parent.epoch != epoch.number ||
        parent.view != header.parent_view() || !same(parent.digest, header.parent_digest(), 32))
      return "certifies another parent";
    if (!book_.see(parent, false)) return "has a parent certificate that does not verify";
  }
  const std::size_t count = in.number<std::uint16_t>();
  if (in.failed() || header.view() <= header.parent_view() ||
      count != header.view() - header.parent_view() - 1)
    return "leaves a gap";
  for (std::size_t i = 0; i < count; ++i) {
    CertificateView one;
    if (!read_certificate(in.sized(), n, one)) return "has a nullification that is none";
    if (one.kind != Vote::nullify || one.epoch != epoch.number ||
        one.view != header.parent_view() + 1 + i)
      return "leaves a gap";
    if (!book_.see(one, false)) return "has a nullification that does not verify";
  }
  return in.done() ? nullptr : "goes on";
}

void Checker::check_roots(std::size_t node, Epoch& epoch, const HeaderView& header) {
  Block* parent = nullptr;
  if (header.parent_view() == 0) {
    parent = &epoch.anchor;
  } else if (Slot* const slot = book_.slot(epoch, header.parent_view(), true)) {
    const std::int32_t at = Book::find(*slot, header.parent_digest());
    if (at != kNone) parent = &slot->candidates[static_cast<std::size_t>(at)].block;
  }
  if (parent == nullptr) return;
  const ByteView roots = header.roots();
  if (!parent->has_child_roots) {
    parent->has_child_roots = true;
    std::ranges::copy(roots, parent->child_roots.begin());
  } else if (!std::ranges::equal(roots, parent->child_roots)) {
    report(12, name_of(node) + " has other roots" + place_of(epoch.number, header.view()));
  }
}

bool Checker::find_parent_fault(Epoch& epoch, const HeaderView& header, const char*& fault) {
  std::uint64_t height = epoch.anchor_height;
  std::uint64_t time_ms = epoch.anchor_time_ms;
  bool parent_closing = false;
  fault = nullptr;
  if (header.parent_view() != 0) {
    Slot* const slot = book_.slot(epoch, header.parent_view(), true);
    const std::int32_t at = slot == nullptr ? kNone : Book::find(*slot, header.parent_digest());
    if (at == kNone || !slot->candidates[static_cast<std::size_t>(at)].block.known) return false;
    const HeaderView parent = slot->candidates[static_cast<std::size_t>(at)].block.view();
    height = parent.height();
    time_ms = parent.time_ms();
    parent_closing = parent.closing();
    if (header.closing() &&
        !same(header.last(), parent_closing ? parent.last() : header.parent_digest(), 32))
      fault = " of another last block";
  }
  const bool above_last = header.parent_view() != 0 && (parent_closing || is_last(epoch, height));
  if (header.closing() != above_last) fault = " of the wrong kind";
  if (header.time_ms() <= time_ms) fault = " that is no later than its parent";
  if (header.height() != height + (header.closing() ? 0 : 1)) fault = " of another height";
  if (!header.closing() && is_last(epoch, header.height()) == zero(header.next_set_hash(), 32))
    fault = " with a next set where none is due, or without";
  return true;
}

void Checker::check_notarized(std::size_t node, Epoch& epoch, Slot& slot, std::int32_t candidate,
                              ByteView justification) {
  Block& block = slot.candidates[static_cast<std::size_t>(candidate)].block;
  const HeaderView header = block.view();
  if (block.lawful == 0) {
    const char* fault = nullptr;
    if (!find_parent_fault(epoch, header, fault)) return;
    if (header.leader() != epoch.leader(header.view())) fault = " of another leader";
    if (!header.closing() && header.payload_len() > setup_.payload_bytes_max)
      fault = " that is too long";
    if (!same(book_.chain_id(), header.chain_id())) fault = " of another chain";
    if (!justification.empty() && !holds(epoch, &slot, candidate, header, justification))
      fault = " that is not justified";
    block.lawful = fault == nullptr ? 1 : -1;
    if (fault != nullptr)
      report(5, name_of(node) + " votes for a block" + fault + place_of(epoch.number, slot.view));
  } else if (block.lawful < 0) {
    report(5, name_of(node) + " votes for such a block, too" + place_of(epoch.number, slot.view));
  }
}

void Checker::judged(std::size_t node, ByteView header_bytes, bool ok) {
  if (book_.faulty(node) || header_bytes.size() < kClosingBytes) return;
  const HeaderView header{header_bytes.data()};
  Epoch* const epoch = book_.epoch(header.epoch());
  Slot* const slot = epoch == nullptr ? nullptr : book_.slot(*epoch, header.view(), true);
  if (slot == nullptr) return;
  for (Candidate& one : slot->candidates) {
    if (!one.block.known || !same(one.block.header.data(), header.at, header.size())) continue;
    const std::int8_t verdict = ok ? 1 : -1;
    if (one.block.judged == -verdict)
      report(12, "honest ledgers disagree about a block" + place_of(epoch->number, slot->view));
    one.block.judged = verdict;
    if (!ok && Book::count(one.finalized) >= epoch->quorum())
      report(4, "a refused block is final" + place_of(epoch->number, slot->view));
  }
}

void Checker::delivered(std::size_t node, ByteView body) {
  if (book_.faulty(node)) return;
  Node& me = nodes_[node];
  Cursor in(body);
  const std::uint64_t height = in.number<std::uint64_t>();
  const std::uint8_t* const digest = in.take(32);
  BlockView block;
  const std::uint8_t* const head = in.take(kHeaderBytes);
  const ByteView certificate = in.sized();
  block.justification = in.sized();
  block.payload = in.rest();
  if (in.failed() || head[0] != 0x20 || head[1] != 1)
    return report(5, name_of(node) + " delivers what is no block");
  block.header.at = head;
  const std::uint64_t view = block.header.view();
  const auto bad = [&](std::uint32_t invariant, const char* what) {
    report(invariant, name_of(node) + what + " at height " + std::to_string(height));
  };
  Epoch* const epoch = book_.epoch(block.header.epoch());
  if (epoch == nullptr || block.header.height() != height ||
      !same(book_.chain_id(), block.header.chain_id()))
    return bad(5, " delivers a block of elsewhere");

  if (me.delivered && height != *me.delivered + 1) bad(5, " leaves a height out");
  if (!me.delivered && height > me.highest_restart + 1) bad(5, " leaves a height out");
  me.delivered = height;
  if (me.final_durable.height < height) bad(7, " delivers before its record is durable");

  Slot* const slot = book_.slot(*epoch, view, true);
  std::int32_t candidate = kNone;
  bool fits = false;
  if (slot != nullptr) {
    candidate = enter_block(*epoch, *slot, block, true, fits);
  } else {
    fits = fits_roots(block);
  }
  if (!fits) bad(5, " delivers another payload or justification");
  if (!holds(*epoch, slot, candidate, block.header, block.justification))
    bad(5, " delivers a block that is not justified");
  Digest own = digest_from(digest);
  if (slot != nullptr && candidate != kNone) {
    const Candidate& one = slot->candidates[static_cast<std::size_t>(candidate)];
    own = one.digest;
    if (one.block.judged < 0) bad(4, " delivers a refused block");
    if (Book::count(one.notarized) < epoch->quorum() && !slot->overflowed)
      bad(4, " delivers what is not notarized");
    if (!is_durable(node, book_.kept(*slot, candidate, Kept::block, node)))
      bad(7, " delivers a block that is not durable");
  } else {
    own = sha256(block.header.bytes());
  }
  if (!same(own, digest)) bad(5, " delivers under another digest");
  if (!certificate.empty()) {
    CertificateView read;
    if (!read_certificate(certificate, epoch->keys.size(), read) || !book_.see(read, true)) {
      bad(8, " delivers by a certificate that does not verify");
    } else if (read.kind != Vote::finalize || read.epoch != epoch->number) {
      bad(5, " delivers by what is no finalization");
    } else if (!same(read.digest, digest, 32) && !is_last(*epoch, height)) {
      bad(5, " delivers by the finalization of another block");
    }
  }
  check_roots(node, *epoch, block.header);
  if (height <= chain_.size()) {
    if (chain_[height - 1].digest != own) bad(1, " delivers another block");
    return;
  }
  if (height != chain_.size() + 1) return bad(5, " delivers above a hole");
  extend_chain(node, *epoch, block, own, certificate);
}

void Checker::extend_chain(std::size_t node, Epoch& epoch, const BlockView& block,
                           const Digest& digest, ByteView certificate) {
  const HeaderView& header = block.header;
  const auto bad = [&](std::uint32_t invariant, const char* what) {
    report(invariant, name_of(node) + what + " at height " + std::to_string(header.height()));
  };
  const bool first = header.height() == epoch.anchor_height + 1;
  const Digest parent = first ? epoch.anchor_digest : chain_.back().digest;
  const std::uint64_t parent_view = first ? 0 : chain_.back().view;
  const std::uint64_t parent_time = first ? epoch.anchor_time_ms : chain_.back().time_ms;
  if (!same(parent, header.parent_digest()) || header.parent_view() != parent_view ||
      header.time_ms() <= parent_time || (!first && chain_.back().epoch != epoch.number) ||
      is_last(epoch, header.height()) == zero(header.next_set_hash(), 32))
    bad(5, " delivers a block that does not stand on the one before");
  chain_.push_back({digest, epoch.number, header.view(), header.time_ms(), mark_of(header.bytes()),
                    mark_of(block.justification), mark_of(block.payload)});
  if (!light_.header(header, digest)) {
    bad(13, " delivers what a light client does not follow");
  } else if (!certificate.empty() && !light_.finalization(certificate) &&
             !is_last(epoch, header.height())) {
    bad(13, " delivers by what a light client does not accept");
  }
}

void Checker::epoch_ended(std::size_t node, ByteView body) {
  if (book_.faulty(node)) return;
  const std::string who = name_of(node);
  Cursor in(body);
  const ByteView bytes = in.sized();
  const ByteView proof = in.rest();
  PositionView position;
  if (in.failed() || !read_position(bytes, position))
    return report(13, who + " ends an epoch in a form that cannot be read");
  if (!learn_epoch(position)) return;
  if (proof.empty()) return;  // after a start, of an epoch whose end was proven before
  if (light_.epoch() + 1 == position.epoch) {
    light_before_ = light_;
    if (!light_.epoch_end(bytes, proof))
      report(13, "a light client does not accept the end of epoch " +
                     std::to_string(position.epoch - 1) + " that " + who + " shows");
  } else if (light_before_.epoch() + 1 == position.epoch) {
    LightClient client = light_before_;
    if (!client.epoch_end(bytes, proof))
      report(13, "a light client does not accept the end of epoch " +
                     std::to_string(position.epoch - 1) + " that " + who + " shows");
  }
}

}  // namespace chopmark::sim::checks

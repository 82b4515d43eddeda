// SPDX-License-Identifier: Apache-2.0
// What nodes write: invariants 7 and 11.
#include <algorithm>

#include "sim/checks/checker.hpp"

namespace chopmark::sim::checks {
namespace {

constexpr std::size_t kRecordHead = 29;  // length, seq, synced, epoch, kind
constexpr std::size_t kRecordTail = 4;

}  // namespace

/// The slots above what the node has made final: those in which it may still speak.
template <class Visit>
void Checker::for_open_slots(std::size_t node, Visit&& visit) {
  const FinalRecord& final = nodes_[node].final_durable;
  for (std::uint64_t number = final.epoch;; ++number) {
    Epoch* const epoch = book_.epoch(number);
    if (epoch == nullptr) return;
    for (const std::unique_ptr<Slot>& slot : epoch->ring) {
      if (!epoch->remembers(slot)) continue;
      if (number == final.epoch && slot->view <= final.view) continue;
      visit(*epoch, *slot);
    }
  }
}

void Checker::persisted(std::size_t node, std::uint64_t seq, ByteView record) {
  if (book_.faulty(node)) return;
  if (record.size() < kRecordHead + kRecordTail || load_be<std::uint64_t>(record.data() + 4) != seq)
    return report(7, name_of(node) + " writes what is no record");
  note(node, seq, record);
}

void Checker::note(std::size_t node, std::uint64_t seq, ByteView record) {
  const std::uint64_t epoch = load_be<std::uint64_t>(record.data() + 20);
  const ByteView body = record.subspan(kRecordHead, record.size() - kRecordHead - kRecordTail);
  switch (record[28]) {
    case 1:
      return note_block(node, seq, body, true);
    case 2:
      return note_vote(node, seq, body);
    case 3:
      return note_block(node, seq, body, false);
    case 4:
      return note_certificate(node, seq, body);
    case 5:
      if (body.size() < 48) return report(7, name_of(node) + " writes what is no final record");
      note_final(node, {seq, epoch, load_be<std::uint64_t>(body.data()),
                        load_be<std::uint64_t>(body.data() + 8)});
      check_finalization(node, epoch, load_be<std::uint64_t>(body.data() + 8));
      if (body.size() > 48) note_position(node, seq, body.subspan(48));
      return;
    case 6:
      note_position(node, seq, body);
      // What the driver brought its ledger to by itself is not delivered (B-51).
      if (nodes_[node].delivered && *nodes_[node].delivered < nodes_[node].final_written.height)
        nodes_[node].delivered = nodes_[node].final_written.height;
      return;
    case 8:
      return note_amnesia(node, seq, body);
    case 9:
      nodes_[node].evidence.push_back(mark_of(body));
      return;
    default:
      return;
  }
}

void Checker::note_amnesia(std::size_t node, std::uint64_t seq, ByteView body) {
  if (body.size() != 17) return report(7, name_of(node) + " writes what is no mark of amnesia");
  Node& me = nodes_[node];
  const bool healed = me.amnesic && body[0] == 1 && seq != kInLog;
  me.amnesic = body[0] == 0;
  me.sign_epoch = load_be<std::uint64_t>(body.data() + 1);
  me.sign_above = load_be<std::uint64_t>(body.data() + 9);
  const Epoch* const epoch = book_.epoch(me.sign_epoch);
  // The book remembers what the node does not.
  if (healed && epoch != nullptr && me.sign_above < book_.highest_signed(*epoch, node))
    report(11, name_of(node) + " will sign again where it has signed" +
                   place_of(me.sign_epoch, me.sign_above));
}

void Checker::note_block(std::size_t node, std::uint64_t seq, ByteView message, bool own) {
  BlockView block;
  if (!read_block(message, block)) return report(7, name_of(node) + " writes what is no block");
  Epoch* const epoch = book_.epoch(block.header.epoch());
  Slot* const slot = epoch == nullptr ? nullptr : book_.slot(*epoch, block.header.view(), true);
  if (slot == nullptr) return;
  bool fits = false;
  const std::int32_t candidate = enter_block(*epoch, *slot, block, true, fits);
  if (candidate == kNone) return;
  if (fits) {
    std::uint64_t& kept = book_.kept(*slot, candidate, Kept::block, node);
    if (!is_durable(node, kept)) kept = seq;
    // Its justification has a certificate of the view before.
    note_entry(node, {seq, epoch->number, slot->view - 1});
  }
  if (own) own_vote(node, seq, *epoch, *slot, Vote::notarize, candidate);
}

void Checker::note_vote(std::size_t node, std::uint64_t seq, ByteView message) {
  VoteView vote;
  if (!read_vote(message, vote)) return report(7, name_of(node) + " writes what is no vote");
  Epoch* const epoch = book_.epoch(vote.epoch);
  Slot* const slot = epoch == nullptr ? nullptr : book_.slot(*epoch, vote.view, true);
  if (slot == nullptr) return;
  const std::int32_t candidate =
      vote.digest == nullptr ? kNone : book_.add(*epoch, *slot, vote.digest, true);
  own_vote(node, seq, *epoch, *slot, vote.kind, candidate);
}

void Checker::own_vote(std::size_t node, std::uint64_t seq, Epoch& epoch, Slot& slot, Vote kind,
                       std::int32_t candidate) {
  Node& me = nodes_[node];
  const EntryRecord final{0, me.final_written.epoch, me.final_written.view};
  const bool late = seq != kInLog && final.covers({0, epoch.number, slot.view});
  book_.own(slot, node, kind) = {seq, candidate, late};
  if (seq == kInLog) return;
  const auto bad = [&](std::uint32_t invariant, const char* what) {
    report(invariant, name_of(node) + what + place_of(epoch.number, slot.view));
  };
  if (me.amnesic) bad(11, " is amnesic and signs");
  if (me.sign_epoch == epoch.number && slot.view <= me.sign_above)
    bad(11, " signs at or below the view of its amnesia");
  if (slot.view > 1 && !me.entry_written.covers({0, epoch.number, slot.view - 1}))
    bad(7, " votes before it wrote a certificate of the view before");
  if (candidate == kNone) return;
  if (kind == Vote::notarize && book_.kept(slot, candidate, Kept::block, node) == kNotWritten)
    bad(7, " notarizes before it wrote the block");
  if (kind == Vote::finalize &&
      book_.kept(slot, candidate, Kept::notarization, node) == kNotWritten)
    bad(7, " finalizes before it wrote the notarization");
}

void Checker::note_certificate(std::size_t node, std::uint64_t seq, ByteView message) {
  if (message.empty() || message[0] != 0x52)
    return report(7, name_of(node) + " writes what is no certificate");
  Cursor in(message.subspan(1));
  CertificateView read;
  if (!read_subject(in, read)) return report(7, name_of(node) + " writes what is no certificate");
  note_entry(node, {seq, read.epoch, read.view});
  Epoch* const epoch = book_.epoch(read.epoch);
  Slot* const slot = epoch == nullptr ? nullptr : book_.slot(*epoch, read.view, true);
  if (slot == nullptr || read.digest == nullptr) return;
  const std::int32_t candidate = book_.add(*epoch, *slot, read.digest, true);
  if (candidate == kNone) return;
  const Kept what = read.kind == Vote::notarize ? Kept::notarization : Kept::finalization;
  std::uint64_t& kept = book_.kept(*slot, candidate, what, node);
  if (!is_durable(node, kept)) kept = seq;
}

void Checker::note_final(std::size_t node, FinalRecord record) {
  Node& me = nodes_[node];
  const auto above = [](const FinalRecord& a, const FinalRecord& b) {
    return a.epoch > b.epoch || (a.epoch == b.epoch && a.view >= b.view);
  };
  if (above(record, me.final_written)) me.final_written = record;
  if (record.seq == kInLog) {
    if (above(record, me.final_durable)) me.final_durable = record;
  } else {
    me.finals.push_back(record);
  }
}

void Checker::check_finalization(std::size_t node, std::uint64_t number, std::uint64_t view) {
  Epoch* const epoch = book_.epoch(number);
  Slot* const slot = epoch == nullptr ? nullptr : book_.slot(*epoch, view, true);
  if (slot == nullptr) return;
  for (std::size_t i = 0; i < slot->candidates.size(); ++i) {
    if (book_.kept(*slot, static_cast<std::int32_t>(i), Kept::finalization, node) != kNotWritten)
      return;
  }
  report(7, name_of(node) + " writes that it is final before the finalization" +
                place_of(number, view));
}

void Checker::note_entry(std::size_t node, EntryRecord record) {
  Node& me = nodes_[node];
  if (me.entry_written.covers(record)) return;
  me.entry_written = record;
  if (record.seq == kInLog) {
    me.entry_durable = record;
  } else {
    me.entries.push_back(record);
  }
}

void Checker::note_position(std::size_t node, std::uint64_t seq, ByteView body) {
  PositionView position;
  if (!read_position(body, position))
    return report(7, name_of(node) + " writes what is no position");
  if (!learn_epoch(position)) return;
  FinalRecord record{seq, position.epoch, position.anchor_height, 0};
  if (position.final.at != nullptr) {
    record.height = position.final.height();
    record.view = position.final.view();
  }
  note_final(node, record);
  note_entry(node, {seq, record.epoch, record.view});
  Node& me = nodes_[node];
  me.highest_restart = std::max(me.highest_restart, record.height);
}

bool Checker::learn_epoch(const PositionView& position) {
  if (const Epoch* const known = book_.epoch(position.epoch)) {
    if (same(known->anchor_digest, position.anchor_digest)) return true;
    report(1, "two blocks end epoch " + std::to_string(position.epoch - 1));
    return false;
  }
  Epoch& before = book_.newest();
  if (position.epoch != before.number + 1) {
    report(5, "an epoch begins without the one before");
    return false;
  }
  const Block* last = nullptr;
  for (const std::unique_ptr<Slot>& slot : before.ring) {
    const std::int32_t at =
        before.remembers(slot) ? Book::find(*slot, position.anchor_digest) : kNone;
    if (at == kNone) continue;
    // Liars vote for digests in views that are not theirs.
    const Block& one = slot->candidates[static_cast<std::size_t>(at)].block;
    if (one.known) last = &one;
  }
  if (last == nullptr || last->view().closing() ||
      last->view().height() != position.anchor_height || !is_last(before, position.anchor_height) ||
      last->view().time_ms() != position.anchor_time_ms ||
      !same(set_hash(position.set), last->view().next_set_hash())) {
    report(5, "epoch " + std::to_string(position.epoch) + " begins on no last block");
    return false;
  }
  book_.add_epoch(position);
  return true;
}

void Checker::durable(std::size_t node, std::uint64_t seq) {
  Node& me = nodes_[node];
  if (book_.faulty(node) || seq <= me.durable) return;
  me.durable = seq;
  bool moved = false;
  std::size_t done = 0;
  for (; done < me.finals.size() && me.finals[done].seq <= seq; ++done) {
    const FinalRecord& one = me.finals[done];
    if (one.epoch > me.final_durable.epoch ||
        (one.epoch == me.final_durable.epoch && one.view >= me.final_durable.view)) {
      me.final_durable = one;
      moved = true;
    }
  }
  me.finals.erase(me.finals.begin(), me.finals.begin() + static_cast<std::ptrdiff_t>(done));
  done = 0;
  for (; done < me.entries.size() && me.entries[done].seq <= seq; ++done)
    me.entry_durable = me.entries[done];
  me.entries.erase(me.entries.begin(), me.entries.begin() + static_cast<std::ptrdiff_t>(done));
  if (moved) forget_views();
}

void Checker::forget_views() {
  Epoch& epoch = book_.newest();
  std::uint64_t lowest = ~std::uint64_t{0};
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (book_.faulty(i) || epoch.validator_of[i] < 0) continue;
    const FinalRecord& final = nodes_[i].final_durable;
    lowest = std::min(lowest, final.epoch == epoch.number ? final.view : 0);
  }
  if (lowest != ~std::uint64_t{0}) book_.forget(epoch, lowest);
}

void Checker::crashed(std::size_t node) {
  Node& me = nodes_[node];
  me.finals.clear();
  me.final_written = me.final_durable;
  me.entries.clear();
  me.entry_written = me.entry_durable;
  me.evidence.clear();
  const auto lost = [&](std::uint64_t seq) { return seq != kInLog && seq > me.durable; };
  for_open_slots(node, [&](Epoch&, Slot& slot) {
    for (std::size_t kind = 0; kind < 3; ++kind) {
      Own& own = slot.own[3 * node + kind];
      if (lost(own.seq)) own = {};
    }
    for (std::size_t i = node; i < slot.kept.size(); i += book_.nodes())
      if (lost(slot.kept[i])) slot.kept[i] = kNotWritten;
  });
}

void Checker::checkpointed(std::size_t node, ByteView log) {
  if (book_.faulty(node)) return;
  std::vector<ByteView> records;
  for (std::size_t at = 0; log.size() - at >= kRecordHead + kRecordTail;) {
    const std::size_t size = 4 + std::size_t{load_be<std::uint32_t>(log.data() + at)};
    if (size < kRecordHead + kRecordTail || size > log.size() - at) break;
    records.push_back(log.subspan(at, size));
    at += size;
  }
  if (records.empty() || records[0][28] != 7)
    return report(7, name_of(node) + " writes a log without a start");
  Node& me = nodes_[node];
  const std::uint64_t next_seq = load_be<std::uint64_t>(records.front().data() + 4);
  // What the old log held is gone unless the new one has it; what was written since stays.
  for_open_slots(node, [&](Epoch&, Slot& slot) {
    for (std::size_t kind = 0; kind < 3; ++kind) {
      Own& own = slot.own[3 * node + kind];
      if (own.seq == kInLog || own.seq < next_seq) own = {};
    }
    for (std::size_t i = node; i < slot.kept.size(); i += book_.nodes())
      if (slot.kept[i] == kInLog || slot.kept[i] < next_seq) slot.kept[i] = kNotWritten;
  });
  me.durable = load_be<std::uint64_t>(records.back().data() + 4);
  for (const ByteView record : records)
    note(node, kInLog, record);
  if (me.amnesic) return;
  for_open_slots(node, [&](Epoch& epoch, Slot& slot) {
    const std::int16_t validator = epoch.validator_of[node];
    if (validator < 0) return;
    std::array<std::uint32_t, 3> seen = {0, slot.nullified, 0};
    for (const Candidate& one : slot.candidates) {
      seen[0] |= one.notarized;
      seen[2] |= one.finalized;
    }
    for (std::size_t kind = 0; kind < 3; ++kind) {
      if ((seen[kind] >> validator & 1) != 0 && slot.own[3 * node + kind].seq == kNotWritten)
        report(7, name_of(node) + " has a log without a vote that it sent" +
                      place_of(epoch.number, slot.view));
    }
  });
}

void Checker::restarted(std::size_t node, bool amnesic, std::uint64_t final_height) {
  if (book_.faulty(node)) return;
  Node& me = nodes_[node];
  if (!amnesic && final_height < me.final_durable.height)
    report(11, name_of(node) + " starts at height " + std::to_string(final_height) +
                   " after it had made " + std::to_string(me.final_durable.height) + " final");
  me.amnesic = amnesic;
  me.delivered.reset();
  me.highest_restart = final_height;
  if (!amnesic) return;
  me.final_written = me.final_durable = {};
  me.entry_written = me.entry_durable = {};
  me.durable = 0;
}

void Checker::forgave(std::size_t node) {
  book_.set_faulty(node);
}

}  // namespace chopmark::sim::checks

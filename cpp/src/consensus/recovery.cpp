// SPDX-License-Identifier: Apache-2.0
// What a replica writes so that it can be started again, and how it is (B-60..B-65).
#include <algorithm>
#include <utility>

#include "base/limits.hpp"
#include "base/mutant.hpp"
#include "codec/reader.hpp"
#include "codec/writer.hpp"
#include "consensus/replica.hpp"

namespace chopmark::consensus {

/// What a log says, record by record.
struct Replica::Recovery {
  bool amnesic = false;
  std::uint64_t generation = 0;
  std::uint64_t next_seq = 1;
  std::uint64_t checkpoint_end = 0;       // seq that follows the checkpoint the log began with
  Position position;                      // of the last final block, once all was read
  std::uint64_t final_view = 0;           // also where a Closing header made it final
  std::vector<FinalBlock> finals;         // of the log, in height order
  std::map<Digest, BlockBody> blocks;     // of the epoch
  std::vector<Certificate> certificates;  // of the epoch
  std::vector<Vote> votes;                // own, of the epoch
  std::vector<Bytes> messages;            // own, of the epoch, in their order
  std::vector<Evidence> evidence;
  std::uint64_t sign_above = 0;

  [[nodiscard]] bool read(const Config& config, const Log& log);
  [[nodiscard]] bool read(const Config& config, const Record& record);
  [[nodiscard]] bool read_final(ByteView body);
  [[nodiscard]] bool read_message(ByteView body);
  void begin_epoch(const Position& next);
};

void Replica::Recovery::begin_epoch(const Position& next) {
  if (next.epoch != position.epoch) {
    blocks.clear();
    certificates.clear();
    votes.clear();
    messages.clear();
    evidence.clear();
    sign_above = 0;
    final_view = 0;
  }
  position = next;
  if (next.final) final_view = next.final->header.view;
}

bool Replica::Recovery::read_message(ByteView body) {
  Result<Message> message = parse_message(body, position.set.size());
  if (!message) return false;
  if (auto* proposal = std::get_if<ProposalMessage>(&*message)) {
    const BlockBody& block = proposal->block;
    votes.push_back({{VoteKind::notarize, position.epoch, block.header.view, block.digest},
                     block.header.leader,
                     block.leader_signature});
    messages.emplace_back(body.begin(), body.end());
    blocks.insert_or_assign(block.digest, std::move(proposal->block));
  } else if (auto* vote = std::get_if<VoteMessage>(&*message)) {
    votes.push_back(vote->vote);
    messages.emplace_back(body.begin(), body.end());
  } else if (auto* block = std::get_if<BlockMessage>(&*message)) {
    const Digest digest = block->block.digest;
    blocks.try_emplace(digest, std::move(block->block));
  } else if (auto* certificate = std::get_if<CertificateMessage>(&*message)) {
    certificates.push_back(std::move(certificate->certificate));
  } else {
    return false;
  }
  return true;
}

/// The blocks from the last final one up to that of the record are final.
bool Replica::Recovery::read_final(ByteView body) {
  codec::Reader in(body);
  const std::uint64_t height = in.u64();
  const std::uint64_t view = in.u64();
  Digest digest = in.digest();
  if (!in.ok()) return false;
  std::optional<Position> next;
  if (in.remaining() != 0) {
    Result<Position> parsed = parse_position(in.bytes(in.remaining()));
    if (!parsed) return false;
    next = std::move(*parsed);
  }
  const std::size_t n = position.set.size();
  const Certificate* tip = nullptr;
  for (const Certificate& one : certificates) {
    if (one.subject.kind == VoteKind::finalize && one.subject.view == view) tip = &one;
  }
  if (tip == nullptr) return false;
  // Closing blocks above the last block of an epoch, from the highest down.
  std::vector<Bytes> closing{encode_message(CertificateMessage{*tip}, n)};
  for (Digest at = tip->subject.digest; at != digest;) {
    const auto block = blocks.find(at);
    if (block == blocks.end() || !block->second.header.closing) return false;
    closing.push_back(encode_message(BlockMessage{block->second}, n));
    at = block->second.header.parent_digest;
  }
  std::vector<FinalBlock> chain;
  for (std::uint64_t left = height; left > position.height(); --left) {
    const auto block = blocks.find(digest);
    if (block == blocks.end() || block->second.header.height != left) return false;
    FinalBlock one;
    for (const Certificate& certificate : certificates) {
      if (certificate.subject.kind != VoteKind::finalize || certificate.subject.digest != digest) {
        continue;
      }
      one.certificate = encode_certificate(certificate, n);
      one.proof = {encode_message(CertificateMessage{certificate}, n)};
    }
    digest = block->second.header.parent_digest;
    one.body = std::move(block->second);
    blocks.erase(block);
    chain.push_back(std::move(one));
  }
  if (chain.empty()) return true;  // a checkpoint says it again
  FinalBlock& last = chain.front();
  if (closing.size() > 1) last.proof = std::move(closing);
  Position reached = position;
  if (next) {
    last.next = next;
    reached = *next;
  } else {
    reached.final = Position::Final{last.body.header, *tip};
  }
  finals.insert(finals.end(), std::make_move_iterator(chain.rbegin()),
                std::make_move_iterator(chain.rend()));
  begin_epoch(reached);
  if (!next) final_view = view;
  return true;
}

bool Replica::Recovery::read(const Config& config, const Record& record) {
  codec::Reader in(record.body);
  switch (record.kind) {
    case RecordKind::start: {
      const Digest chain_id = in.digest();
      const Digest own_key = in.digest();
      generation = in.u64();
      checkpoint_end = in.u64();
      in.finish();
      return in.ok() && chain_id == config.chain_id && own_key == config.own_key;
    }
    case RecordKind::position: {
      const Result<Position> next = parse_position(record.body);
      if (!next) return false;
      if (next->epoch > position.epoch || next->height() >= position.height()) begin_epoch(*next);
      return true;
    }
    case RecordKind::final:
      return read_final(record.body);
    case RecordKind::amnesia: {
      const bool cleared = in.u8() == 1;
      const std::uint64_t epoch = in.u64();
      amnesic = !cleared;
      if (epoch == position.epoch) sign_above = std::max(sign_above, in.u64());
      return in.ok();
    }
    case RecordKind::evidence: {
      Result<Evidence> one = parse_evidence(record.body);
      if (one) evidence.push_back(std::move(*one));
      return one.has_value();
    }
    case RecordKind::proposal:
    case RecordKind::vote:
    case RecordKind::block:
    case RecordKind::certificate:
      return record.epoch != position.epoch || read_message(record.body);
  }
  return false;
}

bool Replica::Recovery::read(const Config& config, const Log& log) {
  if (log.damaged || log.records.empty() || log.records[0].kind != RecordKind::start) return false;
  for (const Record& record : log.records) {
    if (!read(config, record)) return false;
    next_seq = record.seq + 1;
  }
  return next_seq >= checkpoint_end;
}

Result<Replica> Replica::recover(Config config, const Start& start) {
  Replica replica(std::move(config));
  const Config& own = replica.config_;
  Position driver = replica.base_;
  if (!start.position.empty()) {
    Result<Position> parsed = parse_position(start.position);
    if (!parsed) return parsed.failure();
    driver = std::move(*parsed);
  }
  replica.nonce_ = start.nonce;
  Recovery recovery;
  recovery.position = replica.base_;
  const std::optional<Fence> fence = start.fence ? parse_fence(*start.fence) : std::nullopt;
  const bool read = start.log && recovery.read(own, read_log(*start.log));
  const bool fenced = fence && fence->chain_id == own.chain_id && fence->own_key == own.own_key &&
                      (fence->generation <= recovery.generation || mutant(14));
  bool amnesic = own.own_key != Digest{} && (!read || !fenced || recovery.amnesic);
  const std::uint64_t generation =
      std::max(recovery.generation, fence ? fence->generation : std::uint64_t{0});
  if (!amnesic && read) {
    // The log must reach down to where the driver stands, or the driver beyond it.
    std::erase_if(recovery.finals,
                  [&](const FinalBlock& one) { return one.body.header.height <= driver.height(); });
    const std::uint64_t below = recovery.position.height() - recovery.finals.size();
    amnesic = recovery.position.height() > driver.height() && below != driver.height();
  }
  if (amnesic || !read) {
    const std::uint64_t next_seq = recovery.next_seq;
    recovery = {};
    recovery.next_seq = next_seq;
    recovery.position = driver;
    if (driver.final) recovery.final_view = driver.final->header.view;
    recovery.amnesic = amnesic;
  } else if (driver.height() > recovery.position.height() ||
             driver.epoch > recovery.position.epoch) {
    recovery.begin_epoch(driver);
  }
  recovery.generation = generation;
  replica.base_ = std::move(driver);
  replica.load(std::move(recovery));
  return replica;
}

void Replica::load(Recovery&& recovery) {
  const Position position = recovery.position;
  if (recovery.amnesic) amnesia_ = Amnesia{};
  begin_epoch(position);
  effects_.drop();
  generation_ = recovery.generation;
  next_seq_ = recovery.next_seq;
  synced_ = next_seq_ - 1;
  sign_above_ = std::max(recovery.sign_above, final_.view);
  unstored_.assign(recovery.finals.begin(), recovery.finals.end());
  redeliveries_ = std::move(recovery.finals);
  // Their own epochs may lie behind; proofs of them come from the driver's store.
  for (const Certificate& one : recovery.certificates) {
    if (one.subject.view <= final_.view || one.subject.epoch != epoch_) continue;
    entry_proof_view_ = std::max(entry_proof_view_, one.subject.view);
    accept_certificate(Certificate(one));
  }
  for (auto& [digest, body] : recovery.blocks) {
    if (body.header.view <= final_.view || body.header.epoch != epoch_) continue;
    if (StoredBlock* block = store_block(std::move(body))) {
      block->logged = true;
      block->justified = Certified::yes;
    }
  }
  questions_.clear();
  in_flight_.clear();
  accused_ = {};
  std::uint64_t next = std::max(view_, final_.view + 1);
  for (const Vote& one : recovery.votes) {
    const VoteSubject& subject = one.subject;
    if (subject.view <= final_.view || subject.epoch != epoch_) continue;
    View& view = views_[subject.view];
    if (subject.kind == VoteKind::notarize) {
      view.notarized = subject.digest;
      view.proposal = subject.digest;
      view.proposed = one.validator == leader(subject.view);
      if (mutant(39)) view.notarized.reset(), view.proposed = false;
    } else if (subject.kind == VoteKind::finalize) {
      view.finalized = subject.digest;
    } else {
      view.nullified = true;
    }
    if (mutant(10) && subject.kind != VoteKind::notarize) view.nullified = false;
    view.votes[slot(subject.kind)].put(index_, {subject.digest, one.signature}, n_);
    view.votes[slot(subject.kind)].verified |= Mask{1} << index_;
    next = std::max(next, subject.view + (subject.kind == VoteKind::finalize ? 1 : 0));
  }
  std::size_t at = 0;
  for (Bytes& message : recovery.messages) {
    const VoteSubject& subject = recovery.votes[at++].subject;
    if (subject.view > final_.view && subject.epoch == epoch_) {
      views_[subject.view].own_messages.push_back(std::move(message));
    }
  }
  view_ = next;
  for (Evidence& one : recovery.evidence) {
    if (one.epoch != epoch_ || one.culprit >= n_) continue;
    accused_[one.kind] |= Mask{1} << one.culprit;
    evidence_.push_back(std::move(one));
  }
  effects_.drop();  // what was known before the stop was sent before it
  dirty_ = true;
}

std::uint64_t Replica::persist(RecordKind kind, ByteView body) {
  const std::uint64_t seq = next_seq_++;
  effects_.persist(seq, encode_record(seq, synced_, epoch_, kind, body));
  return seq;
}

void Replica::persist_block(StoredBlock& block) {
  if (std::exchange(block.logged, true) || mutant(29)) return;
  persist(RecordKind::block, encode(BlockMessage{block.body}));
}

/// With any vote for a view above 1, a certificate for a view >= view - 1 (B-61).
void Replica::persist_entry_proof(std::uint64_t view) {
  if (view <= 1 || entry_proof_view_ + 1 >= view || mutant(17)) return;
  for (auto at = views_.rbegin(); at != views_.rend() && at->first + 1 >= view; ++at) {
    for (const auto& one : at->second.certificates) {
      if (!one) continue;
      entry_proof_view_ = at->first;
      persist(RecordKind::certificate, one->message);
      return;
    }
  }
}

Replica::Checkpoint Replica::checkpoint() {
  Bytes log;
  std::uint64_t epoch = base_.epoch;
  const std::uint64_t first = next_seq_++;
  // A checkpoint takes the place of a log as a whole: each of its records is durable before the
  // next.
  const auto put = [&](RecordKind kind, ByteView body) {
    const std::uint64_t seq = next_seq_++;
    append(log, encode_record(seq, seq - 1, epoch, kind, body));
  };
  put(RecordKind::position, encode_position(base_));
  const auto put_final = [&](const FinalBlock& block, std::uint64_t view) {
    put(RecordKind::block, encode_message(BlockMessage{block.body}, n_));
    for (const Bytes& message : block.proof)
      put(message[0] == 0x52 ? RecordKind::certificate : RecordKind::block, message);
    if (!block.proof.empty()) put(RecordKind::final, final_record(block, view));
    if (block.next) epoch = block.next->epoch;
  };
  for (const FinalBlock& block : unstored_) {
    const std::uint64_t view =
        block.proof.empty() ? 0 : load_be<std::uint64_t>(block.proof[0].data() + 10);
    put_final(block, view);
  }
  for (const Held& held : held_) {  // finalized, on its way to the disk
    for (const FinalBlock& block : held.deliveries) {
      const std::uint64_t view =
          block.proof.empty() ? 0 : load_be<std::uint64_t>(block.proof[0].data() + 10);
      put_final(block, view);
    }
  }
  if (ending_) epoch = epoch_;
  codec::Writer amnesia;
  amnesia.u8(amnesia_ ? 0 : 1);
  amnesia.u64(epoch_);
  amnesia.u64(sign_above_);
  put(RecordKind::amnesia, amnesia.take());
  for (const auto& [number, view] : views_) {
    if (number <= final_.view || ending_) continue;
    for (const auto& one : view.certificates) {
      if (!one) continue;
      put(RecordKind::certificate, one->message);
      entry_proof_view_ = std::max(entry_proof_view_, number);
    }
  }
  for (auto& [digest, block] : blocks_) {
    const View* view = view_at(block.body.header.view);
    block.logged = !ending_ && view != nullptr && view->notarized == digest;
    if (block.logged) put(RecordKind::block, encode(BlockMessage{block.body}));
  }
  for (const auto& [number, view] : views_) {
    if (number <= final_.view || ending_ || mutant(28)) continue;
    for (const Bytes& own : view.own_messages)
      put(own[0] == 0x50 ? RecordKind::proposal : RecordKind::vote, own);
  }
  // Own votes on their way to the disk.
  for (const Held& held : held_) {
    if (!held.vote || ending_) continue;
    put(held.message[0] == 0x50 ? RecordKind::proposal : RecordKind::vote, held.message);
  }
  for (const Evidence& one : evidence_)
    put(RecordKind::evidence, encode_evidence(one));
  codec::Writer start;
  start.bytes(config_.chain_id);
  start.bytes(config_.own_key);
  start.u64(++generation_);
  start.u64(next_seq_);
  Bytes whole = encode_record(first, first - 1, base_.epoch, RecordKind::start, start.take());
  append(whole, log);
  return {std::move(whole), encode_fence({config_.chain_id, config_.own_key, generation_})};
}

}  // namespace chopmark::consensus

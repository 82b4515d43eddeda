// SPDX-License-Identifier: Apache-2.0
// What a process does for its replica: each effect of docs/spec/consensus.md B-21.
#include <algorithm>
#include <cstring>

#include "sim/process.hpp"
#include "sim/scheme.hpp"

namespace chopmark::sim {
namespace {

constexpr std::uint16_t kToAll = 0xffff;
constexpr std::size_t kServedMax = 32;  // blocks in which an answer looks for a finalization (B-50)

std::size_t count_effects(ByteView effects) {
  std::size_t count = 0;
  for (Cursor in(effects); !in.done(); ++count)
    (void)next_effect(in);
  return count;
}

}  // namespace

void Process::execute(ByteView effects) {
  std::size_t left = ~std::size_t{0};
  const std::uint32_t step_ppm = world_.plan.crash.step_ppm;
  if (step_ppm != 0 && !world_.healed && !byzantine() && first() && fate_.chance(step_ppm))
    left = fate_.below(count_effects(effects) + 1);
  for (Cursor in(effects); !in.done(); --left) {
    if (left == 0) break;
    if (!execute(next_effect(in))) return;
  }
  // Dead between any two effects, or after the last one.
  if (left <= effects.size()) die();
}

bool Process::execute(const EffectFrame& effect) {
  switch (effect.kind) {
    case EffectKind::verify_votes:
      verify_votes(effect.body);
      return true;
    case EffectKind::sign:
      sign(effect.body);
      return true;
    case EffectKind::persist:
      return persist(effect.body);
    case EffectKind::send:
      send(effect.body);
      return true;
    case EffectKind::set_timer:
      set_timer(effect.body);
      return true;
    case EffectKind::build:
      build(effect.body);
      return true;
    case EffectKind::certify:
      certify(effect.body);
      return true;
    case EffectKind::deliver:
      deliver(effect.body);
      return true;
    case EffectKind::evidence:
      world_.cover(Covered::evidence);
      if (first()) world_.observer.accused(node_, effect.body);
      if (world_.trace != nullptr && world_.trace->messages)
        world_.trace->add(world_.now_us, TraceKind::evidence, node_, 0, effect.body);
      return true;
    case EffectKind::serve:
      serve(effect.body);
      return true;
    case EffectKind::epoch:
      end_epoch(effect.body);
      return true;
  }
  world_.violate(kEngineInvariant, "an effect of an unknown kind");
  return true;
}

void Process::verify_votes(ByteView body) {
  Cursor in(body);
  const std::uint64_t request = in.u64();
  const std::size_t count = in.u32();
  const ByteView keys = in.bytes(32 * count);
  const ByteView signatures = in.bytes(64 * count);
  const ByteView offsets = in.bytes(8 * (count + 1));
  const ByteView payloads = in.rest();
  scratch_.clear();
  {
    FrameWriter out(scratch_, EventKind::votes_verified);
    out.u64(request);
    std::size_t from = load_be<std::uint64_t>(offsets.data());
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t to = load_be<std::uint64_t>(offsets.data() + 8 * (i + 1));
      const Digest key = digest_from(keys.data() + 32 * i);
      out.u8(verify(key, payloads.subspan(from, to - from), signatures.subspan(64 * i, 64)));
      from = to;
    }
  }
  const ProcessorCosts& costs = world_.plan.driver.costs;
  charge(costs.batch + count * costs.signature);
  give_later(drawn(world_.plan.driver.verify_us));
}

void Process::sign(ByteView body) {
  Cursor in(body);
  const std::uint64_t request = in.u64();
  scratch_.clear();
  const std::uint32_t refuse_ppm = world_.plan.driver.refuse_sign_ppm;
  if (refuse_ppm != 0 && !world_.healed && draw_.chance(refuse_ppm)) {
    world_.cover(Covered::unsigned_vote);
    FrameWriter(scratch_, EventKind::unsigned_).u64(request);
  } else {
    const SimSignature signature = sim::sign(world_.plan.setup.keys[node_], in.rest());
    FrameWriter(scratch_, EventKind::sign_done).u64(request).bytes(signature);
  }
  charge(world_.plan.driver.costs.sign);
  give_later(drawn(world_.plan.driver.sign_us));
}

bool Process::persist(ByteView body) {
  Cursor in(body);
  const std::uint64_t seq = in.u64();
  const ByteView record = in.rest();
  const std::uint32_t full_ppm = world_.plan.disk.full_ppm;
  if (full_ppm != 0 && !world_.healed && !byzantine() && first() && fate_.chance(full_ppm)) {
    world_.cover(Covered::disk_full);
    disk_.append(seq, record.first(fate_.below(record.size())));
    die();
    return false;
  }
  disk_.append(seq, record);
  if (first()) world_.observer.persisted(node_, seq, record);
  return true;
}

void Process::send(ByteView body) {
  Cursor in(body);
  const std::uint16_t link = in.u16();
  const ByteView message = in.rest();
  if (byzantine()) {
    LiarOutbox out(world_);
    world_.conspiracy.outgoing(node_, link, message, out);
    return;
  }
  world_.observer.sent(node_, link, message);
  if (world_.trace != nullptr && world_.trace->messages && followed() == nullptr)
    world_.trace->add(world_.now_us, TraceKind::sent, node_, link, message);
  if (message.size() > 1 && message[0] == static_cast<std::uint8_t>(Tag::certificate) &&
      message[1] == 0x11) {
    world_.cover(Covered::nullified_view);
  }
  if (message.size() > 1 + kHeaderBytes && message[0] == static_cast<std::uint8_t>(Tag::proposal) &&
      world_.plan.scenario.profile == Profile::wan) {
    world_.note_proposal(message.subspan(1, kHeaderBytes), last_build_us_);
  }
  send_bytes(link, message);
}

void Process::send_bytes(std::size_t to, ByteView message) {
  if (Trace* trace = followed()) trace->add(world_.now_us, TraceKind::sent, node_, to, message);
  Buffer* buffer = world_.buffers.copy(message);
  const std::uint32_t kilobyte = world_.plan.driver.costs.kilobyte;
  for (std::size_t i = 0; i < world_.plan.nodes; ++i) {
    if (i == node_ || (to != kToAll && i != to)) continue;
    if (kilobyte != 0) charge(message.size() * kilobyte / 1024);
    world_.transmit(node_, i, buffer, spent_until());
  }
  world_.buffers.drop(buffer);
}

void Process::set_timer(ByteView body) {
  timer_due_us_ = clock_.when(world_.now_us, load_be<std::uint64_t>(body.data()));
  if (timer_due_us_ <= world_.now_us) timer_due_us_ = world_.now_us + 1;
  // An entry in the queue that comes no later will look again.
  if (timer_queued_us_ != 0 && timer_queued_us_ <= timer_due_us_) return;
  Entry entry;
  entry.time_us = timer_queued_us_ = timer_due_us_;
  entry.life = life_;
  entry.what = Happening::timer;
  entry.process = static_cast<std::uint8_t>(number_);
  world_.queue.push(entry);
}

void Process::build(ByteView body) {
  Cursor in(body);
  const std::uint64_t request = in.u64();
  const Digest parent = digest_from(in.bytes(32).data());
  (void)in.u64();  // height
  const std::size_t bytes_max = in.u32();
  const bool last = in.u8() != 0;
  const Plan& plan = world_.plan;
  const std::size_t filler = plan.scenario.profile == Profile::wan
                                 ? std::min<std::size_t>(plan.scenario.block_bytes, bytes_max)
                                 : 0;
  const auto batch = static_cast<std::uint32_t>(
      std::min<std::size_t>(plan.load.batch, bytes_max < 4 ? 0 : (bytes_max - 4) / 8));
  last_build_us_ = world_.now_us;
  const auto built = ledger_.build(parent, last, batch, filler, payload_);
  if (!built) {
    world_.violate(kEngineInvariant, "asked to build on a block that was not certified");
    return;
  }
  if (byzantine() && world_.conspiracy.spoils_payload(node_)) {
    payload_.assign(12, 0xff);
    store_be<std::uint32_t>(payload_.data(), 1);
  }
  scratch_.clear();
  {
    FrameWriter out(scratch_, EventKind::built);
    out.u64(request).bytes(built->state_root).u64(built->log_size).bytes(Digest{});
    ledger_.encode_set(built->next, scratch_);
    out.bytes(payload_);
  }
  charge(plan.driver.costs.build);
  std::uint64_t delay_us = drawn(plan.driver.build_us);
  const std::uint64_t every_us = plan.driver.build_every_us;
  if (every_us != 0) delay_us += every_us - world_.now_us % every_us;
  give_later(delay_us);
}

void Process::certify(ByteView body) {
  Cursor in(body);
  const Digest digest = digest_from(in.bytes(32).data());
  const ByteView header = in.bytes(kHeaderBytes);
  const ByteView payload = in.rest();
  const Judgement found = ledger_.certify(digest, header, payload);
  if (!found.known_parent) {
    world_.violate(kEngineInvariant, "asked to certify before the parent was certified");
    return;
  }
  if (first()) world_.observer.judged(node_, header, found.ok);
  scratch_.clear();
  {
    FrameWriter out(scratch_, EventKind::certified);
    out.bytes(digest).u8(found.ok);
    ledger_.encode_set(found.next, scratch_);
  }
  charge(payload.size() * world_.plan.driver.costs.validate_kilobyte / 1024);
  give_later(drawn(world_.plan.driver.certify_us));
}

void Process::deliver(ByteView body) {
  if (first()) world_.observer.delivered(node_, body);
  if (world_.trace != nullptr && world_.trace->messages)
    world_.trace->add(world_.now_us, TraceKind::delivered, node_, 0, body);
  Cursor in(body);
  Archive::Final block;
  block.height = in.u64();
  block.digest = in.bytes(32);
  block.header = in.bytes(kHeaderBytes);
  block.certificate = in.counted();
  block.justification = in.counted();
  block.payload = in.rest();
  const Digest digest = digest_from(block.digest.data());
  if (block.height != ledger_.height() + 1 ||
      !ledger_.finalize(digest, block.header, block.payload)) {
    world_.violate(kEngineInvariant, "delivered a block that is not the next one");
    return;
  }
  if (!world_.archive.add(block)) astray_ = true;
  if (certificates_.size() <= block.height) certificates_.resize(block.height + 64, nullptr);
  Buffer*& kept = certificates_[block.height];
  if (kept != nullptr) world_.buffers.drop(kept);
  kept = nullptr;
  if (!block.certificate.empty()) {
    kept = world_.buffers.make(block.certificate.size() + 1);
    kept->data()[0] = static_cast<std::uint8_t>(Tag::certificate);
    std::memcpy(kept->data() + 1, block.certificate.data(), block.certificate.size());
  }
  delivered_ = true;
  if (world_.plan.scenario.profile != Profile::wan) return;
  const std::uint64_t from_us = world_.ordered(block.header);
  if (from_us != 0)
    world_.result.finality_us.push_back(static_cast<std::uint32_t>(spent_until() - from_us));
}

void Process::end_epoch(ByteView body) {
  if (first()) world_.observer.epoch_ended(node_, body);
  if (!byzantine()) world_.cover(Covered::epoch_change);
  if (world_.trace != nullptr && world_.trace->messages)
    world_.trace->add(world_.now_us, TraceKind::epoch, node_, 0, body);
  Cursor in(body);
  (void)in.counted();
  const ByteView proof = in.rest();
  if (!boundaries_.empty() && boundaries_.back().first == ledger_.height()) return;
  boundaries_.emplace_back(ledger_.height(), Bytes(proof.begin(), proof.end()));
}

void Process::serve(ByteView body) {
  Cursor in(body);
  const std::size_t link = in.u16();
  const std::uint64_t from = in.u64();
  if (astray_ || from == 0 || from > ledger_.height() || byzantine()) return;
  const std::uint64_t epoch_blocks = world_.plan.setup.epoch_blocks;
  std::uint64_t end = ledger_.height();  // no answer reaches beyond the epoch
  if (epoch_blocks != 0)
    end = std::min(end, (from + epoch_blocks - 1) / epoch_blocks * epoch_blocks);
  const auto boundary =
      std::ranges::find_if(boundaries_, [end](const auto& one) { return one.first == end; });
  std::uint64_t top = 0;
  for (std::uint64_t h = from; h <= end; ++h) {
    if (top != 0 && h >= from + kServedMax) break;
    const bool has = h < certificates_.size() && certificates_[h] != nullptr;
    if (has || (h == end && boundary != boundaries_.end())) top = h;
  }
  if (top == 0) return;
  world_.cover(Covered::served);
  if (top == end && boundary != boundaries_.end()) {
    for (Cursor proof(boundary->second); !proof.done();) {
      const ByteView message = proof.counted();
      const bool last_block = message.size() > 1 &&
                              message[0] == static_cast<std::uint8_t>(Tag::block) &&
                              message[1] == static_cast<std::uint8_t>(Tag::header);
      if (!last_block) send_bytes(link, message);
    }
  } else {
    send_bytes(link, certificates_[top]->bytes());
  }
  for (std::uint64_t h = top; h >= from; --h) {
    Buffer* block = world_.archive.block(h);
    if (block == nullptr) return;
    send_bytes(link, block->bytes());
  }
}

}  // namespace chopmark::sim

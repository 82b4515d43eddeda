// SPDX-License-Identifier: Apache-2.0
// Life and death of a process, and what it is given.
#include "sim/process.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "codec/writer.hpp"

namespace chopmark::sim {
namespace {

constexpr std::uint64_t kNoStop = 3;
constexpr std::array<std::uint8_t, kTickFrame> kEmptyTick = {
    static_cast<std::uint8_t>(EventKind::tick), 0, 0, 0, kTickFrame - kFrameHead};

Digest random_digest(Random& draw) noexcept {
  Digest out;
  for (std::size_t i = 0; i < out.size(); i += 8)
    store_be<std::uint64_t>(out.data() + i, draw.next());
  return out;
}

/// As a driver tells it (B-10).
Bytes encoded(const consensus::Config& config) {
  codec::Writer out;
  out.bytes(config.chain_id);
  out.bytes(config.own_key);
  out.bytes(encode_validator_set(config.validators));
  out.u64(config.genesis_time_ms);
  out.u32(config.delta_ms);
  out.u32(config.build_ms);
  out.u32(config.standstill_ms);
  out.u32(config.heartbeat_ms);
  out.u16(config.views_per_leader);
  out.u32(config.payload_bytes_max);
  out.u32(config.epoch_blocks);
  return out.take();
}

}  // namespace

Process::Process(World& world, std::size_t number, std::size_t node)
    : world_(world),
      number_(number),
      node_(node),
      draw_(mix(world.plan.seed, 0x100 + number)),
      fate_(mix(world.plan.seed, 0x200 + number)),
      ledger_(world.plan.setup, world.plan.nodes) {
  clock_.set_rate(0, world.plan.clock.rate[node]);
  clock_.set_day_offset(world.plan.clock.day_offset_ms[node]);
  reset_inbox();
}

consensus::Config Process::config() const {
  const Plan& plan = world_.plan;
  consensus::Config out;
  out.chain_id = plan.setup.chain_id;
  out.own_key = plan.setup.keys[node_];
  out.validators.assign(
      plan.setup.keys.begin(),
      plan.setup.keys.begin() + static_cast<std::ptrdiff_t>(plan.setup.validators));
  out.genesis_time_ms = Clock::kDayStart_ms;
  out.delta_ms = plan.delta_ms;
  out.build_ms = plan.build_ms;
  out.standstill_ms = plan.standstill_ms;
  out.heartbeat_ms = plan.heartbeat_ms;
  out.views_per_leader = plan.views_per_leader;
  out.payload_bytes_max = plan.setup.payload_bytes_max;
  out.epoch_blocks = plan.setup.epoch_blocks;
  return out;
}

Trace* Process::followed() const noexcept {
  const bool here = world_.trace != nullptr && first() && world_.trace->follow == node_;
  return here && !byzantine() ? world_.trace : nullptr;
}

void Process::note_start(bool new_key, const Digest& nonce) const {
  Trace* trace = followed();
  if (trace == nullptr) return;
  codec::Writer out;
  const auto sized = [&](ByteView bytes) {
    out.u32(static_cast<std::uint32_t>(bytes.size()));
    out.bytes(bytes);
  };
  sized(encoded(config()));
  out.u8(new_key ? 1 : world_.forgiven[node_] ? 2 : 0);
  for (const auto& file : {disk_.log(), disk_.fence()}) {
    out.u8(file ? 1 : 0);
    if (file) sized(*file);
  }
  sized(disk_.stored().position);
  out.bytes(nonce);
  trace->add(world_.now_us, TraceKind::began, node_, 0, out.take());
}

void Process::create() {
  note_start(true, {});
  replica_.emplace(config());
  (void)checkpoint(kNoStop);
  begin();
}

void Process::start() {
  ledger_.restore(disk_.stored().height);
  consensus::Replica::Start from;
  if (disk_.log()) from.log = ByteView(*disk_.log());
  if (disk_.fence()) from.fence = ByteView(*disk_.fence());
  from.position = disk_.stored().position;
  from.nonce = random_digest(draw_);
  note_start(false, from.nonce);
  Result<consensus::Replica> recovered = consensus::Replica::recover(config(), from);
  if (!recovered) {
    world_.violate(kEngineInvariant, "a position of its own making was refused");
    return;
  }
  replica_.emplace(std::move(*recovered));
  if (first()) {
    if (unseen_damage_ && !replica_->amnesic())
      world_.violate(kEngineInvariant, "a damaged disk was taken for a good one");
    if (!replica_->amnesic()) world_.damaged[node_] = false;
    if (replica_->amnesic()) world_.cover(Covered::amnesia);
    world_.observer.restarted(node_, replica_->amnesic(), replica_->last_final().height);
  }
  if (world_.trace != nullptr && world_.trace->messages) {
    const std::uint8_t amnesic = replica_->amnesic() ? 1 : 0;
    world_.trace->add(world_.now_us, TraceKind::started, node_, number_, {&amnesic, 1});
  }
  std::uint64_t stop = kNoStop;
  if (!world_.healed && fate_.chance(world_.plan.crash.start_ppm)) stop = fate_.below(kNoStop);
  if (!checkpoint(stop)) {
    world_.cover(Covered::crash_at_start);
    die();
    return;
  }
  begin();
}

bool Process::checkpoint(std::uint64_t stop_after) {
  if (stop_after == 0) return false;
  const consensus::Replica::Checkpoint made = replica_->checkpoint();
  if (first()) world_.observer.checkpointed(node_, made.log);
  if (Trace* trace = followed()) {
    codec::Writer row;
    row.u32(static_cast<std::uint32_t>(made.log.size()));
    row.bytes(made.log);
    if (stop_after != 1) row.bytes(made.fence);
    trace->add(world_.now_us, TraceKind::checkpoint, node_, 0, row.take());
  }
  disk_.replace_log(made.log);
  unseen_damage_ = false;
  if (stop_after == 1) return false;
  disk_.replace_fence(made.fence);
  return stop_after != 2;
}

void Process::begin() {
  told_waiting_ = ~std::uint32_t{0};
  told_seq_ = 0;
  told_stored_ = disk_.stored_height();
  const Setup& setup = world_.plan.setup;
  for (std::size_t i = setup.validators; i < setup.keys.size(); ++i) {
    if (i == node_) continue;
    FrameWriter(inbox_, EventKind::link).u16(static_cast<std::uint16_t>(i)).bytes(setup.keys[i]);
  }
  schedule();
}

void Process::start_as_copy_of(const Process& original) {
  ledger_ = original.ledger_;
  disk_ = original.disk_.copy();
  clock_ = original.clock_;
  astray_ = true;
  start();
}

void Process::stop() noexcept {
  ++life_;
  replica_.reset();
  reset_inbox();
  scheduled_ = false;
  timer_due_us_ = timer_queued_us_ = 0;
  busy_until_us_ = cost_ns_ = 0;
}

void Process::crash() {
  if (up()) die();
}

void Process::die() {
  stop();
  if (!first()) return;  // a second process with a key does not come back
  const Plan& plan = world_.plan;
  world_.cover(Covered::crash);
  world_.observer.crashed(node_);
  if (world_.trace != nullptr && (world_.trace->messages || followed() != nullptr))
    world_.trace->add(world_.now_us, TraceKind::crashed, node_, number_, {});
  if (disk_.crash(!world_.healed && fate_.chance(plan.disk.torn_ppm), fate_))
    world_.cover(Covered::torn_write);
  damage();
  if (fate_.chance(500'000)) clock_.reboot(world_.now_us, fate_.below(60'000'000));
  Entry entry;
  entry.time_us = world_.now_us + fate_.between(plan.crash.down_us.low, plan.crash.down_us.high);
  entry.life = life_;
  entry.what = Happening::restart;
  entry.process = static_cast<std::uint8_t>(number_);
  world_.queue.push(entry);
}

void Process::note_damage(Covered how) {
  const char* const name = kCoveredNames[std::countr_zero(static_cast<std::uint32_t>(how))];
  world_.note(TraceKind::damaged, node_, number_,
              {reinterpret_cast<const std::uint8_t*>(name), std::strlen(name)});
}

void Process::damage() {
  const DiskPlan& plan = world_.plan.disk;
  if (world_.healed || !world_.may_damage(node_)) return;
  const auto damaged = [this](Covered how) {
    world_.cover(how);
    world_.damaged[node_] = unseen_damage_ = true;
    note_damage(how);
  };
  if (fate_.chance(plan.flip_ppm) && disk_.flip_old_bit(fate_)) {
    damaged(Covered::bit_flip);
  } else if (fate_.chance(plan.lost_ppm)) {
    damaged(Covered::lost_file);
    if (fate_.chance(500'000)) {
      disk_.lose_log();
    } else {
      disk_.lose_fence();
    }
  } else if (fate_.chance(plan.old_log_ppm) && disk_.restore_old_log()) {
    damaged(Covered::old_log);
  } else if (fate_.chance(plan.old_disk_ppm) && disk_.has_snapshot()) {
    world_.cover(Covered::old_disk);
    note_damage(Covered::old_disk);
    disk_.restore_snapshot();
    world_.forgiven[node_] = true;
    world_.observer.forgave(node_);
  }
}

void Process::receive(std::size_t from, Buffer* message) {
  if (!up()) return;
  const ByteView bytes = message->bytes();
  if (!bytes.empty() && bytes[0] == static_cast<std::uint8_t>(Tag::transactions)) {
    for (std::size_t at = 5; at + 8 <= bytes.size(); at += 8) {
      const std::uint64_t number = load_be<std::uint64_t>(bytes.data() + at);
      // What no user signed has no place in a pool.
      if (number < world_.transactions) submit(static_cast<std::uint32_t>(number));
    }
    return;
  }
  if (byzantine()) {
    LiarOutbox out(world_);
    if (!world_.conspiracy.incoming(node_, from, bytes, out)) return;
  }
  const ProcessorCosts& costs = world_.plan.driver.costs;
  charge(costs.event + bytes.size() * costs.kilobyte / 1024);
  FrameWriter(inbox_, EventKind::message).u16(static_cast<std::uint16_t>(from)).bytes(bytes);
  world_.given(message->content_hash(), number_, from);
  if (world_.trace != nullptr && world_.trace->messages)
    world_.trace->add(world_.now_us, TraceKind::arrived, node_, from, bytes);
  schedule();
}

void Process::answer(Buffer* frame) {
  charge(world_.plan.driver.costs.event);
  add_bytes(inbox_, frame->bytes());
  world_.given(frame->content_hash(), number_, 0xff);
  schedule();
}

void Process::give_later(std::uint64_t delay_us) {
  const std::uint64_t when_us = spent_until() + delay_us;
  if (when_us == world_.now_us) {
    add_bytes(inbox_, scratch_);
    world_.given(hash_bytes(scratch_), number_, 0xff);
    schedule();
    return;
  }
  Entry entry;
  entry.time_us = when_us;
  entry.data = world_.buffers.copy(scratch_);
  entry.life = life_;
  entry.what = Happening::answer;
  entry.process = static_cast<std::uint8_t>(number_);
  world_.queue.push(entry);
}

bool Process::submit(std::uint32_t transaction) {
  if (!up() || !ledger_.submit(transaction)) return false;
  schedule();
  return true;
}

std::string Process::state() const {
  std::string out = "at height ";
  out += std::to_string(ledger_.height());
  if (!world_.honest(node_)) out += " faulty";
  if (!up()) return out.append(" down");
  out += " view ";
  out += std::to_string(replica_->epoch());
  out += '.';
  out += std::to_string(replica_->view());
  if (amnesic()) out += " amnesic";
  return out;
}

void Process::wake() {
  if (up()) schedule();
}

void Process::schedule() {
  if (scheduled_) return;
  scheduled_ = true;
  const std::uint64_t turn_us = world_.plan.driver.turn_us[node_];
  const std::uint64_t when_us = std::max(world_.now_us + turn_us, busy_until_us_);
  if (when_us == world_.now_us) {
    world_.ready.push_back(static_cast<std::uint8_t>(number_));
    return;
  }
  Entry entry;
  entry.time_us = when_us;
  entry.life = life_;
  entry.what = Happening::step;
  entry.process = static_cast<std::uint8_t>(number_);
  world_.queue.push(entry);
}

void Process::reset_inbox() {
  inbox_.assign(kEmptyTick.begin(), kEmptyTick.end());
}

std::uint64_t Process::spent_until() {
  return world_.now_us + cost_ns_ / 1000;
}

void Process::timer() {
  timer_queued_us_ = 0;
  if (!up() || timer_due_us_ == 0) return;
  if (timer_due_us_ <= world_.now_us) {
    timer_due_us_ = 0;
    schedule();
    return;
  }
  Entry entry;
  entry.time_us = timer_queued_us_ = timer_due_us_;
  entry.life = life_;
  entry.what = Happening::timer;
  entry.process = static_cast<std::uint8_t>(number_);
  world_.queue.push(entry);
}

void Process::synced() {
  const DiskPlan& plan = world_.plan.disk;
  if (!world_.healed && !byzantine() && first() && fate_.chance(plan.sync_fails_ppm)) {
    world_.cover(Covered::sync_failure);
    die();
    return;
  }
  disk_.end_sync();
  const std::uint64_t seq = disk_.synced_seq();
  if (seq > told_seq_) {
    told_seq_ = seq;
    if (first()) world_.observer.durable(node_, seq);
    scratch_.clear();
    FrameWriter(scratch_, EventKind::durable).u64(seq);
    add_bytes(inbox_, scratch_);
    world_.given(hash_bytes(scratch_), number_, 0xff);
  }
  if (disk_.stored_height() > told_stored_) {
    told_stored_ = disk_.stored_height();
    scratch_.clear();
    FrameWriter(scratch_, EventKind::stored).u64(told_stored_);
    add_bytes(inbox_, scratch_);
    world_.given(hash_bytes(scratch_), number_, 0xff);
  }
  if (first() && world_.damaged[node_] && !replica_->amnesic() && disk_.clean())
    world_.damaged[node_] = false;
  if (disk_.dirty()) begin_sync();
  schedule();
}

void Process::step() {
  if (!up()) return;
  scheduled_ = false;
  const std::uint64_t now_us = world_.now_us;
  store_be<std::uint64_t>(inbox_.data() + kFrameHead, clock_.mono_ms(now_us));
  store_be<std::uint64_t>(inbox_.data() + kFrameHead + 8, clock_.day_ms(now_us));
  if (ledger_.waiting() != told_waiting_) {
    told_waiting_ = ledger_.waiting();
    FrameWriter(inbox_, EventKind::pending).u32(told_waiting_);
  }
  charge(world_.plan.driver.costs.step);
  world_.observer.at(now_us);
  Trace* trace = followed();
  if (trace != nullptr) trace->add(now_us, TraceKind::events, node_, 0, inbox_);
  effects_.clear();
  const Result<bool> done = replica_->step(inbox_, effects_);
  if (trace != nullptr) trace->add(now_us, TraceKind::effects, node_, 0, effects_);
  if (!done) {
    world_.violate(kEngineInvariant, "the replica refused an event of its driver");
    stop();
    return;
  }
  reset_inbox();
  delivered_ = false;
  const std::uint32_t life = life_;
  // Counting what is held takes longer than many a step, and it changes slowly.
  const std::size_t held = ++steps_ % 16 == 0 ? replica_->held_bytes() : 0;
  if (first()) world_.observer.stepped(node_, held, effects_.size());
  execute(effects_);
  if (life_ == life) after_step();
}

void Process::after_step() {
  if (delivered_) disk_.store(ledger_.height(), replica_->position());
  busy_until_us_ = spent_until();
  if (disk_.dirty()) {
    if (!disk_.syncing()) begin_sync();
  } else if (!disk_.syncing() && disk_.grown_bytes() > world_.plan.disk.checkpoint_bytes) {
    world_.cover(Covered::checkpoint);
    const bool unlucky =
        !world_.healed && !byzantine() && first() && fate_.chance(world_.plan.crash.start_ppm / 4);
    if (!checkpoint(unlucky ? fate_.below(kNoStop) : kNoStop)) {
      die();
      return;
    }
  }
  cost_ns_ = 0;
}

void Process::begin_sync() {
  disk_.begin_sync();
  const DiskPlan& plan = world_.plan.disk;
  std::uint64_t lasts_us = drawn(plan.sync_us);
  if (plan.slow_ppm != 0 && draw_.chance(plan.slow_ppm)) lasts_us = 20 * lasts_us + 1;
  Entry entry;
  entry.time_us = spent_until() + lasts_us;
  entry.life = life_;
  entry.what = Happening::synced;
  entry.process = static_cast<std::uint8_t>(number_);
  world_.queue.push(entry);
}

}  // namespace chopmark::sim

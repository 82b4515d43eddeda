// SPDX-License-Identifier: Apache-2.0
// One simulated validator process: the real replica and a driver that does what it asks, on a disk
// and a clock that fail. Everything goes through bytes of events and effects. Floor: sim.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "consensus/replica.hpp"
#include "sim/clock.hpp"
#include "sim/disk.hpp"
#include "sim/frames.hpp"
#include "sim/toy_ledger.hpp"
#include "sim/world.hpp"

namespace chopmark::sim {

class Process {
 public:
  Process(World& world, std::size_t number, std::size_t node);

  /// The key was just made.
  void create();
  /// From what is on the disk.
  void start();
  /// At once, with everything that was not written.
  void crash();
  /// A second process with the key of `original`, from a copy of its disk.
  void start_as_copy_of(const Process& original);
  void stop() noexcept;

  // What the queue holds for it.
  void receive(std::size_t from, Buffer* message);
  void answer(Buffer* frame);
  void step();
  void timer();
  void synced();
  /// A transaction from a user, or from a peer.
  bool submit(std::uint32_t transaction);

  [[nodiscard]] bool up() const noexcept { return replica_.has_value(); }
  [[nodiscard]] std::uint32_t life() const noexcept { return life_; }
  [[nodiscard]] std::uint64_t height() const noexcept { return ledger_.height(); }
  [[nodiscard]] bool amnesic() const noexcept { return replica_ && replica_->amnesic(); }
  [[nodiscard]] Clock& clock() noexcept { return clock_; }
  [[nodiscard]] Disk& disk() noexcept { return disk_; }
  [[nodiscard]] std::size_t node() const noexcept { return node_; }
  void wake();
  /// For people: where it stands.
  [[nodiscard]] std::string state() const;

 private:
  [[nodiscard]] consensus::Config config() const;
  [[nodiscard]] bool first() const noexcept { return number_ < world_.plan.nodes; }
  [[nodiscard]] bool byzantine() const { return world_.plan.setup.byzantine[node_]; }
  void begin();  // the replica is there: links, and a first step
  void damage();
  void note_damage(Covered how);
  void die();
  bool checkpoint(std::uint64_t stop_after);
  /// Where the steps of this process are kept, if they are.
  [[nodiscard]] Trace* followed() const noexcept;
  /// Config (B-10; length u32), how u8 (0 a recovery, 1 a new key, 2 a recovery from an old copy of
  /// the disk), log and fence as they were found (u8 1 and length u32, or 0), position (length
  /// u32), nonce.
  void note_start(bool new_key, const Digest& nonce) const;

  void execute(ByteView effects);
  [[nodiscard]] bool execute(const EffectFrame& effect);  // false: the process is dead
  void verify_votes(ByteView body);
  void sign(ByteView body);
  [[nodiscard]] bool persist(ByteView body);
  void send(ByteView body);
  void set_timer(ByteView body);
  void build(ByteView body);
  void certify(ByteView body);
  void deliver(ByteView body);
  void serve(ByteView body);
  void end_epoch(ByteView body);
  void send_bytes(std::size_t to, ByteView message);
  void begin_sync();
  void after_step();

  /// The frame in `scratch_` goes to the replica after `delay_us`.
  void give_later(std::uint64_t delay_us);
  void schedule();
  void reset_inbox();
  [[nodiscard]] std::uint64_t drawn(const Span& span) {
    return span.high == 0 ? 0 : draw_.between(span.low, span.high);
  }
  void charge(std::uint64_t nanoseconds) noexcept { cost_ns_ += nanoseconds; }
  [[nodiscard]] std::uint64_t spent_until();

  World& world_;
  std::size_t number_, node_;
  Random draw_, fate_;
  Clock clock_;
  Disk disk_;
  ToyLedger ledger_;
  std::optional<consensus::Replica> replica_;
  std::uint32_t life_ = 1;

  Bytes inbox_;  // events, behind room for a tick
  Bytes effects_, scratch_, payload_;
  bool scheduled_ = false;
  std::uint32_t told_waiting_ = ~std::uint32_t{0};
  std::uint64_t told_seq_ = 0, told_stored_ = 0;
  bool delivered_ = false;  // in this step

  std::uint64_t timer_due_us_ = 0;     // 0: none
  std::uint64_t timer_queued_us_ = 0;  // 0: no entry in the queue
  std::uint64_t out_us_ = 0;           // when what the present step does takes effect
  std::uint64_t busy_until_us_ = 0;
  std::uint64_t cost_ns_ = 0;
  std::uint64_t last_build_us_ = 0;
  std::uint32_t steps_ = 0;

  // What the driver keeps of final blocks, apart from the blocks: by height.
  std::vector<Buffer*> certificates_;
  std::vector<std::pair<std::uint64_t, Bytes>> boundaries_;
  bool unseen_damage_ = false;  // the log was damaged, and nobody has written a new one since
  bool astray_ = false;         // it holds another final block than others do
};

}  // namespace chopmark::sim

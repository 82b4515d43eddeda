// SPDX-License-Identifier: Apache-2.0
#include "sim/run.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "sim/liars/behaviour.hpp"
#include "sim/process.hpp"
#include "sim/world.hpp"

namespace chopmark::sim {
namespace {

constexpr std::uint64_t kConspiracyTickUs = 10'000;
constexpr std::uint32_t kEpochBlocksToRecover = 16;
constexpr std::uint64_t kLooksUs = 100'000;  // between looks at whether the run is over
// Bits of Conspiracy::acted: two headers, or two votes, of one view.
constexpr std::uint32_t kEquivocations = liars::kEquivocate | liars::kDoubleVote;

class Run {
 public:
  Run(const Plan& plan, Buffers& buffers, Trace* trace)
      : plan_(plan),
        world_(plan, buffers, trace),
        weather_(mix(plan.seed, 3)),
        load_(mix(plan.seed, 4)) {}

  RunResult go();

 private:
  enum class Phase : std::uint8_t {
    faults,
    core,      // no faults; a part may still be down
    everyone,  // all are up and must come to the same height
    settled
  };

  void begin();
  void handle(const Entry& entry);
  void handle_ready();
  void weather();
  void turn_network();
  void heal();
  void load();
  void conspire();
  void look();
  void give_up(std::string what);
  [[nodiscard]] bool honest(const Process& one) const { return world_.honest(one.node()); }
  [[nodiscard]] std::uint64_t highest() const;
  /// Who forgot needs a few views of one epoch, and begins anew in the next (B-81).
  [[nodiscard]] bool epochs_last() const {
    return plan_.setup.epoch_blocks == 0 || plan_.setup.epoch_blocks >= kEpochBlocksToRecover;
  }
  [[nodiscard]] bool all_reached(std::uint64_t height) const;
  void again(Happening what, std::uint64_t after_us);
  [[nodiscard]] bool started(std::size_t node) const {
    return node + plan_.scenario.crashed < plan_.nodes || plan_.scenario.crashed == 0;
  }

  const Plan& plan_;
  World world_;
  Random weather_, load_;
  std::vector<std::unique_ptr<Process>> processes_;  // of nodes, then second ones
  std::vector<bool> held_down_;
  Phase phase_ = Phase::faults;
  std::uint64_t phase_since_us_ = 0;
  std::uint64_t target_height_ = 0;
  std::uint64_t load_turns_us_ = 0;
  Bytes shown_cut_;  // of the last row about partitions
  bool busy_ = true;
  bool done_ = false;
};

std::uint64_t Run::highest() const {
  std::uint64_t out = 0;
  for (const auto& one : processes_) {
    if (honest(*one)) out = std::max(out, one->height());
  }
  return out;
}

bool Run::all_reached(std::uint64_t height) const {
  for (std::size_t i = 0; i < plan_.nodes; ++i) {
    const Process& one = *processes_[i];
    if (!honest(one) || !started(i)) continue;
    if (!one.up() || one.height() < height || (one.amnesic() && epochs_last())) return false;
  }
  return true;
}

void Run::again(Happening what, std::uint64_t after_us) {
  Entry entry;
  entry.time_us = world_.now_us + after_us;
  entry.what = what;
  world_.queue.push(entry);
}

void Run::begin() {
  held_down_.assign(plan_.nodes, false);
  for (std::size_t i = 0; i < plan_.nodes; ++i) {
    world_.identity.push_back(static_cast<std::uint8_t>(i));
    processes_.push_back(std::make_unique<Process>(world_, i, i));
  }
  for (std::size_t i = 0; i < plan_.nodes; ++i) {
    if (started(i)) processes_[i]->create();
  }
  if (plan_.heal_us == 0) heal();
  again(Happening::load, 1);
  again(Happening::weather, plan_.network.weather_us);
  again(Happening::look, kLooksUs);
  if (std::ranges::find(plan_.setup.byzantine, true) != plan_.setup.byzantine.end())
    again(Happening::conspiracy, kConspiracyTickUs);
}

void Run::turn_network() {
  if (world_.network.turn()) world_.cover(Covered::partition);
  const ByteView cut = world_.network.cut();
  if (world_.trace == nullptr || std::ranges::equal(cut, shown_cut_)) return;
  shown_cut_.assign(cut.begin(), cut.end());
  world_.note(TraceKind::parted, 0, 0, cut);
}

void Run::weather() {
  if (world_.healed) return;
  again(Happening::weather, plan_.network.weather_us);
  turn_network();
  if (plan_.crash.all_ppm != 0 && weather_.chance(plan_.crash.all_ppm)) {
    for (std::size_t i = 0; i < plan_.nodes; ++i) {
      if (!plan_.setup.byzantine[i]) processes_[i]->crash();
    }
  }
  const std::size_t node = weather_.below(plan_.nodes);
  Process& one = *processes_[node];
  if (plan_.clock.jump_ppm != 0 && weather_.chance(plan_.clock.jump_ppm)) {
    world_.cover(Covered::clock_jump);
    const std::uint64_t span = plan_.clock.jump_ms;
    one.clock().set_day_offset(static_cast<std::int64_t>(weather_.below(2 * span + 1)) -
                               static_cast<std::int64_t>(span));
  }
  if (plan_.disk.old_disk_ppm != 0 && weather_.chance(plan_.disk.snapshot_ppm))
    one.disk().take_snapshot();
  if (plan_.disk.clone_ppm != 0 && weather_.chance(plan_.disk.clone_ppm) && one.up() &&
      world_.may_damage(node)) {
    world_.cover(Covered::clone);
    world_.forgiven[node] = true;
    world_.observer.forgave(node);
    const std::size_t number = processes_.size();
    world_.identity.push_back(static_cast<std::uint8_t>(node));
    processes_.push_back(std::make_unique<Process>(world_, number, node));
    world_.note(TraceKind::copied, node, number, {});
    processes_.back()->start_as_copy_of(one);
  }
}

void Run::heal() {
  world_.healed = true;
  world_.network.heal();
  phase_ = Phase::core;
  phase_since_us_ = world_.now_us;
  target_height_ = highest() + plan_.heal_blocks;
  if (world_.trace != nullptr && world_.trace->messages)
    world_.trace->add(world_.now_us, TraceKind::healed, 0, 0, {});
  std::size_t faulty = 0;
  for (std::size_t i = 0; i < plan_.nodes; ++i)
    faulty += static_cast<std::size_t>(!world_.honest(i) || world_.damaged[i]);
  const std::size_t spare = plan_.faulty_max - std::min(plan_.faulty_max, faulty);
  std::size_t down = std::min(plan_.down_after_heal, spare);
  for (std::size_t i = 0; i < plan_.nodes; ++i) {
    Process& one = *processes_[i];
    one.clock().set_rate(world_.now_us, 995'000 + weather_.below(10'001));
    one.clock().set_day_offset(static_cast<std::int64_t>(weather_.below(201)) - 100);
    if (plan_.setup.byzantine[i] || !started(i)) continue;
    if (down != 0 && world_.honest(i) && !world_.damaged[i] && weather_.chance(500'000)) {
      --down;
      world_.cover(Covered::core_alone);
      held_down_[i] = true;
      one.crash();
    } else if (!one.up()) {
      one.start();
    }
    // Rates have changed, so a timer may be due at another moment.
    one.wake();
  }
}

void Run::load() {
  const LoadPlan& plan = plan_.load;
  again(Happening::load, plan.every_us);
  if (world_.now_us >= load_turns_us_) {
    if (load_turns_us_ != 0 && plan.idle_us != 0) busy_ = !busy_;
    const std::uint64_t most = busy_ ? plan.busy_us : plan.idle_us;
    load_turns_us_ = world_.now_us + most / 2 + load_.below(most + 1);
    if (!busy_) world_.cover(Covered::idle);
  }
  if (!busy_) return;
  const std::size_t node = load_.below(plan_.nodes);
  const std::uint32_t transaction = world_.transactions;
  if (!processes_[node]->submit(transaction)) return;
  ++world_.transactions;
  std::array<std::uint8_t, 13> message{static_cast<std::uint8_t>(Tag::transactions)};
  store_be<std::uint32_t>(message.data() + 1, 1);
  store_be<std::uint64_t>(message.data() + 5, transaction);
  Buffer* buffer = world_.buffers.copy(message);
  for (std::size_t to = 0; to < plan_.nodes; ++to) {
    if (to == node || (!world_.healed && load_.chance(plan.forget_ppm))) continue;
    world_.transmit(node, to, buffer, world_.now_us);
  }
  world_.buffers.drop(buffer);
}

void Run::conspire() {
  again(Happening::conspiracy, kConspiracyTickUs);
  LiarOutbox out(world_);
  world_.conspiracy.tick(world_.now_us, out);
}

void Run::give_up(std::string what) {
  for (std::size_t i = 0; i < plan_.nodes; ++i)
    what += (i == 0 ? ": " : ", ") + std::to_string(i) + " " + processes_[i]->state();
  world_.violate(kLivenessInvariant, std::move(what));
  done_ = true;
}

void Run::look() {
  again(Happening::look, kLooksUs);
  const std::uint64_t now = world_.now_us;
  if (plan_.stop_us != 0) {
    done_ = now >= plan_.stop_us || !world_.result.violations.empty() ||
            !world_.observer.violations().empty();
    if (done_) return;
  }
  if (phase_ == Phase::faults && now >= plan_.heal_us) heal();
  if (phase_ == Phase::core && highest() >= target_height_) {
    phase_ = Phase::everyone;
    phase_since_us_ = now;
    target_height_ = highest();
    for (std::size_t i = 0; i < plan_.nodes; ++i) {
      if (!held_down_[i]) continue;
      held_down_[i] = false;
      if (!processes_[i]->up()) processes_[i]->start();
    }
  }
  if (phase_ == Phase::everyone && all_reached(target_height_)) {
    phase_ = Phase::settled;
    phase_since_us_ = now;
  }
  const std::uint64_t high = highest();
  if (!plan_.must_live && now >= plan_.end_us) done_ = true;
  if (!plan_.must_live) return;
  if (phase_ == Phase::settled && now >= plan_.end_us && high >= plan_.blocks_min) done_ = true;
  if (phase_ == Phase::faults || now < phase_since_us_ + plan_.patience_us) return;
  if (phase_ == Phase::core) give_up("no blocks became final after the faults had stopped");
  if (phase_ == Phase::everyone) give_up("not all came to the height of the others");
  if (phase_ == Phase::settled && high < plan_.blocks_min) give_up("the chain stands still");
}

void Run::handle(const Entry& entry) {
  const auto alive = [&] { return processes_[entry.process]->life() == entry.life; };
  switch (entry.what) {
    case Happening::message:
      processes_[entry.process]->receive(entry.from, entry.data);
      break;
    case Happening::answer:
      if (alive()) processes_[entry.process]->answer(entry.data);
      break;
    case Happening::step:
      if (alive()) processes_[entry.process]->step();
      break;
    case Happening::timer:
      if (alive()) processes_[entry.process]->timer();
      break;
    case Happening::synced:
      if (alive()) processes_[entry.process]->synced();
      break;
    case Happening::restart:
      if (alive() && !processes_[entry.process]->up() && !held_down_[entry.process])
        processes_[entry.process]->start();
      break;
    case Happening::weather:
      weather();
      break;
    case Happening::load:
      load();
      break;
    case Happening::conspiracy:
      conspire();
      break;
    case Happening::look:
      look();
      break;
  }
  if (entry.data != nullptr) world_.buffers.drop(entry.data);
}

void Run::handle_ready() {
  for (std::size_t i = 0; i < world_.ready.size(); ++i)
    processes_[world_.ready[i]]->step();
  world_.ready.clear();
}

RunResult Run::go() {
  begin();
  // Everything that arrives at one moment is given to a replica together.
  while (!done_) {
    if (!world_.ready.empty() &&
        (world_.queue.empty() || world_.queue.first().time_us > world_.now_us)) {
      handle_ready();
      continue;
    }
    const Entry entry = world_.queue.pop();
    world_.now_us = entry.time_us;
    handle(entry);
  }
  RunResult out = std::move(world_.result);
  out.seed = plan_.seed;
  out.finalized_blocks = highest();
  out.simulated_us = world_.now_us;
  const auto& seen = world_.observer.violations();
  out.violations.insert(out.violations.end(), seen.begin(), seen.end());
  if ((world_.conspiracy.acted() & kEquivocations) != 0)
    out.covered |= static_cast<std::uint32_t>(Covered::equivocation);
  return out;
}

}  // namespace

RunResult run(const Plan& plan, Trace* trace) {
  Buffers buffers;
  return Run(plan, buffers, trace).go();
}

void Summary::add(RunResult&& result) {
  ++seeds;
  counted += static_cast<std::uint64_t>(result.simulated_us >= 30'000'000 &&
                                        result.finalized_blocks >= 50);
  finalized_blocks += result.finalized_blocks;
  simulated_us += result.simulated_us;
  events += result.events;
  event_hash += mix(result.seed, result.event_hash);
  for (std::size_t bit = 0; bit < covered.size(); ++bit)
    covered[bit] += result.covered >> bit & 1;
  finality_us.insert(finality_us.end(), result.finality_us.begin(), result.finality_us.end());
  result.finality_us.clear();
  if (!result.violations.empty()) failed.push_back(std::move(result));
}

Summary run_seeds(const Scenario& scenario, std::uint64_t first, std::uint64_t count) {
  Summary out;
  Buffers buffers;
  for (std::uint64_t i = 0; i < count; ++i) {
    buffers.reset();
    const Plan plan = make_plan(scenario, first + i);
    out.add(Run(plan, buffers, nullptr).go());
  }
  return out;
}

}  // namespace chopmark::sim

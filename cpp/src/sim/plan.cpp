// SPDX-License-Identifier: Apache-2.0
#include "sim/plan.hpp"

#include <algorithm>

#include "sim/cities.hpp"
#include "sim/liars/behaviour.hpp"
#include "sim/mix.hpp"
#include "sim/random.hpp"
#include "sim/scheme.hpp"

namespace chopmark::sim {
namespace {

constexpr std::uint64_t kSecond = 1'000'000;

std::size_t faults_allowed(std::size_t validators) noexcept {
  return (validators - 1) / 3;
}

/// The chosen rate in a share of the seeds, and nothing in the others.
std::uint32_t sometimes(Random& draw, std::uint32_t share_ppm, std::uint32_t most) {
  const bool chosen = draw.chance(share_ppm);
  const std::uint64_t rate = draw.between(most / 20 + 1, most);
  return chosen ? static_cast<std::uint32_t>(rate) : 0;
}

void take_part(Plan& plan, std::size_t spares, Random& draw) {
  Setup& setup = plan.setup;
  setup.validators = plan.scenario.validators;
  plan.nodes = setup.validators + spares;
  plan.faulty_max = faults_allowed(setup.validators);
  for (std::size_t i = 0; i < plan.nodes; ++i)
    setup.keys.push_back(node_key(i));
  setup.byzantine.assign(plan.nodes, false);
  std::size_t liars = plan.scenario.byzantine.value_or(0);
  if (!plan.scenario.byzantine) {
    const bool any = plan.scenario.profile == Profile::swarm && draw.chance(550'000);
    liars = any ? draw.between(std::min<std::size_t>(1, plan.faulty_max), plan.faulty_max) : 0;
  }
  for (std::size_t left = std::min(liars, setup.validators); left != 0;) {
    const std::size_t at = draw.below(setup.validators);
    if (setup.byzantine[at]) continue;
    setup.byzantine[at] = true;
    --left;
  }
  plan.must_live = liars + plan.scenario.crashed <= plan.faulty_max;
  setup.chain_id = chain_id_of(plan.seed);
  setup.payload_bytes_max = 64 * 1024;

  plan.network.latency_us.assign(plan.nodes * plan.nodes, 1000);
  plan.network.bits_per_second.assign(plan.nodes, 0);
  plan.clock.rate.assign(plan.nodes, 1'000'000);
  plan.clock.day_offset_ms.assign(plan.nodes, 0);
  plan.driver.turn_us.assign(plan.nodes, 0);
  plan.end_us = plan.scenario.seconds * kSecond;
  plan.heal_us = 0;
}

void plan_lan(Plan& plan) {
  plan.delta_ms = 20;
  plan.build_ms = 100;
  plan.driver.build_every_us = 40'000;
  plan.load.every_us = 40'000;
  plan.disk.sync_us = {100, 100};
  plan.disk.checkpoint_bytes = 1 << 18;
  plan.heal_blocks = plan.scenario.seconds;
  plan.patience_us = plan.end_us;
}

void plan_wan(Plan& plan) {
  const std::size_t n = plan.nodes;
  for (std::size_t from = 0; from < n; ++from) {
    for (std::size_t to = 0; to < n; ++to)
      plan.network.latency_us[from * n + to] = city_latency_us(from, to);
  }
  plan.network.jitter_us = 1000;
  plan.network.bits_per_second.assign(n, 1'000'000'000);
  plan.disk.sync_us = {500, 500};
  plan.disk.checkpoint_bytes = std::size_t{64} << 20;
  plan.delta_ms = 60;
  plan.build_ms = 50;
  plan.setup.payload_bytes_max = plan.scenario.block_bytes;
  plan.load.every_us = 20'000;
  plan.driver.costs = {.step = 3'000,
                       .event = 1'000,
                       .kilobyte = 1'500,
                       .batch = 15'000,
                       .signature = 12'000,
                       .sign = 30'000,
                       .validate_kilobyte = 4'000,
                       .build = 500'000};
  plan.heal_blocks = plan.scenario.seconds;
  plan.patience_us = plan.end_us;
}

void plan_network(Plan& plan, Random draw) {
  NetworkPlan& net = plan.network;
  const std::uint64_t base = draw.between(25'000, 80'000);
  for (std::size_t from = 0; from < plan.nodes; ++from) {
    for (std::size_t to = 0; to < plan.nodes; ++to) {
      const std::uint64_t latency = base / 2 + draw.below(base);
      net.latency_us[from * plan.nodes + to] = static_cast<std::uint32_t>(latency);
    }
  }
  net.jitter_us = static_cast<std::uint32_t>(draw.below(draw.chance(300'000) ? 60'000 : 3'000));
  net.in_order = draw.chance(600'000);
  net.loss_ppm = sometimes(draw, 500'000, 80'000);
  net.duplicate_ppm = sometimes(draw, 300'000, 100'000);
  net.spike_ppm = sometimes(draw, 300'000, 20'000);
  net.spike_us = static_cast<std::uint32_t>(draw.between(100'000, 2'000'000));
  if (draw.chance(250'000)) {
    const bool all = draw.chance(300'000);
    const std::size_t one = draw.below(plan.nodes);
    const std::uint64_t rate = draw.between(200'000, 5'000'000);
    for (std::size_t i = 0; i < plan.nodes; ++i) {
      if (all || i == one) net.bits_per_second[i] = rate;
    }
  }
  net.split_ppm = sometimes(draw, 500'000, 150'000);
  net.mend_ppm = static_cast<std::uint32_t>(draw.between(50'000, 600'000));
  net.one_way = draw.chance(500'000);
  net.weather_us = draw.between(100'000, 600'000);
}

void plan_disk(Plan& plan, Random draw) {
  DiskPlan& disk = plan.disk;
  disk.sync_us = {0, draw.chance(300'000) ? draw.between(1, 10'000) : draw.below(1'000)};
  disk.slow_ppm = sometimes(draw, 200'000, 20'000);
  disk.sync_fails_ppm = sometimes(draw, 200'000, 2'000);
  disk.full_ppm = sometimes(draw, 200'000, 1'000);
  disk.torn_ppm = draw.chance(800'000) ? 700'000 : 0;
  disk.flip_ppm = sometimes(draw, 300'000, 400'000);
  disk.lost_ppm = sometimes(draw, 150'000, 300'000);
  disk.old_log_ppm = sometimes(draw, 200'000, 400'000);
  disk.old_disk_ppm = sometimes(draw, 250'000, 600'000);
  disk.snapshot_ppm = 150'000;
  disk.clone_ppm = sometimes(draw, 120'000, 60'000);
  disk.checkpoint_bytes = std::size_t{1} << draw.between(12, 17);

  CrashPlan& crash = plan.crash;
  crash.step_ppm = sometimes(draw, 700'000, 3'000);
  crash.start_ppm = static_cast<std::uint32_t>(draw.below(300'000));
  crash.all_ppm = sometimes(draw, 100'000, 10'000);
  crash.down_us = {10'000, draw.between(20'000, 3'000'000)};
  if (draw.chance(150'000)) {  // back at once, without a memory: what B-81 is about
    disk.lost_ppm = 500'000;
    crash.step_ppm = std::max<std::uint32_t>(crash.step_ppm, 1'000);
    crash.down_us = {0, draw.between(1'000, 100'000)};
  }
}

void plan_driver(Plan& plan, Random draw) {
  ClockPlan& clock = plan.clock;
  const bool wild = draw.chance(200'000);
  for (std::uint64_t& rate : clock.rate)
    rate = wild ? draw.between(500'000, 2'000'000) : draw.between(990'000, 1'010'000);
  const std::uint64_t off = draw.chance(200'000) ? 30'000 : 500;
  for (std::int64_t& offset : clock.day_offset_ms)
    offset = static_cast<std::int64_t>(draw.below(2 * off + 1)) - static_cast<std::int64_t>(off);
  clock.jump_ppm = sometimes(draw, 200'000, 50'000);
  clock.jump_ms = draw.chance(300'000) ? 60'000 : 3'000;

  DriverPlan& driver = plan.driver;
  const std::uint64_t turn = draw.chance(500'000) ? draw.below(2'000) : 0;
  for (std::uint64_t& one : driver.turn_us)
    one = turn;
  if (draw.chance(200'000)) driver.turn_us[draw.below(plan.nodes)] = draw.between(5'000, 100'000);
  const std::uint64_t most = draw.chance(400'000) ? draw.below(4'000) : 0;
  driver.verify_us = driver.sign_us = driver.certify_us = {0, most};
  driver.build_us = {0, draw.between(0, 20'000)};
  driver.refuse_sign_ppm = sometimes(draw, 100'000, 5'000);

  LoadPlan& load = plan.load;
  load.every_us = draw.between(50'000, 300'000);
  load.busy_us = draw.between(1, 8) * kSecond;
  load.idle_us = draw.chance(400'000) ? draw.between(1, 4) * kSecond : 0;
  load.batch = static_cast<std::uint32_t>(draw.between(1, 20));
  load.forget_ppm = sometimes(draw, 300'000, 300'000);
}

void plan_swarm(Plan& plan, Random& draw) {
  Random parameters(draw.next());
  plan.delta_ms = static_cast<std::uint32_t>(parameters.between(60, 220));
  plan.build_ms = static_cast<std::uint32_t>(parameters.between(20, 80));
  plan.standstill_ms = static_cast<std::uint32_t>(parameters.between(400, 1500));
  plan.heartbeat_ms = static_cast<std::uint32_t>(parameters.between(3'000, 8'000));
  plan.views_per_leader =
      parameters.chance(250'000) ? static_cast<std::uint16_t>(parameters.between(2, 4)) : 1;
  plan.setup.views_per_leader = plan.views_per_leader;
  if (parameters.chance(500'000)) {
    plan.liar_acts = liars::kEquivocate;
    if (parameters.chance(750'000)) plan.liar_acts |= liars::kCollude;
    for (std::uint64_t more = parameters.below(3); more != 0; --more)
      plan.liar_acts |= std::uint32_t{1} << parameters.below(liars::kBehaviours);
  }
  plan_network(plan, Random(draw.next()));
  plan_disk(plan, Random(draw.next()));
  plan_driver(plan, Random(draw.next()));
  plan.heal_us = plan.end_us * draw.between(40, 65) / 100;
  if (draw.chance(300'000)) plan.down_after_heal = draw.between(0, plan.faulty_max);
  plan.blocks_min = 50;
  plan.heal_blocks = 10;
  plan.patience_us = patience_after_faults_us(plan.faulty_max);
}

}  // namespace

std::optional<Profile> profile_named(std::string_view name) noexcept {
  if (name == "lan") return Profile::lan;
  if (name == "wan") return Profile::wan;
  if (name == "swarm") return Profile::swarm;
  return std::nullopt;
}

Digest chain_id_of(std::uint64_t seed) noexcept {
  Digest out;
  for (std::size_t i = 0; i < out.size(); i += 8)
    store_be<std::uint64_t>(out.data() + i, mix(seed, 0x636861696e + i));
  return out;
}

std::uint64_t patience_after_faults_us(std::size_t faulty_max) noexcept {
  // The longest timer is 32 s, a row of f faulty leaders may each cost one, and the halving of the
  // back-off takes a few views more.
  return (60 + 40 * (std::uint64_t{faulty_max} + 1)) * kSecond;
}

Plan make_plan(const Scenario& scenario, std::uint64_t seed) {
  Plan plan;
  plan.scenario = scenario;
  plan.seed = seed;
  Random draw(mix(seed, 0x706c616e));
  std::size_t spares = 0;
  std::uint32_t epoch_blocks = 0;
  if (scenario.profile == Profile::swarm && draw.chance(450'000)) {
    epoch_blocks = static_cast<std::uint32_t>(draw.between(2, 30));
    spares = faults_allowed(scenario.validators) == 0 ? 0 : draw.between(1, 2);
  }
  take_part(plan, spares, draw);
  plan.setup.epoch_blocks = epoch_blocks;
  switch (scenario.profile) {
    case Profile::lan:
      plan_lan(plan);
      break;
    case Profile::wan:
      plan_wan(plan);
      break;
    case Profile::swarm:
      plan_swarm(plan, draw);
      break;
  }
  return plan;
}

}  // namespace chopmark::sim

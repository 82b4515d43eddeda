// SPDX-License-Identifier: Apache-2.0
// The values of a plan by name, and what they may be: `visit(name, value, most, least)`. Floor:
// sim.
#pragma once

#include "sim/plan.hpp"

namespace chopmark::sim {

inline constexpr std::uint64_t kMillion = 1'000'000;
inline constexpr std::uint64_t kLongUs = 1'000'000'000'000;  // more than any run lasts
inline constexpr std::uint64_t kLongMs = 1'000'000'000;

template <class Costs, class Visit>
void each_cost(Costs& costs, Visit& visit) {
  visit("driver.costs.step", costs.step, kLongMs);
  visit("driver.costs.event", costs.event, kLongMs);
  visit("driver.costs.kilobyte", costs.kilobyte, kLongMs);
  visit("driver.costs.batch", costs.batch, kLongMs);
  visit("driver.costs.signature", costs.signature, kLongMs);
  visit("driver.costs.sign", costs.sign, kLongMs);
  visit("driver.costs.validate_kilobyte", costs.validate_kilobyte, kLongMs);
  visit("driver.costs.build", costs.build, kLongMs);
}

template <class Network, class Visit>
void each_of_network(Network& net, Visit& visit) {
  visit("network.latency_us", net.latency_us, kLongMs);
  visit("network.jitter_us", net.jitter_us, kLongMs);
  visit("network.in_order", net.in_order);
  visit("network.loss_ppm", net.loss_ppm, kMillion);
  visit("network.duplicate_ppm", net.duplicate_ppm, kMillion);
  visit("network.spike_ppm", net.spike_ppm, kMillion);
  visit("network.spike_us", net.spike_us, kLongMs);
  visit("network.bits_per_second", net.bits_per_second, kLongUs);
  visit("network.split_ppm", net.split_ppm, kMillion);
  visit("network.mend_ppm", net.mend_ppm, kMillion);
  visit("network.one_way", net.one_way);
  visit("network.weather_us", net.weather_us, kLongUs, 1000);
}

template <class Disk, class Visit>
void each_of_disk(Disk& disk, Visit& visit) {
  visit("disk.sync_us", disk.sync_us, kLongMs);
  visit("disk.slow_ppm", disk.slow_ppm, kMillion);
  visit("disk.sync_fails_ppm", disk.sync_fails_ppm, kMillion);
  visit("disk.full_ppm", disk.full_ppm, kMillion);
  visit("disk.torn_ppm", disk.torn_ppm, kMillion);
  visit("disk.flip_ppm", disk.flip_ppm, kMillion);
  visit("disk.lost_ppm", disk.lost_ppm, kMillion);
  visit("disk.old_log_ppm", disk.old_log_ppm, kMillion);
  visit("disk.old_disk_ppm", disk.old_disk_ppm, kMillion);
  visit("disk.snapshot_ppm", disk.snapshot_ppm, kMillion);
  visit("disk.clone_ppm", disk.clone_ppm, kMillion);
  visit("disk.checkpoint_bytes", disk.checkpoint_bytes, kLongMs, 256);
}

template <class Driver, class Visit>
void each_of_driver(Driver& driver, Visit& visit) {
  visit("driver.turn_us", driver.turn_us, kLongMs);
  visit("driver.verify_us", driver.verify_us, kLongMs);
  visit("driver.sign_us", driver.sign_us, kLongMs);
  visit("driver.certify_us", driver.certify_us, kLongMs);
  visit("driver.build_us", driver.build_us, kLongMs);
  visit("driver.build_every_us", driver.build_every_us, kLongMs);
  visit("driver.refuse_sign_ppm", driver.refuse_sign_ppm, kMillion);
  each_cost(driver.costs, visit);
}

/// What has a place in the text besides the seed and the numbers of nodes, in its order.
template <class P, class Visit>
void each_field(P& plan, Visit& visit) {
  visit("profile", plan.scenario.profile);
  visit("block_bytes", plan.scenario.block_bytes, std::uint64_t{4} << 20, 4);
  visit("crashed", plan.scenario.crashed, 32);
  visit.acts("liar_acts", plan.liar_acts);
  visit.nodes("byzantine", plan.setup.byzantine);
  visit("epoch_blocks", plan.setup.epoch_blocks, kMillion);
  visit("payload_bytes_max", plan.setup.payload_bytes_max, std::uint64_t{4} << 20, 4);
  visit("delta_ms", plan.delta_ms, kMillion, 1);
  visit("build_ms", plan.build_ms, kMillion, 1);
  visit("standstill_ms", plan.standstill_ms, kMillion, 1);
  visit("heartbeat_ms", plan.heartbeat_ms, kMillion, 1);
  visit("views_per_leader", plan.views_per_leader, 1000, 1);
  each_of_network(plan.network, visit);
  each_of_disk(plan.disk, visit);
  visit("crash.step_ppm", plan.crash.step_ppm, kMillion);
  visit("crash.start_ppm", plan.crash.start_ppm, kMillion);
  visit("crash.all_ppm", plan.crash.all_ppm, kMillion);
  visit("crash.down_us", plan.crash.down_us, kLongUs);
  visit("clock.rate", plan.clock.rate, 1000 * kMillion, 1000);
  visit("clock.day_offset_ms", plan.clock.day_offset_ms, kLongMs);
  visit("clock.jump_ppm", plan.clock.jump_ppm, kMillion);
  visit("clock.jump_ms", plan.clock.jump_ms, kLongMs);
  each_of_driver(plan.driver, visit);
  visit("load.every_us", plan.load.every_us, kLongUs, 1000);
  visit("load.busy_us", plan.load.busy_us, kLongUs);
  visit("load.idle_us", plan.load.idle_us, kLongUs);
  visit("load.batch", plan.load.batch, 10'000);
  visit("load.forget_ppm", plan.load.forget_ppm, kMillion);
  visit("down_after_heal", plan.down_after_heal, 32);
  visit("heal_us", plan.heal_us, kLongUs);
  visit("heal_blocks", plan.heal_blocks, kLongMs);
  visit("patience_us", plan.patience_us, kLongUs, 1);
  visit("blocks_min", plan.blocks_min, kLongMs);
  visit("end_us", plan.end_us, kLongUs);
  visit("stop_us", plan.stop_us, kLongUs);
}

}  // namespace chopmark::sim

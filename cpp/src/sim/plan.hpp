// SPDX-License-Identifier: Apache-2.0
// What a run will be like: everything that a seed decides before anything happens. Floor: sim.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "sim/setup.hpp"

namespace chopmark::sim {

enum class Profile : std::uint8_t {
  lan,   // links of 1 ms, 25 views a second, no faults
  wan,   // validators in Chinese cities, every byte, fsync and processor time charged
  swarm  // every seed draws its own faults
};

[[nodiscard]] std::optional<Profile> profile_named(std::string_view name) noexcept;

/// What the caller chooses.
struct Scenario {
  Profile profile = Profile::swarm;
  std::size_t validators = 4;
  /// Drawn by the seed, from 0 to f, unless given.
  std::optional<std::size_t> byzantine;
  std::size_t crashed = 0;                 // from the start to the end (wan)
  std::uint32_t seconds = 30;              // simulated, at least
  std::uint32_t block_bytes = 256 * 1024;  // of synthetic payload (wan)
};

struct Span {  // drawn evenly, both ends included
  std::uint64_t low = 0, high = 0;
};

/// What a driver's work costs its one processor, in nanoseconds (wan).
struct ProcessorCosts {
  std::uint32_t step = 0;
  std::uint32_t event = 0;      // each message or answer
  std::uint32_t kilobyte = 0;   // of a message in or out: framing, encryption, hashing
  std::uint32_t batch = 0;      // each batch of signatures to verify
  std::uint32_t signature = 0;  // each in it
  std::uint32_t sign = 0;
  std::uint32_t validate_kilobyte = 0;  // of a payload, by the ledger
  std::uint32_t build = 0;
};

struct NetworkPlan {
  std::vector<std::uint32_t> latency_us;  // from * nodes + to
  std::uint32_t jitter_us = 0;
  bool in_order = true;  // what a link carries arrives in the order in which it was sent
  std::uint32_t loss_ppm = 0, duplicate_ppm = 0, spike_ppm = 0;
  std::uint32_t spike_us = 0;
  std::vector<std::uint64_t> bits_per_second;  // out of each node; 0: no bound
  std::uint32_t split_ppm = 0;                 // at each turn of the weather: a new partition
  std::uint32_t mend_ppm = 0;                  // ... : an end of it
  bool one_way = false;                        // partitions may cut one direction only
  std::uint64_t weather_us = 200'000;
};

struct DiskPlan {
  Span sync_us;
  std::uint32_t slow_ppm = 0;  // of syncs take twenty times as long
  std::uint32_t sync_fails_ppm = 0, full_ppm = 0;
  std::uint32_t torn_ppm = 0;      // of crashes leave a part of what was not synced
  std::uint32_t flip_ppm = 0;      // of crashes: a bit of what was synced long ago has changed
  std::uint32_t lost_ppm = 0;      // ... : log or fence are gone
  std::uint32_t old_log_ppm = 0;   // ... : the log is that before the last checkpoint
  std::uint32_t old_disk_ppm = 0;  // ... : everything is as it once was (undetectable)
  std::uint32_t snapshot_ppm = 0;  // at each turn of the weather: a copy for that
  std::uint32_t clone_ppm = 0;     // at each turn of the weather: a second process with the key
  std::size_t checkpoint_bytes = 1 << 16;
};

struct CrashPlan {
  std::uint32_t step_ppm = 0;   // of steps end in a crash, between any two effects
  std::uint32_t start_ppm = 0;  // of starts
  std::uint32_t all_ppm = 0;    // at each turn of the weather: all at once
  Span down_us;
};

struct ClockPlan {
  std::vector<std::uint64_t> rate;  // of each node, 1'000'000 is right
  std::vector<std::int64_t> day_offset_ms;
  std::uint32_t jump_ppm = 0;  // at each turn of the weather
  std::uint64_t jump_ms = 0;
};

/// Answers of a driver to its replica, and how long its loop takes to turn.
struct DriverPlan {
  std::vector<std::uint64_t> turn_us;  // of each node
  Span verify_us, sign_us, certify_us, build_us;
  std::uint64_t build_every_us = 0;  // blocks are built at multiples of it (lan)
  std::uint32_t refuse_sign_ppm = 0;
  ProcessorCosts costs;
};

struct LoadPlan {
  std::uint64_t every_us = 100'000;        // between transactions while there are any
  std::uint64_t busy_us = 0, idle_us = 0;  // how long either lasts; idle 0: never
  std::uint32_t batch = 20;                // in a block at most
  std::uint32_t forget_ppm = 0;            // of forwards are not sent
};

struct Plan {
  Scenario scenario;
  std::uint64_t seed = 0;
  Setup setup;
  std::size_t nodes = 0;
  std::size_t faulty_max = 0;  // f

  std::uint32_t delta_ms = 100, build_ms = 100, standstill_ms = 1000, heartbeat_ms = 10'000;
  std::uint16_t views_per_leader = 1;
  std::uint32_t liar_acts = 0;  // bits of what Byzantine nodes do; 0: they draw for themselves

  NetworkPlan network;
  DiskPlan disk;
  CrashPlan crash;
  ClockPlan clock;
  DriverPlan driver;
  LoadPlan load;

  std::uint64_t heal_us = 0;        // when faults stop
  std::size_t down_after_heal = 0;  // honest ones that are started only after that was survived
  std::uint64_t end_us = 0;         // no earlier
  std::uint64_t blocks_min = 0;     // nor before so many are final
  std::uint64_t heal_blocks = 0;    // so many must become final after the heal
  std::uint64_t patience_us = 0;    // within this
  std::uint64_t stop_us = 0;        // then the run ends, or at a violation before; 0: as above
  bool must_live = true;            // no more than f validators lie
};

[[nodiscard]] Digest chain_id_of(std::uint64_t seed) noexcept;
/// How long a swarm may take to go on after the faults.
[[nodiscard]] std::uint64_t patience_after_faults_us(std::size_t faulty_max) noexcept;
[[nodiscard]] Plan make_plan(const Scenario& scenario, std::uint64_t seed);

}  // namespace chopmark::sim

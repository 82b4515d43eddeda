// SPDX-License-Identifier: Apache-2.0
// What a run has shown. Floor: sim.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/observer.hpp"

namespace chopmark::sim {

/// What happened at least once in a run.
enum class Covered : std::uint32_t {
  crash = 1 << 0,
  torn_write = 1 << 1,
  equivocation = 1 << 2,
  nullified_view = 1 << 3,
  epoch_change = 1 << 4,
  amnesia = 1 << 5,
  partition = 1 << 6,
  bit_flip = 1 << 7,
  lost_file = 1 << 8,
  old_log = 1 << 9,
  old_disk = 1 << 10,
  clone = 1 << 11,
  sync_failure = 1 << 12,
  disk_full = 1 << 13,
  crash_at_start = 1 << 14,
  checkpoint = 1 << 15,
  served = 1 << 16,
  evidence = 1 << 17,
  clock_jump = 1 << 18,
  unsigned_vote = 1 << 19,
  idle = 1 << 20,
  core_alone = 1 << 21,
};
inline constexpr const char* kCoveredNames[] = {
    "crash",        "torn_write",    "equivocation",   "nullified_view", "epoch_change", "amnesia",
    "partition",    "bit_flip",      "lost_file",      "old_log",        "old_disk",     "clone",
    "sync_failure", "disk_full",     "crash_at_start", "checkpoint",     "served",       "evidence",
    "clock_jump",   "unsigned_vote", "idle",           "core_alone"};

/// Violations that only the simulator itself can see; the others have the numbers of
/// docs/testing.md.
inline constexpr std::uint32_t kEngineInvariant = 0;     // a replica broke its contract
inline constexpr std::uint32_t kRootsInvariant = 12;     // state roots equal
inline constexpr std::uint32_t kLivenessInvariant = 14;  // after the heal

struct RunResult {
  std::uint64_t seed = 0;
  std::vector<Violation> violations;
  std::uint64_t finalized_blocks = 0;  // height of the highest honest node
  std::uint64_t simulated_us = 0;
  std::uint64_t events = 0;  // messages and answers that replicas were given
  std::uint64_t event_hash = 0;
  std::uint32_t covered = 0;
  std::vector<std::uint32_t> finality_us;  // wan: from the order to build to the delivery, by node
};

}  // namespace chopmark::sim

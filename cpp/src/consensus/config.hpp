// SPDX-License-Identifier: Apache-2.0
// What a replica is told before it starts (docs/spec/consensus.md B-10). Floor: consensus.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "types/position.hpp"

namespace chopmark::consensus {

inline constexpr std::uint16_t kObserver = 0xffff;  // index of who is no validator now
inline constexpr std::uint16_t kEveryone = 0xffff;  // link that stands for all others

struct Config {
  Digest chain_id{};
  Digest own_key{};         // zeros: an observer
  ValidatorSet validators;  // of the genesis
  std::uint64_t genesis_time_ms = 0;
  std::uint32_t delta_ms = 100;  // assumed one-way delay
  std::uint32_t build_ms = 100;  // allowed for building a block
  std::uint32_t standstill_ms = 1000;
  std::uint32_t heartbeat_ms = 10000;
  std::uint16_t views_per_leader = 1;
  std::uint32_t payload_bytes_max = 0;
  std::uint32_t epoch_blocks = 0;  // 0: one epoch for ever
};

[[nodiscard]] Result<Config> parse_config(ByteView bytes);

/// Order in which the validators lead: a Fisher-Yates shuffle of their indexes by `seed` (B-12).
[[nodiscard]] std::vector<std::uint16_t> leader_order(const Digest& seed, std::size_t validators);

/// SHA-256 of "chopmark leaders" and the anchor of the epoch.
[[nodiscard]] Digest leader_seed(const Digest& anchor) noexcept;

/// The height of the last block of an epoch (B-70), or 2^64 - 1 where epochs do not end.
[[nodiscard]] std::uint64_t last_height(const Config& config, std::uint64_t epoch) noexcept;

}  // namespace chopmark::consensus

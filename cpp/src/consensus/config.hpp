// SPDX-License-Identifier: Apache-2.0
// What a replica is told before it starts (docs/spec/consensus.md B-10). Floor: consensus.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace chopmark::consensus {

inline constexpr std::uint16_t kObserver = 0xffff;  // index of a replica that never votes

struct Config {
  Digest chain_id{};
  std::uint64_t epoch = 1;
  std::uint16_t index = kObserver;
  std::vector<Digest> validators;  // public keys, by index
  std::uint64_t genesis_time_ms = 0;
  std::uint32_t delta_ms = 100;  // assumed one-way delay
  std::uint32_t build_ms = 100;  // allowed for building a block
  std::uint32_t standstill_ms = 1000;
  std::uint32_t heartbeat_ms = 10000;
  std::uint16_t views_per_leader = 1;
  std::uint32_t payload_bytes_max = 0;
};

[[nodiscard]] Result<Config> parse_config(ByteView bytes);

/// Order in which the validators lead: a Fisher-Yates shuffle of their indexes by `seed` (B-12).
[[nodiscard]] std::vector<std::uint16_t> leader_order(const Digest& seed, std::size_t validators);

/// The seed of the first epoch: SHA-256 of "chopmark leaders" and the chain id.
[[nodiscard]] Digest first_leader_seed(const Digest& chain_id) noexcept;

}  // namespace chopmark::consensus

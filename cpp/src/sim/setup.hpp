// SPDX-License-Identifier: Apache-2.0
// Who takes part in a simulated run. Floor: sim.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.hpp"

namespace chopmark::sim {

/// What never changes during a run. Nodes are numbered as links are: the validators of the first
/// epoch by index, then those that join later.
struct Setup {
  Digest chain_id{};
  std::size_t validators = 4;      // of the first epoch
  std::vector<Digest> keys;        // public key of each node
  std::vector<bool> byzantine;     // by node
  std::uint32_t epoch_blocks = 0;  // B of B-70
  std::uint32_t payload_bytes_max = 0;
  std::uint16_t views_per_leader = 1;
};

}  // namespace chopmark::sim

// SPDX-License-Identifier: Apache-2.0
// Does the chain go on? What happens once the network is good again and the liars are silent.
#pragma once

#include <cstddef>
#include <vector>

#include "node.hpp"

namespace chopmark::search {

/// Runs the honest `nodes` by themselves, every message delivered at once, clocks in step, until
/// each has a final block above all that any of them has now. All that was sent before is lost.
/// Returns the time that this took, or `ms_max` if it took longer.
[[nodiscard]] std::uint64_t ms_until_progress(const Setting& setting, std::vector<Node> nodes,
                                              std::uint64_t ms_max);

}  // namespace chopmark::search

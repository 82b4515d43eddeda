// SPDX-License-Identifier: Apache-2.0
// Does the chain go on? What happens once the network is good again and the liars are silent.
#pragma once

#include <cstddef>
#include <vector>

#include "node.hpp"

namespace chopmark::search {

/// Runs the honest `nodes` by themselves, every message delivered at once, clocks in step, until each
/// has a final block above all that any of them has now. All that was sent before is lost. Returns how
/// often the clocks had to move for it, or `rounds_max` if that was not enough.
[[nodiscard]] std::size_t rounds_until_progress(const Setting& setting, std::vector<Node> nodes,
                                                std::size_t rounds_max);

}  // namespace chopmark::search

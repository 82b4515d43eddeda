// SPDX-License-Identifier: Apache-2.0
// From the roots of subtrees along their ways up to the root of the tree, many in step.
// Floor: state.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "state/path.hpp"

namespace chopmark::state {

/// One way up. `key` and `beside` are borrowed.
struct Climber {
  Digest node;                 // the root of the subtree reached so far
  const std::uint8_t* key;     // of any entry of the subtree it started from
  const std::uint8_t* beside;  // the next digest beside the way: the deepest first
  Depths depths;
};

class Climb {
 public:
  /// Replaces the node of each by the root of the tree.
  void run(HashId id, std::vector<Climber>& climbers);

 private:
  void step(HashId id, std::size_t depth, std::vector<Climber>& climbers);

  std::array<std::vector<std::uint32_t>, kKeyBits> waiting_;  // at the depth that comes next
  std::vector<std::uint8_t> pairs_;
  std::vector<HashJob> jobs_;
};

}  // namespace chopmark::state

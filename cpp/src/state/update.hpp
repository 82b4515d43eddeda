// SPDX-License-Identifier: Apache-2.0
// A batch of changes to one version. Floor: state.
#pragma once

#include "state/tree.hpp"

namespace chopmark::state {

struct UpdateTarget {
  const StateTree& tree;
  Store& store;
  JournalBlocks& journal_blocks;
  std::uint32_t journal_max;
  Version& version;
  VersionId version_id;
  bool in_place;  // no other version exists: everything may be changed where it is
};

[[nodiscard]] Refusal apply_batch(const UpdateTarget& target, const Batch& batch, unsigned threads);

}  // namespace chopmark::state

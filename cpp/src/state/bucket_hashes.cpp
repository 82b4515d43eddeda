// SPDX-License-Identifier: Apache-2.0
#include "state/bucket_hashes.hpp"

#include <algorithm>

namespace chopmark::state {

/// Returns its height. No deeper than a bucket has entries.
std::size_t BucketHashes::add_subtree(const std::uint8_t* entries, std::size_t count,
                                      std::uint8_t* out) {
  if (count == 1) {
    leaves_.push_back({entries, out, 0});
    return 0;
  }
  const auto [depth, left] = part(entries, count);
  std::uint8_t* const node = scratch_.make();
  const std::size_t height =
      1 + std::max(add_subtree(entries, left, node),
                   add_subtree(entries + kEntryBytes * left, count - left, node + kDigestBytes));
  nodes_[height].push_back({node, out, static_cast<std::uint32_t>(depth)});
  return height;
}

void BucketHashes::run(HashId id, unsigned threads) {
  hash_leaves(id, leaves_, threads);
  leaves_.clear();
  for (std::vector<HashJob>& nodes : nodes_) {
    hash_nodes(id, nodes, threads);
    nodes.clear();
  }
  scratch_.clear();
}

}  // namespace chopmark::state

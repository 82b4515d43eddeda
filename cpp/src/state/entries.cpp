// SPDX-License-Identifier: Apache-2.0
#include "state/entries.hpp"

namespace chopmark::state {

Parting part(const std::uint8_t* entries, std::size_t count) noexcept {
  const auto key = [&](std::size_t i) { return entries + kEntryBytes * i; };
  const std::size_t depth = shared_bits(key(0), key(count - 1));
  return {depth, split_at(0, count, depth, key)};
}

std::uint8_t* ScratchNodes::make() {
  const std::size_t block = used_ / kBlockNodes;
  if (block == blocks_.size()) blocks_.emplace_back(kBlockNodes * 2 * kDigestBytes);
  return blocks_[block].data() + 2 * kDigestBytes * (used_++ % kBlockNodes);
}

void HashWork::run(HashId id, unsigned threads) {
  hash_leaves(id, leaves, threads);
  leaves.clear();
  nodes.run(id, threads);
  scratch.clear();
}

void HashWork::add_entries(const std::uint8_t* entries, std::size_t count, std::uint8_t* out) {
  // Goes down to the left by recursion, at most once for each bit of a key, and to the right by the
  // loop.
  while (count > 1) {
    const auto [depth, left] = part(entries, count);
    std::uint8_t* const node = scratch.make();
    nodes.add(depth, node, out);
    add_entries(entries, left, node);
    entries += kEntryBytes * left;
    count -= left;
    out = node + kDigestBytes;
  }
  leaves.push_back({entries, out, 0});
}

Digest root_of_entries(HashId id, const std::uint8_t* entries, std::size_t count) {
  if (count == 1) return leaf_hash(id, entries);
  const auto [depth, left] = part(entries, count);
  return node_hash(id, depth, root_of_entries(id, entries, left),
                   root_of_entries(id, entries + kEntryBytes * left, count - left));
}

}  // namespace chopmark::state

// SPDX-License-Identifier: Apache-2.0
#include "merkle/proof.hpp"

#include <bit>

#include "merkle/tree_hash.hpp"

namespace chopmark::merkle {

bool verify_inclusion(HashId id, const Digest& leaf, std::uint64_t index, std::uint64_t size,
                      std::span<const Digest> proof, const Digest& root) noexcept {
  if (index >= size) return false;
  std::uint64_t fn = index;     // position of the node reached so far on its level
  std::uint64_t sn = size - 1;  // position of the last node of that level
  Digest node = leaf;
  for (const Digest& step : proof) {
    if (sn == 0) return false;
    if ((fn & 1) != 0 || fn == sn) {
      node = node_hash(id, step, node);
      // A last node without a right sibling moves up unchanged.
      while ((fn & 1) == 0 && fn != 0) {
        fn >>= 1;
        sn >>= 1;
      }
    } else {
      node = node_hash(id, node, step);
    }
    fn >>= 1;
    sn >>= 1;
  }
  return sn == 0 && node == root;
}

bool verify_consistency(HashId id, std::uint64_t old_size, std::uint64_t new_size,
                        std::span<const Digest> proof, const Digest& old_root,
                        const Digest& new_root) noexcept {
  if (old_size > new_size) return false;
  if (old_size == new_size) return proof.empty() && old_root == new_root;
  if (old_size == 0) return proof.empty() && old_root == empty_root(id);
  if (proof.empty()) return false;
  // When the old size is a power of two its root is the first node; else the proof brings it.
  const bool root_is_first = std::has_single_bit(old_size);
  Digest old_node = root_is_first ? old_root : proof.front();
  Digest new_node = old_node;
  if (!root_is_first) proof = proof.subspan(1);
  std::uint64_t fn = old_size - 1;
  std::uint64_t sn = new_size - 1;
  while ((fn & 1) != 0) {
    fn >>= 1;
    sn >>= 1;
  }
  for (const Digest& step : proof) {
    if (sn == 0) return false;
    if ((fn & 1) != 0 || fn == sn) {
      old_node = node_hash(id, step, old_node);
      new_node = node_hash(id, step, new_node);
      while ((fn & 1) == 0 && fn != 0) {
        fn >>= 1;
        sn >>= 1;
      }
    } else {
      new_node = node_hash(id, new_node, step);
    }
    fn >>= 1;
    sn >>= 1;
  }
  return sn == 0 && old_node == old_root && new_node == new_root;
}

}  // namespace chopmark::merkle

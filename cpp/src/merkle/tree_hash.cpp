// SPDX-License-Identifier: Apache-2.0
#include "merkle/tree_hash.hpp"

#include "base/check.hpp"
#include "dispatch/backend.hpp"
#include "hash/blake3.hpp"
#include "hash/blake3_flags.hpp"
#include "hash/in_lanes.hpp"
#include "hash/sha256.hpp"
#include "hash/sm3.hpp"

namespace chopmark::merkle {
namespace {

constexpr std::uint8_t kLeafPrefix = 0;
constexpr std::uint8_t kNodePrefix = 1;

Digest digest_of(HashId id, ByteView bytes) noexcept {
  switch (id) {
    case HashId::sha256:
      return sha256(bytes);
    case HashId::blake3:
      return blake3(bytes);
    case HashId::sm3:
      return sm3(bytes);
    case HashId::sha512:
      break;
  }
  CHOPMARK_CHECK(is_tree_hash(id));
  return {};
}

const TreeKernels& tree_kernels(HashId id) noexcept {
  CHOPMARK_CHECK(is_tree_hash(id));
  if (id == HashId::sha256) return kernels().sha256_tree;
  return id == HashId::sm3 ? kernels().sm3_tree : kernels().blake3_tree;
}

/// Whether the kernels take an item of this size.
bool in_lanes(HashId id, std::size_t size) noexcept {
  return id != HashId::blake3 || size < kBlake3ChunkBytes;
}

/// A leaf of BLAKE3 of more than one chunk, which fills lanes by itself.
Digest long_blake3_leaf(ByteView data) {
  Bytes prefixed(1, kLeafPrefix);
  append(prefixed, data);
  return blake3(prefixed);
}

/// `views` as the kernels take them. A leaf that they do not take stands in its place as an empty
/// one, and is hashed after.
void leaf_hashes_of_views(HashId id, std::uint8_t* out, RawView* views, std::size_t count) {
  struct Long {
    std::size_t at;
    ByteView data;
  };
  std::vector<Long> large;
  for (std::size_t i = 0; i < count; ++i) {
    if (in_lanes(id, views[i].size)) continue;
    large.push_back({i, {views[i].data, views[i].size}});
    views[i].size = 0;
  }
  if (large.size() != count) tree_kernels(id).any_leaves(out, views, count);
  for (const Long& one : large) {
    const Digest digest = long_blake3_leaf(one.data);
    std::copy_n(digest.data(), digest.size(), out + digest.size() * one.at);
  }
}

}  // namespace

Digest empty_root(HashId id) noexcept {
  return digest_of(id, {});
}

Digest leaf_hash(HashId id, ByteView data) {
  if (!in_lanes(id, data.size())) return long_blake3_leaf(data);
  const RawView view{data.data(), data.size()};
  Digest digest;
  tree_kernels(id).any_leaves(digest.data(), &view, 1);
  return digest;
}

Digest node_hash(HashId id, const Digest& left, const Digest& right) noexcept {
  std::array<std::uint8_t, 65> bytes;
  bytes[0] = kNodePrefix;
  std::copy(left.begin(), left.end(), bytes.begin() + 1);
  std::copy(right.begin(), right.end(), bytes.begin() + 33);
  return digest_of(id, bytes);
}

void leaf_hashes(HashId id, const Items& leaves, std::size_t from, std::size_t count,
                 std::uint8_t* out) {
  constexpr std::size_t kBytes = std::tuple_size_v<Digest>;
  if (const std::uint8_t* const packed = leaves.packed(kBytes); packed != nullptr && count != 0)
    return tree_kernels(id).leaves(out, packed + kBytes * from, count);
  by_raw_views(leaves, from, from + count, [&](std::size_t at, RawView* views, std::size_t some) {
    leaf_hashes_of_views(id, out + kBytes * (at - from), views, some);
  });
}

void node_hashes(HashId id, const std::uint8_t* children, std::size_t count,
                 std::uint8_t* out) noexcept {
  tree_kernels(id).nodes(out, children, count);
}

Digest root_of_hashes(HashId id, std::uint8_t* hashes, std::size_t count) noexcept {
  constexpr std::size_t kBytes = std::tuple_size_v<Digest>;
  // Level by level. A last one without a neighbour moves up as it is, which gives the tree that
  // splits at the largest power of two.
  while (count > 1) {
    const std::size_t pairs = count / 2;
    node_hashes(id, hashes, pairs, hashes);
    if (count % 2 != 0) std::copy_n(hashes + kBytes * (count - 1), kBytes, hashes + kBytes * pairs);
    count -= pairs;
  }
  return digest_from(hashes);
}

}  // namespace chopmark::merkle

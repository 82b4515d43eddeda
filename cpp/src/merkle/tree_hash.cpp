// SPDX-License-Identifier: Apache-2.0
#include "merkle/tree_hash.hpp"

#include "base/check.hpp"
#include "dispatch/backend.hpp"
#include "hash/blake3.hpp"
#include "hash/sha256.hpp"
#include "hash/sm3.hpp"

namespace chopmark::merkle {
namespace {

constexpr std::uint8_t kLeafPrefix = 0;
constexpr std::uint8_t kNodePrefix = 1;
constexpr std::size_t kShortLeaf = 1024;

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

template <class Hash>
Digest streamed_leaf(ByteView data) noexcept {
  Hash hasher;
  hasher.update({&kLeafPrefix, 1});
  hasher.update(data);
  return hasher.finish();
}

}  // namespace

Digest empty_root(HashId id) noexcept {
  return digest_of(id, {});
}

Digest leaf_hash(HashId id, ByteView data) {
  if (data.size() <= kShortLeaf) {
    std::array<std::uint8_t, 1 + kShortLeaf> prefixed;
    prefixed[0] = kLeafPrefix;
    std::copy(data.begin(), data.end(), prefixed.begin() + 1);
    return digest_of(id, ByteView(prefixed).first(1 + data.size()));
  }
  if (id == HashId::sha256) return streamed_leaf<Sha256>(data);
  if (id == HashId::sm3) return streamed_leaf<Sm3>(data);
  Bytes prefixed(1, kLeafPrefix);
  append(prefixed, data);
  return digest_of(id, prefixed);
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
  for (std::size_t i = 0; i < count; ++i) {
    const Digest digest = leaf_hash(id, leaves[from + i]);
    std::copy_n(digest.data(), kBytes, out + kBytes * i);
  }
}

Digest root_of_hashes(HashId id, std::uint8_t* hashes, std::size_t count) noexcept {
  constexpr std::size_t kBytes = std::tuple_size_v<Digest>;
  const auto nodes = tree_kernels(id).nodes;
  // Level by level. A last one without a neighbour moves up as it is, which gives the tree that
  // splits at the largest power of two.
  while (count > 1) {
    const std::size_t pairs = count / 2;
    nodes(hashes, hashes, pairs);
    if (count % 2 != 0) std::copy_n(hashes + kBytes * (count - 1), kBytes, hashes + kBytes * pairs);
    count -= pairs;
  }
  return digest_from(hashes);
}

}  // namespace chopmark::merkle

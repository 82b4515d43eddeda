// SPDX-License-Identifier: Apache-2.0
#include "merkle/tree_hash.hpp"

#include "base/check.hpp"
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

}  // namespace chopmark::merkle

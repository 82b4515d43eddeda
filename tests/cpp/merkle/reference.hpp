// SPDX-License-Identifier: Apache-2.0
// The tree by its definition (RFC 9162 section 2.1.1), recursively over all leaves.
#pragma once

#include <algorithm>
#include <bit>
#include <vector>

#include "hash/blake3.hpp"
#include "hash/sha256.hpp"
#include "hash/sm3.hpp"
#include "merkle/log.hpp"
#include "test.hpp"

namespace chopmark::test {

inline constexpr HashId kTreeHashes[] = {HashId::sha256, HashId::blake3, HashId::sm3};

inline Digest plain_hash(HashId id, ByteView bytes) {
  if (id == HashId::blake3) return blake3(bytes);
  return id == HashId::sm3 ? sm3(bytes) : sha256(bytes);
}

inline Digest prefixed_hash(HashId id, std::uint8_t prefix, ByteView first, ByteView second = {}) {
  Bytes all;
  all.reserve(1 + first.size() + second.size());
  all.push_back(prefix);
  append(all, first);
  append(all, second);
  return plain_hash(id, all);
}

inline Bytes leaf_data(std::size_t i) {
  return random_bytes(i, (i * 13) % 90);
}

inline Digest reference_root(HashId id, std::size_t from, std::size_t to) {
  if (from == to) return plain_hash(id, {});
  if (to - from == 1) return prefixed_hash(id, 0, leaf_data(from));
  const std::size_t middle = from + std::bit_floor(to - from - 1);
  return prefixed_hash(id, 1, reference_root(id, from, middle), reference_root(id, middle, to));
}

inline merkle::Log log_of(HashId id, std::size_t size) {
  merkle::Log log(id);
  for (std::size_t i = 0; i < size; ++i)
    log.append(leaf_data(i));
  return log;
}

}  // namespace chopmark::test

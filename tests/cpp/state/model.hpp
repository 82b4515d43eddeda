// SPDX-License-Identifier: Apache-2.0
// The state by its definition (docs/spec/state.md): a map, and a root over it by recursion.
#pragma once

#include <map>
#include <string_view>
#include <vector>

#include "hash/blake3.hpp"
#include "hash/sha256.hpp"
#include "hash/sm3.hpp"
#include "state/tree.hpp"
#include "test.hpp"

namespace chopmark::test {

using Model = std::map<Digest, Digest>;

inline Digest model_hash(HashId id, std::string_view name, std::size_t depth, bool node,
                         ByteView data) {
  if (id == HashId::blake3) {
    Digest key{};
    std::copy(name.begin(), name.end(), key.begin());
    key[31] = static_cast<std::uint8_t>(depth);
    return blake3_keyed(key, data);
  }
  Bytes bytes;
  if (node) bytes.push_back(static_cast<std::uint8_t>(depth));
  append(bytes, data);
  return id == HashId::sha256 ? sha256(bytes) : sm3(bytes);
}

inline bool model_bit(const Digest& key, std::size_t depth) {
  return ((key[depth / 8] >> (7 - depth % 8)) & 1) != 0;
}

inline Digest model_root(HashId id, const std::vector<std::pair<Digest, Digest>>& entries,
                         std::size_t depth = 0) {
  if (entries.empty()) return Digest{};
  Bytes bytes;
  if (entries.size() == 1) {
    append(bytes, entries[0].first);
    append(bytes, entries[0].second);
    return model_hash(id, "chopmark state tree leaf v1", 0, false, bytes);
  }
  std::vector<std::pair<Digest, Digest>> sides[2];
  for (const auto& entry : entries)
    sides[model_bit(entry.first, depth)].push_back(entry);
  if (sides[0].empty() || sides[1].empty()) return model_root(id, entries, depth + 1);
  append(bytes, model_root(id, sides[0], depth + 1));
  append(bytes, model_root(id, sides[1], depth + 1));
  return model_hash(id, "chopmark state tree node v1", depth, true, bytes);
}

inline Digest model_root(HashId id, const Model& model) {
  return model_root(id, std::vector<std::pair<Digest, Digest>>(model.begin(), model.end()));
}

/// Key number i of a family: 0 evenly spread, 1 many that share long prefixes, 2 counted from 0 at
/// their end, 3 a chain in which each parts from the next one bit later.
inline Digest family_key(int family, std::size_t i) {
  const Digest spread = digest_from(random_bytes(1000 + i, 32).data());
  Digest key{};
  switch (family) {
    case 0:
      return spread;
    case 1:
      key = spread;
      for (std::size_t at = 0; at < 30; ++at)
        key[at] = at % 9 == 8 ? static_cast<std::uint8_t>(spread[at] & 0x81) : 0x5a;
      return key;
    case 2:
      key[31] = static_cast<std::uint8_t>(i);
      key[30] = static_cast<std::uint8_t>(i >> 8);
      return key;
    default:
      for (std::size_t bit = 0; bit < i % 256; ++bit)
        key[bit / 8] = static_cast<std::uint8_t>(key[bit / 8] | (0x80U >> (bit % 8)));
      return key;
  }
}

/// Changes that own their bytes.
struct Changes {
  Bytes keys, values, deletes;

  void add(const Digest& key, const Digest& value, bool remove = false) {
    append(keys, key);
    append(values, value);
    deletes.push_back(remove ? 1 : 0);
  }
  [[nodiscard]] state::Batch batch(bool with_deletes = true) const {
    return {keys.data(), values.data(), with_deletes ? deletes.data() : nullptr, deletes.size()};
  }
};

inline void insert_all(state::StateTree& tree, const Model& model) {
  Changes changes;
  for (const auto& [key, value] : model)
    changes.add(key, value);
  EXPECT(tree.update(tree.base(), changes.batch(false), 1) == state::Refusal::none);
}

}  // namespace chopmark::test

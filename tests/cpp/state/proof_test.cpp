// SPDX-License-Identifier: Apache-2.0
#include "state/proof.hpp"

#include "state/model.hpp"

namespace chopmark::test {
namespace {

using namespace state;

constexpr HashId kHashes[] = {HashId::blake3, HashId::sha256, HashId::sm3};

Bytes proof_of(const StateTree& tree, const Digest& key) {
  Bytes proof;
  prove(tree, *tree.find(tree.base()), key.data(), proof);
  return proof;
}

bool included(const StateTree& tree, const Digest& key, const Digest& value, const Bytes& proof,
              const Digest& root) {
  const ByteView view = proof;
  std::uint8_t verdict = 7;
  verify_inclusions(tree.hash_id(), root, key.data(), value.data(), Items::list(&view, 1), &verdict,
                    1);
  return verdict == 1;
}

bool absent(const StateTree& tree, const Digest& key, const Bytes& proof, const Digest& root) {
  const ByteView view = proof;
  std::uint8_t verdict = 7;
  verify_absences(tree.hash_id(), root, key.data(), Items::list(&view, 1), &verdict, 1);
  return verdict == 1;
}

template <class Data, class Try>
void each_flip(Data data, Try&& attempt) {
  for (std::size_t bit = 0; bit < 8 * data.size(); ++bit) {
    data[bit / 8] = static_cast<std::uint8_t>(data[bit / 8] ^ (1U << (bit % 8)));
    attempt(data);
    data[bit / 8] = static_cast<std::uint8_t>(data[bit / 8] ^ (1U << (bit % 8)));
  }
}

Model model_of(int family, std::size_t count) {
  Model model;
  for (std::size_t i = 0; i < count; ++i)
    model[family_key(family, 2 * i)] = family_key(0, i);
  return model;
}

}  // namespace

TEST_EACH_BACKEND(state_proofs_of_all_keys) {
  for (const HashId id : kHashes) {
    for (int family = 0; family < 4; ++family) {
      for (const std::size_t count : {0, 1, 2, 3, 5, 60}) {
        const Model model = model_of(family, count);
        StateTree tree(id);
        insert_all(tree, model);
        const Digest root = tree.find(tree.base())->root;
        for (std::size_t i = 0; i < 2 * count + 4; ++i) {
          const Digest key = family_key(family, i);
          const Bytes proof = proof_of(tree, key);
          const auto found = model.find(key);
          EXPECT_EQ(absent(tree, key, proof, root), found == model.end());
          const Digest value = found == model.end() ? Digest{} : found->second;
          EXPECT_EQ(included(tree, key, value, proof, root), found != model.end());
        }
      }
    }
  }
}

TEST(state_proofs_every_bit_counts) {
  for (const std::size_t count : {1, 2, 9}) {
    const Model model = model_of(0, count);
    StateTree tree(HashId::blake3);
    insert_all(tree, model);
    const Digest root = tree.find(tree.base())->root;
    const Digest key = model.begin()->first;
    const Digest value = model.begin()->second;
    const Bytes proof = proof_of(tree, key);
    each_flip(proof, [&](const Bytes& bad) { EXPECT(!included(tree, key, value, bad, root)); });
    each_flip(proof, [&](const Bytes& bad) { EXPECT(!absent(tree, key, bad, root)); });
    each_flip(root, [&](const Digest& bad) { EXPECT(!included(tree, key, value, proof, bad)); });
    each_flip(key, [&](const Digest& bad) { EXPECT(!included(tree, bad, value, proof, root)); });
    each_flip(value, [&](const Digest& bad) { EXPECT(!included(tree, key, bad, proof, root)); });
    const Digest gone = family_key(0, 1);
    const Bytes none = proof_of(tree, gone);
    EXPECT(absent(tree, gone, none, root));
    each_flip(none, [&](const Bytes& bad) { EXPECT(!absent(tree, gone, bad, root)); });
    each_flip(none, [&](const Bytes& bad) { EXPECT(!included(tree, gone, {}, bad, root)); });
    each_flip(root, [&](const Digest& bad) { EXPECT(!absent(tree, gone, none, bad)); });
    for (std::size_t size = 0; size < proof.size(); ++size)
      EXPECT(!included(tree, key, value, Bytes(proof.begin(), proof.begin() + long(size)), root));
    Bytes longer = proof;
    longer.push_back(0);
    EXPECT(!included(tree, key, value, longer, root));
    longer.resize(proof.size() + 32);
    EXPECT(!included(tree, key, value, longer, root));
  }
}

TEST(state_absence_by_another_neighbour) {
  // The entry of any key but the one at the end of the way shows nothing.
  const Model model = model_of(2, 40);
  StateTree tree(HashId::sha256);
  insert_all(tree, model);
  const Digest root = tree.find(tree.base())->root;
  for (const auto& [present, value] : model) {
    for (const auto& [neighbour, other] : model) {
      const Bytes proof = proof_of(tree, neighbour);
      Bytes forged(proof.begin(), proof.begin() + 33);
      forged[0] = 2;
      append(forged, neighbour);
      append(forged, other);
      forged.insert(forged.end(), proof.begin() + 33, proof.end());
      EXPECT(!absent(tree, present, forged, root));
    }
  }
}

TEST(state_leaf_is_no_node) {
  // A pair of digests offered as an entry, and an entry as a pair, leads to no root of the tree.
  for (const HashId id : kHashes) {
    const Model model = model_of(0, 2);
    StateTree tree(id);
    insert_all(tree, model);
    const Digest root = tree.find(tree.base())->root;
    Digest leaves[2];
    std::size_t at = 0;
    for (const auto& [key, value] : model) {
      Bytes entry;
      append(entry, key);
      append(entry, value);
      leaves[at++] = leaf_hash(id, entry.data());
    }
    Bytes bare(33);
    bare[0] = 1;
    EXPECT(!included(tree, leaves[0], leaves[1], bare, root));
    EXPECT(!included(tree, leaves[1], leaves[0], bare, root));
  }
}

TEST(state_proofs_in_one_call) {
  const Model model = model_of(0, 1500);
  StateTree tree(HashId::blake3);
  insert_all(tree, model);
  const Digest root = tree.find(tree.base())->root;
  Bytes keys, values;
  std::vector<Bytes> proofs;
  for (const auto& [key, value] : model) {
    append(keys, key);
    append(values, value);
    proofs.push_back(proof_of(tree, key));
    if (proofs.size() % 7 == 3) proofs.back()[40] ^= 1;
  }
  const std::vector<ByteView> views(proofs.begin(), proofs.end());
  for (const unsigned threads : {1U, 3U}) {
    std::vector<std::uint8_t> verdicts(views.size(), 9);
    verify_inclusions(HashId::blake3, root, keys.data(), values.data(),
                      Items::list(views.data(), views.size()), verdicts.data(), threads);
    for (std::size_t i = 0; i < verdicts.size(); ++i)
      EXPECT_EQ(int{verdicts[i]}, (i + 1) % 7 == 3 ? 0 : 1);
  }
}

}  // namespace chopmark::test

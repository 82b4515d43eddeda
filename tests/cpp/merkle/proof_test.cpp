// SPDX-License-Identifier: Apache-2.0
#include "merkle/proof.hpp"

#include "merkle/reference.hpp"
#include "merkle/tree_hash.hpp"

namespace chopmark::test {
namespace {

using namespace merkle;
using Proof = std::vector<Digest>;

constexpr HashId kId = HashId::sha256;
constexpr std::size_t kSizeMax = 200;

Digest leaf(std::size_t i) {
  return leaf_hash(kId, leaf_data(i));
}

/// The path by its definition, from the leaf up.
Proof reference_path(std::size_t index, std::size_t from, std::size_t to) {
  if (to - from <= 1) return {};
  const std::size_t middle = from + std::bit_floor(to - from - 1);
  const bool left = from + index < middle;
  Proof path = left ? reference_path(index, from, middle)
                    : reference_path(index - (middle - from), middle, to);
  path.push_back(left ? reference_root(kId, middle, to) : reference_root(kId, from, middle));
  return path;
}

/// Every way to spoil one proof by little: a changed, missing, added or swapped step.
std::vector<Proof> altered(const Proof& proof) {
  std::vector<Proof> all;
  for (std::size_t i = 0; i < proof.size(); ++i) {
    all.push_back(proof);
    all.back()[i][(7 * i) % 32] ^= 0x10;
    all.push_back(proof);
    all.back().erase(all.back().begin() + static_cast<std::ptrdiff_t>(i));
    all.push_back(proof);
    all.back().insert(all.back().begin() + static_cast<std::ptrdiff_t>(i), proof[i]);
    if (i == 0) continue;
    all.push_back(proof);
    std::swap(all.back()[i - 1], all.back()[i]);
  }
  all.push_back(proof);
  all.back().emplace_back();
  return all;
}

}  // namespace

TEST(proof_inclusion_of_every_leaf) {
  const Log log = log_of(kId, kSizeMax);
  for (std::size_t size = 1; size <= kSizeMax; ++size) {
    const Digest root = log.root(size);
    for (std::size_t index = 0; index < size; ++index) {
      const Proof proof = log.prove_inclusion(index, size);
      EXPECT(verify_inclusion(kId, leaf(index), index, size, proof, root));
    }
  }
}

TEST(proof_inclusion_equals_definition) {
  const Log log = log_of(kId, 40);
  for (std::size_t size = 1; size <= 40; ++size) {
    for (std::size_t index = 0; index < size; ++index)
      EXPECT(log.prove_inclusion(index, size) == reference_path(index, 0, size));
  }
}

TEST(proof_inclusion_with_other_hashes) {
  for (const HashId id : kTreeHashes) {
    const Log log = log_of(id, 23);
    for (std::size_t index = 0; index < 23; ++index) {
      const Proof proof = log.prove_inclusion(index, 23);
      const Digest hash = leaf_hash(id, leaf_data(index));
      for (const HashId other : kTreeHashes)
        EXPECT_EQ(verify_inclusion(other, hash, index, 23, proof, log.root(23)), other == id);
    }
  }
}

TEST(proof_inclusion_altered) {
  const Log log = log_of(kId, 40);
  for (std::size_t size = 1; size <= 40; ++size) {
    const Digest root = log.root(size);
    for (std::size_t index = 0; index < size; ++index) {
      const Proof proof = log.prove_inclusion(index, size);
      for (const Proof& other : altered(proof))
        EXPECT(!verify_inclusion(kId, leaf(index), index, size, other, root));
      EXPECT(!verify_inclusion(kId, leaf(index + 1), index, size, proof, root));
      EXPECT(!verify_inclusion(kId, leaf(index), index, size, proof, log.root(size - 1)));
    }
  }
}

TEST(proof_inclusion_at_another_place) {
  const Log log = log_of(kId, 33);
  for (std::size_t size = 1; size <= 33; ++size) {
    for (std::size_t index = 0; index < size; ++index) {
      const Proof proof = log.prove_inclusion(index, size);
      for (std::size_t other = 0; other < size + 4; ++other) {
        if (other == index) continue;
        EXPECT(!verify_inclusion(kId, leaf(index), other, size, proof, log.root(size)));
      }
    }
  }
}

TEST(proof_inclusion_beyond_the_tree) {
  const Digest root = log_of(kId, 1).root(1);
  EXPECT(verify_inclusion(kId, leaf(0), 0, 1, {}, root));
  EXPECT(!verify_inclusion(kId, leaf(0), 1, 1, {}, root));
  EXPECT(!verify_inclusion(kId, leaf(0), 0, 0, {}, root));
  EXPECT(!verify_inclusion(kId, leaf(0), 0, 2, {}, root));
  EXPECT(!verify_inclusion(kId, leaf(0), ~0ULL, ~0ULL, {}, root));
  EXPECT(!verify_inclusion(kId, leaf(0), 0, ~0ULL, Proof(200), root));
}

TEST(proof_consistency_of_every_pair) {
  const Log log = log_of(kId, kSizeMax);
  for (std::size_t size = 0; size <= kSizeMax; ++size) {
    for (std::size_t old = 0; old <= size; ++old) {
      const Proof proof = log.prove_consistency(old, size);
      EXPECT_EQ(proof.empty(), old == 0 || old == size);
      EXPECT(verify_consistency(kId, old, size, proof, log.root(old), log.root(size)));
    }
  }
}

TEST(proof_consistency_altered) {
  const Log log = log_of(kId, 40);
  for (std::size_t size = 0; size <= 40; ++size) {
    for (std::size_t old = 0; old <= size; ++old) {
      const Proof proof = log.prove_consistency(old, size);
      for (const Proof& other : altered(proof))
        EXPECT(!verify_consistency(kId, old, size, other, log.root(old), log.root(size)));
      Digest wrong = log.root(old);
      wrong[31] ^= 1;
      EXPECT(!verify_consistency(kId, old, size, proof, wrong, log.root(size)));
      wrong = log.root(size);
      wrong[0] ^= 1;
      if (old != 0) EXPECT(!verify_consistency(kId, old, size, proof, log.root(old), wrong));
    }
  }
}

TEST(proof_consistency_of_other_sizes) {
  const Log log = log_of(kId, 25);
  for (std::size_t old = 1; old < 25; ++old) {
    const Proof proof = log.prove_consistency(old, 25);
    for (std::size_t other = 1; other < 25; ++other) {
      if (other == old) continue;
      EXPECT(!verify_consistency(kId, other, 25, proof, log.root(old), log.root(25)));
    }
  }
  EXPECT(!verify_consistency(kId, 26, 25, {}, log.root(25), log.root(25)));
}

TEST(proof_consistency_after_a_rewrite) {
  const Log log = log_of(kId, 30);
  Log other = log_of(kId, 30);
  other.truncate(9);
  other.append(text("another"));
  for (std::size_t i = 10; i < 30; ++i)
    other.append(leaf_data(i));
  for (std::size_t old = 1; old < 30; ++old) {
    const Proof proof = other.prove_consistency(old, 30);
    EXPECT_EQ(verify_consistency(kId, old, 30, proof, log.root(old), other.root(30)), old < 10);
  }
}

}  // namespace chopmark::test

// SPDX-License-Identifier: Apache-2.0
#include "merkle/proof_batch.hpp"

#include "merkle/proof.hpp"
#include "merkle/reference.hpp"
#include "merkle/tree_hash.hpp"

namespace chopmark::test {
namespace {

using namespace merkle;
using Positions = std::vector<std::uint64_t>;

/// Proofs in rows, as they are made and taken.
struct Rows {
  std::size_t depth;
  Bytes steps;
  Positions lengths;

  Rows(std::size_t rows, std::size_t row_depth)
      : depth(row_depth), steps(32 * rows * row_depth, 0xee), lengths(rows, 77) {}
  ProofRowsOut out() { return {steps.data(), lengths.data()}; }
  [[nodiscard]] ProofRows in() const { return {steps.data(), depth, lengths}; }
  [[nodiscard]] std::vector<Digest> proof(std::size_t i) const {
    std::vector<Digest> proof;
    for (std::size_t step = 0; step < lengths[i]; ++step)
      proof.push_back(digest_from(steps.data() + 32 * (depth * i + step)));
    return proof;
  }
};

Positions up_to(std::uint64_t end) {
  Positions all;
  for (std::uint64_t i = 0; i < end; ++i)
    all.push_back(i);
  return all;
}

/// All leaves of a tree with their proofs.
struct Inclusion {
  Inclusion(const Log& log, std::uint64_t tree_size, unsigned threads = 1)
      : size(tree_size), indexes(up_to(size)), rows(size, inclusion_depth(size)) {
    for (std::size_t i = 0; i < size; ++i)
      append(leaves, leaf_hash(log.hash_id(), leaf_data(i)));
    root = log.root(size);
    log.prove_inclusion_many(indexes, size, threads, rows.out());
  }
  [[nodiscard]] Bytes verdicts(HashId id, unsigned threads = 1) const {
    Bytes found(size, 0xee);
    const InclusionClaims claims{
        {leaves.data(), false}, indexes, {{&size, 1}, true}, {root.data(), true}};
    verify_inclusion_many(id, claims, rows.in(), threads, found.data());
    return found;
  }

  std::uint64_t size;
  Positions indexes;
  Bytes leaves;
  Digest root;
  Rows rows;
};

}  // namespace

TEST_EACH_BACKEND(proof_batch_inclusion_equals_single) {
  for (const HashId id : kTreeHashes) {
    const Log log = log_of(id, 300);
    for (std::size_t size = 1; size <= 300; size += 1 + size / 9) {
      const Inclusion all(log, size);
      for (std::size_t i = 0; i < size; ++i)
        EXPECT(all.rows.proof(i) == log.prove_inclusion(i, size));
      EXPECT(all.verdicts(id) == Bytes(size, 1));
    }
  }
}

TEST(proof_batch_on_threads) {
  const Log log = log_of(HashId::sha256, 5000);
  const Inclusion one(log, 5000);
  for (const unsigned threads : {0U, 2U, 5U}) {
    const Inclusion all(log, 5000, threads);
    EXPECT(all.rows.steps == one.rows.steps && all.rows.lengths == one.rows.lengths);
    EXPECT(all.verdicts(HashId::sha256, threads) == Bytes(5000, 1));
  }
}

TEST_EACH_BACKEND(proof_batch_inclusion_spoiled) {
  const Log log = log_of(HashId::sha256, 40);
  for (std::size_t size = 1; size <= 40; ++size) {
    Inclusion all(log, size);
    Bytes expected(size, 1);
    // Every third proof is spoiled, each in one byte of its row, used or not; the others stand.
    for (std::size_t i = 0; i < size && all.rows.depth != 0; i += 3) {
      const std::size_t row = 32 * all.rows.depth;
      all.rows.steps[row * i + (i * 41) % row] ^= 4;
      expected[i] = 0;
    }
    EXPECT(all.verdicts(HashId::sha256) == expected);
    // A length that is one too long or too short, or beyond the row.
    all = Inclusion(log, size);
    for (std::size_t i = 0; i < size; ++i) {
      const std::uint64_t length = all.rows.lengths[i];
      all.rows.lengths[i] = i % 3 == 0 ? length + 1 : i % 3 == 1 ? length - 1 : 1ULL << 63;
    }
    EXPECT(all.verdicts(HashId::sha256) == Bytes(size, 0));
    all = Inclusion(log, size);
    for (std::uint64_t& index : all.indexes)
      index ^= 1;
    EXPECT(all.verdicts(HashId::sha256) == Bytes(size, 0));
  }
}

// Proofs of one tree share what they hash; each still has a verdict of its own. Copies of the same
// few proofs in any order, some with a wrong bit in one step, a wrong root or a wrong size.
TEST_EACH_BACKEND(proof_batch_inclusion_side_by_side) {
  constexpr std::uint64_t kSize = 1500;
  constexpr std::size_t kCount = 4000;
  const Log log = log_of(HashId::sha256, kSize);
  const Inclusion all(log, kSize);
  Rows rows(kCount, all.rows.depth);
  Positions indexes;
  Positions sizes;
  Bytes leaves;
  Bytes roots;
  Bytes expected;
  const std::size_t row = 32 * all.rows.depth;
  for (std::size_t i = 0; i < kCount; ++i) {
    const std::size_t index = (i * i * 31 + i / 7) % (i % 2 == 0 ? 40 : kSize);
    indexes.push_back(index);
    append(leaves, ByteView(all.leaves).subspan(32 * index, 32));
    std::copy_n(all.rows.steps.begin() + static_cast<std::ptrdiff_t>(row * index), row,
                rows.steps.begin() + static_cast<std::ptrdiff_t>(row * i));
    rows.lengths[i] = all.rows.lengths[index];
    Digest root = all.root;
    std::uint64_t size = kSize;
    const std::size_t fault = i % 11;
    if (fault == 1) rows.steps[row * i + (i * 7) % (32 * rows.lengths[i])] ^= 1;
    if (fault == 2) root[i % 32] ^= 128;
    if (fault == 3) size = 2 * kSize + 1;  // another height: its proofs are longer
    if (fault == 4) leaves[32 * i] ^= 1;
    append(roots, root);
    sizes.push_back(size);
    expected.push_back(fault == 0 || fault > 4);
  }
  for (const unsigned threads : {1U, 3U}) {
    Bytes found(kCount, 0xee);
    const InclusionClaims claims{
        {leaves.data(), false}, indexes, {sizes, false}, {roots.data(), false}};
    verify_inclusion_many(HashId::sha256, claims, rows.in(), threads, found.data());
    EXPECT(found == expected);
  }
}

TEST_EACH_BACKEND(proof_batch_consistency_equals_single) {
  for (const HashId id : kTreeHashes) {
    const Log log = log_of(id, 150);
    for (std::size_t size = 0; size <= 150; size += 1 + size / 9) {
      const Positions olds = up_to(size + 1);
      Rows rows(size + 1, consistency_depth(size));
      log.prove_consistency_many(olds, size, 1, rows.out());
      Bytes old_roots;
      for (std::size_t old = 0; old <= size; ++old) {
        append(old_roots, log.root(old));
        EXPECT(rows.proof(old) == log.prove_consistency(old, size));
      }
      const Digest root = log.root(size);
      const ConsistencyClaims claims{
          {olds, false}, {{&size, 1}, true}, {old_roots.data(), false}, {root.data(), true}};
      Bytes found(size + 1, 0xee);
      verify_consistency_many(id, claims, rows.in(), 1, found.data());
      EXPECT(found == Bytes(size + 1, 1));
      // Spoiled in any byte of the row, or in a root.
      if (rows.depth != 0) {
        Rows spoiled = rows;
        for (std::size_t old = 0; old <= size; ++old)
          spoiled.steps[32 * rows.depth * old + (old * 41) % (32 * rows.depth)] ^= 4;
        verify_consistency_many(id, claims, spoiled.in(), 1, found.data());
        EXPECT(found == Bytes(size + 1, 0));
      }
      for (std::size_t old = 0; old <= size; ++old)
        old_roots[32 * old + old % 32] ^= 1;
      verify_consistency_many(id, claims, rows.in(), 1, found.data());
      EXPECT(found == Bytes(size + 1, 0));
    }
  }
}

}  // namespace chopmark::test

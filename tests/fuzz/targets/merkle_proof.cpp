// SPDX-License-Identifier: Apache-2.0
// Inclusion and consistency proofs of the log (M-10, M-20): none shows what is not so, and one
// alone gets the verdict that it gets among many (M-30). An input is the hash, two sizes, which
// leaf is claimed, then the proof.
#include "harness/target.hpp"
#include "merkle/proof.hpp"
#include "merkle/proof_batch.hpp"
#include "merkle/reference.hpp"
#include "merkle/tree_hash.hpp"

namespace chopmark::fuzz {
namespace {

constexpr std::size_t kLeaves = 40;
constexpr std::size_t kDepth = 8;  // of rows: more steps than any true proof has

const merkle::Log& log_by(HashId id) {
  static const std::vector<merkle::Log> all = [] {
    std::vector<merkle::Log> made;
    for (const HashId one : test::kTreeHashes)
      made.push_back(test::log_of(one, kLeaves));
    return made;
  }();
  for (const merkle::Log& one : all) {
    if (one.hash_id() == id) return one;
  }
  return all[0];
}

struct Claim {
  HashId id;
  std::uint64_t index;  // or the older size
  std::uint64_t size;
  std::uint64_t leaf;  // whose hash is shown
};

Bytes seed(std::uint8_t hash, std::uint8_t index, std::uint8_t size, bool inclusion) {
  const merkle::Log& log = log_by(test::kTreeHashes[hash]);
  const auto proof =
      inclusion ? log.prove_inclusion(index, size) : log.prove_consistency(index, size);
  Bytes out{hash, index, size, index};
  for (const Digest& step : proof)
    append(out, step);
  return out;
}

void check_inclusion(const Claim& claim, const std::vector<Digest>& proof, const Bytes& row) {
  const merkle::Log& log = log_by(claim.id);
  const Digest leaf = merkle::leaf_hash(claim.id, test::leaf_data(claim.leaf));
  const Digest root = log.root(claim.size);
  const bool shown = merkle::verify_inclusion(claim.id, leaf, claim.index, claim.size, proof, root);
  const bool right = claim.index < claim.size && claim.leaf == claim.index &&
                     proof == log.prove_inclusion(claim.index, claim.size);
  REQUIRE(shown == right);
  if (proof.size() > kDepth) return;
  const std::uint64_t length = proof.size();
  std::uint8_t verdict = 2;
  merkle::verify_inclusion_many(claim.id,
                                {{leaf.data(), true},
                                 std::span(&claim.index, 1),
                                 {std::span(&claim.size, 1), true},
                                 {root.data(), true}},
                                {row.data(), kDepth, std::span(&length, 1)}, 1, &verdict);
  REQUIRE(verdict == (shown ? 1 : 0));
}

void check_consistency(const Claim& claim, const std::vector<Digest>& proof, const Bytes& row) {
  const merkle::Log& log = log_by(claim.id);
  const Digest old_root = log.root(claim.leaf);  // of the older size, or of another one
  const Digest root = log.root(claim.size);
  const bool shown =
      merkle::verify_consistency(claim.id, claim.index, claim.size, proof, old_root, root);
  if (shown && claim.index != 0) {
    REQUIRE(claim.index <= claim.size && claim.leaf == claim.index);
    REQUIRE(proof == log.prove_consistency(claim.index, claim.size));
  }
  if (claim.index <= claim.size && claim.leaf == claim.index &&
      proof == log.prove_consistency(claim.index, claim.size))
    REQUIRE(shown);
  if (proof.size() > kDepth) return;
  const std::uint64_t length = proof.size();
  std::uint8_t verdict = 2;
  merkle::verify_consistency_many(claim.id,
                                  {{std::span(&claim.index, 1), true},
                                   {std::span(&claim.size, 1), true},
                                   {old_root.data(), true},
                                   {root.data(), true}},
                                  {row.data(), kDepth, std::span(&length, 1)}, 1, &verdict);
  REQUIRE(verdict == (shown ? 1 : 0));
}

}  // namespace

std::vector<Bytes> seeds() {
  std::vector<Bytes> all;
  for (std::uint8_t hash = 0; hash < 3; ++hash) {
    for (std::uint8_t size = 1; size < kLeaves; size = static_cast<std::uint8_t>(2 * size + 1)) {
      for (std::uint8_t index = 0; index < size; index = static_cast<std::uint8_t>(2 * index + 1)) {
        all.push_back(seed(hash, index, size, true));
        all.push_back(seed(hash, index, size, false));
      }
    }
  }
  return all;
}

}  // namespace chopmark::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace chopmark;
  if (size < 4) return 0;
  const fuzz::Claim claim{test::kTreeHashes[data[0] % 3], data[1] % fuzz::kLeaves,
                          data[2] % fuzz::kLeaves, data[3] % fuzz::kLeaves};
  std::vector<Digest> proof;
  for (std::size_t at = 4; at + 32 <= size; at += 32)
    proof.push_back(digest_from(data + at));
  Bytes row;
  for (const Digest& step : proof)
    append(row, step);
  row.resize(32 * fuzz::kDepth);
  fuzz::check_inclusion(claim, proof, row);
  fuzz::check_consistency(claim, proof, row);
  return 0;
}

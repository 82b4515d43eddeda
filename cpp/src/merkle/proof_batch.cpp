// SPDX-License-Identifier: Apache-2.0
#include "merkle/proof_batch.hpp"

#include <bit>
#include <cstring>

#include "base/parallel.hpp"
#include "merkle/tree_hash.hpp"

namespace chopmark::merkle {
namespace {

constexpr std::size_t kBytes = std::tuple_size_v<Digest>;

// Proofs that climb side by side: several times the lanes of a kernel, so that few run empty when
// the shorter proofs have ended.
constexpr std::size_t kTogether = 128;
constexpr std::size_t kProofsPerThread = 256;  // some tens of microseconds at the least

/// Nodes that are hashed in one call. Each replaces the digest that it grew from.
class Pairs {
 public:
  explicit Pairs(HashId id) noexcept : id_(id) {}

  /// `node` becomes the hash of itself and its sibling.
  void add(Digest& node, const std::uint8_t* sibling, bool sibling_is_left) noexcept {
    std::uint8_t* const pair = pairs_ + 2 * kBytes * count_;
    std::memcpy(pair + (sibling_is_left ? 0 : kBytes), sibling, kBytes);
    std::memcpy(pair + (sibling_is_left ? kBytes : 0), node.data(), kBytes);
    nodes_[count_++] = &node;
  }

  void hash() noexcept {
    node_hashes(id_, pairs_, count_, pairs_);
    for (std::size_t i = 0; i < count_; ++i)
      std::memcpy(nodes_[i]->data(), pairs_ + kBytes * i, kBytes);
    count_ = 0;
  }

 private:
  static constexpr std::size_t kPairsMax = 2 * kTogether;  // a consistency proof may need two

  HashId id_;
  std::size_t count_ = 0;
  Digest* nodes_[kPairsMax];
  alignas(64) std::uint8_t pairs_[2 * kBytes * kPairsMax];
};

/// One proof on its way to the root.
struct Climb {
  std::size_t item;
  std::uint64_t fn;  // position of the node reached so far on its level
  std::uint64_t sn;  // position of the last node of that level
  const std::uint8_t* step;
  const std::uint8_t* end;
  Digest node;
  Digest old_node;  // of a consistency proof: the same in the old tree
};

/// Takes one step: false if the proof has one too many.
template <bool kConsistency>
bool take_step(Climb& climb, Pairs& pairs) noexcept {
  if (climb.sn == 0) return false;
  const bool is_last = climb.fn == climb.sn;
  const bool sibling_is_left = (climb.fn & 1) != 0 || is_last;
  pairs.add(climb.node, climb.step, sibling_is_left);
  if constexpr (kConsistency) {
    if (sibling_is_left) pairs.add(climb.old_node, climb.step, true);
  }
  __builtin_prefetch(climb.step + 4 * kBytes);  // rows are long and far apart
  climb.step += kBytes;
  unsigned levels = 1;
  // A last node without a right sibling moves up unchanged.
  if (is_last && (climb.fn & 1) == 0) levels += static_cast<unsigned>(std::countr_zero(climb.fn));
  climb.fn >>= levels;
  climb.sn >>= levels;
  return true;
}

bool equal(const Digest& digest, const std::uint8_t* other) noexcept {
  return std::memcmp(digest.data(), other, kBytes) == 0;
}

/// The steps of proof i, or false if its row is malformed.
bool open_row(const ProofRows& proofs, std::size_t i, Climb& climb) noexcept {
  if (proofs.lengths[i] > proofs.depth) return false;
  climb.step = proofs.steps + kBytes * proofs.depth * i;
  climb.end = climb.step + kBytes * proofs.lengths[i];
  const std::uint8_t* const row_end = climb.step + kBytes * proofs.depth;
  return std::all_of(climb.end, row_end, [](std::uint8_t byte) { return byte == 0; });
}

bool size_allowed(std::uint64_t size) noexcept {
  return size >> 63 == 0;
}

bool begin(const InclusionClaims& claims, std::size_t i, Climb& climb) noexcept {
  const std::uint64_t size = claims.sizes[i];
  if (!size_allowed(size) || claims.indexes[i] >= size) return false;
  climb.fn = claims.indexes[i];
  climb.sn = size - 1;
  climb.node = digest_from(claims.leaves[i]);
  return true;
}

bool reached(const InclusionClaims& claims, const Climb& climb) noexcept {
  return equal(climb.node, claims.roots[climb.item]);
}

/// For 0 < old < new.
bool begin(const ConsistencyClaims& claims, std::size_t i, Climb& climb) noexcept {
  if (climb.step == climb.end) return false;
  // When the old size is a power of two its root is the first node; else the proof brings it.
  const std::uint64_t old_size = claims.old_sizes[i];
  const bool root_is_first = std::has_single_bit(old_size);
  climb.node = digest_from(root_is_first ? claims.old_roots[i] : climb.step);
  climb.old_node = climb.node;
  if (!root_is_first) climb.step += kBytes;
  const int whole_levels = std::countr_one(old_size - 1);
  climb.fn = (old_size - 1) >> whole_levels;
  climb.sn = (claims.new_sizes[i] - 1) >> whole_levels;
  return true;
}

bool reached(const ConsistencyClaims& claims, const Climb& climb) noexcept {
  return equal(climb.old_node, claims.old_roots[climb.item]) &&
         equal(climb.node, claims.new_roots[climb.item]);
}

/// Climbs all at once, and judges each when its steps are used up.
template <bool kConsistency, class Claims>
void climb_all(HashId id, const Claims& claims, Climb* climbs, std::size_t count,
               std::uint8_t* verdicts) noexcept {
  Pairs pairs(id);
  Climb* active[kTogether];
  for (std::size_t i = 0; i < count; ++i)
    active[i] = &climbs[i];
  while (count != 0) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < count; ++i) {
      Climb& climb = *active[i];
      if (climb.step == climb.end) {
        verdicts[climb.item] = climb.sn == 0 && reached(claims, climb);
      } else if (take_step<kConsistency>(climb, pairs)) {
        active[kept++] = &climb;
      }
    }
    pairs.hash();
    count = kept;
  }
}

template <bool kConsistency, class Claims, class Begin>
void verify_many(HashId id, const Claims& claims, const ProofRows& proofs, unsigned threads,
                 std::uint8_t* verdicts, const Begin& start) {
  parallel_for(proofs.size(), threads, kProofsPerThread, [&](std::size_t from, std::size_t to) {
    Climb climbs[kTogether];
    for (std::size_t at = from; at < to; at += kTogether) {
      std::size_t count = 0;
      for (std::size_t i = at; i < std::min(to, at + kTogether); ++i) {
        verdicts[i] = 0;
        Climb& climb = climbs[count];
        climb.item = i;
        if (open_row(proofs, i, climb) && start(i, climb)) ++count;
      }
      climb_all<kConsistency>(id, claims, climbs, count, verdicts);
    }
  });
}

}  // namespace

void verify_inclusion_many(HashId id, const InclusionClaims& claims, const ProofRows& proofs,
                           unsigned threads, std::uint8_t* verdicts) {
  verify_many<false>(id, claims, proofs, threads, verdicts,
                     [&](std::size_t i, Climb& climb) { return begin(claims, i, climb); });
}

void verify_consistency_many(HashId id, const ConsistencyClaims& claims, const ProofRows& proofs,
                             unsigned threads, std::uint8_t* verdicts) {
  const Digest empty = empty_root(id);
  verify_many<true>(id, claims, proofs, threads, verdicts, [&](std::size_t i, Climb& climb) {
    const std::uint64_t old_size = claims.old_sizes[i];
    const std::uint64_t new_size = claims.new_sizes[i];
    if (!size_allowed(new_size) || old_size > new_size) return false;
    if (old_size != 0 && old_size != new_size) return begin(claims, i, climb);
    // Equal sizes have equal roots (M-22); every tree extends the empty one (M-23).
    const std::uint8_t* const root = old_size == new_size ? claims.new_roots[i] : empty.data();
    verdicts[i] = climb.step == climb.end && std::memcmp(claims.old_roots[i], root, kBytes) == 0;
    return false;
  });
}

}  // namespace chopmark::merkle

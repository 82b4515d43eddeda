// SPDX-License-Identifier: Apache-2.0
#include "merkle/proof_batch.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <numeric>
#include <vector>

#include "base/parallel.hpp"
#include "merkle/tree_hash.hpp"

namespace chopmark::merkle {
namespace {

constexpr std::size_t kBytes = std::tuple_size_v<Digest>;

// Proofs that climb side by side: many times the lanes of a kernel, so that few run empty when the
// shorter proofs have ended; their nodes stay in the cache.
constexpr std::size_t kTogether = 1024;
constexpr std::size_t kAhead = 8;              // proofs whose rows are asked for
constexpr std::size_t kProofsPerThread = 256;  // some tens of microseconds at the least

/// Nodes that are hashed in one call. Each replaces the digest that it grew from.
class Pairs {
 public:
  Pairs(HashId id, std::size_t nodes_max) : id_(id), nodes_(nodes_max), pairs_(nodes_max) {}

  /// `node` becomes the hash of itself and its sibling. Whether the last added one does so too, of
  /// the same two digests.
  bool add(Digest& node, const std::uint8_t* sibling, bool sibling_is_left) noexcept {
    std::uint8_t* const pair = pairs_[count_].data();
    std::memcpy(pair + (sibling_is_left ? 0 : kBytes), sibling, kBytes);
    std::memcpy(pair + (sibling_is_left ? kBytes : 0), node.data(), kBytes);
    nodes_[count_] = &node;
    ++count_;
    return count_ > 1 && pairs_[count_ - 1] == pairs_[count_ - 2];
  }
  void take_back() noexcept { --count_; }

  void hash() noexcept {
    std::uint8_t* const bytes = pairs_.front().data();
    node_hashes(id_, bytes, count_, bytes);
    for (std::size_t i = 0; i < count_; ++i)
      std::memcpy(nodes_[i]->data(), bytes + kBytes * i, kBytes);
    count_ = 0;
  }

 private:
  using Pair = std::array<std::uint8_t, 2 * kBytes>;

  HashId id_;
  std::size_t count_ = 0;
  std::vector<Digest*> nodes_;
  std::vector<Pair> pairs_;
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

enum class Step : std::uint8_t { one_too_many, taken, as_the_last };

/// Takes one step. `as_the_last`: the climb before it hashes the same two digests.
template <bool kConsistency>
Step take_step(Climb& climb, Pairs& pairs) noexcept {
  if (climb.sn == 0) return Step::one_too_many;
  const bool is_last = climb.fn == climb.sn;
  const bool sibling_is_left = (climb.fn & 1) != 0 || is_last;
  const bool same = pairs.add(climb.node, climb.step, sibling_is_left);
  if constexpr (kConsistency) {
    if (sibling_is_left) (void)pairs.add(climb.old_node, climb.step, true);
  }
  climb.step += kBytes;
  unsigned levels = 1;
  // A last node without a right sibling moves up unchanged.
  if (is_last && (climb.fn & 1) == 0) levels += static_cast<unsigned>(std::countr_zero(climb.fn));
  climb.fn >>= levels;
  climb.sn >>= levels;
  return same ? Step::as_the_last : Step::taken;
}

/// Whether two climbs that hashed the same last pair go on alike to the end.
bool go_on_alike(const InclusionClaims& claims, const Climb& a, const Climb& b) noexcept {
  const auto left = static_cast<std::size_t>(a.end - a.step);
  return a.fn == b.fn && a.sn == b.sn && b.end - b.step == a.end - a.step &&
         std::memcmp(a.step, b.step, left) == 0 &&
         (claims.roots.one_for_all ||
          std::memcmp(claims.roots[a.item], claims.roots[b.item], kBytes) == 0);
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

void prefetch_row(const ProofRows& proofs, std::size_t i) noexcept {
  const std::uint8_t* const row = proofs.steps + kBytes * proofs.depth * i;
  for (std::size_t at = 0; at < kBytes * proofs.depth; at += 64)
    __builtin_prefetch(row + at);
  __builtin_prefetch(&proofs.lengths[i]);
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

/// Proofs on one thread, some at a time.
template <bool kConsistency, class Claims>
class Climbing {
 public:
  Climbing(HashId id, const Claims& claims, std::size_t proofs, std::uint8_t* verdicts)
      : claims_(claims),
        together_(std::min(kTogether, proofs)),
        pairs_(id, (kConsistency ? 2 : 1) * together_),
        verdicts_(verdicts) {
    climbs_.reserve(together_);
    active_.reserve(together_);
  }

  void add(const Climb& climb) {
    climbs_.push_back(climb);
    if (climbs_.size() == together_) run();
  }

  /// Climbs all at once, and judges each when its steps are used up.
  void run() {
    active_.clear();
    for (Climb& climb : climbs_)
      active_.push_back(&climb);
    while (!active_.empty())
      step();
    // What a climb was joined to may itself have been joined to another one later.
    for (std::size_t i = joined_.size(); i-- != 0;)
      verdicts_[joined_[i].item] = verdicts_[joined_[i].to];
    joined_.clear();
    climbs_.clear();
  }

 private:
  struct Joined {
    std::size_t item, to;
  };

  void step() {
    std::size_t kept = 0;
    Climb* last = nullptr;  // that took the step before
    for (Climb* const climb : active_) {
      if (climb->step == climb->end) {
        verdicts_[climb->item] = climb->sn == 0 && reached(claims_, *climb);
        continue;
      }
      const Step taken = take_step<kConsistency>(*climb, pairs_);
      if (taken == Step::one_too_many) continue;
      if constexpr (!kConsistency) {
        if (taken == Step::as_the_last && go_on_alike(claims_, *last, *climb)) {
          pairs_.take_back();
          joined_.push_back({climb->item, last->item});
          continue;
        }
      }
      last = climb;
      active_[kept++] = climb;
    }
    active_.resize(kept);
    if (kept != 0) pairs_.hash();
  }

  const Claims& claims_;
  std::size_t together_;
  Pairs pairs_;
  std::uint8_t* verdicts_;
  std::vector<Climb> climbs_;
  std::vector<Climb*> active_;
  std::vector<Joined> joined_;
};

template <bool kConsistency, class Claims, class Order, class Begin>
void verify_many(HashId id, const Claims& claims, const ProofRows& proofs, unsigned threads,
                 std::uint8_t* verdicts, const Order& ordered, const Begin& start) {
  parallel_for(proofs.size(), threads, kProofsPerThread, [&](std::size_t from, std::size_t to) {
    Climbing<kConsistency, Claims> climbing(id, claims, to - from, verdicts);
    const auto order = ordered(from, to);
    for (std::size_t k = 0; k < to - from; ++k) {
      if (k + kAhead < to - from) prefetch_row(proofs, order[k + kAhead]);
      const std::size_t i = order[k];
      verdicts[i] = 0;
      Climb climb;
      climb.item = i;
      if (open_row(proofs, i, climb) && start(i, climb)) climbing.add(climb);
    }
    climbing.run();
  });
}

/// Items [from, to) as they come.
struct AsTheyCome {
  std::size_t from;
  std::size_t operator[](std::size_t k) const noexcept { return from + k; }
};

/// Items [from, to) in ascending order of their indexes: proofs of near leaves share their upper
/// nodes, and stand beside each other then.
std::vector<std::size_t> by_index(std::span<const std::uint64_t> indexes, std::size_t from,
                                  std::size_t to) {
  std::uint64_t highest = 0;
  for (std::size_t i = from; i < to; ++i)
    highest = std::max(highest, indexes[i]);
  std::vector<std::size_t> order(to - from);
  std::vector<std::size_t> before(to - from);
  std::iota(order.begin(), order.end(), from);
  // By 11 bits at a time, the lowest first.
  constexpr int kBits = 11;
  const int width = static_cast<int>(std::bit_width(highest));
  for (int shift = 0; shift < width; shift += kBits) {
    std::array<std::size_t, (std::size_t{1} << kBits) + 1> ends{};
    const auto digit = [&](std::size_t item) {
      return (indexes[item] >> shift) & ((std::uint64_t{1} << kBits) - 1);
    };
    order.swap(before);
    for (const std::size_t item : before)
      ++ends[digit(item) + 1];
    for (std::size_t i = 1; i < ends.size(); ++i)
      ends[i] += ends[i - 1];
    for (const std::size_t item : before)
      order[ends[digit(item)]++] = item;
  }
  return order;
}

}  // namespace

void verify_inclusion_many(HashId id, const InclusionClaims& claims, const ProofRows& proofs,
                           unsigned threads, std::uint8_t* verdicts) {
  verify_many<false>(
      id, claims, proofs, threads, verdicts,
      [&](std::size_t from, std::size_t to) { return by_index(claims.indexes, from, to); },
      [&](std::size_t i, Climb& climb) { return begin(claims, i, climb); });
}

void verify_consistency_many(HashId id, const ConsistencyClaims& claims, const ProofRows& proofs,
                             unsigned threads, std::uint8_t* verdicts) {
  const Digest empty = empty_root(id);
  const auto as_they_come = [](std::size_t from, std::size_t) { return AsTheyCome{from}; };
  verify_many<true>(
      id, claims, proofs, threads, verdicts, as_they_come, [&](std::size_t i, Climb& climb) {
        const std::uint64_t old_size = claims.old_sizes[i];
        const std::uint64_t new_size = claims.new_sizes[i];
        if (!size_allowed(new_size) || old_size > new_size) return false;
        if (old_size != 0 && old_size != new_size) return begin(claims, i, climb);
        // Equal sizes have equal roots (M-22); every tree extends the empty one (M-23).
        const std::uint8_t* const root = old_size == new_size ? claims.new_roots[i] : empty.data();
        verdicts[i] =
            climb.step == climb.end && std::memcmp(claims.old_roots[i], root, kBytes) == 0;
        return false;
      });
}

}  // namespace chopmark::merkle

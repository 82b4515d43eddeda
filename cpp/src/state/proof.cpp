// SPDX-License-Identifier: Apache-2.0
#include "state/proof.hpp"

#include <cstring>
#include <optional>
#include <vector>

#include "base/parallel.hpp"
#include "state/climb.hpp"
#include "state/entries.hpp"
#include "state/path.hpp"

namespace chopmark::state {
namespace {

constexpr std::size_t kGroup = 512;     // proofs that climb in step
constexpr std::size_t kPerThread = 64;  // about a hundred microseconds of hashing
constexpr std::size_t kHeadBytes = 1 + kDepthsBytes;

/// An encoded proof, borrowed.
struct ProofView {
  ProofKind kind;
  Depths depths;
  const std::uint8_t* other;   // the entry at which the way ends, if it is another key's
  const std::uint8_t* beside;  // 32 bytes for each depth
};

/// ST-20, ST-21: the length follows from the kind and the depths, so that nothing can be added or
/// left out.
std::optional<ProofView> parse(ByteView bytes) noexcept {
  if (bytes.empty() || bytes[0] > static_cast<std::uint8_t>(ProofKind::other_key))
    return std::nullopt;
  const auto kind = static_cast<ProofKind>(bytes[0]);
  if (kind == ProofKind::empty_tree) {
    if (bytes.size() != 1) return std::nullopt;
    return ProofView{kind, {}, nullptr, nullptr};
  }
  const std::size_t head = kHeadBytes + (kind == ProofKind::other_key ? kEntryBytes : 0);
  if (bytes.size() < head) return std::nullopt;
  const Depths depths(bytes.data() + 1);
  if (bytes.size() != head + kDigestBytes * depths.count()) return std::nullopt;
  return ProofView{kind, depths, bytes.data() + kHeadBytes, bytes.data() + head};
}

/// Where the way of `key` ends among the entries of a bucket; adds the steps to it.
const std::uint8_t* walk_bucket(HashId id, const std::uint8_t* entries, std::size_t count,
                                const std::uint8_t* key, Path& path) {
  while (count > 1) {
    const auto [depth, left] = part(entries, count);
    const std::uint8_t* const right = entries + kEntryBytes * left;
    const bool goes_right = bit_at(key, depth) != 0;
    path.add(depth, (goes_right ? root_of_entries(id, entries, left)
                                : root_of_entries(id, right, count - left))
                        .data());
    entries = goes_right ? right : entries;
    count = goes_right ? count - left : left;
  }
  return entries;
}

/// A group of proofs on their way up: verdicts, and what climbs for those still open.
struct Group {
  std::vector<Climber> climbers;
  std::vector<std::size_t> index;
  std::vector<HashJob> leaves;
  std::vector<std::uint8_t> entries;

  void finish(HashId id, const Digest& root, Climb& climb, std::uint8_t* verdicts) {
    for (std::size_t i = 0; i < climbers.size(); ++i)
      leaves.push_back({entries.data() + kEntryBytes * i, climbers[i].node.data(), 0});
    hash_leaves(id, leaves, 1);
    climb.run(id, climbers);
    for (std::size_t i = 0; i < climbers.size(); ++i)
      verdicts[index[i]] = climbers[i].node == root ? 1 : 0;
    climbers.clear();
    index.clear();
    leaves.clear();
    entries.clear();
  }

  /// `key` and `value` are those of the entry at which the way ends.
  void add(std::size_t at, const ProofView& proof, const std::uint8_t* key,
           const std::uint8_t* value) {
    entries.insert(entries.end(), key, key + kKeyBytes);
    entries.insert(entries.end(), value, value + kValueBytes);
    climbers.push_back({{}, key, proof.beside, proof.depths});
    index.push_back(at);
  }
};

/// admit(i, proof, group): adds the way to the group, or sets the verdict.
template <class Admit>
void verify_all(HashId id, const Digest& root, const Items& proofs, std::uint8_t* verdicts,
                unsigned threads, Admit&& admit) {
  parallel_for(proofs.size(), threads, kPerThread, [&](std::size_t from, std::size_t to) {
    Group group;
    Climb climb;
    for (std::size_t i = from; i < to; ++i) {
      verdicts[i] = 0;
      if (const auto proof = parse(proofs[i])) admit(i, *proof, group);
      if (group.climbers.size() == kGroup) group.finish(id, root, climb, verdicts);
    }
    group.finish(id, root, climb, verdicts);
  });
}

}  // namespace

void prove(const StateTree& tree, const Version& version, const std::uint8_t* key, Bytes& out) {
  if (version.top == kNothing) {
    out.push_back(static_cast<std::uint8_t>(ProofKind::empty_tree));
    return;
  }
  Path path;
  Ref ref = version.top;
  while (is_inner(ref)) {
    const Inner& inner = tree.inner(version, ref);
    const unsigned side = bit_at(key, inner.depth);
    path.add(inner.depth, inner.pair + kDigestBytes * (1 - side));
    ref = inner.child[side];
  }
  const std::uint8_t* const entry =
      walk_bucket(tree.hash_id(), tree.store().entries(ref), bucket_size(ref), key, path);
  const bool present = equal_keys(entry, key);
  out.push_back(static_cast<std::uint8_t>(present ? ProofKind::present : ProofKind::other_key));
  Bytes way;
  path.append_to(way);
  append(out, ByteView(way).first(kDepthsBytes));
  if (!present) append(out, {entry, kEntryBytes});
  append(out, ByteView(way).subspan(kDepthsBytes));
}

void verify_inclusions(HashId id, const Digest& root, const std::uint8_t* keys,
                       const std::uint8_t* values, const Items& proofs, std::uint8_t* verdicts,
                       unsigned threads) {
  verify_all(id, root, proofs, verdicts, threads,
             [&](std::size_t i, const ProofView& proof, Group& group) {
               if (proof.kind != ProofKind::present) return;
               group.add(i, proof, keys + kKeyBytes * i, values + kValueBytes * i);
             });
}

void verify_absences(HashId id, const Digest& root, const std::uint8_t* keys, const Items& proofs,
                     std::uint8_t* verdicts, unsigned threads) {
  verify_all(id, root, proofs, verdicts, threads,
             [&](std::size_t i, const ProofView& proof, Group& group) {
               const std::uint8_t* const key = keys + kKeyBytes * i;
               if (proof.kind == ProofKind::empty_tree) {
                 verdicts[i] = root == Digest{} ? 1 : 0;
                 return;
               }
               // ST-24: another key's entry, at the end of the way that this key would go.
               if (proof.kind != ProofKind::other_key || equal_keys(proof.other, key) ||
                   !proof.depths.agree(proof.other, key)) {
                 return;
               }
               group.add(i, proof, proof.other, proof.other + kKeyBytes);
             });
}

}  // namespace chopmark::state

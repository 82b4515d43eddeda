// SPDX-License-Identifier: Apache-2.0
#include "state/chunk.hpp"

#include <algorithm>
#include <vector>

#include "base/check.hpp"
#include "base/limits.hpp"
#include "state/climb.hpp"
#include "state/entries.hpp"

namespace chopmark::state {
namespace {

constexpr std::size_t kCountBytes = 4;
constexpr std::size_t kHeadBytes = kCountBytes + kDepthsBytes;

/// Calls take(bucket) for the buckets below in ascending order, until it says no.
template <class Take>
void each_bucket(const StateTree& tree, const Version& version, Ref top, Take&& take) {
  std::vector<Ref> open;
  if (top != kNothing) open.push_back(top);
  while (!open.empty()) {
    const Ref ref = open.back();
    open.pop_back();
    if (is_inner(ref)) {
      const Inner& node = tree.inner(version, ref);
      open.push_back(node.child[1]);
      open.push_back(node.child[0]);
    } else if (!take(ref)) {
      return;
    }
  }
}

bool has_more_than(const StateTree& tree, const Version& version, Ref top,
                   std::size_t entries_max) {
  std::size_t count = 0;
  each_bucket(tree, version, top, [&](Ref bucket) {
    count += bucket_size(bucket);
    return count <= entries_max;
  });
  return count > entries_max;
}

/// The depth at which the way to the next subtree leaves the way to this one: the deepest at which
/// it goes left; 256 if this is the last subtree.
std::size_t turn_after(const Depths& depths, const std::uint8_t* key) noexcept {
  std::size_t depth = depths.deepest();
  while (depth != kKeyBits && bit_at(key, depth) != 0)
    depth = depths.before(depth);
  return depth;
}

/// `key` up to `depth`, a one there, zeros behind.
Key key_at_turn(const std::uint8_t* key, std::size_t depth) noexcept {
  Key next{};
  std::copy_n(key, depth / 8 + 1, next.begin());
  const auto bit = static_cast<std::uint8_t>(0x80U >> (depth % 8));
  next[depth / 8] = static_cast<std::uint8_t>((next[depth / 8] & ~(bit - 1U)) | bit);
  return next;
}

/// ST-31: exactly as long as its head says, keys ascending, and all of them on the way.
std::optional<ChunkView> parse(ByteView bytes) noexcept {
  if (bytes.size() < kHeadBytes) return std::nullopt;
  const std::size_t count = load_be<std::uint32_t>(bytes.data());
  if (count > limits::kStateChunkEntriesMax) return std::nullopt;
  const Depths depths(bytes.data() + kCountBytes);
  const std::size_t head = kHeadBytes + kDigestBytes * depths.count();
  if (bytes.size() != head + kEntryBytes * count) return std::nullopt;
  const std::uint8_t* const entries = bytes.data() + head;
  for (std::size_t i = 1; i < count; ++i) {
    if (!key_before(entries + kEntryBytes * (i - 1), entries + kEntryBytes * i))
      return std::nullopt;
  }
  if (count == 0 && depths.count() != 0) return std::nullopt;
  if (count > 1 && depths.count() != 0 && part(entries, count).depth <= depths.deepest())
    return std::nullopt;
  return ChunkView{entries, count, depths};
}

}  // namespace

ExportedChunk export_chunk(const StateTree& tree, const Version& version, const Key& from,
                           std::size_t entries_max) {
  CHOPMARK_CHECK(entries_max >= limits::kStateChunkEntriesFew &&
                 entries_max <= limits::kStateChunkEntriesMax);
  static_assert(limits::kStateChunkEntriesFew >= kBucketMax);  // a bucket is never cut
  const Store& store = tree.store();
  ExportedChunk chunk;
  Path path;
  Ref ref = version.top;
  // What starts before `from` belongs to chunks before this one.
  const auto starts_early = [&] { return key_before(tree.any_key(version, ref), from.data()); };
  while (is_inner(ref) && (has_more_than(tree, version, ref, entries_max) || starts_early())) {
    const Inner& inner = tree.inner(version, ref);
    const unsigned side = bit_at(from.data(), inner.depth);
    path.add(inner.depth, inner.pair + kDigestBytes * (1 - side));
    ref = inner.child[side];
  }
  chunk.bytes.resize(kCountBytes);
  path.append_to(chunk.bytes);
  std::size_t count = 0;
  each_bucket(tree, version, ref, [&](Ref bucket) {
    append(chunk.bytes, {store.entries(bucket), kEntryBytes * bucket_size(bucket)});
    count += bucket_size(bucket);
    return true;
  });
  store_be(chunk.bytes.data(), static_cast<std::uint32_t>(count));
  if (count == 0) return chunk;
  const std::uint8_t* const key = tree.any_key(version, ref);
  const std::size_t turn = turn_after(path.depths, key);
  if (turn != kKeyBits) chunk.next = key_at_turn(key, turn);
  return chunk;
}

std::optional<ChunkView> check_chunk(HashId id, const Digest& root, ByteView bytes,
                                     unsigned threads) {
  const auto chunk = parse(bytes);
  if (!chunk) return std::nullopt;
  std::vector<Climber> climbers{{{}, chunk->entries, bytes.data() + kHeadBytes, chunk->depths}};
  if (chunk->count != 0) {
    HashWork work;
    work.add_entries(chunk->entries, chunk->count, climbers[0].node.data());
    work.run(id, threads);
    Climb().run(id, climbers);
  }
  if (climbers[0].node != root) return std::nullopt;
  return chunk;
}

bool Importer::comes_next(const ChunkView& chunk) const noexcept {
  if (complete_) return false;
  if (chunk.count == 0) return true;  // the root is that of no entries: the only chunk there is
  // On the way of the key that is wanted, and not so high up that it has older entries in it.
  return chunk.depths.agree(chunk.entries, next_.data()) &&
         (turn_ == kKeyBits || chunk.depths.has(turn_));
}

ImportVerdict Importer::add(ByteView bytes, unsigned threads) {
  const auto chunk = check_chunk(tree_.hash_id(), root_, bytes, threads);
  if (!chunk) return ImportVerdict::invalid;
  if (!comes_next(*chunk)) return ImportVerdict::out_of_order;
  Batch batch;
  batch.keys = chunk->entries;
  batch.values = chunk->entries + kKeyBytes;
  batch.count = chunk->count;
  batch.stride = kEntryBytes;
  const Refusal refusal = tree_.update(tree_.base(), batch, threads);
  if (refusal == Refusal::too_many_keys) return ImportVerdict::too_many_keys;
  CHOPMARK_CHECK(refusal == Refusal::none);
  turn_ = chunk->count == 0 ? kKeyBits : turn_after(chunk->depths, chunk->entries);
  complete_ = turn_ == kKeyBits;
  if (!complete_) next_ = key_at_turn(chunk->entries, turn_);
  // What all chunks together make is the state with this root (ST-35).
  CHOPMARK_CHECK(!complete_ || tree_.find(tree_.base())->root == root_);
  return ImportVerdict::ok;
}

}  // namespace chopmark::state

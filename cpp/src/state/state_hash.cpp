// SPDX-License-Identifier: Apache-2.0
#include "state/state_hash.hpp"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "base/check.hpp"
#include "base/endian.hpp"
#include "base/parallel.hpp"
#include "dispatch/backend.hpp"

namespace chopmark::state {
namespace {

constexpr std::size_t kTile = 64;             // jobs of one kernel call: inputs stay in L1
constexpr std::size_t kJobsPerThread = 2048;  // some hundred microseconds: worth a thread

struct Key {
  std::uint32_t words[8];
};

/// The key of BLAKE3's keyed mode: the text and zeros, the last byte of them for the depth (ST-5).
Key key_of(std::string_view text) noexcept {
  std::uint8_t bytes[32] = {};
  std::copy(text.begin(), text.end(), bytes);
  Key key;
  for (std::size_t i = 0; i < 8; ++i)
    key.words[i] = load_le<std::uint32_t>(bytes + 4 * i);
  return key;
}

/// Calls hash(tile) for tiles that cover all jobs, with what comes next on its way into the cache.
template <class Hash>
void by_tiles(std::span<const HashJob> all, unsigned threads, Hash&& hash) {
  parallel_for(all.size(), threads, kJobsPerThread, [&](std::size_t from, std::size_t to) {
    for (std::size_t at = from; at < to; at += kTile) {
      for (std::size_t i = at + kTile; i < std::min(to, at + 2 * kTile); ++i) {
        __builtin_prefetch(all[i].in);
        __builtin_prefetch(all[i].out, 1);
      }
      hash(all.subspan(at, std::min(kTile, to - at)));
    }
  });
}

void blake3_tiles(const Key& key, std::span<const HashJob> jobs, unsigned threads) {
  by_tiles(jobs, threads, [&key, hash = kernels().blake3_keyed_blocks](auto tile) {
    hash(tile.data(), tile.size(), key.words);
  });
}

using Many = void (*)(std::uint8_t* out, const RawView* items, std::size_t count);

Many many_of(HashId id) noexcept {
  CHOPMARK_CHECK(id == HashId::sha256 || id == HashId::sm3);
  return id == HashId::sha256 ? kernels().sha256_many : kernels().sm3_many;
}

/// Hashes of the 64 bytes of each job, behind its depth if `kNodes`.
template <bool kNodes>
void copied_tiles(HashId id, std::span<const HashJob> jobs, unsigned threads) {
  by_tiles(jobs, threads, [many = many_of(id)](auto tile) {
    constexpr std::size_t kBytes = kEntryBytes + (kNodes ? 1 : 0);
    std::uint8_t bytes[kTile * kBytes];
    std::uint8_t digests[kTile * kDigestBytes];
    RawView views[kTile] = {};
    for (std::size_t i = 0; i < tile.size(); ++i) {
      std::uint8_t* const item = bytes + kBytes * i;
      if constexpr (kNodes) item[0] = static_cast<std::uint8_t>(tile[i].depth);
      std::memcpy(item + kBytes - kEntryBytes, tile[i].in, kEntryBytes);
      views[i] = {item, kBytes};
    }
    many(digests, views, tile.size());
    for (std::size_t i = 0; i < tile.size(); ++i)
      std::memcpy(tile[i].out, digests + kDigestBytes * i, kDigestBytes);
  });
}

}  // namespace

void hash_leaves(HashId id, std::span<const HashJob> jobs, unsigned threads) {
  static const Key key = key_of("chopmark state tree leaf v1");
  if (id == HashId::blake3) return blake3_tiles(key, jobs, threads);
  copied_tiles<false>(id, jobs, threads);
}

void hash_nodes(HashId id, std::span<const HashJob> jobs, unsigned threads) {
  static const Key key = key_of("chopmark state tree node v1");
  if (id == HashId::blake3) return blake3_tiles(key, jobs, threads);
  copied_tiles<true>(id, jobs, threads);
}

Digest leaf_hash(HashId id, const std::uint8_t* entry) {
  Digest digest;
  const HashJob job{entry, digest.data(), 0};
  hash_leaves(id, {&job, 1}, 1);
  return digest;
}

Digest node_hash(HashId id, std::size_t depth, const Digest& left, const Digest& right) {
  std::uint8_t pair[2 * kDigestBytes];
  std::memcpy(pair, left.data(), kDigestBytes);
  std::memcpy(pair + kDigestBytes, right.data(), kDigestBytes);
  Digest digest;
  const HashJob job{pair, digest.data(), static_cast<std::uint32_t>(depth)};
  hash_nodes(id, {&job, 1}, 1);
  return digest;
}

void NodeJobs::run(HashId id, unsigned threads) {
  for (std::size_t depth = kKeyBits; depth-- != 0;) {
    if (by_depth_[depth].empty()) continue;
    hash_nodes(id, by_depth_[depth], threads);
    by_depth_[depth].clear();
  }
}

}  // namespace chopmark::state

// SPDX-License-Identifier: Apache-2.0
#include "state/state_hash.hpp"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "base/check.hpp"
#include "base/endian.hpp"
#include "base/parallel.hpp"
#include "dispatch/backend.hpp"
#include "hash/blake3_flags.hpp"

namespace chopmark::state {
namespace {

constexpr std::size_t kTile = 64;             // jobs of one kernel call: inputs stay in L1
constexpr std::size_t kJobsPerThread = 2048;  // some hundred microseconds: worth a thread

struct Key {
  std::uint32_t words[8];
};

/// The key of BLAKE3's keyed mode: the text, zeros, and the depth in the last byte (ST-5).
Key key_of(std::string_view text, std::uint8_t depth) noexcept {
  std::uint8_t bytes[32] = {};
  std::copy(text.begin(), text.end(), bytes);
  bytes[31] = depth;
  Key key;
  for (std::size_t i = 0; i < 8; ++i)
    key.words[i] = load_le<std::uint32_t>(bytes + 4 * i);
  return key;
}

void prefetch(std::span<const HashJob> jobs, std::size_t from) noexcept {
  const std::size_t to = std::min(jobs.size(), from + kTile);
  for (std::size_t i = from; i < to; ++i) {
    __builtin_prefetch(jobs[i].in);
    __builtin_prefetch(jobs[i].out, 1);
  }
}

/// Calls hash(digests, tile) for tiles that cover all jobs and puts the digests where they belong.
template <class Hash>
void by_tiles(std::span<const HashJob> all, unsigned threads, Hash&& hash) {
  parallel_for(all.size(), threads, kJobsPerThread, [&](std::size_t from, std::size_t to) {
    const auto jobs = all.subspan(from, to - from);
    std::uint8_t digests[kTile * kDigestBytes];
    prefetch(jobs, 0);
    for (std::size_t at = 0; at < jobs.size(); at += kTile) {
      prefetch(jobs, at + kTile);
      const auto tile = jobs.subspan(at, std::min(kTile, jobs.size() - at));
      hash(digests, tile);
      for (std::size_t i = 0; i < tile.size(); ++i)
        std::memcpy(tile[i].out, digests + kDigestBytes * i, kDigestBytes);
    }
  });
}

void blake3_tiles(const Key& key, std::span<const HashJob> jobs, unsigned threads) {
  by_tiles(jobs, threads, [&](std::uint8_t* digests, std::span<const HashJob> tile) {
    RawView views[kTile];
    for (std::size_t i = 0; i < tile.size(); ++i)
      views[i] = {tile[i].in, kEntryBytes};
    kernels().blake3_small_many(digests, key.words, views, tile.size(), kBlake3Keyed);
  });
}

using Many = void (*)(std::uint8_t* out, const RawView* items, std::size_t count);

Many many_of(HashId id) noexcept {
  CHOPMARK_CHECK(id == HashId::sha256 || id == HashId::sm3);
  return id == HashId::sha256 ? kernels().sha256_many : kernels().sm3_many;
}

void leaf_tiles(HashId id, std::span<const HashJob> jobs, unsigned threads) {
  by_tiles(jobs, threads, [many = many_of(id)](std::uint8_t* digests, auto tile) {
    RawView views[kTile];
    for (std::size_t i = 0; i < tile.size(); ++i)
      views[i] = {tile[i].in, kEntryBytes};
    many(digests, views, tile.size());
  });
}

void node_tiles(HashId id, std::uint8_t depth, std::span<const HashJob> jobs, unsigned threads) {
  by_tiles(jobs, threads, [many = many_of(id), depth](std::uint8_t* digests, auto tile) {
    constexpr std::size_t kBytes = 1 + kEntryBytes;
    std::uint8_t bytes[kTile * kBytes];
    RawView views[kTile];
    for (std::size_t i = 0; i < tile.size(); ++i) {
      bytes[kBytes * i] = depth;
      std::memcpy(bytes + kBytes * i + 1, tile[i].in, kEntryBytes);
      views[i] = {bytes + kBytes * i, kBytes};
    }
    many(digests, views, tile.size());
  });
}

}  // namespace

void hash_leaves(HashId id, std::span<const HashJob> jobs, unsigned threads) {
  static const Key key = key_of("chopmark state tree leaf v1", 0);
  if (id == HashId::blake3) return blake3_tiles(key, jobs, threads);
  leaf_tiles(id, jobs, threads);
}

void hash_nodes(HashId id, std::size_t depth, std::span<const HashJob> jobs, unsigned threads) {
  const auto byte = static_cast<std::uint8_t>(depth);
  if (id == HashId::blake3)
    return blake3_tiles(key_of("chopmark state tree node v1", byte), jobs, threads);
  node_tiles(id, byte, jobs, threads);
}

Digest leaf_hash(HashId id, const std::uint8_t* entry) {
  Digest digest;
  const HashJob job{entry, digest.data()};
  hash_leaves(id, {&job, 1}, 1);
  return digest;
}

Digest node_hash(HashId id, std::size_t depth, const Digest& left, const Digest& right) {
  std::uint8_t pair[2 * kDigestBytes];
  std::memcpy(pair, left.data(), kDigestBytes);
  std::memcpy(pair + kDigestBytes, right.data(), kDigestBytes);
  Digest digest;
  const HashJob job{pair, digest.data()};
  hash_nodes(id, depth, {&job, 1}, 1);
  return digest;
}

void NodeJobs::run(HashId id, unsigned threads) {
  for (std::size_t depth = kKeyBits; depth-- != 0;) {
    if (by_depth_[depth].empty()) continue;
    hash_nodes(id, depth, by_depth_[depth], threads);
    by_depth_[depth].clear();
  }
}

}  // namespace chopmark::state

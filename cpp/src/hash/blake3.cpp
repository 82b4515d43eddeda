// SPDX-License-Identifier: Apache-2.0
#include "hash/blake3.hpp"

#include <bit>

#include "base/endian.hpp"
#include "dispatch/backend.hpp"
#include "hash/portable.hpp"

namespace chopmark {
namespace {

using Words = std::array<std::uint32_t, 8>;

constexpr std::size_t kBlockBytes = 64;
constexpr std::size_t kChunkBytes = 1024;
// Chunks before the last one number fewer than 2^54, since a length is below 2^64, and the stack
// holds one chaining value for each set bit of their number.
constexpr std::size_t kStackMax = 54;

// Domain flags (table 3 of the specification).
constexpr std::uint32_t kChunkStart = 1;
constexpr std::uint32_t kChunkEnd = 2;
constexpr std::uint32_t kParent = 4;
constexpr std::uint32_t kRoot = 8;
constexpr std::uint32_t kKeyedHash = 16;

constexpr Words kInitial = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                            0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

// kSchedule[r][i]: which message word round r takes in place i (table 2, applied r times).
constexpr auto kSchedule = [] {
  constexpr std::uint8_t permutation[16] = {2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8};
  std::array<std::array<std::uint8_t, 16>, 7> schedule{};
  for (std::uint8_t i = 0; i < 16; ++i)
    schedule[0][i] = i;
  for (std::size_t r = 1; r < schedule.size(); ++r) {
    for (std::size_t i = 0; i < 16; ++i)
      schedule[r][i] = schedule[r - 1][permutation[i]];
  }
  return schedule;
}();

inline void mix(std::uint32_t v[16], int a, int b, int c, int d, std::uint32_t x,
                std::uint32_t y) noexcept {
  v[a] += v[b] + x, v[d] = std::rotr(v[d] ^ v[a], 16);
  v[c] += v[d], v[b] = std::rotr(v[b] ^ v[c], 12);
  v[a] += v[b] + y, v[d] = std::rotr(v[d] ^ v[a], 8);
  v[c] += v[d], v[b] = std::rotr(v[b] ^ v[c], 7);
}

template <std::size_t kRound>
inline void round(std::uint32_t v[16], const std::uint32_t m[16]) noexcept {
  constexpr const auto& s = kSchedule[kRound];
  mix(v, 0, 4, 8, 12, m[s[0]], m[s[1]]);
  mix(v, 1, 5, 9, 13, m[s[2]], m[s[3]]);
  mix(v, 2, 6, 10, 14, m[s[4]], m[s[5]]);
  mix(v, 3, 7, 11, 15, m[s[6]], m[s[7]]);
  mix(v, 0, 5, 10, 15, m[s[8]], m[s[9]]);
  mix(v, 1, 6, 11, 12, m[s[10]], m[s[11]]);
  mix(v, 2, 7, 8, 13, m[s[12]], m[s[13]]);
  mix(v, 3, 4, 9, 14, m[s[14]], m[s[15]]);
}

// The nodes of one mode: plain, or keyed by 32 bytes. `root` is kRoot for the top node, else 0.
struct Tree {
  Words key;
  std::uint32_t mode;  // kKeyedHash or 0

  Digest chunk(const std::uint8_t* data, std::size_t bytes, std::uint64_t index,
               std::uint32_t root) const noexcept {
    const auto compress = kernels().blake3_compress;
    Words cv = key;
    std::uint32_t start = kChunkStart;
    for (; bytes > kBlockBytes; data += kBlockBytes, bytes -= kBlockBytes, start = 0)
      compress(cv.data(), data, kBlockBytes, index, mode | start);
    const std::uint32_t last = mode | start | kChunkEnd | root;
    if (bytes == kBlockBytes) {
      compress(cv.data(), data, kBlockBytes, index, last);
    } else {
      std::uint8_t block[kBlockBytes] = {};
      std::copy_n(data, bytes, block);
      compress(cv.data(), block, static_cast<std::uint32_t>(bytes), index, last);
    }
    return to_digest(cv);
  }

  Digest parent(const std::uint8_t* children, std::uint32_t root) const noexcept {
    Words cv = key;
    kernels().blake3_compress(cv.data(), children, kBlockBytes, 0, mode | kParent | root);
    return to_digest(cv);
  }

  Digest hash(ByteView data) const noexcept;

  static Digest to_digest(const Words& words) noexcept {
    Digest digest;
    for (std::size_t i = 0; i < words.size(); ++i)
      store_le(digest.data() + 4 * i, words[i]);
    return digest;
  }
};

Digest Tree::hash(ByteView data) const noexcept {
  if (data.size() <= kChunkBytes) return chunk(data.data(), data.size(), 0, kRoot);
  // Chaining values lie side by side, so the top two are the block of their parent. A subtree is
  // joined as soon as it is whole; that more input follows shows that it is not the root.
  std::uint8_t stack[kStackMax + 1][32];
  std::size_t depth = 0;
  const std::uint64_t chunks_before_last = (data.size() - 1) / kChunkBytes;
  const auto push = [&](const Digest& value) { std::copy_n(value.data(), 32, stack[depth++]); };
  const auto join = [&] {
    const Digest value = parent(stack[depth - 2], 0);
    depth -= 2;
    push(value);
  };
  for (std::uint64_t i = 0; i < chunks_before_last; ++i) {
    push(chunk(data.data() + i * kChunkBytes, kChunkBytes, i, 0));
    for (int joins = std::countr_zero(i + 1); joins != 0; --joins)
      join();
  }
  const ByteView rest = data.subspan(chunks_before_last * kChunkBytes);
  push(chunk(rest.data(), rest.size(), chunks_before_last, 0));
  while (depth > 2)
    join();
  return parent(stack[0], kRoot);
}

}  // namespace

void blake3_compress_portable(std::uint32_t cv[8], const std::uint8_t block[64],
                              std::uint32_t block_bytes, std::uint64_t counter,
                              std::uint32_t flags) {
  std::uint32_t m[16];
  for (int i = 0; i < 16; ++i)
    m[i] = load_le<std::uint32_t>(block + 4 * i);
  std::uint32_t v[16] = {cv[0],
                         cv[1],
                         cv[2],
                         cv[3],
                         cv[4],
                         cv[5],
                         cv[6],
                         cv[7],
                         kInitial[0],
                         kInitial[1],
                         kInitial[2],
                         kInitial[3],
                         static_cast<std::uint32_t>(counter),
                         static_cast<std::uint32_t>(counter >> 32),
                         block_bytes,
                         flags};
  round<0>(v, m);
  round<1>(v, m);
  round<2>(v, m);
  round<3>(v, m);
  round<4>(v, m);
  round<5>(v, m);
  round<6>(v, m);
  for (int i = 0; i < 8; ++i)
    cv[i] = v[i] ^ v[i + 8];
}

Digest blake3(ByteView data) noexcept {
  return Tree{kInitial, 0}.hash(data);
}

Digest blake3_keyed(const Digest& key, ByteView data) noexcept {
  Tree tree{{}, kKeyedHash};
  for (std::size_t i = 0; i < tree.key.size(); ++i)
    tree.key[i] = load_le<std::uint32_t>(key.data() + 4 * i);
  return tree.hash(data);
}

void blake3_keyed_xof(const Digest& key, ByteView data, std::span<std::uint8_t> out) noexcept {
  const Digest seed = blake3_keyed(key, data);
  std::uint8_t counter[8];
  for (std::size_t i = 0; i * 32 < out.size(); ++i) {
    store_le<std::uint64_t>(counter, i);
    const Digest block = blake3_keyed(seed, counter);
    std::copy_n(block.begin(), std::min<std::size_t>(32, out.size() - 32 * i),
                out.begin() + static_cast<std::ptrdiff_t>(32 * i));
  }
}

}  // namespace chopmark

// SPDX-License-Identifier: Apache-2.0
#include "hash/blake3.hpp"

#include <bit>

#include "base/check.hpp"
#include "base/endian.hpp"
#include "dispatch/backend.hpp"
#include "hash/portable.hpp"

namespace chopmark {
namespace {

constexpr std::size_t kBlockBytes = 64;
constexpr std::size_t kChunkBytes = 1024;
constexpr std::size_t kStackDepth = 54;  // of chunks: 2^54 of them exceed any 64-bit length

using Words = std::array<std::uint32_t, 8>;
using Block = std::array<std::uint32_t, 16>;

constexpr Words kInitial = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                            0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

// Domain flags (section 2.1 of the specification).
constexpr std::uint32_t kChunkStart = 1;
constexpr std::uint32_t kChunkEnd = 2;
constexpr std::uint32_t kParent = 4;
constexpr std::uint32_t kRoot = 8;
constexpr std::uint32_t kKeyed = 16;

// Word i of the next round's message is word kPermutation[i] of this round's.
constexpr std::array<std::uint8_t, 16> kPermutation = {2, 6,  3,  10, 7, 0,  4,  13,
                                                       1, 11, 12, 5,  9, 14, 15, 8};

inline void mix(std::uint32_t* v, int a, int b, int c, int d, std::uint32_t x, std::uint32_t y) {
  v[a] += v[b] + x;
  v[d] = std::rotr(v[d] ^ v[a], 16);
  v[c] += v[d];
  v[b] = std::rotr(v[b] ^ v[c], 12);
  v[a] += v[b] + y;
  v[d] = std::rotr(v[d] ^ v[a], 8);
  v[c] += v[d];
  v[b] = std::rotr(v[b] ^ v[c], 7);
}

/// A compression whose last parameters are known: it becomes a chaining value or, with the root
/// flag, the output.
struct Node {
  Words chaining;
  Block message;
  std::uint64_t counter;
  std::uint32_t length;
  std::uint32_t flags;

  [[nodiscard]] Words compress(std::uint32_t more_flags) const noexcept {
    Block v;
    std::copy_n(chaining.begin(), 8, v.begin());
    std::copy_n(kInitial.begin(), 4, v.begin() + 8);
    v[12] = static_cast<std::uint32_t>(counter);
    v[13] = static_cast<std::uint32_t>(counter >> 32);
    v[14] = length;
    v[15] = flags | more_flags;
    kernels().blake3_compress(v.data(), message.data());
    Words out;
    for (std::size_t i = 0; i < 8; ++i) out[i] = v[i] ^ v[i + 8];
    return out;
  }
};

Block load_block(ByteView bytes) noexcept {
  std::array<std::uint8_t, kBlockBytes> padded{};
  const std::uint8_t* from = bytes.data();
  if (bytes.size() < kBlockBytes) {
    std::copy_n(bytes.data(), bytes.size(), padded.begin());
    from = padded.data();
  }
  Block words;
  for (std::size_t i = 0; i < 16; ++i) words[i] = load_le<std::uint32_t>(from + 4 * i);
  return words;
}

/// The last compression of one chunk; the blocks before it are absorbed here.
Node chunk(const Words& key, ByteView bytes, std::uint64_t index, std::uint32_t mode) noexcept {
  Words chaining = key;
  std::uint32_t start = kChunkStart;
  while (bytes.size() > kBlockBytes) {
    const Node node{chaining, load_block(bytes.first(kBlockBytes)), index, kBlockBytes, mode};
    chaining = node.compress(start);
    start = 0;
    bytes = bytes.subspan(kBlockBytes);
  }
  return {chaining, load_block(bytes), index, static_cast<std::uint32_t>(bytes.size()),
          mode | start | kChunkEnd};
}

Node parent(const Words& key, const Words& left, const Words& right, std::uint32_t mode) noexcept {
  Node node{key, {}, 0, kBlockBytes, mode | kParent};
  std::copy_n(left.begin(), 8, node.message.begin());
  std::copy_n(right.begin(), 8, node.message.begin() + 8);
  return node;
}

Digest hash_tree(const Words& key, ByteView data, std::uint32_t mode) noexcept {
  // Chaining values of complete subtrees, largest first; one for each bit set in `chunks`.
  std::array<Words, kStackDepth> stack;
  std::size_t depth = 0;
  std::uint64_t chunks = 0;
  while (data.size() > kChunkBytes) {
    Words value = chunk(key, data.first(kChunkBytes), chunks, mode).compress(0);
    data = data.subspan(kChunkBytes);
    ++chunks;
    for (std::uint64_t left = chunks; (left & 1) == 0; left >>= 1) {
      value = parent(key, stack[--depth], value, mode).compress(0);
    }
    CHOPMARK_CHECK(depth < kStackDepth);
    stack[depth++] = value;
  }
  Node node = chunk(key, data, chunks, mode);
  while (depth != 0) node = parent(key, stack[--depth], node.compress(0), mode);
  const Words words = node.compress(kRoot);
  Digest digest;
  for (std::size_t i = 0; i < 8; ++i) store_le(digest.data() + 4 * i, words[i]);
  return digest;
}

}  // namespace

void blake3_compress_portable(std::uint32_t state[16], const std::uint32_t message[16]) {
  Block m;
  std::copy_n(message, 16, m.begin());
  for (int round = 0; round < 7; ++round) {
    mix(state, 0, 4, 8, 12, m[0], m[1]);
    mix(state, 1, 5, 9, 13, m[2], m[3]);
    mix(state, 2, 6, 10, 14, m[4], m[5]);
    mix(state, 3, 7, 11, 15, m[6], m[7]);
    mix(state, 0, 5, 10, 15, m[8], m[9]);
    mix(state, 1, 6, 11, 12, m[10], m[11]);
    mix(state, 2, 7, 8, 13, m[12], m[13]);
    mix(state, 3, 4, 9, 14, m[14], m[15]);
    Block next;
    for (std::size_t i = 0; i < 16; ++i) next[i] = m[kPermutation[i]];
    m = next;
  }
}

Digest blake3(ByteView data) noexcept { return hash_tree(kInitial, data, 0); }

Digest blake3_keyed(const Digest& key, ByteView data) noexcept {
  Words words;
  for (std::size_t i = 0; i < 8; ++i) words[i] = load_le<std::uint32_t>(key.data() + 4 * i);
  return hash_tree(words, data, kKeyed);
}

}  // namespace chopmark

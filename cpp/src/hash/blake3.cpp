// SPDX-License-Identifier: Apache-2.0
#include "hash/blake3.hpp"

#include <bit>

#include "base/endian.hpp"
#include "dispatch/backend.hpp"
#include "hash/blake3_flags.hpp"
#include "hash/portable.hpp"

namespace chopmark {
namespace {

using Words = std::array<std::uint32_t, 8>;

constexpr std::size_t kBlockBytes = 64;
constexpr std::size_t kValueBytes = 32;
// Chunks whose chaining values are computed and joined together: a power of two, so that all but
// the last stretch are complete subtrees; large enough to fill lanes up to near the subtree's root.
constexpr std::size_t kStretchChunks = 128;
constexpr std::size_t kStretchBytes = kStretchChunks * kBlake3ChunkBytes;
// Stretches before the last one number fewer than 2^47, since a length is below 2^64, and the stack
// holds one chaining value for each set bit of their number.
constexpr std::size_t kStackMax = 47;

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

// The sixteen words after the rounds, before the two halves are joined.
void rounds(std::uint32_t v[16], const std::uint32_t cv[8], const std::uint8_t block[64],
            std::uint32_t block_bytes, std::uint64_t counter, std::uint32_t flags) noexcept {
  std::uint32_t m[16];
  for (int i = 0; i < 16; ++i)
    m[i] = load_le<std::uint32_t>(block + 4 * i);
  std::copy_n(cv, 8, v);
  std::copy_n(kSha256Initial, 4, v + 8);
  v[12] = static_cast<std::uint32_t>(counter), v[13] = static_cast<std::uint32_t>(counter >> 32);
  v[14] = block_bytes, v[15] = flags;
  round<0>(v, m);
  round<1>(v, m);
  round<2>(v, m);
  round<3>(v, m);
  round<4>(v, m);
  round<5>(v, m);
  round<6>(v, m);
}

void store_words(std::uint8_t* out, const std::uint32_t* words, std::size_t count) noexcept {
  for (std::size_t i = 0; i < count; ++i)
    store_le(out + 4 * i, words[i]);
}

void store_value(std::uint8_t* out, const Blake3Node& node, std::uint64_t counter) noexcept {
  Words cv;
  std::copy_n(node.cv, 8, cv.begin());
  kernels().blake3_compress(cv.data(), node.block, node.block_bytes, counter, node.flags);
  store_words(out, cv.data(), 8);
}

// The nodes of one mode: plain, or keyed by 32 bytes.
struct Tree {
  const std::uint32_t* key;
  std::uint32_t mode;  // kBlake3Keyed or 0

  /// A chunk of at most kBlake3ChunkBytes, up to its last block.
  [[nodiscard]] Blake3Node chunk(ByteView data, std::uint64_t index) const noexcept {
    const auto compress = kernels().blake3_compress;
    Blake3Node node{};
    std::copy_n(key, 8, node.cv);
    const std::uint8_t* from = data.data();
    std::size_t left = data.size();
    std::uint32_t start = kBlake3ChunkStart;
    for (; left > kBlockBytes; from += kBlockBytes, left -= kBlockBytes, start = 0)
      compress(node.cv, from, kBlockBytes, index, mode | start);
    std::copy_n(from, left, node.block);
    node.block_bytes = static_cast<std::uint32_t>(left);
    node.flags = mode | start | kBlake3ChunkEnd;
    return node;
  }

  [[nodiscard]] Blake3Node parent(const std::uint8_t* children) const noexcept {
    Blake3Node node{};
    std::copy_n(key, 8, node.cv);
    std::copy_n(children, kBlockBytes, node.block);
    node.block_bytes = kBlockBytes;
    node.flags = mode | kBlake3Parent;
    return node;
  }

  [[nodiscard]] Blake3Node root(ByteView data) const noexcept {
    Blake3Node node = data.size() <= kBlake3ChunkBytes ? chunk(data, 0) : root_of_chunks(data);
    node.flags |= kBlake3Root;
    return node;
  }

  [[nodiscard]] Digest hash(ByteView data) const noexcept {
    Digest digest;
    store_value(digest.data(), root(data), 0);
    return digest;
  }

  void output(ByteView data, std::span<std::uint8_t> out) const noexcept {
    const Blake3Node node = root(data);
    const std::size_t whole = out.size() / kBlockBytes;
    if (whole != 0) kernels().blake3_output(out.data(), node, 0, whole);
    const std::span<std::uint8_t> rest = out.subspan(whole * kBlockBytes);
    if (rest.empty()) return;
    std::uint8_t block[kBlockBytes];
    kernels().blake3_output(block, node, whole, 1);
    std::copy_n(block, rest.size(), rest.data());
  }

 private:
  [[nodiscard]] Blake3Node root_of_chunks(ByteView data) const noexcept;

  /// Joins neighbours, level by level, until `most` values are left. A last one without a neighbour
  /// moves up as it is, which is how the tree leans to the left.
  void join(std::uint8_t* values, std::size_t count, std::size_t most) const noexcept {
    while (count > most) {
      const std::size_t pairs = count / 2;
      kernels().blake3_parents(values, key, values, pairs, mode);
      if (count % 2 != 0)
        std::copy_n(values + (count - 1) * kValueBytes, kValueBytes, values + pairs * kValueBytes);
      count = count - pairs;
    }
  }

  /// Values of all chunks of `data`, of which the last may be short; returns their number.
  std::size_t values_of_chunks(std::uint8_t* values, ByteView data,
                               std::uint64_t index) const noexcept {
    const std::size_t whole = data.size() / kBlake3ChunkBytes;
    if (whole != 0) kernels().blake3_chunks(values, key, data.data(), whole, index, mode);
    const ByteView rest = data.subspan(whole * kBlake3ChunkBytes);
    if (rest.empty()) return whole;
    store_value(values + whole * kValueBytes, chunk(rest, index + whole), index + whole);
    return whole + 1;
  }
};

Blake3Node Tree::root_of_chunks(ByteView data) const noexcept {
  std::uint8_t values[kStretchChunks * kValueBytes];
  // Values of complete subtrees lie side by side, so the top two are the block of their parent.
  // They are joined as soon as they are as large as each other; that more input follows shows that
  // their parent is not the root.
  std::uint8_t stack[kStackMax + 1][kValueBytes];
  std::size_t depth = 0;
  const auto push = [&] { std::copy_n(values, kValueBytes, stack[depth++]); };
  const auto join_top = [&] {
    depth -= 2;
    kernels().blake3_parents(values, key, stack[depth], 1, mode);
    push();
  };
  std::uint64_t stretches = 0;
  for (; data.size() > kStretchBytes; data = data.subspan(kStretchBytes)) {
    join(values, values_of_chunks(values, data.first(kStretchBytes), stretches * kStretchChunks),
         1);
    push();
    for (int joins = std::countr_zero(++stretches); joins != 0; --joins)
      join_top();
  }
  const std::size_t count = values_of_chunks(values, data, stretches * kStretchChunks);
  if (depth == 0) {
    join(values, count, 2);
    return parent(values);
  }
  join(values, count, 1);
  push();
  while (depth > 2)
    join_top();
  return parent(stack[0]);
}

Words key_words(const Digest& key) noexcept {
  Words words;
  for (std::size_t i = 0; i < words.size(); ++i)
    words[i] = load_le<std::uint32_t>(key.data() + 4 * i);
  return words;
}

}  // namespace

void blake3_compress_portable(std::uint32_t cv[8], const std::uint8_t block[64],
                              std::uint32_t block_bytes, std::uint64_t counter,
                              std::uint32_t flags) {
  std::uint32_t v[16];
  rounds(v, cv, block, block_bytes, counter, flags);
  for (int i = 0; i < 8; ++i)
    cv[i] = v[i] ^ v[i + 8];
}

void blake3_chunks_portable(std::uint8_t* out, const std::uint32_t key[8], const std::uint8_t* data,
                            std::size_t count, std::uint64_t counter, std::uint32_t mode) {
  for (std::size_t i = 0; i < count; ++i) {
    const ByteView chunk(data + i * kBlake3ChunkBytes, kBlake3ChunkBytes);
    store_value(out + i * kValueBytes, Tree{key, mode}.chunk(chunk, counter + i), counter + i);
  }
}

void blake3_parents_portable(std::uint8_t* out, const std::uint32_t key[8],
                             const std::uint8_t* children, std::size_t count, std::uint32_t mode) {
  for (std::size_t i = 0; i < count; ++i)
    store_value(out + i * kValueBytes, Tree{key, mode}.parent(children + i * kBlockBytes), 0);
}

void blake3_small_many_portable(std::uint8_t* out, const std::uint32_t key[8], const RawView* items,
                                std::size_t count, std::uint32_t mode) {
  for (std::size_t i = 0; i < count; ++i) {
    const ByteView item(items[i].data, items[i].size);
    store_value(out + i * kValueBytes, Tree{key, mode}.root(item), 0);
  }
}

void blake3_keyed_blocks_portable(const BlockJob* jobs, std::size_t count,
                                  const std::uint32_t key[8]) {
  std::uint32_t own[8];
  std::copy_n(key, 8, own);
  for (std::size_t i = 0; i < count; ++i) {
    own[7] = key[7] | jobs[i].depth << 24;
    store_value(jobs[i].out, Tree{own, kBlake3Keyed}.root({jobs[i].in, kBlockBytes}), 0);
  }
}

void blake3_output_portable(std::uint8_t* out, const Blake3Node& root, std::uint64_t counter,
                            std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    std::uint32_t v[16];
    rounds(v, root.cv, root.block, root.block_bytes, counter + i, root.flags);
    for (int j = 0; j < 8; ++j) {
      v[j] ^= v[j + 8];
      v[j + 8] ^= root.cv[j];
    }
    store_words(out + i * kBlockBytes, v, 16);
  }
}

Digest blake3(ByteView data) noexcept {
  return Tree{kSha256Initial, 0}.hash(data);
}

Digest blake3_keyed(const Digest& key, ByteView data) noexcept {
  return Tree{key_words(key).data(), kBlake3Keyed}.hash(data);
}

void blake3_xof(ByteView data, std::span<std::uint8_t> out) noexcept {
  Tree{kSha256Initial, 0}.output(data, out);
}

void blake3_keyed_xof(const Digest& key, ByteView data, std::span<std::uint8_t> out) noexcept {
  Tree{key_words(key).data(), kBlake3Keyed}.output(data, out);
}

}  // namespace chopmark

// SPDX-License-Identifier: Apache-2.0
#include "dispatch/backend.hpp"
#include "merkle/frontier.hpp"
#include "merkle/log.hpp"
#include "merkle/reference.hpp"
#include "merkle/tree_hash.hpp"

namespace chopmark::test {
namespace {

using namespace merkle;

constexpr std::size_t kSizeMax = 200;

}  // namespace

TEST(tree_hashes_are_prefixed) {
  const Digest left = plain_hash(HashId::sha256, text("left"));
  const Digest right = plain_hash(HashId::sha256, text("right"));
  for (const HashId id : kTreeHashes) {
    EXPECT(is_tree_hash(id));
    EXPECT(empty_root(id) == plain_hash(id, {}));
    EXPECT(node_hash(id, left, right) == prefixed_hash(id, 1, left, right));
    EXPECT(node_hash(id, left, right) != node_hash(id, right, left));
    for (const std::size_t size : {0U, 1U, 64U, 65U, 1023U, 1024U, 1025U, 5000U}) {
      const Bytes data = random_bytes(size, size);
      EXPECT(leaf_hash(id, data) == prefixed_hash(id, 0, data));
    }
  }
  EXPECT(!is_tree_hash(HashId::sha512));
}

TEST_EACH_BACKEND(tree_roots_equal_definition) {
  for (const HashId id : kTreeHashes) {
    Frontier frontier(id);
    Log log(id);
    for (std::size_t size = 0; size <= kSizeMax; ++size) {
      const Digest expected = reference_root(id, 0, size);
      EXPECT_EQ(frontier.size(), size);
      EXPECT_EQ(log.size(), size);
      EXPECT(frontier.root() == expected);
      EXPECT(log.root(size) == expected);
      const Bytes data = leaf_data(size);
      frontier.append(leaf_hash(id, data));
      EXPECT_EQ(log.append(data), size);
    }
  }
}

TEST(tree_historic_roots) {
  const Log log = log_of(HashId::sha256, kSizeMax);
  for (std::size_t size = 0; size <= kSizeMax; ++size)
    EXPECT(log.root(size) == reference_root(HashId::sha256, 0, size));
}

TEST(tree_root_of_items) {
  for (const HashId id : kTreeHashes) {
    std::vector<Bytes> all;
    for (std::size_t size = 0; size <= kSizeMax; size += 1 + size / 8) {
      while (all.size() < size)
        all.push_back(leaf_data(all.size()));
      const std::vector<ByteView> views(all.begin(), all.end());
      EXPECT(root_of(id, Items::list(views.data(), size), 2) == reference_root(id, 0, size));
    }
  }
}

TEST(tree_root_of_many_items_on_threads) {
  constexpr std::size_t unit = 4096;
  const Bytes data = random_bytes(1, 3 * (9 * unit + 1));
  Frontier frontier;
  for (std::size_t size = 0; size <= 9 * unit + 1; ++size) {
    const std::size_t beside = size % unit;
    if (size >= unit && (beside <= 1 || beside == unit - 1)) {
      const Items leaves = Items::fixed(data.data(), 3, size);
      for (const unsigned threads : {0U, 1U, 2U, 8U})
        EXPECT(root_of(HashId::sha256, leaves, threads) == frontier.root());
    }
    if (size <= 9 * unit) {
      frontier.append(leaf_hash(HashId::sha256, ByteView(data).subspan(3 * size, 3)));
    }
  }
}

TEST(tree_log_takes_leaf_hashes) {
  Log log;
  EXPECT(log.hash_id() == HashId::sha256);
  for (std::size_t i = 0; i < 50; ++i)
    EXPECT_EQ(log.append_hash(leaf_hash(HashId::sha256, leaf_data(i))), i);
  EXPECT(log.root(50) == reference_root(HashId::sha256, 0, 50));
}

TEST(tree_truncate_and_append_again) {
  for (std::size_t size = 0; size <= 70; ++size) {
    for (std::size_t kept = 0; kept <= size; kept += 3) {
      Log log = log_of(HashId::sha256, size);
      log.truncate(kept);
      EXPECT_EQ(log.size(), kept);
      EXPECT(log.root(kept) == reference_root(HashId::sha256, 0, kept));
      for (std::size_t i = kept; i < kept + 10; ++i)
        log.append(leaf_data(i));
      EXPECT(log.root(kept + 10) == reference_root(HashId::sha256, 0, kept + 10));
    }
  }
}

TEST(tree_truncate_forgets) {
  Log log = log_of(HashId::sha256, 21);
  log.truncate(10);
  log.append(text("another"));
  for (std::size_t i = 11; i < 21; ++i)
    log.append(leaf_data(i));
  EXPECT(log.root(21) != reference_root(HashId::sha256, 0, 21));
  EXPECT(log.root(10) == reference_root(HashId::sha256, 0, 10));
}

// Lengths across the ends of blocks and of a BLAKE3 chunk, alike side by side and mixed.
TEST_EACH_BACKEND(tree_leaf_hashes_of_any_length) {
  std::vector<std::size_t> sizes;
  for (std::size_t size = 0; size <= 140; ++size)
    sizes.push_back(size);
  for (const std::size_t size : {200U, 255U, 256U, 1022U, 1023U, 1024U, 1025U, 2047U, 2048U, 5000U})
    sizes.insert(sizes.end(), 3, size);
  std::vector<Bytes> data;
  for (std::size_t i = 0; i < 2 * sizes.size(); ++i) {
    // All in order, then so that neighbours differ.
    const std::size_t at = i < sizes.size() ? i : (i * 37) % sizes.size();
    data.push_back(random_bytes(i, sizes[at]));
  }
  const std::vector<ByteView> views(data.begin(), data.end());
  const Items leaves = Items::list(views.data(), views.size());
  for (const HashId id : kTreeHashes) {
    Bytes expected;
    for (const Bytes& one : data)
      append(expected, prefixed_hash(id, 0, one));
    for (std::size_t from = 0; from < data.size(); from += 29) {
      for (const std::size_t wanted : {0U, 1U, 2U, 7U, 8U, 9U, 16U, 33U, 400U}) {
        const std::size_t count = std::min<std::size_t>(wanted, data.size() - from);
        Bytes found(32 * count + 1, 0xee);
        leaf_hashes(id, leaves, from, count, found.data());
        EXPECT(std::equal(found.begin(), found.end() - 1,
                          expected.begin() + static_cast<std::ptrdiff_t>(32 * from)));
        EXPECT_EQ(found.back(), 0xee);
      }
    }
  }
}

TEST_EACH_BACKEND(tree_leaf_hashes_of_packed_rows) {
  for (const std::size_t width : {1U, 31U, 33U, 55U, 62U, 63U, 64U, 119U, 127U, 128U, 200U}) {
    const Bytes data = random_bytes(width, 67 * width);
    for (const HashId id : kTreeHashes) {
      Bytes found(32 * 67);
      leaf_hashes(id, Items::fixed(data.data(), width, 67), 0, 67, found.data());
      for (std::size_t i = 0; i < 67; ++i) {
        const Digest one = prefixed_hash(id, 0, ByteView(data).subspan(width * i, width));
        EXPECT(digest_from(found.data() + 32 * i) == one);
      }
    }
  }
}

TEST_EACH_BACKEND(tree_extend_in_any_cuts) {
  constexpr std::size_t size = 3 * 4096 + 77;
  const Bytes data = random_bytes(5, 3 * size);
  for (const HashId id : kTreeHashes) {
    Log one_by_one(id);
    Bytes hashes;
    for (std::size_t i = 0; i < size; ++i) {
      const Digest leaf = leaf_hash(id, ByteView(data).subspan(3 * i, 3));
      append(hashes, leaf);
      one_by_one.append_hash(leaf);
    }
    for (const std::size_t cut : {1U, 63U, 1000U, 1024U, 4095U, 4097U, 9000U, 20000U}) {
      Log log(id);
      Log by_hashes(id);
      Frontier frontier(id);
      Frontier frontier_by_hashes(id);
      const std::size_t end = cut == 1 ? 300 : size;
      for (std::size_t at = 0; at < end; at += cut) {
        const std::size_t count = std::min(cut, end - at);
        const Items leaves = Items::fixed(data.data() + 3 * at, 3, count);
        const ByteView leaf_hashes = ByteView(hashes).subspan(32 * at, 32 * count);
        const unsigned threads = at % 2 == 0 ? 1 : 3;
        log.extend(leaves, threads);
        by_hashes.extend_hashes(leaf_hashes, 2);
        frontier.extend(leaves, threads);
        frontier_by_hashes.extend_hashes(leaf_hashes, 2);
        EXPECT(frontier.root() == one_by_one.root(at + count));
        EXPECT(frontier_by_hashes.root() == frontier.root());
        EXPECT_EQ(frontier.size(), at + count);
      }
      EXPECT_EQ(log.size(), end);
      for (std::size_t at = 0; at <= end; at += 1 + at / 3) {
        EXPECT(log.root(at) == one_by_one.root(at));
        EXPECT(by_hashes.root(at) == one_by_one.root(at));
      }
      EXPECT(log.prove_inclusion(end / 2, end) == one_by_one.prove_inclusion(end / 2, end));
    }
  }
}

TEST(tree_extend_after_truncate) {
  const Bytes data = random_bytes(6, 9000);
  const Bytes before = random_bytes(7, 9000);
  for (const std::size_t kept : {0U, 1U, 5U, 4095U, 4096U, 5000U}) {
    Log log;
    log.extend(Items::fixed(before.data(), 1, 9000), 1);
    log.truncate(kept);
    Log expected;
    for (std::size_t i = 0; i < kept; ++i)
      expected.append(ByteView(before).subspan(i, 1));
    log.extend(Items::fixed(data.data(), 1, 9000), 1);
    for (std::size_t i = 0; i < 9000; ++i)
      expected.append(ByteView(data).subspan(i, 1));
    EXPECT(log.root(kept + 9000) == expected.root(kept + 9000));
    EXPECT(log.root(kept) == expected.root(kept));
  }
}

// The kernels by themselves, in their own memory and in place.
TEST_EACH_BACKEND(tree_kernels_equal_single) {
  const Bytes data = random_bytes(31, 100 * 64 + 1);
  const std::uint8_t* const from = data.data() + 1;  // at no alignment
  for (const HashId id : kTreeHashes) {
    const TreeKernels& tree = id == HashId::sha256 ? kernels().sha256_tree
                              : id == HashId::sm3  ? kernels().sm3_tree
                                                   : kernels().blake3_tree;
    for (std::size_t count = 0; count <= 100; ++count) {
      Bytes leaves;
      Bytes nodes;
      for (std::size_t i = 0; i < count; ++i) {
        append(leaves, leaf_hash(id, ByteView(from + 32 * i, 32)));
        append(nodes, node_hash(id, digest_from(from + 64 * i), digest_from(from + 64 * i + 32)));
      }
      // Inputs of their own, so that a sanitizer sees a read past their end.
      const Bytes leaf_bytes(from, from + 32 * count);
      Bytes node_bytes(from, from + 64 * count);
      Bytes found(32 * count, 0xee);
      tree.leaves(found.data(), leaf_bytes.data(), count);
      EXPECT(found == leaves);
      tree.nodes(found.data(), node_bytes.data(), count);
      EXPECT(found == nodes);
      tree.nodes(node_bytes.data(), node_bytes.data(), count);
      EXPECT(std::equal(nodes.begin(), nodes.end(), node_bytes.begin()));
    }
  }
}

TEST_EACH_BACKEND(tree_root_of_packed_leaves) {
  const Bytes data = random_bytes(32, 32 * 9000);
  std::vector<std::size_t> sizes;
  for (std::size_t size = 0; size <= kSizeMax; ++size)
    sizes.push_back(size);
  for (const std::size_t size : {1023U, 1024U, 1025U, 2049U, 4095U, 4096U, 4097U, 8191U, 9000U})
    sizes.push_back(size);
  for (const HashId id : kTreeHashes) {
    Frontier frontier(id);
    for (const std::size_t size : sizes) {
      while (frontier.size() < size)
        frontier.append(leaf_hash(id, ByteView(data).subspan(32 * frontier.size(), 32)));
      const Items leaves = Items::fixed(data.data(), 32, size);
      EXPECT(root_of(id, leaves, 1) == frontier.root());
      EXPECT(root_of(id, leaves, 3) == frontier.root());
    }
  }
}

}  // namespace chopmark::test

// SPDX-License-Identifier: Apache-2.0
#include "state/chunk.hpp"

#include "state/model.hpp"

namespace chopmark::test {
namespace {

using namespace state;

struct Exported {
  Digest root;
  std::vector<Bytes> chunks;
};

Exported export_all(const StateTree& tree, std::size_t entries_max) {
  const Version& version = *tree.find(tree.base());
  Exported all{version.root, {}};
  std::optional<Key> from = Key{};
  while (from) {
    ExportedChunk chunk = export_chunk(tree, version, *from, entries_max);
    all.chunks.push_back(std::move(chunk.bytes));
    from = chunk.next;
  }
  return all;
}

StateTree tree_of(HashId id, int family, std::size_t count) {
  Model model;
  for (std::size_t i = 0; i < count; ++i)
    model[family_key(family, i)] = family_key(0, i);
  StateTree tree(id);
  insert_all(tree, model);
  return tree;
}

}  // namespace

TEST(state_export_and_import) {
  for (const HashId id : {HashId::blake3, HashId::sha256, HashId::sm3}) {
    for (int family = 0; family < 4; ++family) {
      for (const std::size_t count : {0, 1, 64, 65, 700}) {
        const StateTree tree = tree_of(id, family, count);
        const Exported all = export_all(tree, 64);
        Importer importer(id, all.root);
        for (const Bytes& chunk : all.chunks) {
          EXPECT(!importer.complete());
          EXPECT(check_chunk(id, all.root, chunk, 1).has_value());
          EXPECT(importer.add(chunk, 1) == ImportVerdict::ok);
        }
        EXPECT(importer.complete());
        EXPECT(importer.add(all.chunks.back(), 1) == ImportVerdict::out_of_order);
        const StateTree copy = importer.take();
        EXPECT(copy.find(copy.base())->root == all.root);
        EXPECT_EQ(copy.find(copy.base())->size, tree.find(tree.base())->size);
      }
    }
  }
}

TEST(state_import_takes_chunks_in_order_only) {
  const StateTree tree = tree_of(HashId::blake3, 0, 1000);
  const Exported all = export_all(tree, 64);
  const Exported large = export_all(tree, 400);
  EXPECT(all.chunks.size() > 16 && large.chunks.size() > 2);
  Importer importer(HashId::blake3, all.root);
  for (std::size_t next = 0; next < all.chunks.size(); ++next) {
    for (std::size_t i = 0; i < all.chunks.size(); ++i) {
      if (i != next) EXPECT(importer.add(all.chunks[i], 1) == ImportVerdict::out_of_order);
    }
    // Larger ones that end at the same place have entries in them that are there already.
    if (next != 0 && next + 1 == all.chunks.size())
      EXPECT(importer.add(large.chunks.back(), 1) == ImportVerdict::out_of_order);
    EXPECT(!importer.complete());
    EXPECT(importer.add(all.chunks[next], 1) == ImportVerdict::ok);
  }
  EXPECT(importer.complete());
}

TEST(state_import_of_chunks_of_other_sizes) {
  // What follows a chunk is known from the chunk alone, so an export may go on in another size.
  const StateTree tree = tree_of(HashId::blake3, 0, 1000);
  const Version& version = *tree.find(tree.base());
  Importer importer(HashId::blake3, version.root);
  for (std::size_t i = 0; !importer.complete(); ++i) {
    const ExportedChunk chunk = export_chunk(tree, version, importer.next(), i % 2 ? 64 : 200);
    EXPECT(importer.add(chunk.bytes, 1) == ImportVerdict::ok);
  }
  EXPECT_EQ(importer.size(), std::uint64_t{1000});
}

TEST(state_chunk_every_bit_counts) {
  for (const std::size_t count : {0, 1, 3, 80}) {
    const StateTree tree = tree_of(HashId::blake3, 0, count);
    const Exported all = export_all(tree, 64);
    Importer importer(HashId::blake3, all.root);
    Bytes chunk = all.chunks[0];
    for (std::size_t bit = 0; bit < 8 * chunk.size(); bit += count == 80 ? 7 : 1) {
      chunk[bit / 8] = static_cast<std::uint8_t>(chunk[bit / 8] ^ (1U << (bit % 8)));
      EXPECT(importer.add(chunk, 1) == ImportVerdict::invalid);
      chunk[bit / 8] = static_cast<std::uint8_t>(chunk[bit / 8] ^ (1U << (bit % 8)));
    }
    for (std::size_t size = 0; size < chunk.size(); ++size)
      EXPECT(importer.add(ByteView(chunk).first(size), 1) == ImportVerdict::invalid);
    chunk.push_back(0);
    EXPECT(importer.add(chunk, 1) == ImportVerdict::invalid);
    EXPECT(importer.add(all.chunks[0], 1) == ImportVerdict::ok);
  }
}

}  // namespace chopmark::test

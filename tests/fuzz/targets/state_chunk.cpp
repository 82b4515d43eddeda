// SPDX-License-Identifier: Apache-2.0
// Chunks of a state (ST-30 to ST-35). An input is the state, then chunks, each the number of a true
// one that it begins as, how it is damaged, and how much is damaged.
#include "harness/target.hpp"
#include "state/chunk.hpp"
#include "state/model.hpp"

namespace chopmark::fuzz {
namespace {

constexpr std::size_t kSizes[] = {0, 1, 50, 300};

struct World {
  World(HashId id, std::size_t size) : tree(id) {
    for (std::size_t i = 0; i < size; ++i)
      model[test::family_key(0, i)] = digest_from(test::random_bytes(i, 32).data());
    test::insert_all(tree, model);
    const state::Version& version = *tree.find(tree.base());
    std::optional<state::Key> from = state::Key{};
    while (from) {
      state::ExportedChunk one = state::export_chunk(tree, version, *from, 64);
      chunks.push_back(std::move(one.bytes));
      from = one.next;
    }
  }
  [[nodiscard]] const Digest& root() const { return tree.find(tree.base())->root; }

  state::StateTree tree;
  test::Model model;
  std::vector<Bytes> chunks;
};

const World& world(std::size_t number) {
  static const std::vector<World> all = [] {
    std::vector<World> made;
    for (const HashId id : {HashId::blake3, HashId::sha256}) {
      for (const std::size_t size : kSizes)
        made.emplace_back(id, size);
    }
    return made;
  }();
  return all[number % all.size()];
}

Bytes chunk(const World& of, Choices& choices) {
  Bytes out = of.chunks[choices.below(of.chunks.size())];
  switch (choices.below(4)) {
    case 0:
      return out;
    case 1:
      out[choices.u16() % out.size()] ^= choices.byte();
      return out;
    case 2:
      out.resize(choices.u16() % (out.size() + 80));
      return out;
    default: {
      const ByteView raw = choices.bytes(choices.u16());
      return {raw.begin(), raw.end()};
    }
  }
}

void import(const World& of, Choices& choices) {
  state::Importer importer(of.tree.hash_id(), of.root());
  while (choices.any() && !importer.complete()) {
    const Bytes given = chunk(of, choices);
    const auto seen = [&] {
      const Allowance allowance(given.size(), 8192);
      return state::check_chunk(of.tree.hash_id(), of.root(), given, 1);
    }();
    if (seen) {
      // What leads to the root is a part of the state.
      for (std::size_t i = 0; i < seen->count; ++i) {
        const auto at = of.model.find(digest_from(seen->entries + 64 * i));
        REQUIRE(at != of.model.end() && at->second == digest_from(seen->entries + 64 * i + 32));
      }
    }
    const std::uint64_t before = importer.size();
    const auto verdict = importer.add(given, 1);
    REQUIRE(seen.has_value() == (verdict != state::ImportVerdict::invalid));
    REQUIRE(importer.size() == before + (verdict == state::ImportVerdict::ok ? seen->count : 0));
  }
  if (!importer.complete()) return;
  REQUIRE(importer.size() == of.model.size());
  const state::StateTree tree = importer.take();
  REQUIRE(tree.find(tree.base())->root == of.root());
}

}  // namespace

std::vector<Bytes> seeds() {
  std::vector<Bytes> all;
  for (std::uint8_t number = 0; number < 8; ++number) {
    all.push_back({number});
    for (std::uint8_t i = 0; i < world(number).chunks.size(); ++i) {
      const Bytes true_one{i, 0};
      append(all.back(), true_one);
    }
  }
  all.push_back({3, 0, 0, 2, 1, 0, 9, 1, 1, 2, 0, 60, 3, 3, 0, 4, 0, 1, 2, 3, 1, 0});
  return all;
}

}  // namespace chopmark::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace chopmark;
  fuzz::Choices choices(ByteView(data, size));
  const fuzz::World& of = fuzz::world(choices.byte());
  fuzz::import(of, choices);
  return 0;
}

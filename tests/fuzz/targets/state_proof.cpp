// SPDX-License-Identifier: Apache-2.0
// Proofs about a state (ST-20 to ST-26): none shows what is not so, and each fact has one. An input
// is the state, the key, the value, then the proof.
#include "harness/target.hpp"
#include "state/model.hpp"
#include "state/proof.hpp"

namespace chopmark::fuzz {
namespace {

constexpr HashId kHashes[] = {HashId::blake3, HashId::sha256, HashId::sm3};
constexpr std::size_t kSizes[] = {0, 1, 2, 40};
constexpr std::size_t kFamilies = 4;
constexpr std::size_t kKeys = 64;  // some of them absent

struct World {
  World(HashId id, int of_family, std::size_t size) : tree(id), family(of_family) {
    for (std::size_t i = 0; model.size() < size; ++i)
      model[test::family_key(family, 2 * i)] = digest_from(test::random_bytes(i, 32).data());
    test::insert_all(tree, model);
  }
  [[nodiscard]] const Digest& root() const { return tree.find(tree.base())->root; }

  state::StateTree tree;
  test::Model model;
  int family;
};

const World& world(std::size_t number) {
  static const std::vector<World> all = [] {
    std::vector<World> made;
    for (const HashId id : kHashes) {
      for (const std::size_t size : kSizes) {
        for (int family = 0; family < static_cast<int>(kFamilies); ++family)
          made.emplace_back(id, family, size);
      }
    }
    return made;
  }();
  return all[number % all.size()];
}

Bytes proof_of(const World& of, const Digest& key) {
  Bytes out;
  state::prove(of.tree, *of.tree.find(of.tree.base()), key.data(), out);
  return out;
}

Digest value_of(const World& of, const Digest& key, std::uint8_t choice) {
  const auto at = of.model.find(key);
  Digest value = at != of.model.end() ? at->second : Digest{};
  value[31] ^= choice;
  return value;
}

}  // namespace

std::vector<Bytes> seeds() {
  std::vector<Bytes> all;
  for (std::uint8_t number = 0; number < 48; ++number) {
    for (std::uint8_t key = 0; key < 12; ++key) {
      const World& of = world(number);
      all.push_back({number, key, 0});
      append(all.back(), proof_of(of, test::family_key(of.family, key)));
    }
  }
  return all;
}

}  // namespace chopmark::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace chopmark;
  if (size < 3) return 0;
  const fuzz::World& of = fuzz::world(data[0]);
  const Digest key = test::family_key(of.family, data[1] % fuzz::kKeys);
  const Digest value = fuzz::value_of(of, key, data[2]);
  const ByteView proof(data + 3, size - 3);
  std::uint8_t present = 2;
  std::uint8_t absent = 2;
  {
    const fuzz::Allowance allowance(size, 8192);
    const Items proofs = Items::list(&proof, 1);
    const HashId id = of.tree.hash_id();
    state::verify_inclusions(id, of.root(), key.data(), value.data(), proofs, &present, 1);
    state::verify_absences(id, of.root(), key.data(), proofs, &absent, 1);
  }
  const bool right = std::ranges::equal(fuzz::proof_of(of, key), proof);
  const auto at = of.model.find(key);
  const bool there = at != of.model.end();
  REQUIRE(present == (right && there && at->second == value ? 1 : 0));
  REQUIRE(absent == (right && !there ? 1 : 0));
  return 0;
}

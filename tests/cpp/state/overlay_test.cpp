// SPDX-License-Identifier: Apache-2.0
// What versions see of each other: nodes that one overlay writes over are shared with others.
#include "state/chunk.hpp"
#include "state/model.hpp"
#include "state/proof.hpp"
#include "state/tree.hpp"

namespace chopmark::test {
namespace {

using namespace state;

/// Each second key from `from` on gets a value of the round; each seventh is deleted.
void change(StateTree& tree, VersionId version, Model& model, std::size_t from, std::size_t round) {
  Changes changes;
  for (std::size_t i = from; i < from + 400; i += 2) {
    const Digest key = family_key(0, i);
    const Digest value = family_key(1, i + 1000 * round);
    const bool remove = i % 7 == 0;
    changes.add(key, value, remove);
    if (remove) {
      model.erase(key);
    } else {
      model[key] = value;
    }
  }
  EXPECT(tree.update(version, changes.batch(), 1) == Refusal::none);
}

/// Root, values, proofs of presence and absence, and an export.
void expect_version(const StateTree& tree, VersionId id, const Model& model) {
  const Version& version = *tree.find(id);
  EXPECT(version.root == model_root(tree.hash_id(), model));
  for (std::size_t i = 0; i < 900; i += 3) {
    const Digest key = family_key(0, i);
    Bytes proof;
    prove(tree, version, key.data(), proof);
    const ByteView view(proof);
    const Items proofs = Items::list(&view, 1);
    const auto found = model.find(key);
    std::uint8_t verdict = 0;
    if (found == model.end()) {
      EXPECT(tree.get(version, key.data()) == nullptr);
      verify_absences(tree.hash_id(), version.root, key.data(), proofs, &verdict, 1);
    } else {
      EXPECT(digest_from(tree.get(version, key.data())) == found->second);
      verify_inclusions(tree.hash_id(), version.root, key.data(), found->second.data(), proofs,
                        &verdict, 1);
    }
    EXPECT_EQ(verdict, 1);
  }
  Importer importer(tree.hash_id(), version.root);
  while (!importer.complete())
    EXPECT(importer.add(export_chunk(tree, version, importer.next(), 64).bytes, 1) ==
           ImportVerdict::ok);
  EXPECT_EQ(importer.size(), model.size());
}

void expect_all(const StateTree& tree, const std::map<VersionId, Model>& models) {
  EXPECT_EQ(tree.overlays() + 1, models.size());
  for (const auto& [id, model] : models)
    expect_version(tree, id, model);
}

}  // namespace

TEST(state_versions_do_not_see_each_other) {
  for (const std::uint32_t journal_max : {kOlderMax, 300U, 0U}) {
    StateTree tree(HashId::blake3, journal_max);
    std::map<VersionId, Model> models{{tree.base(), {}}};
    const auto overlay = [&](VersionId parent) {
      VersionId made = 0;
      EXPECT(tree.add_overlay(parent, made) == Refusal::none);
      models[made] = models[parent];
      return made;
    };
    const auto forget = [&] {
      std::erase_if(models, [&](const auto& one) { return tree.find(one.first) == nullptr; });
    };
    change(tree, tree.base(), models[tree.base()], 0, 0);
    const VersionId left = overlay(tree.base());
    const VersionId right = overlay(tree.base());
    change(tree, left, models[left], 100, 1);  // twice: some nodes are its own already
    change(tree, left, models[left], 201, 2);
    change(tree, right, models[right], 150, 3);  // over what `left` wrote and what it did not
    const VersionId deep = overlay(left);
    change(tree, deep, models[deep], 300, 4);
    const VersionId beside = overlay(left);
    change(tree, beside, models[beside], 250, 5);
    change(tree, right, models[right], 400, 6);
    expect_all(tree, models);

    EXPECT(tree.drop(deep) == Refusal::none);
    forget();
    expect_all(tree, models);
    const VersionId top = overlay(beside);
    change(tree, top, models[top], 0, 7);
    EXPECT(tree.merge(left) == Refusal::none);  // `right` goes, what stands on `left` stays
    forget();
    expect_all(tree, models);

    EXPECT(tree.merge(top) == Refusal::none);
    forget();
    change(tree, top, models[top], 100, 8);
    const VersionId last = overlay(top);
    change(tree, last, models[last], 0, 9);
    EXPECT(tree.drop(last) == Refusal::none);
    forget();
    expect_all(tree, models);
  }
}

}  // namespace chopmark::test

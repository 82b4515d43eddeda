// SPDX-License-Identifier: Apache-2.0
#include "state/tree.hpp"

#include "base/limits.hpp"
#include "state/model.hpp"

namespace chopmark::test {
namespace {

using namespace state;

constexpr HashId kHashes[] = {HashId::blake3, HashId::sha256, HashId::sm3};

/// A random stream that the tests draw from.
class Draw {
 public:
  explicit Draw(std::uint64_t seed) : bytes_(random_bytes(seed, 1 << 16)) {}
  std::size_t below(std::size_t end) {
    const std::size_t drawn = bytes_[at_ % bytes_.size()] | bytes_[(at_ + 1) % bytes_.size()] << 8;
    at_ += 2;
    return drawn % end;
  }

 private:
  Bytes bytes_;
  std::size_t at_ = 0;
};

/// A batch of changes to keys of the family, applied to the model too.
Changes draw_changes(Draw& draw, int family, std::size_t keys, std::size_t deletes_of_8,
                     Model& model) {
  Changes changes;
  Model seen;
  for (std::size_t left = 1 + draw.below(60); left != 0; --left) {
    const Digest key = family_key(family, draw.below(keys));
    const Digest value = digest_from(random_bytes(draw.below(1 << 16), 32).data());
    if (!seen.emplace(key, value).second) continue;
    const bool remove = draw.below(8) < deletes_of_8;
    changes.add(key, value, remove);
    if (remove) {
      model.erase(key);
    } else {
      model[key] = value;
    }
  }
  return changes;
}

void expect_equal(const StateTree& tree, VersionId id, const Model& model) {
  const Version* const version = tree.find(id);
  EXPECT(version != nullptr);
  EXPECT_EQ(version->size, model.size());
  EXPECT(version->root == model_root(tree.hash_id(), model));
  for (const auto& [key, value] : model) {
    const std::uint8_t* const found = tree.get(*version, key.data());
    EXPECT(found != nullptr && digest_from(found) == value);
  }
}

}  // namespace

TEST(state_empty_tree) {
  for (const HashId id : kHashes) {
    StateTree tree(id);
    EXPECT(tree.find(tree.base())->root == Digest{});
    EXPECT(tree.update(tree.base(), {}, 1) == Refusal::none);
    const Digest key = family_key(0, 1);
    EXPECT(tree.get(*tree.find(tree.base()), key.data()) == nullptr);
    Changes absent;
    absent.add(key, {}, true);
    EXPECT(tree.update(tree.base(), absent.batch(), 1) == Refusal::none);
    expect_equal(tree, tree.base(), {});
  }
}

TEST_EACH_BACKEND(state_batches_in_place) {
  for (const HashId id : kHashes) {
    for (int family = 0; family < 4; ++family) {
      StateTree tree(id);
      Model model;
      Draw draw(static_cast<std::uint64_t>(family) + 7);
      for (int round = 0; round < 60; ++round) {
        // Grows, then shrinks to nothing.
        const std::size_t deletes = round < 20 ? 1 : round < 40 ? 4 : 8;
        const Changes changes = draw_changes(draw, family, 200, deletes, model);
        EXPECT(tree.update(tree.base(), changes.batch(), 1) == Refusal::none);
        expect_equal(tree, tree.base(), model);
      }
      Changes rest;
      for (const auto& [key, value] : model)
        rest.add(key, value, true);
      EXPECT(tree.update(tree.base(), rest.batch(), 1) == Refusal::none);
      expect_equal(tree, tree.base(), {});
      EXPECT_EQ(tree.store().in_use(), std::size_t{0});
    }
  }
}

TEST(state_one_batch_or_many) {
  Model model;
  for (std::size_t i = 0; i < 3000; ++i)
    model[family_key(0, i)] = family_key(0, i + 1);
  for (const HashId id : kHashes) {
    StateTree once(id);
    insert_all(once, model);
    for (const std::size_t step : {1, 7, 400}) {
      StateTree tree(id);
      auto at = model.rbegin();
      while (at != model.rend()) {
        Changes changes;
        for (std::size_t i = 0; i < step && at != model.rend(); ++i, ++at)
          changes.add(at->first, at->second);
        EXPECT(tree.update(tree.base(), changes.batch(step == 7), step == 400 ? 3 : 1) ==
               Refusal::none);
      }
      EXPECT(tree.find(tree.base())->root == once.find(once.base())->root);
    }
    expect_equal(once, once.base(), model);
  }
}

TEST(state_large_batches) {
  // Large enough to be done in parts, which meet in the nodes above them.
  for (int family = 0; family < 2; ++family) {
    for (const unsigned threads : {1U, 3U}) {
      StateTree tree(HashId::blake3);
      Model model;
      for (std::size_t round = 0; round < 8; ++round) {
        VersionId version = tree.base();
        if (round % 2 != 0) EXPECT(tree.add_overlay(version, version) == Refusal::none);
        Changes changes;
        Model seen;
        for (std::size_t i = round % 3; i < 6000; i += 1 + round % 3) {
          const Digest key = family_key(family, i);
          if (!seen.emplace(key, key).second) continue;
          const bool remove = round != 2 && (i / 7 + round) % 4 < round % 4;
          changes.add(key, family_key(0, i + round), remove);
          if (remove) {
            model.erase(key);
          } else {
            model[key] = family_key(0, i + round);
          }
        }
        EXPECT(tree.update(version, changes.batch(round != 2), threads) == Refusal::none);
        if (round % 2 != 0) EXPECT(tree.merge(version) == Refusal::none);
        expect_equal(tree, tree.base(), model);
      }
      Changes rest;
      for (const auto& [key, value] : model)
        rest.add(key, value, true);
      EXPECT(tree.update(tree.base(), rest.batch(), threads) == Refusal::none);
      EXPECT_EQ(tree.store().in_use(), std::size_t{0});
    }
  }
}

TEST(state_threads_change_nothing) {
  Model model;
  for (std::size_t i = 0; i < 20000; ++i)
    model[family_key(0, i)] = family_key(0, i + 1);
  Changes changes;
  for (const auto& [key, value] : model)
    changes.add(key, value);
  StateTree one(HashId::blake3);
  StateTree four(HashId::blake3);
  EXPECT(one.update(one.base(), changes.batch(false), 1) == Refusal::none);
  EXPECT(four.update(four.base(), changes.batch(false), 4) == Refusal::none);
  EXPECT(one.find(one.base())->root == four.find(four.base())->root);
}

TEST(state_duplicate_keys_are_refused) {
  StateTree tree(HashId::blake3);
  Model model{{family_key(0, 1), family_key(0, 2)}};
  insert_all(tree, model);
  for (const bool remove : {false, true}) {
    Changes changes;
    changes.add(family_key(0, 5), {});
    changes.add(family_key(0, 3), family_key(0, 4));
    changes.add(family_key(0, 5), {}, remove);
    EXPECT(tree.update(tree.base(), changes.batch(), 1) == Refusal::duplicate_key);
    expect_equal(tree, tree.base(), model);
  }
}

TEST(state_overlays_random) {
  for (int round = 0; round < 8; ++round) {
    const int family = round % 4;
    // Overlays that save what they write over, and such that must copy most of it.
    StateTree tree(HashId::blake3, round < 4 ? kOlderMax : 40);
    std::map<VersionId, Model> models{{tree.base(), {}}};
    Draw draw(static_cast<std::uint64_t>(round) + 99);
    for (int step = 0; step < 400; ++step) {
      auto at = models.begin();
      std::advance(at, static_cast<std::ptrdiff_t>(draw.below(models.size())));
      const VersionId id = at->first;
      const std::size_t what = draw.below(10);
      if (what < 4) {
        VersionId made = 0;
        EXPECT(tree.add_overlay(id, made) == Refusal::none);
        models[made] = at->second;
      } else if (what < 8) {
        Model changed = at->second;
        const Changes changes = draw_changes(draw, family, 150, draw.below(8), changed);
        const Refusal refusal = tree.update(id, changes.batch(), 1);
        EXPECT(refusal == (tree.find(id)->overlays != 0 ? Refusal::frozen : Refusal::none));
        if (refusal == Refusal::none) at->second = changed;
      } else if (what == 8) {
        EXPECT(tree.drop(id) == (id == tree.base() ? Refusal::frozen : Refusal::none));
      } else if (draw.below(3) == 0) {
        EXPECT(tree.merge(id) == Refusal::none);
        EXPECT_EQ(tree.base(), id);
      }
      std::erase_if(models, [&](const auto& one) { return tree.find(one.first) == nullptr; });
      EXPECT_EQ(tree.overlays() + 1, models.size());
      for (const auto& [version, model] : models)
        expect_equal(tree, version, model);
    }
    // Nothing leaks: what one version holds is all there is.
    const VersionId last = models.rbegin()->first;
    EXPECT(tree.merge(last) == Refusal::none);
    while (tree.overlays() != 0) {
      VersionId child = last;
      while (tree.find(++child) == nullptr) {
      }
      EXPECT(tree.drop(child) == Refusal::none);
    }
    Changes rest;
    for (const auto& [key, value] : models[last])
      rest.add(key, value, true);
    EXPECT(tree.update(last, rest.batch(), 1) == Refusal::none);
    EXPECT_EQ(tree.store().in_use(), std::size_t{0});
  }
}

TEST(state_overlay_refusals) {
  StateTree tree(HashId::blake3);
  VersionId made = 0;
  EXPECT(tree.add_overlay(77, made) == Refusal::unknown_version);
  EXPECT(tree.merge(77) == Refusal::unknown_version);
  EXPECT(tree.drop(77) == Refusal::unknown_version);
  EXPECT(tree.update(77, {}, 1) == Refusal::unknown_version);
  VersionId top = tree.base();
  for (std::size_t i = 0; i < limits::kStateOverlayDepthMax; ++i)
    EXPECT(tree.add_overlay(top, top) == Refusal::none);
  EXPECT(tree.add_overlay(top, made) == Refusal::too_deep);
  for (std::size_t i = tree.overlays(); i < limits::kStateOverlaysMax; ++i)
    EXPECT(tree.add_overlay(tree.base(), made) == Refusal::none);
  EXPECT(tree.add_overlay(tree.base(), made) == Refusal::too_many_overlays);
  EXPECT(tree.merge(top) == Refusal::none);
  EXPECT_EQ(tree.overlays(), std::size_t{0});
  EXPECT(tree.add_overlay(top, made) == Refusal::none);
}

}  // namespace chopmark::test

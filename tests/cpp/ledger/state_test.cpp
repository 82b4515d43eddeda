// SPDX-License-Identifier: Apache-2.0
#include "ledger/state.hpp"

#include <map>

#include "hash/blake3.hpp"
#include "test.hpp"
#include "types/samples.hpp"

namespace chopmark::test {
namespace {

using ledger::State;
using ledger::StateArena;
using Model = std::map<Digest, Bytes>;

Digest domain(const std::string& characters) {
  Digest key{};
  std::copy(characters.begin(), characters.end(), key.begin());
  return key;
}

bool bit(const Digest& key, std::size_t depth) {
  return ((key[depth / 8] << (depth % 8)) & 0x80) != 0;
}

/// The root by its definition, over sorted entries.
Digest root_of(const std::vector<std::pair<Digest, Bytes>>& entries, std::size_t depth) {
  if (entries.empty()) return {};
  Bytes pair;
  if (entries.size() == 1) {
    append(pair, entries[0].first);
    append(pair, blake3(entries[0].second));
    return blake3_keyed(domain("chopmark state leaf v1"), pair);
  }
  std::vector<std::pair<Digest, Bytes>> halves[2];
  for (const auto& entry : entries)
    halves[bit(entry.first, depth) ? 1 : 0].push_back(entry);
  append(pair, root_of(halves[0], depth + 1));
  append(pair, root_of(halves[1], depth + 1));
  return blake3_keyed(domain("chopmark state node v1"), pair);
}

Digest root_of(const Model& model) {
  return root_of(std::vector<std::pair<Digest, Bytes>>(model.begin(), model.end()), 0);
}

void expect_equals(const State& state, const Model& model) {
  for (const auto& [key, value] : model) {
    const Bytes* found = state.get(key);
    EXPECT(found != nullptr && *found == value);
  }
  EXPECT(state.root() == root_of(model));
}

Digest key_of(std::size_t i) {
  return some_digest(i);
}

/// Keys that share their first 255, 254, ... bits.
std::vector<Digest> close_keys() {
  const Digest first = some_digest(77);
  std::vector<Digest> keys{first};
  for (const std::size_t at : {255U, 254U, 200U, 128U, 8U, 7U, 0U}) {
    keys.push_back(first);
    keys.back()[at / 8] ^= static_cast<std::uint8_t>(0x80 >> (at % 8));
  }
  return keys;
}

}  // namespace

TEST(state_empty) {
  StateArena arena;
  const State state(arena);
  EXPECT(state.root() == Digest{});
  EXPECT(state.get(key_of(1)) == nullptr);
  EXPECT_EQ(arena.live_nodes(), 0U);
}

TEST(state_equals_model) {
  StateArena arena;
  State state(arena);
  Model model;
  for (std::size_t i = 0; i < 300; ++i) {
    const Digest key = key_of((i * 7) % 200);  // some are written twice
    const Bytes value = random_bytes(i, i % 50);
    EXPECT_EQ(state.get(key) != nullptr, model.contains(key));
    state.put(key, value);
    model[key] = value;
    if (i % 11 == 0) expect_equals(state, model);
  }
  expect_equals(state, model);
  EXPECT(state.get(key_of(1000)) == nullptr);
}

TEST(state_keys_with_long_common_prefixes) {
  StateArena arena;
  {
    State state(arena);
    Model model;
    for (const Digest& key : close_keys()) {
      state.put(key, key);
      model[key] = Bytes(key.begin(), key.end());
      expect_equals(state, model);
    }
    EXPECT(arena.live_nodes() > 256);
  }
  EXPECT_EQ(arena.live_nodes(), 0U);
}

TEST(state_root_forgets_order_and_history) {
  StateArena arena;
  State forward(arena);
  State backward(arena);
  for (std::size_t i = 0; i < 100; ++i) {
    forward.put(key_of(i), random_bytes(i, 10));
    backward.put(key_of(99 - i), text("something else"));
    static_cast<void>(backward.root());
  }
  EXPECT(forward.root() != backward.root());
  for (std::size_t i = 0; i < 100; ++i)
    backward.put(key_of(i), random_bytes(i, 10));
  EXPECT(forward.root() == backward.root());
}

TEST(state_root_depends_on_every_value) {
  StateArena arena;
  State state(arena);
  for (std::size_t i = 0; i < 50; ++i)
    state.put(key_of(i), Bytes{1});
  const Digest root = state.root();
  for (std::size_t i = 0; i < 50; ++i) {
    State changed = state;
    changed.put(key_of(i), Bytes{2});
    EXPECT(changed.root() != root);
    changed.put(key_of(i), Bytes{1});
    EXPECT(changed.root() == root);
    changed.put(key_of(i), Bytes{});
    EXPECT(changed.root() != root);
  }
}

TEST(state_copies_do_not_show_each_others_writes) {
  StateArena arena;
  State base(arena);
  Model base_model;
  for (std::size_t i = 0; i < 64; ++i) {
    base.put(key_of(i), random_bytes(i, 9));
    base_model[key_of(i)] = random_bytes(i, 9);
  }
  State left = base;
  State right = base;
  Model left_model = base_model;
  Model right_model = base_model;
  for (std::size_t i = 0; i < 96; ++i) {  // changes below 64, additions above
    left.put(key_of(i), Bytes{1, static_cast<std::uint8_t>(i)});
    left_model[key_of(i)] = {1, static_cast<std::uint8_t>(i)};
    if (i % 2 == 0) continue;
    right.put(key_of(i), Bytes{2, static_cast<std::uint8_t>(i)});
    right_model[key_of(i)] = {2, static_cast<std::uint8_t>(i)};
    if (i % 16 != 1) continue;
    expect_equals(base, base_model);
    expect_equals(left, left_model);
    expect_equals(right, right_model);
  }
  EXPECT(base.get(key_of(80)) == nullptr);
  EXPECT(right.get(key_of(80)) == nullptr);
  EXPECT(left.get(key_of(80)) != nullptr);
}

TEST(state_grandchildren_and_assignment) {
  StateArena arena;
  std::vector<State> versions{State(arena)};
  std::vector<Model> models{{}};
  for (std::size_t i = 0; i < 60; ++i) {
    const std::size_t parent = (i * 5) % versions.size();
    State next = versions[parent];
    next.put(key_of(i % 17), Bytes{static_cast<std::uint8_t>(i)});
    Model model = models[parent];
    model[key_of(i % 17)] = {static_cast<std::uint8_t>(i)};
    versions.push_back(std::move(next));
    models.push_back(std::move(model));
  }
  for (std::size_t i = 0; i < versions.size(); ++i)
    expect_equals(versions[i], models[i]);
  versions[10] = versions[50];
  versions[50].put(key_of(3), Bytes{0xaa});
  expect_equals(versions[10], models[50]);
  State& self = versions[20];
  versions[20] = self;
  expect_equals(versions[20], models[20]);
  for (std::size_t i = 30; i < 40; ++i)
    expect_equals(versions[i], models[i]);
}

TEST(state_undone_write) {
  StateArena arena;
  State state(arena);
  state.put(key_of(1), Bytes{1});
  const Digest root = state.root();
  const std::size_t nodes = arena.live_nodes();
  {
    const State before = state;
    state.put(key_of(1), Bytes{2});
    state.put(key_of(2), Bytes{3});
    state = before;
  }
  EXPECT(state.root() == root);
  EXPECT(state.get(key_of(2)) == nullptr);
  EXPECT_EQ(arena.live_nodes(), nodes);
}

TEST(state_nodes_are_released) {
  StateArena arena;
  {
    State base(arena);
    for (std::size_t i = 0; i < 100; ++i)
      base.put(key_of(i), Bytes(100));
    const std::size_t nodes = arena.live_nodes();
    {
      std::vector<State> copies(10, base);
      EXPECT_EQ(arena.live_nodes(), nodes);
      for (std::size_t i = 0; i < copies.size(); ++i)
        copies[i].put(key_of(i), Bytes{static_cast<std::uint8_t>(i)});
      EXPECT(arena.live_nodes() > nodes && arena.live_nodes() < 3 * nodes);
    }
    EXPECT_EQ(arena.live_nodes(), nodes);
    const State moved = std::move(base);
    EXPECT_EQ(arena.live_nodes(), nodes);
  }
  EXPECT_EQ(arena.live_nodes(), 0U);
}

}  // namespace chopmark::test

// SPDX-License-Identifier: Apache-2.0
#include "base/number_map.hpp"

#include <map>

#include "base/endian.hpp"
#include "test.hpp"

namespace chopmark::test {

TEST(an_empty_number_map_finds_nothing) {
  const NumberMap map;
  EXPECT(!map.find(0).has_value());
  EXPECT(!map.find(UINT64_MAX).has_value());
  EXPECT_EQ(map.size(), 0U);
}

TEST(a_number_map_takes_every_key_and_value) {
  NumberMap map;
  map.set(0, 0);
  map.set(UINT64_MAX, UINT32_MAX);
  EXPECT_EQ(map.find(0).value_or(1), 0U);
  EXPECT_EQ(map.find(UINT64_MAX).value_or(0), UINT32_MAX);
  EXPECT(!map.find(1).has_value());
  map.set(0, 7);
  EXPECT_EQ(map.find(0).value_or(0), 7U);
  EXPECT_EQ(map.size(), 2U);
}

TEST(a_number_map_agrees_with_a_tree) {
  NumberMap map;
  std::map<std::uint64_t, std::uint32_t> model;
  const Bytes random = random_bytes(1, 12 * 20000);
  for (std::size_t i = 0; i < 20000; ++i) {
    const std::uint8_t* at = random.data() + 12 * i;
    // Two small numbers side by side, so that many come twice.
    const std::uint64_t key = load_be<std::uint64_t>(at) & 0x0000003f'000000ffU;
    const auto value = load_be<std::uint32_t>(at + 8);
    EXPECT_EQ(map.find(key).has_value(), model.contains(key));
    map.set(key, value);
    model[key] = value;
  }
  EXPECT_EQ(map.size(), model.size());
  for (const auto& [key, value] : model)
    EXPECT(map.find(key) == value);
  EXPECT(!map.find(0x100).has_value());
}

TEST(a_copy_of_a_number_map_is_on_its_own) {
  NumberMap map;
  for (std::uint32_t i = 0; i < 100; ++i)
    map.set(i, i);
  NumberMap copy = map;
  copy.set(5, 6);
  EXPECT_EQ(map.find(5).value_or(0), 5U);
  EXPECT_EQ(copy.find(5).value_or(0), 6U);
}

}  // namespace chopmark::test

// SPDX-License-Identifier: Apache-2.0
#include "sim/queue.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "sim/random.hpp"
#include "test.hpp"

namespace chopmark::sim {
namespace {

Entry at(std::uint64_t time_us, std::uint32_t mark) {
  Entry out;
  out.time_us = time_us;
  out.life = mark;
  return out;
}

TEST(queue_keeps_the_order_of_time_and_then_of_insertion) {
  Random draw(7);
  Queue queue;
  std::vector<std::pair<std::uint64_t, std::uint32_t>> expected;
  std::vector<std::pair<std::uint64_t, std::uint32_t>> seen;
  for (std::uint32_t i = 0; i < 2000; ++i) {
    const std::uint64_t time_us = draw.below(50);  // many at one time
    queue.push(at(time_us, i));
    expected.emplace_back(time_us, i);
  }
  std::ranges::sort(expected);
  while (!queue.empty()) {
    EXPECT_EQ(queue.first().time_us, expected[seen.size()].first);
    const Entry entry = queue.pop();
    seen.emplace_back(entry.time_us, entry.life);
  }
  EXPECT(seen == expected);
}

TEST(queue_orders_what_is_pushed_while_it_is_emptied) {
  Random draw(8);
  Queue queue;
  for (std::uint32_t i = 0; i < 100; ++i)
    queue.push(at(draw.below(1000), i));
  std::uint64_t now = 0;
  std::uint32_t left = 5000;
  while (!queue.empty()) {
    const Entry entry = queue.pop();
    EXPECT(entry.time_us >= now);
    now = entry.time_us;
    if (left != 0) {
      --left;
      queue.push(at(now + draw.below(100), 0));
    }
  }
  EXPECT_EQ(left, 0u);
}

TEST(buffers_are_used_again_only_when_nobody_holds_them) {
  Buffers buffers;
  const Bytes content = {1, 2, 3};
  Buffer* first = buffers.copy(content);
  Buffers::keep(first);
  buffers.drop(first);
  EXPECT(buffers.copy(content) != first);
  EXPECT(std::ranges::equal(first->bytes(), content));
  const std::uint64_t hash = first->content_hash();
  buffers.drop(first);
  Buffer* again = buffers.copy(Bytes{4, 5, 6});
  EXPECT_EQ(again, first);
  EXPECT(again->content_hash() != hash);  // that of the new bytes
}

}  // namespace
}  // namespace chopmark::sim

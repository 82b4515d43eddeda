// SPDX-License-Identifier: Apache-2.0
#include "base/parallel.hpp"

#include <atomic>
#include <new>

#include "test.hpp"

namespace chopmark::test {

TEST(parallel_for_covers_the_range_once) {
  for (const unsigned threads : {0U, 1U, 3U, 8U}) {
    for (const std::size_t count : {0U, 1U, 7U, 100U}) {
      std::vector<std::uint8_t> seen(count);
      parallel_for(count, threads, 2, [&](std::size_t from, std::size_t to) {
        for (std::size_t i = from; i < to; ++i)
          ++seen[i];
      });
      EXPECT(seen == std::vector<std::uint8_t>(count, 1));
    }
  }
}

TEST(parallel_for_throws_on_after_all_parts_ended) {
  for (const unsigned threads : {1U, 4U}) {
    for (std::size_t bad = 0; bad < 8; ++bad) {
      std::atomic<std::size_t> done{0};
      bool caught = false;
      try {
        parallel_for(8, threads, 2, [&](std::size_t from, std::size_t to) {
          if (from <= bad && bad < to) throw std::bad_alloc();
          done += to - from;
        });
      } catch (const std::bad_alloc&) {
        caught = true;
      }
      EXPECT(caught);
      EXPECT_EQ(done.load(), threads == 1 ? 0U : 6U);
    }
  }
}

}  // namespace chopmark::test

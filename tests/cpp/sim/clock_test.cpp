// SPDX-License-Identifier: Apache-2.0
#include "sim/clock.hpp"

#include "sim/random.hpp"
#include "test.hpp"

namespace chopmark::sim {
namespace {

TEST(clock_never_steps_back_when_its_rate_changes) {
  Random draw(5);
  Clock clock;
  std::uint64_t now = 0, last = 0;
  for (int i = 0; i < 1000; ++i) {
    now += draw.below(100'000);
    if (i % 10 == 0) clock.set_rate(now, draw.between(500'000, 2'000'000));
    EXPECT(clock.mono_ms(now) >= last);
    last = clock.mono_ms(now);
  }
}

TEST(clock_shows_the_time_of_a_timer_when_it_fires_and_not_before) {
  Random draw(6);
  for (int i = 0; i < 1000; ++i) {
    Clock clock;
    clock.set_rate(draw.below(1000), draw.between(500'000, 2'000'000));
    const std::uint64_t now = 1'000 + draw.below(1'000'000);
    const std::uint64_t due = clock.mono_ms(now) + draw.between(1, 50'000);
    const std::uint64_t when = clock.when(now, due);
    EXPECT(clock.mono_ms(when) >= due);
    EXPECT(clock.mono_ms(when - 1) < due);
    EXPECT_EQ(clock.when(when, due), when);
  }
  EXPECT(Clock().when(5, ~std::uint64_t{0}) > 1'000'000'000);  // far, and no overflow
}

TEST(clock_of_the_day_jumps_and_the_monotonic_one_does_not) {
  Clock clock;
  clock.set_rate(0, 1'000'000);
  const std::uint64_t day = clock.day_ms(2'000'000);
  clock.set_day_offset(-1500);
  EXPECT_EQ(clock.day_ms(2'000'000), day - 1500);
  EXPECT_EQ(clock.mono_ms(2'000'000), 2000u);
  clock.reboot(2'000'000, 7'000);
  EXPECT_EQ(clock.mono_ms(3'000'000), 1007u);
}

}  // namespace
}  // namespace chopmark::sim

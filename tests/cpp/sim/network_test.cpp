// SPDX-License-Identifier: Apache-2.0
#include "sim/network.hpp"

#include <vector>

#include "test.hpp"

namespace chopmark::sim {
namespace {

NetworkPlan plan_of(std::size_t nodes) {
  NetworkPlan plan;
  plan.latency_us.assign(nodes * nodes, 1000);
  plan.bits_per_second.assign(nodes, 0);
  return plan;
}

/// Sends `count` messages from 0 to 1, a millisecond apart; times of arrival in the order of
/// sending are not told apart from others.
std::vector<std::uint64_t> arrivals(Network& network, std::size_t count, std::size_t bytes = 100,
                                    std::uint64_t apart_us = 1000) {
  Buffers buffers;
  Queue queue;
  Buffer* message = buffers.make(bytes);
  for (std::size_t i = 0; i < count; ++i)
    network.transmit(queue, message, 0, 1, 1, i * apart_us);
  std::vector<std::uint64_t> out;
  while (!queue.empty())
    out.push_back(queue.pop().time_us);
  return out;
}

TEST(network_without_faults_takes_the_latency) {
  Network network(plan_of(2), 2, 1);
  EXPECT(arrivals(network, 3) == (std::vector<std::uint64_t>{1000, 2000, 3000}));
}

TEST(network_loses_and_doubles_at_its_rates) {
  NetworkPlan plan = plan_of(2);
  plan.loss_ppm = 250'000;
  Network lossy(plan, 2, 1);
  const std::size_t left = arrivals(lossy, 10'000).size();
  EXPECT(left > 7'200 && left < 7'800);
  plan.loss_ppm = 0;
  plan.duplicate_ppm = 100'000;
  Network doubling(plan, 2, 1);
  const std::size_t all = arrivals(doubling, 10'000).size();
  EXPECT(all > 10'800 && all < 11'200);
  doubling.heal();
  EXPECT_EQ(arrivals(doubling, 1000).size(), 1000u);
}

TEST(network_serialises_what_leaves_a_node) {
  NetworkPlan plan = plan_of(2);
  plan.bits_per_second[0] = 8'000'000;  // a byte in a microsecond
  Network network(plan, 2, 1);
  // 100,000 bytes and what is around them.
  EXPECT(arrivals(network, 3, 100'000, 0) ==
         (std::vector<std::uint64_t>{101'100, 201'200, 301'300}));
}

TEST(network_lets_small_messages_past_a_block_to_somebody_else) {
  NetworkPlan plan = plan_of(3);
  plan.bits_per_second[0] = 8'000'000;
  Network network(plan, 3, 1);
  Buffers buffers;
  Queue queue;
  Buffer* block = buffers.make(1'000'000);
  Buffer* vote = buffers.make(100);
  network.transmit(queue, block, 0, 1, 1, 0);
  network.transmit(queue, vote, 0, 2, 2, 0);
  network.transmit(queue, vote, 0, 1, 1, 0);  // on the link of the block: behind it
  network.transmit(queue, block, 0, 2, 2, 0);
  const Entry first = queue.pop();
  EXPECT_EQ(first.process, 2);
  EXPECT_EQ(first.time_us, 1200u);
  EXPECT_EQ(queue.pop().data, block);
  EXPECT_EQ(queue.pop().data, vote);
  EXPECT(queue.pop().time_us >= 2'000'000);
}

TEST(network_is_cut_and_mended) {
  NetworkPlan plan = plan_of(4);
  plan.split_ppm = 500'000;
  plan.mend_ppm = 500'000;
  Network network(plan, 4, 3);
  bool cut = false, whole = false;
  for (int i = 0; i < 200; ++i) {
    network.turn();
    (arrivals(network, 1).empty() ? cut : whole) = true;
  }
  EXPECT(cut && whole);
  network.heal();
  EXPECT(!network.turn());
  EXPECT_EQ(arrivals(network, 1).size(), 1u);
}

}  // namespace
}  // namespace chopmark::sim

// SPDX-License-Identifier: Apache-2.0
#include "consensus/config.hpp"

#include <set>
#include <string>

#include "base/limits.hpp"
#include "consensus/frames.hpp"

namespace chopmark::test {
namespace {

using namespace consensus;

Result<Config> parse(const Bytes& bytes) {
  return parse_config(bytes);
}

Bytes encode(const Config& config) {
  return encode_config(config);
}

void expect_refused(const Config& config, Error error) {
  expect_failure(encode_config(config), error, parse);
}

}  // namespace

TEST(config_round_trip) {
  for (std::size_t n = 1; n <= limits::kValidatorsMax; ++n) {
    for (const std::uint16_t index :
         {std::uint16_t{0}, static_cast<std::uint16_t>(n - 1), kObserver}) {
      Config config = sample_config(index, n);
      config.delta_ms = 3;
      config.build_ms = 0;
      config.standstill_ms = 5;
      config.heartbeat_ms = 6;
      config.views_per_leader = 7;
      config.genesis_time_ms = ~std::uint64_t{0};
      config.epoch_blocks = 8;
      const Bytes bytes = encode_config(config);
      const Result<Config> back = parse_config(bytes);
      EXPECT(back.has_value());
      if (back) EXPECT(encode_config(*back) == bytes && back->validators == config.validators);
      if (back) EXPECT((back->own_key == Digest{}) == (index == kObserver));
    }
  }
}

TEST(config_truncated_or_trailing) {
  for (const std::size_t n : {1U, 4U, 32U}) {
    const Bytes bytes = encode_config(sample_config(0, n));
    expect_truncations_refused(bytes, parse);
    expect_trailing_refused(bytes, parse);
  }
}

TEST(config_bit_flips) {
  const Bytes bytes = encode_config(sample_config(0, 4));
  const std::size_t accepted = expect_flips_exact(bytes, parse, encode);
  EXPECT(accepted > 5 * 256 && accepted < 8 * bytes.size());
}

TEST(config_refusals) {
  const auto with = [](auto&& change) {
    Config config = sample_config(0, 4);
    change(config);
    return config;
  };
  expect_refused(with([](Config& c) { c.validators[3] = c.validators[1]; }), Error::order);
  expect_refused(sample_config(kObserver, 0), Error::limit);
  expect_refused(sample_config(0, limits::kValidatorsMax + 1), Error::limit);
  expect_refused(with([](Config& c) { c.delta_ms = 0; }), Error::value);
  expect_refused(with([](Config& c) { c.standstill_ms = 0; }), Error::value);
  expect_refused(with([](Config& c) { c.heartbeat_ms = 0; }), Error::value);
  expect_refused(with([](Config& c) { c.views_per_leader = 0; }), Error::value);
  expect_refused(with([](Config& c) { c.payload_bytes_max = 3; }), Error::limit);
  expect_refused(with([](Config& c) { c.payload_bytes_max = limits::kPayloadBytesMax + 1; }),
                 Error::limit);
  for (const std::size_t bytes_max : {std::size_t{4}, limits::kPayloadBytesMax}) {
    const Config config =
        with([&](Config& c) { c.payload_bytes_max = static_cast<std::uint32_t>(bytes_max); });
    EXPECT(parse_config(encode_config(config)).has_value());
  }
}

TEST(config_leader_order_is_a_permutation) {
  // As text: libstdc++ 12 orders vectors wrongly on big-endian machines, and warns about bytes.
  std::set<std::string> seen;
  for (std::size_t n = 1; n <= limits::kValidatorsMax; ++n) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      std::vector<std::uint16_t> order = leader_order(some_digest(seed), n);
      EXPECT(order == leader_order(some_digest(seed), n));
      if (n == 8) seen.insert(std::string(order.begin(), order.end()));
      std::sort(order.begin(), order.end());
      EXPECT_EQ(order.size(), n);
      for (std::size_t i = 0; i < order.size(); ++i)
        EXPECT_EQ(order[i], i);
    }
  }
  EXPECT(seen.size() > 15);
}

TEST(config_leader_order_is_even) {
  unsigned first[4] = {};
  for (std::uint64_t seed = 0; seed < 4000; ++seed)
    ++first[leader_order(some_digest(seed), 4).front()];
  for (const unsigned count : first)
    EXPECT(count > 850 && count < 1150);
}

TEST(config_leader_seed) {
  Bytes input = text("chopmark leaders");
  append(input, some_digest(1));
  EXPECT(leader_seed(some_digest(1)) == header_digest(input));  // SHA-256
  EXPECT(leader_seed(some_digest(1)) != leader_seed(some_digest(2)));
}

TEST(config_last_height) {
  constexpr std::uint64_t kNever = ~std::uint64_t{0};
  Config config = sample_config(0, 4);
  EXPECT_EQ(last_height(config, 1), kNever);
  config.epoch_blocks = 8;
  EXPECT_EQ(last_height(config, 1), 8U);
  EXPECT_EQ(last_height(config, 3), 24U);
  EXPECT_EQ(last_height(config, kNever / 8), kNever / 8 * 8);
  EXPECT_EQ(last_height(config, kNever / 8 + 1), kNever);
}

}  // namespace chopmark::test

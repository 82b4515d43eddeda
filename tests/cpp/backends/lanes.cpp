// SPDX-License-Identifier: Apache-2.0
#include "backends/lanes.hpp"

#include <cstring>

namespace chopmark::test {

std::vector<const LaneFunctions*> all_lanes() {
  std::vector<const LaneFunctions*> all{&kArrayLanes};
  for (const Backend& backend : compiled_backends()) {
    if (kAvx512IfmaLanes != nullptr && std::strcmp(backend.name, kAvx512IfmaLanes->name) == 0 &&
        backend_available(backend))
      all.push_back(kAvx512IfmaLanes);
  }
  return all;
}

std::vector<Limbs> extreme_limbs(std::uint64_t most) {
  std::vector<Limbs> all;
  for (const std::uint64_t edge : {most, std::uint64_t{0}, kTopLimb, kTopLimb + 1, most - 1})
    all.push_back({edge, edge, edge, edge, edge});
  all.push_back({most, 0, most, 0, most});
  all.push_back({0, most, 0, most, 0});
  all.push_back({kTopLimb, kTopLimb + 1, kTopLimb, kTopLimb + 1, kTopLimb});
  for (std::size_t i = 0; i < 5; ++i) {
    Limbs alone{};
    alone[i] = most;
    all.push_back(alone);
    Limbs without{most, most, most, most, most};
    without[i] = 0;
    all.push_back(without);
  }
  for (std::uint64_t low = kTopLimb - 19; low <= kTopLimb - 17; ++low)  // p - 1, p, p + 1
    all.push_back({low, kTopLimb, kTopLimb, kTopLimb, kTopLimb});
  all.push_back({1, 0, 0, 0, 0});
  for (std::uint64_t seed = 0; seed < 14; ++seed) {
    const Bytes bytes = random_bytes(seed + 700, 41);
    Limbs random{};
    for (std::size_t i = 0; i < 5; ++i) {
      for (std::size_t j = 0; j < 8; ++j)
        random[i] = random[i] << 8 | bytes[8 * i + j];
      random[i] %= most + 1;
      if ((bytes[40] >> i & 1) != 0) random[i] = most - random[i] % (1 << 16);
    }
    all.push_back(random);
  }
  return all;
}

std::vector<Limbs> combinations(const std::array<std::uint64_t, 6>& edges) {
  std::vector<Limbs> all;
  for (std::size_t pick = 0; pick < 6 * 6 * 6 * 6 * 6; ++pick) {
    Limbs limbs{};
    std::size_t left = pick;
    for (std::uint64_t& limb : limbs) {
      limb = edges[left % 6];
      left /= 6;
    }
    all.push_back(limbs);
  }
  return all;
}

LaneElement element_of(const std::vector<Limbs>& values, std::size_t at) {
  LaneElement a{};
  for (std::size_t lane = 0; lane < kLaneCount; ++lane)
    put_limbs(a, lane, values[(at + lane) % values.size()]);
  return a;
}

Limbs canonical_limbs(const Number& a) {
  const auto bits = [&](std::size_t from) {
    std::uint64_t word = a[from / 64] >> (from % 64);
    if (from % 64 > 13 && from / 64 < 3) word |= a[from / 64 + 1] << (64 - from % 64);
    return word & kTopLimb;
  };
  return {bits(0), bits(51), bits(102), bits(153), bits(204)};
}

std::vector<curve25519::Point> kinds_of_points() {
  using namespace curve25519;
  std::vector<Point> all;
  for (std::size_t i = 0; i < 8; ++i) {
    all.emplace_back();
    EXPECT(decompress(all.back(), from_hex(kSmallOrderEncodings[i]).data()));
  }
  all.push_back(base_point());
  all.push_back(opposite(base_point()));
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    all.push_back(multiple(reduce_wide(random_bytes(seed, 64).data()), base_point()));
    all.push_back(sum_of(all.back(), all[seed + 3]));
  }
  return all;
}

std::vector<Digest> kinds_of_encodings() {
  std::vector<Digest> all;
  const auto add_both_signs = [&](Digest bytes) {
    all.push_back(bytes);
    bytes[31] ^= 0x80;
    all.push_back(bytes);
  };
  for (const char* hex : kSmallOrderEncodings)
    all.push_back(digest_from(from_hex(hex).data()));
  for (unsigned y = 0; y < 24; ++y) {
    Digest bytes{};
    bytes[0] = static_cast<std::uint8_t>(y);
    add_both_signs(bytes);
  }
  for (unsigned above = 0; above < 19; ++above) {  // p .. 2^255 - 1
    Digest bytes;
    bytes.fill(0xff);
    bytes[0] = static_cast<std::uint8_t>(0xed + above);
    bytes[31] = 0x7f;
    add_both_signs(bytes);
  }
  for (const curve25519::Point& p : kinds_of_points())
    add_both_signs(encoded(p));
  for (std::uint64_t seed = 0; seed < 60; ++seed)
    all.push_back(digest_from(random_bytes(seed + 800, 32).data()));
  return all;
}

}  // namespace chopmark::test

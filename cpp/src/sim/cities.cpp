// SPDX-License-Identifier: Apache-2.0
#include "sim/cities.hpp"

#include <array>

namespace chopmark::sim {
namespace {

constexpr std::array<std::array<std::uint32_t, kCities>, kCities> kLatencyUs = {{
#include "sim/cities.inl"
}};

}  // namespace

std::uint32_t city_latency_us(std::size_t from, std::size_t to) noexcept {
  return kLatencyUs[from % kCities][to % kCities];
}

}  // namespace chopmark::sim

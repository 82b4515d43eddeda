// SPDX-License-Identifier: Apache-2.0
// Where the validators of the profile wan stand. Floor: sim.
#pragma once

#include <cstddef>
#include <cstdint>

namespace chopmark::sim {

inline constexpr std::size_t kCities = 16;

/// One-way delay between the cities of two nodes; with more nodes than cities, some share one.
[[nodiscard]] std::uint32_t city_latency_us(std::size_t from, std::size_t to) noexcept;

}  // namespace chopmark::sim

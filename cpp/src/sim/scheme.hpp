// SPDX-License-Identifier: Apache-2.0
// Signatures of simulated runs: anybody could make them, so nobody but a simulation takes them. A
// genesis knows no suite for them. Floor: sim.
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.hpp"

namespace chopmark::sim {

using SimSignature = std::array<std::uint8_t, 64>;

/// The public key of a node; what it signs with is the same.
[[nodiscard]] Digest node_key(std::size_t node) noexcept;
[[nodiscard]] SimSignature sign(const Digest& key, ByteView payload) noexcept;
[[nodiscard]] bool verify(const Digest& key, ByteView payload, ByteView signature) noexcept;

}  // namespace chopmark::sim

// SPDX-License-Identifier: Apache-2.0
#include "sim/scheme.hpp"

#include <algorithm>

#include "base/endian.hpp"

namespace chopmark::sim {
namespace {

std::uint64_t mix(std::uint64_t state, std::uint64_t word) noexcept {
  const auto product = static_cast<unsigned __int128>(state ^ word) * 0x9e3779b97f4a7c15;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

std::uint64_t word_at(ByteView bytes, std::size_t at) noexcept {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < 8 && at + i < bytes.size(); ++i)
    word |= std::uint64_t{bytes[at + i]} << (8 * i);
  return word;
}

std::uint64_t tag(const Digest& key, ByteView payload) noexcept {
  std::uint64_t state = mix(0x243f6a8885a308d3, payload.size());
  for (std::size_t i = 0; i < key.size(); i += 8)
    state = mix(state, word_at(key, i));
  for (std::size_t i = 0; i < payload.size(); i += 8)
    state = mix(state + i, word_at(payload, i));
  return state;
}

}  // namespace

Digest node_key(std::size_t node) noexcept {
  Digest key{};
  for (std::size_t i = 0; i < key.size(); i += 8)
    store_be<std::uint64_t>(key.data() + i, mix(node + 1, 0x13198a2e03707344 + i));
  return key;
}

SimSignature sign(const Digest& key, ByteView payload) noexcept {
  SimSignature out;
  const std::uint64_t first = tag(key, payload);
  for (std::size_t i = 0; i < out.size(); i += 8)
    store_be<std::uint64_t>(out.data() + i, mix(first, i));
  return out;
}

bool verify(const Digest& key, ByteView payload, ByteView signature) noexcept {
  return std::ranges::equal(sign(key, payload), signature);
}

}  // namespace chopmark::sim

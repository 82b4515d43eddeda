// SPDX-License-Identifier: Apache-2.0
#include "sim/checks/checker.hpp"

#include <algorithm>
#include <utility>

namespace chopmark::sim::checks {
namespace {

constexpr std::size_t kViolationsMax = 100;
// Of one block: all that R3 lets it carry is more, but no run has such gaps.
constexpr std::size_t kBlockOverheadMax = 64 * 1024;
// Blocks not final and final (R9, R10).
constexpr std::size_t kBlocksHeldMax = 256 + 64;
constexpr std::size_t kOtherHeldMax = 16 * 1024 * 1024;
// R8: 50 of each kind; B-50: 32 blocks and a few more for each who asks.
constexpr std::size_t kBlocksOutMax = 512;

std::vector<Digest> first_keys(const Setup& setup) {
  return {setup.keys.begin(), setup.keys.begin() + static_cast<std::ptrdiff_t>(setup.validators)};
}

}  // namespace

std::string name_of(std::size_t node) {
  return "node " + std::to_string(node);
}

std::string place_of(std::uint64_t epoch, std::uint64_t view) {
  return " in epoch " + std::to_string(epoch) + " view " + std::to_string(view);
}

Checker::Checker(const Setup& setup, Verify verify)
    : setup_(setup),
      verify_(verify),
      book_(setup, verify, *this),
      nodes_(setup.keys.size()),
      light_(setup.chain_id, first_keys(setup), setup.epoch_blocks, verify),
      light_before_(light_) {}

void Checker::report(std::uint32_t invariant, std::string what) {
  if (violations_.size() < kViolationsMax)
    violations_.push_back({invariant, now_us_, std::move(what)});
}

void Checker::stepped(std::size_t node, std::size_t held_bytes, std::size_t effect_bytes) {
  if (book_.faulty(node)) return;
  const std::size_t block = setup_.payload_bytes_max + kBlockOverheadMax;
  if (held_bytes > kBlocksHeldMax * block + kOtherHeldMax)
    report(10, name_of(node) + " holds " + std::to_string(held_bytes) + " bytes");
  if (effect_bytes > kBlocksOutMax * block + kOtherHeldMax)
    report(10, name_of(node) + " says " + std::to_string(effect_bytes) + " bytes in a step");
}

}  // namespace chopmark::sim::checks

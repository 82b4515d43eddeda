// SPDX-License-Identifier: Apache-2.0
// What was signed and delivered in a twins scenario: small enough to be copied with the replicas.
// The observer of whole runs is not. Floor: sim.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace chopmark::sim {

/// Of four validators. Blocks are known by the first eight bytes of their digests. Each function
/// returns what is wrong, or null.
class TwinsJudge {
 public:
  /// A vote that somebody sends: invariants 2, 3 and 6 of docs/testing.md.
  const char* voted(std::uint8_t kind, std::uint64_t view, std::uint64_t digest,
                    std::size_t validator, bool honest) {
    if (view >= kViews) return nullptr;
    View& at = views_[view];
    const auto bit = static_cast<std::uint8_t>(1u << validator);
    const char* fault = nullptr;
    if (kind == 0x11) {
      at.nullified |= bit;
      for (std::size_t i = 0; i < at.count; ++i) {
        if (honest && (at.blocks[i].finalized & bit) != 0) fault = "finalize and nullify";
        if (decides(at.nullified) && decides(at.blocks[i].finalized)) fault = "nullified and final";
      }
      return fault;
    }
    Block* const block = find(at, digest);
    if (block == nullptr) return "more blocks in a view than anybody could propose";
    std::uint8_t& seen = kind == 0x10 ? block->notarized : block->finalized;
    seen |= bit;
    for (std::size_t i = 0; i < at.count; ++i) {
      const Block& other = at.blocks[i];
      if (other.digest == digest) continue;
      if (honest && ((other.notarized | other.finalized) & bit) != 0) fault = "two blocks";
      if (decides(other.notarized) && decides(block->notarized)) fault = "two notarizations";
    }
    if (kind == 0x12) {
      if (honest && (at.nullified & bit) != 0) fault = "nullify and finalize";
      if (decides(at.nullified) && decides(block->finalized)) fault = "nullified and final";
    }
    return fault;
  }
  /// Invariant 1.
  const char* delivered(std::uint64_t height, std::uint64_t digest) {
    if (height == 0 || height >= kHeights) return nullptr;
    std::uint64_t& known = final_[height];
    if (known == 0) known = digest;
    highest_ = std::max(highest_, height);
    return known == digest ? nullptr : "two final blocks of a height";
  }
  [[nodiscard]] std::uint64_t highest() const noexcept { return highest_; }
  [[nodiscard]] std::uint64_t final_at(std::uint64_t height) const noexcept {
    return final_[height];
  }

 private:
  static constexpr std::size_t kViews = 64;  // more than any scenario reaches
  static constexpr std::size_t kHeights = 64;
  static constexpr int kQuorum = 3;
  struct Block {
    std::uint64_t digest;  // its first eight bytes
    std::uint8_t notarized, finalized;
  };
  struct View {
    std::array<Block, 4> blocks{};
    std::uint8_t count = 0;
    std::uint8_t nullified = 0;
  };
  static bool decides(std::uint8_t signers) noexcept {
    return __builtin_popcount(signers) >= kQuorum;
  }
  static Block* find(View& view, std::uint64_t digest) {
    for (std::size_t i = 0; i < view.count; ++i)
      if (view.blocks[i].digest == digest) return &view.blocks[i];
    if (view.count == view.blocks.size()) return nullptr;
    view.blocks[view.count] = {digest, 0, 0};
    return &view.blocks[view.count++];
  }
  std::array<View, kViews> views_{};
  std::array<std::uint64_t, kHeights> final_{};
  std::uint64_t highest_ = 0;
};

}  // namespace chopmark::sim

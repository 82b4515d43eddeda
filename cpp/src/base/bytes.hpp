// SPDX-License-Identifier: Apache-2.0
// Byte views and fixed-size byte values. Floor: base.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace chopmark {

using ByteView = std::span<const std::uint8_t>;  // borrows; valid as long as its owner
using Bytes = std::vector<std::uint8_t>;         // owns
using Digest = std::array<std::uint8_t, 32>;

inline Digest digest_from(const std::uint8_t* bytes32) noexcept {
  Digest digest;
  std::copy_n(bytes32, digest.size(), digest.begin());
  return digest;
}

inline void append(Bytes& out, ByteView bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

/// Many byte strings seen in place, in one of three layouts. Borrows everything.
class Items {
 public:
  static Items fixed(const std::uint8_t* base, std::size_t width, std::size_t count) noexcept {
    return Items{base, nullptr, nullptr, width, count};
  }
  /// Item i is base[offsets[i], offsets[i + 1]); `offsets` has count + 1 checked entries.
  static Items ragged(const std::uint8_t* base, const std::uint64_t* offsets,
                      std::size_t count) noexcept {
    return Items{base, offsets, nullptr, 0, count};
  }
  static Items list(const ByteView* views, std::size_t count) noexcept {
    return Items{nullptr, nullptr, views, 0, count};
  }

  [[nodiscard]] std::size_t size() const noexcept { return count_; }
  [[nodiscard]] ByteView operator[](std::size_t i) const noexcept {
    if (views_ != nullptr) return views_[i];
    if (offsets_ != nullptr) {
      return {base_ + offsets_[i], static_cast<std::size_t>(offsets_[i + 1] - offsets_[i])};
    }
    return {base_ + i * width_, width_};
  }
  /// Where all items lie side by side, if that is the layout and each has `width` bytes; else null.
  [[nodiscard]] const std::uint8_t* packed(std::size_t width) const noexcept {
    return views_ == nullptr && offsets_ == nullptr && width_ == width ? base_ : nullptr;
  }

 private:
  Items(const std::uint8_t* base, const std::uint64_t* offsets, const ByteView* views,
        std::size_t width, std::size_t count) noexcept
      : base_(base), offsets_(offsets), views_(views), width_(width), count_(count) {}

  const std::uint8_t* base_;
  const std::uint64_t* offsets_;
  const ByteView* views_;
  std::size_t width_;
  std::size_t count_;
};

}  // namespace chopmark

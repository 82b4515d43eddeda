// SPDX-License-Identifier: Apache-2.0
// Bytes on their way: one buffer for all receivers of a broadcast, counted, never moved. One
// thread. Floor: sim.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/bytes.hpp"

namespace chopmark::sim {

struct Buffer {
  std::uint32_t references;
  std::uint32_t size;
  std::uint64_t hash;  // 0: not computed yet
  std::uint8_t size_class;

  [[nodiscard]] std::uint8_t* data() noexcept { return reinterpret_cast<std::uint8_t*>(this + 1); }
  [[nodiscard]] ByteView bytes() noexcept { return {data(), size}; }
  [[nodiscard]] std::uint64_t content_hash() noexcept;
};

/// Free lists by power of two. Must outlive its buffers.
class Buffers {
 public:
  Buffers() = default;
  Buffers(const Buffers&) = delete;
  Buffers& operator=(const Buffers&) = delete;
  ~Buffers();

  /// With one reference and contents yet to be written.
  [[nodiscard]] Buffer* make(std::size_t size);
  [[nodiscard]] Buffer* copy(ByteView bytes);
  static void keep(Buffer* buffer) noexcept { ++buffer->references; }
  void drop(Buffer* buffer) noexcept {
    if (--buffer->references == 0) free_[buffer->size_class].push_back(buffer);
  }
  /// Forgets all references: every buffer is free again.
  void reset() noexcept;

 private:
  static constexpr std::size_t kSmallest = 6;  // 64 bytes, header included
  std::array<std::vector<Buffer*>, 32> free_;
  std::vector<Buffer*> all_;
};

}  // namespace chopmark::sim

// SPDX-License-Identifier: Apache-2.0
// Final blocks as messages, once for all nodes that agree. Floor: sim.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/buffers.hpp"

namespace chopmark::sim {

class Archive {
 public:
  explicit Archive(Buffers& buffers) : buffers_(buffers) {}

  /// The body of the effect `deliver`, in parts.
  struct Final {
    std::uint64_t height;
    ByteView digest, header, certificate, justification, payload;
  };
  /// False if another block of this height is here.
  bool add(const Final& block);
  /// The block message (C-43), or null.
  [[nodiscard]] Buffer* block(std::uint64_t height) const noexcept {
    const bool here = height >= first_ && height - first_ < blocks_.size();
    return here ? blocks_[height - first_].message : nullptr;
  }
  /// Nobody will ask for blocks below.
  void drop_below(std::uint64_t height);

 private:
  struct Block {
    Digest digest;
    Buffer* message;
  };
  Buffers& buffers_;
  std::uint64_t first_ = 1;
  std::vector<Block> blocks_;
};

}  // namespace chopmark::sim

// SPDX-License-Identifier: Apache-2.0
// What a replica asks of its driver, in the order in which it is to be done (docs/spec/consensus.md
// B-21). Floor: consensus.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "types/message.hpp"

namespace chopmark::consensus {

/// A signature to check: over `payload`, by the validator with `public_key`.
struct SignatureCheck {
  Digest public_key;
  Signature signature;
  Bytes payload;
};

/// Collects effects as frames: kind u8, length u32, body.
class Effects {
 public:
  void verify_votes(std::uint64_t request, std::span<const SignatureCheck> checks);
  void sign(std::uint64_t request, ByteView payload);
  void persist(std::uint64_t seq, ByteView record);
  void send(std::uint16_t link, ByteView message);
  void set_timer(std::uint64_t mono_ms);
  void build(std::uint64_t request, const Digest& parent, std::uint64_t height,
             std::uint32_t bytes_max, bool last);
  void certify(const BlockBody& block);
  void deliver(const BlockBody& block, ByteView certificate);
  void evidence(const Evidence& evidence);
  void serve(std::uint16_t link, std::uint64_t height);
  void epoch(ByteView position, std::span<const Bytes> proof);

  /// Hands them over in `out`, and keeps its room for the next.
  void take(Bytes& out) {
    out.clear();
    out.swap(out_);
  }
  void drop() noexcept { out_.clear(); }

 private:
  // Room for a frame of a body of `size` bytes; where the body begins.
  std::uint8_t* frame(std::uint8_t kind, std::size_t size);
  Bytes out_;
};

}  // namespace chopmark::consensus

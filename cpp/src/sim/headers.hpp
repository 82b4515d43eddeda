// SPDX-License-Identifier: Apache-2.0
// Where fields of a block header and of messages lie (docs/spec/codec.md C-30, C-43), for the parts
// of a simulated driver that look into them. Floor: sim.
#pragma once

#include <cstdint>

#include "base/bytes.hpp"
#include "base/endian.hpp"

namespace chopmark::sim {

inline constexpr std::size_t kHeaderBytes = 284;

/// A whole header, borrowed.
class HeaderView {
 public:
  explicit HeaderView(const std::uint8_t* bytes) noexcept : at_(bytes) {}
  [[nodiscard]] std::uint64_t epoch() const noexcept { return load_be<std::uint64_t>(at_ + 34); }
  [[nodiscard]] std::uint64_t view() const noexcept { return load_be<std::uint64_t>(at_ + 42); }
  [[nodiscard]] std::uint64_t height() const noexcept { return load_be<std::uint64_t>(at_ + 50); }
  [[nodiscard]] Digest parent() const noexcept { return digest_from(at_ + 66); }
  [[nodiscard]] Digest state_root() const noexcept { return digest_from(at_ + 140); }
  [[nodiscard]] std::uint64_t log_size() const noexcept {
    return load_be<std::uint64_t>(at_ + 172);
  }
  [[nodiscard]] Digest log_root() const noexcept { return digest_from(at_ + 180); }
  [[nodiscard]] Digest next_set_hash() const noexcept { return digest_from(at_ + 212); }

 private:
  const std::uint8_t* at_;
};

enum class Tag : std::uint8_t {
  header = 0x20,
  closing = 0x21,
  proposal = 0x50,
  vote = 0x51,
  certificate = 0x52,
  ask = 0x53,
  block = 0x54,
  amnesia_ask = 0x55,
  amnesia_reply = 0x56,
  evidence = 0x57,
  transactions = 0x58,
};

}  // namespace chopmark::sim

// SPDX-License-Identifier: Apache-2.0
// Events as a driver writes them and effects as it reads them (docs/spec/consensus.md B-20, B-21):
// frames of kind u8, length u32, body. Floor: sim.
#pragma once

#include <cstdint>
#include <cstring>

#include "base/bytes.hpp"
#include "base/check.hpp"
#include "base/endian.hpp"

namespace chopmark::sim {

inline constexpr std::size_t kFrameHead = 5;
inline constexpr std::size_t kTickFrame = kFrameHead + 16;

enum class EventKind : std::uint8_t {
  tick = 0x01,
  message = 0x02,
  votes_verified = 0x03,
  sign_done = 0x04,
  durable = 0x05,
  built = 0x06,
  certified = 0x07,
  pending = 0x08,
  stored = 0x09,
  link = 0x0a,
  unsigned_ = 0x0b,
  position = 0x0c,
};

enum class EffectKind : std::uint8_t {
  verify_votes = 0x81,
  sign = 0x82,
  persist = 0x83,
  send = 0x84,
  set_timer = 0x85,
  build = 0x86,
  certify = 0x87,
  deliver = 0x88,
  evidence = 0x89,
  serve = 0x8a,
  epoch = 0x8b,
};

inline void add_bytes(Bytes& out, ByteView bytes) {
  const std::size_t at = out.size();
  out.resize(at + bytes.size());
  if (!bytes.empty()) std::memcpy(out.data() + at, bytes.data(), bytes.size());
}

/// Appends one frame to `out`, its body piece by piece.
class FrameWriter {
 public:
  FrameWriter(Bytes& out, EventKind kind) : out_(out), start_(out.size()) {
    out_.resize(start_ + kFrameHead);
    out_[start_] = static_cast<std::uint8_t>(kind);
  }
  FrameWriter(const FrameWriter&) = delete;
  FrameWriter& operator=(const FrameWriter&) = delete;
  ~FrameWriter() {
    const std::size_t size = out_.size() - start_ - kFrameHead;
    store_be<std::uint32_t>(out_.data() + start_ + 1, static_cast<std::uint32_t>(size));
  }
  FrameWriter& u8(std::uint8_t value) { return integer(value); }
  FrameWriter& u16(std::uint16_t value) { return integer(value); }
  FrameWriter& u32(std::uint32_t value) { return integer(value); }
  FrameWriter& u64(std::uint64_t value) { return integer(value); }
  FrameWriter& bytes(ByteView value) {
    add_bytes(out_, value);
    return *this;
  }

 private:
  template <class Word>
  FrameWriter& integer(Word value) {
    const std::size_t at = out_.size();
    out_.resize(at + sizeof value);
    store_be<Word>(out_.data() + at, value);
    return *this;
  }

  Bytes& out_;
  std::size_t start_;
};

/// Reads what the replica wrote. A length that does not fit is a bug of the replica.
class Cursor {
 public:
  explicit Cursor(ByteView input) noexcept : input_(input) {}
  [[nodiscard]] bool done() const noexcept { return input_.empty(); }
  std::uint8_t u8() { return integer<std::uint8_t>(); }
  std::uint16_t u16() { return integer<std::uint16_t>(); }
  std::uint32_t u32() { return integer<std::uint32_t>(); }
  std::uint64_t u64() { return integer<std::uint64_t>(); }
  ByteView bytes(std::size_t size) {
    CHOPMARK_CHECK(size <= input_.size());
    const ByteView out = input_.first(size);
    input_ = input_.subspan(size);
    return out;
  }
  ByteView counted() { return bytes(u32()); }
  [[nodiscard]] ByteView rest() const noexcept { return input_; }

 private:
  template <class Word>
  Word integer() {
    return load_be<Word>(bytes(sizeof(Word)).data());
  }
  ByteView input_;
};

struct EffectFrame {
  EffectKind kind;
  ByteView body;
};

inline EffectFrame next_effect(Cursor& effects) {
  const auto kind = static_cast<EffectKind>(effects.u8());
  return {kind, effects.counted()};
}

}  // namespace chopmark::sim

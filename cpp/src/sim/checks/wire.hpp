// SPDX-License-Identifier: Apache-2.0
// A reader of messages that shares nothing with the replica's: views at fixed offsets
// (docs/spec/codec.md C-30 to C-47). Floor: sim.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>

#include "base/bytes.hpp"
#include "base/endian.hpp"
#include "hash/sha256.hpp"

namespace chopmark::sim::checks {

inline constexpr std::size_t kVotersMax = 32;
inline constexpr std::size_t kHeaderBytes = 284;
inline constexpr std::size_t kClosingBytes = 172;

enum class Vote : std::uint8_t { notarize = 0x10, nullify = 0x11, finalize = 0x12 };

inline bool same(const std::uint8_t* a, const std::uint8_t* b, std::size_t size) noexcept {
  return std::memcmp(a, b, size) == 0;
}
inline bool same(const Digest& a, const std::uint8_t* b) noexcept {
  return same(a.data(), b, 32);
}
inline bool zero(const std::uint8_t* bytes, std::size_t size) noexcept {
  for (std::size_t i = 0; i < size; ++i)
    if (bytes[i] != 0) return false;
  return true;
}

/// f = floor((n - 1) / 3); n - f signatures decide (B-11).
constexpr std::size_t quorum_of(std::size_t validators) noexcept {
  return validators - (validators - 1) / 3;
}

/// A header (C-30) or Closing header (C-37): what both have stands at the same offsets.
struct HeaderView {
  const std::uint8_t* at = nullptr;

  [[nodiscard]] bool closing() const noexcept { return at[0] == 0x21; }
  [[nodiscard]] std::size_t size() const noexcept {
    return closing() ? kClosingBytes : kHeaderBytes;
  }
  [[nodiscard]] ByteView bytes() const noexcept { return {at, size()}; }
  [[nodiscard]] const std::uint8_t* chain_id() const noexcept { return at + 2; }
  [[nodiscard]] std::uint64_t epoch() const noexcept { return load_be<std::uint64_t>(at + 34); }
  [[nodiscard]] std::uint64_t view() const noexcept { return load_be<std::uint64_t>(at + 42); }
  [[nodiscard]] std::uint64_t height() const noexcept { return load_be<std::uint64_t>(at + 50); }
  [[nodiscard]] std::uint64_t parent_view() const noexcept {
    return load_be<std::uint64_t>(at + 58);
  }
  [[nodiscard]] const std::uint8_t* parent_digest() const noexcept { return at + 66; }
  [[nodiscard]] std::uint16_t leader() const noexcept { return load_be<std::uint16_t>(at + 98); }
  [[nodiscard]] const std::uint8_t* last() const noexcept { return at + 100; }          // Closing
  [[nodiscard]] const std::uint8_t* payload_root() const noexcept { return at + 100; }  // not so
  [[nodiscard]] std::uint32_t payload_len() const noexcept {
    return load_be<std::uint32_t>(at + 132);
  }
  // state_root, log_size, log_root.
  [[nodiscard]] ByteView roots() const noexcept { return {at + 140, 72}; }
  [[nodiscard]] const std::uint8_t* next_set_hash() const noexcept { return at + 212; }
  [[nodiscard]] const std::uint8_t* justify_root() const noexcept {
    return at + (closing() ? 132 : 244);
  }
  [[nodiscard]] std::uint64_t time_ms() const noexcept {
    return load_be<std::uint64_t>(at + (closing() ? 164 : 276));
  }
};

/// What is left of a message; a read beyond its end sticks as a failure.
class Cursor {
 public:
  explicit Cursor(ByteView bytes) noexcept : at_(bytes.data()), left_(bytes.size()) {}

  const std::uint8_t* take(std::size_t size) noexcept {
    if (size > left_) {
      failed_ = true;
      left_ = 0;
      return nullptr;
    }
    const std::uint8_t* const from = at_;
    at_ += size;
    left_ -= size;
    return from;
  }
  template <class Word>
  Word number() noexcept {
    const std::uint8_t* const from = take(sizeof(Word));
    return from == nullptr ? Word{0} : load_be<Word>(from);
  }
  ByteView sized() noexcept {
    const std::size_t size = number<std::uint32_t>();
    const std::uint8_t* const from = take(size);
    return from == nullptr ? ByteView{} : ByteView{from, size};
  }
  ByteView rest() noexcept {
    const std::size_t size = left_;
    return {take(size), size};
  }
  [[nodiscard]] std::size_t left() const noexcept { return left_; }
  [[nodiscard]] bool failed() const noexcept { return failed_; }
  [[nodiscard]] bool done() const noexcept { return !failed_ && left_ == 0; }

 private:
  const std::uint8_t* at_;
  std::size_t left_;
  bool failed_ = false;
};

struct VoteView {
  Vote kind = Vote::notarize;
  std::uint16_t validator = 0;
  std::uint64_t epoch = 0;
  std::uint64_t view = 0;
  const std::uint8_t* digest = nullptr;  // null for a nullify
  const std::uint8_t* signature = nullptr;
};

/// A vote message (0x51).
inline bool read_vote(ByteView m, VoteView& out) noexcept {
  if (m.size() < 84 || m[0] != 0x51 || m[1] < 0x10 || m[1] > 0x12) return false;
  out.kind = static_cast<Vote>(m[1]);
  const bool names_block = out.kind != Vote::nullify;
  if (m.size() != (names_block ? 116u : 84u)) return false;
  out.validator = load_be<std::uint16_t>(m.data() + 2);
  out.epoch = load_be<std::uint64_t>(m.data() + 4);
  out.view = load_be<std::uint64_t>(m.data() + 12);
  out.digest = names_block ? m.data() + 20 : nullptr;
  out.signature = m.data() + (names_block ? 52 : 20);
  return true;
}

struct CertificateView {
  Vote kind = Vote::notarize;
  std::uint64_t epoch = 0;
  std::uint64_t view = 0;
  const std::uint8_t* digest = nullptr;
  std::uint32_t signers = 0;  // bit i: validator i
  const std::uint8_t* signatures = nullptr;
};

/// The subject of a certificate (C-41), however the rest may look.
inline bool read_subject(Cursor& in, CertificateView& out) noexcept {
  const std::uint8_t kind = in.number<std::uint8_t>();
  out.epoch = in.number<std::uint64_t>();
  out.view = in.number<std::uint64_t>();
  if (in.failed() || kind < 0x10 || kind > 0x12) return false;
  out.kind = static_cast<Vote>(kind);
  out.digest = out.kind == Vote::nullify ? nullptr : in.take(32);
  return !in.failed();
}

/// Exactly a certificate of `validators` validators with a quorum of signatures.
inline bool read_certificate(ByteView bytes, std::size_t validators,
                             CertificateView& out) noexcept {
  Cursor in(bytes);
  if (!read_subject(in, out)) return false;
  const std::size_t bitmap_len = in.number<std::uint8_t>();
  const std::uint8_t* const bitmap = in.take(bitmap_len);
  if (in.failed() || bitmap_len != (validators + 7) / 8) return false;
  out.signers = 0;
  for (std::size_t i = 0; i < bitmap_len; ++i)
    out.signers |= std::uint32_t{bitmap[i]} << (8 * i);
  if (validators < kVotersMax && (out.signers >> validators) != 0) return false;
  const auto count = static_cast<std::size_t>(__builtin_popcount(out.signers));
  if (count < quorum_of(validators)) return false;
  out.signatures = in.take(64 * count);
  return in.done();
}

struct BlockView {
  HeaderView header;
  const std::uint8_t* leader_signature = nullptr;  // of a proposal
  ByteView justification;
  ByteView payload;
};

inline bool read_header(Cursor& in, HeaderView& out) noexcept {
  const std::uint8_t* const head = in.take(2);
  if (head == nullptr || (head[0] != 0x20 && head[0] != 0x21) || head[1] != 1) return false;
  out.at = head;
  return in.take(out.size() - 2) != nullptr;
}

/// A proposal (0x50) or block (0x54) message.
inline bool read_block(ByteView message, BlockView& out) noexcept {
  Cursor in(message);
  const std::uint8_t tag = in.number<std::uint8_t>();
  if ((tag != 0x50 && tag != 0x54) || !read_header(in, out.header)) return false;
  out.leader_signature = tag == 0x50 ? in.take(64) : nullptr;
  out.justification = in.sized();
  out.payload = in.sized();
  return in.done();
}

/// What a vote signs (C-40): 49 bytes for a nullify, else 81.
struct VotePayload {
  std::array<std::uint8_t, 81> bytes;
  std::size_t size;
  VotePayload(const Digest& chain_id, Vote kind, std::uint64_t epoch, std::uint64_t view,
              const std::uint8_t* digest) noexcept
      : size(digest == nullptr ? 49 : 81) {
    bytes[0] = static_cast<std::uint8_t>(kind);
    std::memcpy(bytes.data() + 1, chain_id.data(), 32);
    store_be(bytes.data() + 33, epoch);
    store_be(bytes.data() + 41, view);
    if (digest != nullptr) std::memcpy(bytes.data() + 49, digest, 32);
  }
  [[nodiscard]] ByteView view() const noexcept { return {bytes.data(), size}; }
};

/// Tells apart contents that were seen before: nobody in a simulation looks for collisions.
inline std::uint64_t mark_of(ByteView bytes) noexcept {
  constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15;
  std::array<std::uint64_t, 4> lanes = {bytes.size() + 1, 2, 3, 4};
  const auto mix = [](std::uint64_t a, std::uint64_t b) {
    const auto product = static_cast<unsigned __int128>(a ^ b) * kOdd;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
  };
  const std::uint8_t* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 32; at += 32, left -= 32) {
    for (std::size_t i = 0; i < 4; ++i)
      lanes[i] = mix(lanes[i] + 0x6a09e667f3bcc909, load_le<std::uint64_t>(at + 8 * i));
  }
  std::array<std::uint8_t, 32> tail{};
  if (left != 0) std::memcpy(tail.data(), at, left);
  for (std::size_t i = 0; i < 4; ++i)
    lanes[i] = mix(lanes[i] + 0xbb67ae8584caa73b, load_le<std::uint64_t>(tail.data() + 8 * i));
  return mix(mix(lanes[0], lanes[1] + 5), mix(lanes[2], lanes[3] + 7) + 11);
}

/// Bytes that begin with a tag, and have room for more.
inline Bytes started(std::uint8_t tag) {
  Bytes out;
  out.reserve(512);
  out.push_back(tag);
  return out;
}

/// Hash of a set of validators (C-46), `set` being the count and the keys.
inline Digest set_hash(ByteView set) {
  Bytes bytes = started(0x41);
  append(bytes, set);
  return sha256(bytes);
}

/// A position (C-47) up to its set.
struct PositionView {
  std::uint64_t epoch = 0;
  std::uint64_t anchor_height = 0;
  const std::uint8_t* anchor_digest = nullptr;
  std::uint64_t anchor_time_ms = 0;
  ByteView set;        // count and keys
  HeaderView final{};  // of the last final block of the epoch; null if there is none
  ByteView finalization;
};

inline bool read_position(ByteView bytes, PositionView& out) noexcept {
  Cursor in(bytes);
  const std::uint8_t* const head = in.take(2);
  if (head == nullptr || head[0] != 0x42 || head[1] != 1) return false;
  out.epoch = in.number<std::uint64_t>();
  out.anchor_height = in.number<std::uint64_t>();
  out.anchor_digest = in.take(32);
  out.anchor_time_ms = in.number<std::uint64_t>();
  static_cast<void>(in.number<std::uint8_t>());
  const std::uint8_t* const count = in.take(1);
  if (in.failed() || *count == 0 || *count > kVotersMax) return false;
  if (in.take(32u * *count) == nullptr) return false;
  out.set = {count, 1 + 32u * *count};
  if (in.number<std::uint8_t>() != 0) {
    if (!read_header(in, out.final)) return false;
    out.finalization = in.sized();
  }
  return in.done();
}

}  // namespace chopmark::sim::checks

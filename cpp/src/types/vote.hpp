// SPDX-License-Identifier: Apache-2.0
// Votes, certificates and justifications (docs/spec/codec.md C-40..C-42). Floor: types.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "codec/reader.hpp"

namespace chopmark {

enum class VoteKind : std::uint8_t { notarize = 0x10, nullify = 0x11, finalize = 0x12 };

using Signature = std::array<std::uint8_t, 64>;

/// What a vote says. The digest is zero for a nullify, which names no block.
struct VoteSubject {
  VoteKind kind = VoteKind::notarize;
  std::uint64_t epoch = 0;
  std::uint64_t view = 0;
  Digest digest{};
  friend bool operator==(const VoteSubject&, const VoteSubject&) = default;
};

/// The bytes that a validator signs.
[[nodiscard]] Bytes vote_payload(const Digest& chain_id, const VoteSubject& subject);

struct Vote {
  VoteSubject subject;
  std::uint16_t validator = 0;
  Signature signature{};
};

/// f = floor((n - 1) / 3) may be faulty; a quorum is n - f.
[[nodiscard]] constexpr std::size_t quorum(std::size_t validators) noexcept {
  return validators - (validators - 1) / 3;
}

/// A quorum's signatures on one subject.
struct Certificate {
  VoteSubject subject;
  std::vector<std::uint16_t> signers;  // ascending
  std::vector<Signature> signatures;   // in their order
};

[[nodiscard]] Bytes encode_certificate(const Certificate& certificate, std::size_t validators);
/// Exactly one certificate of `validators` validators, with at least a quorum of signatures;
/// whether they verify is not looked at.
[[nodiscard]] Result<Certificate> parse_certificate(ByteView bytes, std::size_t validators);

/// `length u32`, then a certificate; a failure sticks to the reader.
[[nodiscard]] Result<Certificate> read_sized_certificate(codec::Reader& in, std::size_t validators);

/// Why a proposal may stand on its parent: the parent's certificate (none for the anchor), and a
/// nullification for every view in between.
struct Justification {
  std::optional<Certificate> parent;
  std::vector<Certificate> nullifications;
};

[[nodiscard]] Bytes encode_justification(const Justification& justification,
                                         std::size_t validators);
[[nodiscard]] Result<Justification> parse_justification(ByteView bytes, std::size_t validators);

/// Shared by votes and certificates: kind, epoch, view, and the digest unless it is a nullify.
[[nodiscard]] VoteSubject read_subject_after(codec::Reader& in, std::uint8_t kind);

}  // namespace chopmark

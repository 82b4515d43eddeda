// SPDX-License-Identifier: Apache-2.0
// Transactions as views over their bytes (docs/spec/codec.md C-20..C-29). Floor: types.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "base/limits.hpp"
#include "base/result.hpp"

namespace chopmark {

enum class OperationCode : std::uint8_t {
  record = 3,
  attest = 4,
};

struct SignerRef {
  std::uint32_t member = 0;
  std::uint32_t key = 0;
  friend bool operator==(const SignerRef&, const SignerRef&) = default;
};

struct OperationView {
  OperationCode code;
  std::uint8_t actor;  // index of the signer who acts
  ByteView body;       // valid for its code
};

/// A transaction whose every field has been checked. Borrows the bytes it was parsed from.
struct TransactionView {
  ByteView bytes;  // all of it
  ByteView body;   // what the id and the signatures cover
  Digest chain_id{};
  std::uint16_t field = 0;
  std::uint64_t valid_until = 0;
  std::array<SignerRef, limits::kSignersMax> signer_storage{};
  std::size_t signer_count = 0;
  std::vector<OperationView> operations;
  ByteView signatures;  // 64 bytes for each signer

  [[nodiscard]] std::span<const SignerRef> signers() const noexcept {
    return std::span(signer_storage).first(signer_count);
  }
  [[nodiscard]] ByteView signature(std::size_t signer) const noexcept {
    return signatures.subspan(64 * signer, 64);
  }
};

/// Exactly one transaction. Offsets of failures count from the front of `bytes`.
[[nodiscard]] Result<TransactionView> parse_transaction(ByteView bytes);

[[nodiscard]] Digest transaction_id(const TransactionView& transaction) noexcept;

/// What each signer signs: the tag, then the transaction id.
inline constexpr std::size_t kSigningBytes = 33;
[[nodiscard]] std::array<std::uint8_t, kSigningBytes> signing_payload(const Digest& id) noexcept;

enum class RecordAction : std::uint8_t { create = 1, amend = 2, withdraw = 3 };

struct RecordOperation {
  RecordAction action = RecordAction::create;
  Digest record_id{};
  std::uint32_t expected_version = 0;
  std::uint16_t schema = 0;  // this and what follows: not for withdraw
  Digest commitment{};
  ByteView refs;  // record ids of 32 bytes each
};

struct AttestOperation {
  Digest target{};
  std::uint32_t version = 0;
  std::uint8_t claim = 0;
  Digest detail{};
};

/// Offsets count from the front of the operation's body.
[[nodiscard]] Result<RecordOperation> parse_record(ByteView body);
[[nodiscard]] Result<AttestOperation> parse_attest(ByteView body);

/// The transactions of a payload (C-29) as views of their bytes; their content is not looked at.
[[nodiscard]] Result<std::vector<ByteView>> parse_payload(ByteView payload);
[[nodiscard]] Bytes encode_payload(std::span<const ByteView> transactions);

}  // namespace chopmark

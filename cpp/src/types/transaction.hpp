// SPDX-License-Identifier: Apache-2.0
// Transactions as views over their bytes (docs/spec/codec.md C-20..C-36). Floor: types.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "base/endian.hpp"
#include "base/limits.hpp"
#include "base/result.hpp"
#include "types/operations.hpp"

namespace chopmark {

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
  std::uint16_t field = 0;
  std::uint8_t signer_count = 0;
  std::uint8_t operation_count = 0;
  std::uint64_t valid_until = 0;
  ByteView signers;     // 8 bytes each
  ByteView operations;  // one after the other (C-23)
  ByteView signatures;  // 64 bytes for each signer

  [[nodiscard]] ByteView chain_id() const noexcept { return body.subspan(3, 32); }
  [[nodiscard]] SignerRef signer(std::size_t i) const noexcept {
    const std::uint8_t* const at = signers.data() + 8 * i;
    return {load_be<std::uint32_t>(at), load_be<std::uint32_t>(at + 4)};
  }
  [[nodiscard]] ByteView signature(std::size_t signer) const noexcept {
    return signatures.subspan(64 * signer, 64);
  }
  /// Calls visit(i, operation) for each operation in order, until it returns false.
  template <class Visit>
  void for_each_operation(Visit&& visit) const {
    const std::uint8_t* at = operations.data();
    for (std::size_t i = 0; i < operation_count; ++i) {
      const std::size_t size = load_be<std::uint16_t>(at + 2);
      const OperationView operation{static_cast<OperationCode>(at[0]), at[1], {at + 4, size}};
      if (!visit(i, operation)) return;
      at += 4 + size;
    }
  }
};

/// Exactly one transaction. Offsets of failures count from the front of `bytes`.
[[nodiscard]] Result<TransactionView> parse_transaction(ByteView bytes);

[[nodiscard]] Digest transaction_id(const TransactionView& transaction) noexcept;

/// What each signer signs: the tag, then the transaction id.
inline constexpr std::size_t kSigningBytes = 33;
[[nodiscard]] std::array<std::uint8_t, kSigningBytes> signing_payload(const Digest& id) noexcept;

/// The transactions of a payload (C-29) as views of their bytes; their content is not looked at.
[[nodiscard]] Result<std::vector<ByteView>> parse_payload(ByteView payload);
[[nodiscard]] Bytes encode_payload(std::span<const ByteView> transactions);

}  // namespace chopmark

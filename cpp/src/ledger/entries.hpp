// SPDX-License-Identifier: Apache-2.0
// What stands in the state: keys and value encodings (docs/spec/ledger.md L-24..L-27).
// Floor: ledger.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.hpp"
#include "types/transaction.hpp"

namespace chopmark::ledger {

[[nodiscard]] Digest member_key(std::uint32_t member) noexcept;
[[nodiscard]] Digest record_key(const Digest& record_id) noexcept;
[[nodiscard]] Digest attestation_key(std::uint32_t signer, const AttestOperation& op) noexcept;

[[nodiscard]] Bytes encode_member(ByteView genesis_encoding);

struct RecordEntry {
  bool withdrawn = false;
  std::uint32_t controller = 0;
  std::uint16_t field = 0;
  std::uint16_t schema = 0;
  std::uint32_t version = 0;
  Digest commitment{};
  ByteView refs;  // 32 bytes each; borrowed

  [[nodiscard]] Bytes encode() const;
  /// From bytes that encode() wrote.
  [[nodiscard]] static RecordEntry decode(ByteView bytes) noexcept;
};

struct AttestationEntry {
  std::uint32_t times = 0;  // how often this was stated; the last one counts
  std::uint64_t height = 0;
  std::uint16_t field = 0;
  Digest detail{};

  [[nodiscard]] Bytes encode() const;
  [[nodiscard]] static AttestationEntry decode(ByteView bytes) noexcept;
};

}  // namespace chopmark::ledger

// SPDX-License-Identifier: Apache-2.0
// A ledger with nine members, and transactions and blocks for it.
#pragma once

#include <optional>
#include <vector>

#include "ledger/ledger.hpp"
#include "sig/signing.hpp"
#include "types/samples.hpp"

namespace chopmark::test {

inline constexpr std::uint16_t kField = 7;
inline constexpr std::uint64_t kGenesisTime = 1234567;

inline constexpr std::uint32_t kMembers = 9;

/// Member 1 records and attests, 2 attests, 3 records, others have no role; each has keys 1 and 2,
/// of which the first administrates.
class Chain {
 public:
  Chain();

  [[nodiscard]] Draft draft(std::uint32_t member, std::vector<Draft::Operation> operations) const;
  /// Body and the signatures of all its signers.
  [[nodiscard]] Bytes signed_bytes(const Draft& draft) const;
  /// One operation by one member; `salt` makes transactions differ.
  [[nodiscard]] Bytes record(std::uint32_t member, const Bytes& operation,
                             std::uint64_t salt = 0) const;
  [[nodiscard]] Bytes attest(std::uint32_t member, const Bytes& operation,
                             std::uint64_t salt = 0) const;

  /// The header that fits on a block the ledger knows, for `payload`.
  [[nodiscard]] Header header_on(const Digest& parent, std::uint64_t height,
                                 const Bytes& payload) const;
  [[nodiscard]] static Bytes block(const Header& header, const Bytes& payload);
  /// Validates a block of these transactions; it has to be accepted.
  Digest extend(const Digest& parent, std::uint64_t height, const std::vector<Bytes>& transactions);
  /// Extends the final block, makes the block final and returns the codes of its transactions.
  std::vector<ledger::ResultCode> run(const std::vector<Bytes>& transactions);

  ledger::Ledger ledger;

 private:
  explicit Chain(const Bytes& genesis);
};

inline Bytes payload_of(const std::vector<Bytes>& transactions) {
  const std::vector<ByteView> views(transactions.begin(), transactions.end());
  return encode_payload(views);
}

inline Digest id_of(const Bytes& transaction) {
  return transaction_id(*parse_transaction(transaction));
}

template <class Code>
std::string named(Code code) {
  return ledger::code_name(code);
}

}  // namespace chopmark::test

// SPDX-License-Identifier: Apache-2.0
// Verified transactions that wait for a block. No I/O; bounded by limits.hpp. Floor: pool.
#pragma once

#include <cstdint>
#include <map>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "ledger/ledger.hpp"

namespace chopmark::pool {

struct Admission {
  std::uint64_t admitted = 0;
  std::uint64_t duplicate = 0;  // waiting already, or final
  std::uint64_t refused = 0;    // malformed, wrong chain or signer, expired, bad signature
  std::uint64_t full = 0;       // valid, but the pool has no room
};

class Pool {
 public:
  /// Takes the transactions of a payload (C-29), verified in one batch. A failure if it is no
  /// payload.
  [[nodiscard]] Result<Admission> admit(const ledger::Ledger& ledger, ByteView payload,
                                        unsigned threads);

  /// The payload of a block of `height` on `parent`: waiting transactions in order of arrival that
  /// may stand there, as many as fit into `bytes_max`.
  [[nodiscard]] Bytes select(const ledger::Ledger& ledger, const Digest& parent,
                             std::uint64_t height, std::size_t bytes_max) const;

  /// Removes what the ledger has made final, and what can no longer stand in any block. Returns how
  /// many went.
  std::size_t remove_final(const ledger::Ledger& ledger);

  [[nodiscard]] std::size_t size() const noexcept { return waiting_.size(); }
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

 private:
  struct Waiting {
    Digest id{};
    std::uint64_t valid_until = 0;
    Bytes transaction;
  };

  std::map<std::uint64_t, Waiting> waiting_;  // by order of arrival
  // Only verified transactions stand here, so an id that is known needs no second look: whatever
  // else carries it is dropped, never taken for verified.
  std::map<Digest, std::uint64_t> arrival_;
  std::uint64_t next_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace chopmark::pool

// SPDX-License-Identifier: Apache-2.0
// Verified transactions that wait for a block (docs/spec/ledger.md L-60..L-65). No I/O; bounded by
// limits.hpp. Floor: pool.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "ledger/id_index.hpp"
#include "ledger/ledger.hpp"

namespace chopmark::pool {

struct Admission {
  std::uint64_t admitted = 0;
  std::uint64_t duplicate = 0;  // waiting already, or final
  std::uint64_t refused = 0;    // malformed, wrong chain or signer, expired, bad signature
  std::uint64_t full = 0;       // valid, but there is no room, or none for its submitter
};

class Pool final : public ledger::Verified {
 public:
  /// Takes the transactions of a payload (C-29), verified in one batch. A failure if it is no
  /// payload. `waiting`, unless null, gets the payload of those that wait now, with the bytes that
  /// were verified (L-65).
  [[nodiscard]] Result<Admission> admit(const ledger::Ledger& ledger, ByteView payload,
                                        unsigned threads, Bytes* waiting = nullptr);

  /// The payload of a block of `height` on `parent`: waiting transactions that may stand there, the
  /// oldest of each submitter first (L-63), as many as fit into `bytes_max`.
  [[nodiscard]] Bytes select(const ledger::Ledger& ledger, const Digest& parent,
                             std::uint64_t height, std::size_t bytes_max) const;

  /// Removes what the ledger has made final, and what can no longer stand in any block. Returns how
  /// many went.
  std::size_t remove_final(const ledger::Ledger& ledger);

  [[nodiscard]] std::size_t size() const noexcept { return index_.size(); }
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

  [[nodiscard]] bool knows(const Digest& id, ByteView transaction,
                           std::span<const Digest* const> public_keys) const noexcept override;

 private:
  using Number = std::uint32_t;
  static constexpr Number kNone = UINT32_MAX;

  struct Waiting {
    Digest id{};
    std::uint64_t valid_until = 0;
    std::uint32_t submitter = 0;
    Number before = kNone;  // in order of arrival
    Number after = kNone;
    Bytes transaction;
    std::vector<SignerRef> signers;
    std::vector<Digest> public_keys;  // of the signers, which verified it
  };
  struct Share {
    std::size_t transactions = 0;
    std::size_t bytes = 0;
  };

  [[nodiscard]] bool has_room(std::uint32_t submitter, std::size_t bytes) const noexcept;
  Number add(const ledger::Candidates& candidates, std::size_t i,
             const ledger::Register& registered);
  void remove(Number number);
  [[nodiscard]] bool may_stand(const Waiting& waiting, const ledger::Register& registered,
                               std::uint64_t height) const noexcept;
  /// All in the order of L-63.
  [[nodiscard]] std::vector<Number> in_rounds() const;
  [[nodiscard]] auto id_of() const noexcept {
    return [this](std::uint64_t number) -> const Digest& { return waiting_[number].id; };
  }

  // Only verified transactions stand here, so an id that is known needs no second look: whatever
  // else carries it is dropped, never taken for verified.
  std::vector<Waiting> waiting_;  // some are free
  std::vector<Number> free_;
  ledger::IdIndex index_;
  std::map<std::uint32_t, Share> shares_;  // by submitter
  Number oldest_ = kNone;
  Number newest_ = kNone;
  std::size_t bytes_ = 0;
};

}  // namespace chopmark::pool

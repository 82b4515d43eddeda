// SPDX-License-Identifier: Apache-2.0
// The ledger of a simulated validator: a chain of hashes over payloads of 8-byte transactions, the
// transactions that wait, and the validator sets that follow from the state. Floor: sim.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.hpp"
#include "sim/setup.hpp"

namespace chopmark::sim {

/// Numbers of nodes, in the order of their seats.
using Seats = std::vector<std::uint8_t>;

/// What stands where a transaction should: the block that holds it is invalid.
inline constexpr std::uint64_t kSpoiled = 0xffff'ffff'ffff'ffff;

struct BuiltBlock {
  Digest state_root{};
  std::uint64_t log_size = 0;
  const Seats* next = nullptr;  // borrowed until the next call
};

struct Judgement {
  bool known_parent = false;  // else the replica asked too early
  bool ok = false;
  const Seats* next = nullptr;  // of the last block of an epoch
};

class ToyLedger {
 public:
  ToyLedger(const Setup& setup, std::size_t nodes);

  // Transactions are numbers from 0.
  /// False if it is known already.
  bool submit(std::uint32_t transaction);
  [[nodiscard]] std::uint32_t waiting() const noexcept { return waiting_count_; }

  /// A block on `parent`: roots, next set if it is wanted, and the payload with at most `batch`
  /// transactions. Empty if the parent is not known.
  std::optional<BuiltBlock> build(const Digest& parent, bool last, std::uint32_t batch,
                                  std::size_t filler, Bytes& payload);
  Judgement certify(const Digest& digest, ByteView header, ByteView payload);
  /// False if it does not stand on the last final block.
  bool finalize(const Digest& digest, ByteView header, ByteView payload);

  /// The process was started anew and its own log reaches to `height`: what came later is unknown
  /// again, and nothing waits.
  void restore(std::uint64_t height);

  [[nodiscard]] std::uint64_t height() const noexcept { return finals_.size() - 1; }
  [[nodiscard]] std::uint64_t root(std::uint64_t height) const { return finals_[height].root; }
  [[nodiscard]] const Digest& digest(std::uint64_t height) const { return finals_[height].digest; }
  /// The key set as an event carries it (C-46).
  void encode_set(const Seats* seats, Bytes& out) const;

 private:
  struct Block {
    Digest digest{}, parent{};
    std::uint64_t height = 0;
    std::uint64_t root = 0;
    std::uint64_t log_size = 0;
    std::vector<std::uint32_t> transactions;
  };

  [[nodiscard]] const Block* find(const Digest& digest) const noexcept;
  /// Everything that follows from parent and payload. False for a payload that is not valid.
  bool apply(const Block& parent, const Digest& digest, ByteView payload, Block& out) const;
  [[nodiscard]] const Seats& seats_after(const Block& parent);
  [[nodiscard]] bool ends_epoch(std::uint64_t height) const noexcept {
    return setup_->epoch_blocks != 0 && height % setup_->epoch_blocks == 0;
  }
  std::uint8_t& state_of(std::uint32_t transaction);
  Block take_spare();
  void drop_candidates(std::uint64_t up_to);

  const Setup* setup_;  // outlives this
  std::size_t nodes_;
  std::vector<Block> finals_;      // by height, from the anchor
  std::vector<Block> candidates_;  // certified or judged, not final
  std::vector<Block> spare_;
  std::vector<Seats> sets_;  // of epochs, from the first
  Seats next_;
  std::vector<std::uint8_t> states_;  // of transactions: unknown, waiting, final
  std::vector<std::uint32_t> waiting_;
  std::uint32_t waiting_count_ = 0;
  std::vector<std::uint32_t> taken_;  // by transaction: the mark of the build that it is not for
  std::uint32_t mark_ = 0;
};

}  // namespace chopmark::sim

// SPDX-License-Identifier: Apache-2.0
// The ledger of one chain: the final state and log, and above them a tree of overlays, one for each
// valid block that is not final. Floor: ledger.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "ledger/codes.hpp"
#include "ledger/operations.hpp"
#include "ledger/registry.hpp"
#include "ledger/state.hpp"
#include "ledger/validate.hpp"
#include "merkle/frontier.hpp"
#include "merkle/log.hpp"
#include "types/header.hpp"

namespace chopmark::ledger {

inline constexpr std::size_t kOverlaysMax = 256;

/// State root and log after a block.
struct Roots {
  Digest state_root{};
  std::uint64_t log_size = 0;
  Digest log_root{};
  friend bool operator==(const Roots&, const Roots&) = default;
};

/// The answer to a block. `transaction` is the index of the one at fault, or -1; `failure` says
/// what and where when bytes are malformed.
struct Verdict {
  Refusal refusal = Refusal::none;
  Digest digest{};
  std::int64_t transaction = -1;
  Failure failure{};
};

/// A transaction that stands in a block.
struct Entry {
  Digest id{};
  std::uint64_t height = 0;
  std::uint64_t log_index = 0;
  TransactionResult result;
};

class Ledger {
 public:
  explicit Ledger(const Genesis& genesis);

  [[nodiscard]] const Digest& chain_id() const noexcept { return chain_id_; }
  [[nodiscard]] const Registry& registry() const noexcept { return registry_; }
  [[nodiscard]] std::uint64_t final_height() const noexcept { return final_.height; }
  [[nodiscard]] const Digest& final_digest() const noexcept { return final_.digest; }

  /// Whether the block is the last final one or a valid one above it.
  [[nodiscard]] bool knows(const Digest& digest) const noexcept { return find(digest) != nullptr; }
  /// Roots after a block that the ledger knows.
  [[nodiscard]] std::optional<Roots> roots(const Digest& digest) const;

  /// Checks a whole block, header and payload, and keeps its overlay if it is valid. A refused
  /// block leaves no trace. The same block again gets the same answer.
  [[nodiscard]] Verdict validate_block(ByteView block, unsigned threads);

  /// Makes a known block and all below it final, and drops what does not descend from it. Returns
  /// the entries that became final, in order; empty optional if the block is not known.
  [[nodiscard]] std::optional<std::vector<Entry>> finalize(const Digest& digest);

  /// Whether the id stands in this block or below it.
  [[nodiscard]] bool contains(const Digest& id, const Digest& digest) const noexcept;
  [[nodiscard]] const Entry* find_final(const Digest& id) const noexcept;
  [[nodiscard]] const State& final_state() const noexcept { return final_.state; }
  [[nodiscard]] const merkle::Log& log() const noexcept { return log_; }

 private:
  struct Overlay {
    Digest digest{};
    Digest parent{};
    std::uint64_t height = 0;
    State state;
    merkle::Frontier frontier;
    Roots roots;
    std::vector<Entry> entries;
    std::vector<Digest> leaves;         // log leaf hashes of the entries
    std::map<Digest, std::size_t> ids;  // of the entries
  };

  [[nodiscard]] const Overlay* find(const Digest& digest) const noexcept;
  [[nodiscard]] Refusal check_header(const Header& header, ByteView payload) const;
  [[nodiscard]] Verdict check_payload(std::vector<Candidate>& out, const Header& header,
                                      ByteView payload, unsigned threads) const;
  [[nodiscard]] Overlay execute_block(const Digest& digest, const Header& header,
                                      const std::vector<Candidate>& candidates);
  void drop_all_but_descendants();

  std::unique_ptr<StateArena> arena_;
  Digest chain_id_;
  Registry registry_;
  Overlay final_;  // the last final block; its entries have moved to final_entries_
  std::map<Digest, Overlay> overlays_;
  merkle::Log log_;
  std::map<Digest, Entry> final_entries_;
};

}  // namespace chopmark::ledger

// SPDX-License-Identifier: Apache-2.0
// The ledger of one chain: the final state and log, and above them a tree of blocks, one for each
// valid block that is not final. Floor: ledger.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "base/bytes.hpp"
#include "ledger/codes.hpp"
#include "ledger/entry_map.hpp"
#include "ledger/final_entries.hpp"
#include "ledger/id_index.hpp"
#include "ledger/operations.hpp"
#include "ledger/overlay.hpp"
#include "ledger/register.hpp"
#include "ledger/validate.hpp"
#include "merkle/frontier.hpp"
#include "merkle/log.hpp"
#include "state/tree.hpp"
#include "types/genesis.hpp"
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

/// What validation of a block has done when its observer hears of it, in this order.
enum class Stage : std::uint8_t { header, parse, ids, signatures, rules, state, log };

/// Somebody who takes the time: the ledger has no clock.
class Observer {
 public:
  Observer() = default;
  virtual ~Observer() = default;
  virtual void reached(Stage stage) = 0;

 protected:
  Observer(const Observer&) = default;
  Observer& operator=(const Observer&) = default;
};

/// How a block is validated, not what comes out.
struct Effort {
  const Verified* verified = nullptr;  // whose signatures are not checked again
  unsigned threads = 1;                // 0: all cores
  Observer* observer = nullptr;
  void reached(Stage stage) const {
    if (observer != nullptr) observer->reached(stage);
  }
};

class Ledger {
 public:
  explicit Ledger(const Genesis& genesis);
  Ledger(const Ledger&) = delete;  // blocks borrow from the ledger and from each other
  Ledger& operator=(const Ledger&) = delete;

  [[nodiscard]] const Digest& chain_id() const noexcept { return chain_id_; }
  [[nodiscard]] std::uint64_t final_height() const noexcept { return final_.height; }
  [[nodiscard]] const Digest& final_digest() const noexcept { return final_.digest; }

  /// Whether the block is the last final one or a valid one above it.
  [[nodiscard]] bool knows(const Digest& digest) const noexcept { return find(digest) != nullptr; }
  /// Roots after a block that the ledger knows.
  [[nodiscard]] std::optional<Roots> roots(const Digest& digest) const;
  /// The register of the blocks on this one; null if the ledger does not know it.
  [[nodiscard]] const Register* register_after(const Digest& digest) const noexcept;

  /// The validators that the state after a known block asks for (L-86), in index order.
  [[nodiscard]] std::optional<std::vector<Digest>> asked_set(const Digest& digest) const;

  /// Checks a whole block, header and payload, and keeps its overlay if it is valid. A refused
  /// block leaves no trace. The same block again gets the same answer.
  [[nodiscard]] Verdict validate_block(ByteView block, const Effort& effort = {});

  /// Makes a known block and all below it final, and drops what does not descend from it. Returns
  /// the entries that became final, in order; empty optional if the block is not known.
  [[nodiscard]] std::optional<std::vector<Entry>> finalize(const Digest& digest);

  /// Whether the id stands in this block or below it, as far as L-14 asks.
  [[nodiscard]] bool contains(const Digest& id, const Digest& digest) const;
  /// Of the last final blocks, as far as L-14 asks.
  [[nodiscard]] const Entry* find_final(const Digest& id) const { return final_entries_.find(id); }

  /// An entry of the final state; empty if there is none. Borrowed until the next call that changes
  /// the ledger.
  [[nodiscard]] ByteView final_entry(const Digest& key) const noexcept {
    return entries_.find(key);
  }
  /// ST-20 for a key under the final state's root.
  [[nodiscard]] Bytes prove_final_entry(const Digest& key) const;
  [[nodiscard]] const merkle::Log& log() const noexcept { return log_; }
  /// Entries of the final state, and bytes held for them and for all versions of the tree.
  [[nodiscard]] std::size_t final_entry_count() const noexcept { return entries_.size(); }
  [[nodiscard]] std::size_t memory() const noexcept { return entries_.memory() + tree_.memory(); }

 private:
  /// A block, and what is after it.
  struct Block {
    Digest digest{};
    Digest parent{};
    std::uint64_t height = 0;
    std::uint64_t time_ms = 0;
    Roots roots;
    state::VersionId version = 0;
    std::shared_ptr<const Register> registered;
    merkle::Frontier frontier;
    Overlay overlay;
    std::vector<Entry> entries;
    std::vector<Digest> leaves;  // log leaf hashes of the entries
    IdIndex ids;                 // of the entries
    [[nodiscard]] bool has(const Digest& id) const;
  };

  [[nodiscard]] const Block* find(const Digest& digest) const noexcept;
  [[nodiscard]] Refusal check_header(const Header& header, ByteView payload) const;
  [[nodiscard]] Verdict check_payload(Candidates& out, const Header& header, ByteView payload,
                                      const Effort& effort) const;
  /// Index of the first candidate whose id stands earlier, or the number of all.
  [[nodiscard]] std::size_t first_replay(const Candidates& candidates, const Block& parent) const;
  void execute_block(const Digest& digest, const Header& header, const Candidates& candidates,
                     const Effort& effort);
  void finish_block(Block& block, const Candidates& candidates, const Effort& effort);
  void hash_leaves(Block& block, const Candidates& candidates, unsigned threads) const;
  void make_final(Block& block);
  void drop_all_but_descendants();

  Digest chain_id_;
  EntryMap entries_;  // of the final state
  state::StateTree tree_;
  Block final_;  // the last final block; its entries have moved to final_entries_
  std::map<Digest, Block> blocks_;
  merkle::Log log_;
  FinalEntries final_entries_;
};

}  // namespace chopmark::ledger

// SPDX-License-Identifier: Apache-2.0
// Every signature that was ever seen, by epoch and view, and what each node wrote of it. Floor:
// sim.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/checks/wire.hpp"
#include "sim/setup.hpp"

namespace chopmark::sim::checks {

using Verify = bool (*)(const Digest& key, ByteView payload, ByteView signature) noexcept;

/// Takes what was found wrong: the number of an invariant (docs/testing.md), and words.
class Reporter {
 public:
  virtual ~Reporter() = default;
  virtual void report(std::uint32_t invariant, std::string what) = 0;
};

inline constexpr std::uint64_t kNotWritten = 0;
inline constexpr std::uint64_t kInLog = ~std::uint64_t{0};  // part of a log that is durable
inline constexpr std::int32_t kNone = -1;

/// A block of a view, known by its header.
struct Block {
  std::array<std::uint8_t, kHeaderBytes> header{};
  std::uint64_t justification_mark = 0;
  std::uint64_t payload_mark = 0;
  bool known = false;            // `header` is its header
  bool complete = false;         // justification and payload were seen and fit the roots
  std::int8_t holds = 0;         // what R3 asks of header and justification: 1 holds, -1 does not
  std::int8_t lawful = 0;        // all of R3 but the clock: 1, or -1
  std::int8_t judged = 0;        // by honest ledgers: 1 good, -1 refused
  bool has_child_roots = false;  // a good child was seen, with these roots
  std::array<std::uint8_t, 72> child_roots{};
  [[nodiscard]] HeaderView view() const noexcept { return {header.data()}; }
};

/// What a view's votes are about.
struct Candidate {
  Digest digest{};
  std::uint32_t notarized = 0;  // bit i: a notarize of validator i was seen
  std::uint32_t finalized = 0;
  Block block;
};

/// Where a node's own record of a vote stands in its log.
struct Own {
  std::uint64_t seq = kNotWritten;
  std::int32_t candidate = kNone;
  bool late = false;  // written after something at or above it was final
};

enum class Kept : std::uint8_t { block, notarization, finalization };

struct Slot {
  std::uint64_t view = 0;  // 0: unused
  std::uint32_t nullified = 0;
  bool overflowed = false;  // something that liars signed found no room
  std::vector<Candidate> candidates;
  // 64 bytes each, rows of n: nullify, then notarize and finalize of each candidate.
  std::vector<std::array<std::uint8_t, 64>> signatures;
  std::vector<Own> own;             // by node: notarize, nullify, finalize
  std::vector<std::uint64_t> kept;  // by candidate, Kept and node: seq of the record
};

struct Epoch {
  std::uint64_t number = 0;
  std::uint64_t anchor_height = 0;
  Digest anchor_digest{};
  std::uint64_t anchor_time_ms = 0;
  Block anchor;  // for the roots of its children alone
  std::vector<Digest> keys;
  std::array<std::uint8_t, kVotersMax> node_of{};  // 0xff: a key of no node
  std::vector<std::uint16_t> order;                // in which they lead
  std::vector<std::int16_t> validator_of;          // by node; -1: none
  std::uint64_t low = 0;                           // views below are forgotten
  std::uint64_t high = 0;                          // highest view that an honest node spoke of
  // By view mod its size, a power of two; null: never used. Slots stay where they are.
  std::vector<std::unique_ptr<Slot>> ring;
  std::uint16_t views_per_leader = 1;
  [[nodiscard]] std::size_t quorum() const noexcept { return quorum_of(keys.size()); }
  [[nodiscard]] std::uint16_t leader(std::uint64_t view) const noexcept {
    return order[(view - 1) / views_per_leader % order.size()];
  }
  [[nodiscard]] bool remembers(const std::unique_ptr<Slot>& slot) const noexcept {
    return slot != nullptr && slot->view >= low;
  }
};

class Book {
 public:
  Book(const Setup& setup, Verify verify, Reporter& reporter);

  static constexpr std::size_t kRingMax = 8192;
  static constexpr std::uint64_t kViewsKept = 256;   // below the lowest honest final view
  static constexpr std::uint64_t kViewsAhead = 192;  // of the highest that honest nodes are in
  static constexpr std::size_t kForgedMax = 24;      // candidates of a view that liars may add

  [[nodiscard]] bool faulty(std::size_t node) const noexcept { return faulty_[node]; }
  void set_faulty(std::size_t node) noexcept { faulty_[node] = true; }
  [[nodiscard]] std::size_t nodes() const noexcept { return faulty_.size(); }
  [[nodiscard]] const Digest& chain_id() const noexcept { return chain_id_; }

  [[nodiscard]] Epoch* epoch(std::uint64_t number) noexcept;
  [[nodiscard]] Epoch& newest() noexcept { return *epochs_.back(); }
  /// The next epoch, once its anchor block is known.
  Epoch& add_epoch(const PositionView& position);
  /// The slot of a view; null if it is too old, or too far ahead and nobody honest speaks of it.
  [[nodiscard]] Slot* slot(Epoch& epoch, std::uint64_t view, bool honest);
  /// Nobody honest stands below this final view any more.
  void forget(Epoch& epoch, std::uint64_t lowest_final);

  [[nodiscard]] static std::int32_t find(const Slot& slot, const std::uint8_t* digest) noexcept;
  /// The candidate, new if need be; kNone if a liar adds it and there is no room.
  std::int32_t add(const Epoch& epoch, Slot& slot, const std::uint8_t* digest, bool honest);

  /// Enters a signature. False: it does not verify.
  bool see(Epoch& epoch, Slot& slot, Vote kind, const std::uint8_t* digest, std::size_t validator,
           const std::uint8_t* signature);
  /// Enters all signatures of a certificate. False: one does not verify.
  bool see(const CertificateView& certificate, bool honest);
  [[nodiscard]] bool verifies(const Epoch& epoch, Vote kind, std::uint64_t view,
                              const std::uint8_t* digest, std::size_t validator,
                              const std::uint8_t* signature) const;

  [[nodiscard]] Own& own(Slot& slot, std::size_t node, Vote kind) const noexcept {
    return slot.own[3 * node + index(kind)];
  }
  [[nodiscard]] std::uint64_t& kept(Slot& slot, std::int32_t candidate, Kept what,
                                    std::size_t node) const noexcept {
    return slot
        .kept[(3 * static_cast<std::size_t>(candidate) + static_cast<std::size_t>(what)) * nodes() +
              node];
  }
  static constexpr std::size_t index(Vote kind) noexcept {
    return static_cast<std::size_t>(kind) - 0x10;
  }
  static constexpr std::size_t count(std::uint32_t bits) noexcept {
    return static_cast<std::size_t>(__builtin_popcount(bits));
  }
  /// Highest view in which a signature of the node was seen.
  [[nodiscard]] std::uint64_t highest_signed(const Epoch& epoch, std::size_t node) const noexcept;

 private:
  void entered(Epoch& epoch, Slot& slot, Vote kind, std::int32_t candidate, std::size_t validator);
  void honest_entered(Slot& slot, Vote kind, std::int32_t candidate, std::size_t validator,
                      std::size_t node);
  void decided(const Epoch& epoch, const Slot& slot, Vote kind, std::int32_t candidate);
  void grow(Epoch& epoch, std::size_t size);
  void open(const Epoch& epoch, Slot& slot, std::uint64_t view) const;

  Digest chain_id_;
  std::uint16_t views_per_leader_;
  std::vector<Digest> node_keys_;
  std::vector<bool> faulty_;
  Verify verify_;
  Reporter& reporter_;
  std::vector<std::unique_ptr<Epoch>> epochs_;  // from epoch 1 on
};

}  // namespace chopmark::sim::checks

// SPDX-License-Identifier: Apache-2.0
// A validator as the search and the scripts drive it: the real replica, a disk and a ledger that
// answer at once, and a clock that moves only when told to. A value: copies share nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "consensus/replica.hpp"
#include "wire.hpp"

namespace chopmark::search {

/// What all nodes of a run share.
struct Setting {
  std::size_t validators = 4;
  std::uint64_t byzantine = 0;         // bit mask of validators without a replica
  std::vector<std::uint16_t> leaders;  // of the first views, in order
  std::uint32_t epoch_blocks = 0;      // B-70
  bool idle = false;                   // no transactions: blocks are empty
  std::uint64_t view_max = ~0ULL;      // blocks of higher views are not built
  Digest chain_id{};                   // chosen by choose_chain() for `leaders`

  [[nodiscard]] std::size_t quorum() const noexcept { return validators - (validators - 1) / 3; }
  [[nodiscard]] bool honest(std::size_t node) const noexcept {
    return (byzantine >> node & 1) == 0;
  }
};

// A view's timers fire within kTimeoutMs of it beginning, since no run skips many views; and as
// many of them as one has never add up to a standstill, nor those to a heartbeat. So what a node
// does depends on which of its clocks were let run, and not on when.
inline constexpr std::uint32_t kDeltaMs = 1;
inline constexpr std::uint64_t kTimeoutMs = 40;
inline constexpr std::uint32_t kStandstillMs = 1000;
inline constexpr std::uint32_t kHeartbeatMs = 100'000;

/// Sets `chain_id` so that the first views of epoch 1 are led in the order of `leaders`.
void choose_chain(Setting& setting);
[[nodiscard]] consensus::Config config_of(const Setting& setting, std::size_t node);
/// A payload with a mark: 'X' is refused by every ledger; an empty one has no transactions.
[[nodiscard]] Bytes payload_marked(char mark);

/// What a node asks with that lost its log for the so-manieth time.
[[nodiscard]] Digest nonce_of(std::size_t node, std::uint32_t losses);

class Node {
 public:
  struct Sent {
    std::uint16_t link;
    Bytes message;
  };
  struct Delivered {
    std::uint64_t height = 0;
    Digest digest{};
    Bytes certificate;    // may be empty
    Bytes block_message;  // as B-50 serves it
  };

  Node(const Setting& setting, std::size_t index);

  /// All that follows from one event until nothing is left to answer. With `records_max`, the node
  /// loses power when it has written that many records: what is not durable then was never sent.
  void receive(const Setting& setting, std::uint16_t link, ByteView message,
               std::optional<std::size_t> records_max = std::nullopt);
  void advance(const Setting& setting, std::uint64_t ms,
               std::optional<std::size_t> records_max = std::nullopt);
  void set_pending(const Setting& setting, std::uint32_t count);
  /// Builds that were held back by `view_max` are answered now.
  void build_on(const Setting& setting);

  enum class Disk : std::uint8_t { kept, lost, emptied };  // emptied: log kept, but only its start
  /// Power off and on.
  void restart(const Setting& setting, Disk disk);

  /// What was sent since the last call.
  [[nodiscard]] std::vector<Sent> take_sent() { return std::exchange(sent_, {}); }
  [[nodiscard]] const std::vector<Delivered>& delivered() const noexcept { return delivered_; }
  [[nodiscard]] const std::vector<Bytes>& accused() const noexcept { return accused_; }
  [[nodiscard]] const consensus::Replica& replica() const noexcept { return replica_; }
  [[nodiscard]] std::size_t index() const noexcept { return index_; }
  [[nodiscard]] std::size_t records_written() const noexcept { return records_written_; }
  [[nodiscard]] bool down() const noexcept { return down_; }
  [[nodiscard]] std::uint64_t now() const noexcept { return mono_ms_; }
  [[nodiscard]] std::uint64_t timer() const noexcept { return timer_ms_; }
  [[nodiscard]] std::uint64_t epochs_ended() const noexcept { return epochs_ended_; }
  /// What the replica would be after a restart now, as its snapshot.
  [[nodiscard]] Bytes recovered_snapshot(const Setting& setting) const;

 private:
  void run(const Setting& setting, Bytes events, std::optional<std::size_t> records_max);
  void tick(Bytes& events) const;
  void build(const Setting& setting, std::uint64_t request, bool last, Bytes& events) const;
  void serve(std::uint16_t link, std::uint64_t height);
  [[nodiscard]] Result<consensus::Replica> recover(const Setting& setting) const;
  void checkpoint();

  std::size_t index_;
  consensus::Replica replica_;
  std::optional<Bytes> log_, fence_;
  Bytes position_;  // of the ledger
  std::vector<Sent> sent_;
  std::vector<Delivered> delivered_;
  std::vector<Bytes> accused_;
  std::vector<std::pair<std::uint64_t, bool>> held_builds_;  // request, last
  std::uint64_t mono_ms_ = 1;
  std::uint64_t timer_ms_ = ~0ULL;
  std::uint64_t epochs_ended_ = 0;
  std::size_t records_written_ = 0;  // during the last call
  std::uint32_t losses_ = 0;
  std::uint32_t pending_ = 0;
  bool down_ = false;  // lost power by records_max; only restart() helps
};

}  // namespace chopmark::search

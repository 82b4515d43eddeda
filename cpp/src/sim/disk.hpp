// SPDX-License-Identifier: Apache-2.0
// The disk of one simulated process: the replica's log and fence, and how far the driver's own log
// of final blocks reaches. What was not synced may be lost or torn by a crash. Floor: sim.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.hpp"
#include "sim/random.hpp"

namespace chopmark::sim {

/// Where the driver's own log stands.
struct Stored {
  std::uint64_t height = 0;
  Bytes position;  // C-47; empty: genesis
};

class Disk {
 public:
  // While the process runs.
  void append(std::uint64_t seq, ByteView record);
  void store(std::uint64_t height, Bytes position);
  /// Whether something waits to be synced, and what a sync begun now will cover.
  [[nodiscard]] bool dirty() const noexcept;
  void begin_sync() noexcept;
  void end_sync();
  [[nodiscard]] bool syncing() const noexcept { return syncing_; }
  [[nodiscard]] bool clean() const noexcept { return !syncing_ && !dirty(); }
  [[nodiscard]] std::uint64_t synced_seq() const noexcept { return synced_seq_; }
  [[nodiscard]] std::uint64_t stored_height() const noexcept { return stored_.height; }

  // The two steps of a checkpoint; each is durable when it returns.
  void replace_log(ByteView log);
  void replace_fence(ByteView fence) { fence_.emplace(fence.begin(), fence.end()); }

  // What a crash leaves.
  /// True if a part, and not all, of what was not synced is left in some way.
  bool crash(bool torn, Random& draw);
  /// Changes a bit of a record that a later good one shows to have been synced. False: there is
  /// none.
  bool flip_old_bit(Random& draw);
  void lose_log() noexcept {
    log_.reset();
    synced_bytes_ = 0;
  }
  void lose_fence() noexcept { fence_.reset(); }
  /// The log before the last checkpoint, which the fence shows to be old. False: there is none.
  bool restore_old_log();

  void take_snapshot();
  [[nodiscard]] bool has_snapshot() const noexcept { return snapshot_.has_value(); }
  void restore_snapshot();
  /// The synced part, as somebody who copies the disk of a running machine gets it.
  [[nodiscard]] Disk copy() const;

  [[nodiscard]] const std::optional<Bytes>& log() const noexcept { return log_; }
  [[nodiscard]] const std::optional<Bytes>& fence() const noexcept { return fence_; }
  [[nodiscard]] const Stored& stored() const noexcept { return stored_; }
  [[nodiscard]] std::size_t log_bytes() const noexcept { return log_ ? log_->size() : 0; }
  /// By how much the log has grown since the last checkpoint.
  [[nodiscard]] std::size_t grown_bytes() const noexcept { return log_bytes() - checkpoint_bytes_; }

 private:
  struct Snapshot {
    Bytes log, fence;
    Stored stored;
  };

  std::optional<Bytes> log_, fence_;
  std::optional<Bytes> old_log_;  // before the last checkpoint
  std::size_t synced_bytes_ = 0;
  std::size_t checkpoint_bytes_ = 0;
  std::uint64_t written_seq_ = 0, synced_seq_ = 0;
  Stored stored_;                 // durable
  std::vector<Stored> unstored_;  // written after it
  bool syncing_ = false;
  std::size_t syncing_bytes_ = 0;
  std::uint64_t syncing_seq_ = 0;
  std::size_t syncing_stored_ = 0;
  std::optional<Snapshot> snapshot_;
};

}  // namespace chopmark::sim

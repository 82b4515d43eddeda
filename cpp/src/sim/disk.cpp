// SPDX-License-Identifier: Apache-2.0
#include "sim/disk.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "base/endian.hpp"

namespace chopmark::sim {
namespace {

// length u32, seq u64, synced u64, ... (B-60)
constexpr std::size_t kSeqAt = 4, kSyncedAt = 12, kHeadBytes = 20;

struct Extent {
  std::size_t from, size;
  std::uint64_t seq, synced;
};

/// Records of an undamaged log.
std::vector<Extent> extents(ByteView log) {
  std::vector<Extent> out;
  for (std::size_t at = 0; at + kHeadBytes <= log.size();) {
    const std::size_t size = 4 + std::size_t{load_be<std::uint32_t>(log.data() + at)};
    if (size < kHeadBytes || size > log.size() - at) break;
    out.push_back({at, size, load_be<std::uint64_t>(log.data() + at + kSeqAt),
                   load_be<std::uint64_t>(log.data() + at + kSyncedAt)});
    at += size;
  }
  return out;
}

// The first record is `start`: chain id, key, generation u64.
constexpr std::size_t kKindAt = 28, kStartKind = 7;
constexpr std::size_t kLogGenerationAt = 29 + 64, kFenceGenerationAt = 64;

std::uint64_t log_generation(ByteView log) noexcept {
  if (log.size() < kLogGenerationAt + 8 || log[kKindAt] != kStartKind) return 0;
  return load_be<std::uint64_t>(log.data() + kLogGenerationAt);
}

std::uint64_t fence_generation(ByteView fence) noexcept {
  return fence.size() < kFenceGenerationAt + 8
             ? 0
             : load_be<std::uint64_t>(fence.data() + kFenceGenerationAt);
}

}  // namespace

void Disk::append(std::uint64_t seq, ByteView record) {
  CHOPMARK_CHECK(log_.has_value());
  chopmark::append(*log_, record);
  written_seq_ = seq;
}

void Disk::store(std::uint64_t height, Bytes position) {
  unstored_.push_back({height, std::move(position)});
}

bool Disk::dirty() const noexcept {
  return log_bytes() != synced_bytes_ || !unstored_.empty();
}

void Disk::begin_sync() noexcept {
  syncing_ = true;
  syncing_bytes_ = log_bytes();
  syncing_seq_ = written_seq_;
  syncing_stored_ = unstored_.size();
}

void Disk::end_sync() {
  syncing_ = false;
  synced_bytes_ = syncing_bytes_;
  synced_seq_ = syncing_seq_;
  if (syncing_stored_ == 0) return;
  stored_ = std::move(unstored_[syncing_stored_ - 1]);
  unstored_.erase(unstored_.begin(),
                  unstored_.begin() + static_cast<std::ptrdiff_t>(syncing_stored_));
}

void Disk::replace_log(ByteView log) {
  std::swap(old_log_, log_);  // two buffers by turns: a log grows into pages that are there
  if (!log_) log_.emplace();
  log_->assign(log.begin(), log.end());
  checkpoint_bytes_ = log.size();
  synced_bytes_ = log_->size();
}

bool Disk::crash(bool torn, Random& draw) {
  syncing_ = false;
  written_seq_ = synced_seq_ = 0;
  // The driver's own log is another file: any part of what it wrote may be there.
  const std::size_t kept = draw.below(unstored_.size() + 1);
  if (kept != 0) stored_ = std::move(unstored_[kept - 1]);
  unstored_.clear();
  if (!log_ || log_->size() == synced_bytes_) return false;
  const std::size_t open = log_->size() - synced_bytes_;
  if (!torn) {
    if (draw.chance(500'000)) log_->resize(synced_bytes_);
    return false;
  }
  const std::size_t left = draw.below(open + 1);
  const std::uint64_t how = draw.below(4);
  if (how != 3) log_->resize(synced_bytes_ + left);
  const std::size_t now = log_->size() - synced_bytes_;
  if (how != 0 && now != 0) {  // pages that were never written, or only in part
    const std::size_t from = draw.below(now);
    const std::size_t size = draw.between(1, std::min<std::size_t>(now - from, 512));
    for (std::size_t i = 0; i < size; ++i) {
      const std::uint8_t garbage = how == 1 ? 0 : static_cast<std::uint8_t>(draw.next());
      (*log_)[synced_bytes_ + from + i] = garbage;
    }
    return true;
  }
  return left != 0 && left != open;
}

bool Disk::flip_old_bit(Random& draw) {
  if (!log_) return false;
  const std::vector<Extent> records = extents(ByteView(*log_).first(synced_bytes_));
  std::uint64_t shown = 0;
  for (const Extent& one : records)
    shown = std::max(shown, one.synced);
  const auto old = static_cast<std::size_t>(
      std::ranges::count_if(records, [shown](const Extent& one) { return one.seq <= shown; }));
  if (old == 0) return false;
  const Extent& one = records[draw.below(old)];
  const std::size_t at = one.from + draw.below(one.size);
  (*log_)[at] = static_cast<std::uint8_t>((*log_)[at] ^ (1U << draw.below(8)));
  return true;
}

bool Disk::restore_old_log() {
  if (!old_log_ || !fence_) return false;
  const std::uint64_t old = log_generation(*old_log_);
  if (old == 0 || old >= fence_generation(*fence_)) return false;
  log_ = std::move(old_log_);
  old_log_.reset();
  synced_bytes_ = log_->size();
  return true;
}

void Disk::take_snapshot() {
  if (!log_ || !fence_) return;
  const ByteView synced = ByteView(*log_).first(std::min(synced_bytes_, log_->size()));
  snapshot_ = Snapshot{Bytes(synced.begin(), synced.end()), *fence_, stored_};
}

void Disk::restore_snapshot() {
  CHOPMARK_CHECK(snapshot_.has_value());
  log_ = std::move(snapshot_->log);
  fence_ = std::move(snapshot_->fence);
  stored_ = std::move(snapshot_->stored);
  snapshot_.reset();
  old_log_.reset();
  synced_bytes_ = log_->size();
}

Disk Disk::copy() const {
  Disk out;
  if (log_) {
    const ByteView synced = ByteView(*log_).first(std::min(synced_bytes_, log_->size()));
    out.log_ = Bytes(synced.begin(), synced.end());
  }
  out.fence_ = fence_;
  out.stored_ = stored_;
  return out;
}

}  // namespace chopmark::sim

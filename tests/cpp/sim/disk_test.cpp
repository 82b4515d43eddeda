// SPDX-License-Identifier: Apache-2.0
#include "sim/disk.hpp"

#include <algorithm>
#include <bit>

#include "base/endian.hpp"
#include "consensus/record.hpp"
#include "test.hpp"

namespace chopmark::sim {
namespace {

using consensus::encode_record;
using consensus::RecordKind;

Bytes record(std::uint64_t seq, std::uint64_t synced) {
  return encode_record(seq, synced, 1, RecordKind::vote, Bytes(40, static_cast<std::uint8_t>(seq)));
}

Bytes start(std::uint64_t seq, std::uint64_t generation) {
  Bytes body(64, 0x11);
  body.resize(80);
  store_be<std::uint64_t>(body.data() + 64, generation);
  return encode_record(seq, 0, 1, RecordKind::start, body);
}

Bytes fence(std::uint64_t generation) {
  Bytes out(76, 0x11);
  store_be<std::uint64_t>(out.data() + 64, generation);
  return out;
}

Disk with_records(std::uint64_t synced, std::uint64_t written) {
  Disk disk;
  disk.replace_log(start(1, 1));
  disk.replace_fence(fence(1));
  for (std::uint64_t seq = 2; seq <= synced; ++seq)
    disk.append(seq, record(seq, seq - 1));
  disk.begin_sync();
  for (std::uint64_t seq = synced + 1; seq <= written; ++seq)
    disk.append(seq, record(seq, synced));
  disk.end_sync();
  return disk;
}

TEST(disk_syncs_what_was_written_before_the_sync_began) {
  Disk disk = with_records(5, 8);
  EXPECT_EQ(disk.synced_seq(), 5u);
  EXPECT(disk.dirty());
  disk.begin_sync();
  disk.end_sync();
  EXPECT_EQ(disk.synced_seq(), 8u);
  EXPECT(disk.clean());
}

TEST(disk_never_loses_what_was_synced) {
  bool lost = false, kept = false, torn_seen = false;
  const Bytes synced = *with_records(5, 5).log();
  const Bytes whole = *with_records(5, 8).log();
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Random draw(seed);
    Disk disk = with_records(5, 8);
    const bool torn = disk.crash(seed % 2 == 1, draw);
    const Bytes& log = *disk.log();
    EXPECT(log.size() >= synced.size() && std::equal(synced.begin(), synced.end(), log.begin()));
    lost |= log.size() == synced.size();
    kept |= log == whole;
    torn_seen |= torn;
    EXPECT(!torn || (log != synced && log != whole));
  }
  EXPECT(lost && kept && torn_seen);
}

TEST(disk_flips_only_what_a_later_record_shows_to_have_been_synced) {
  const Bytes before = *with_records(6, 6).log();
  // The last record shows that all before it was synced, and is shown by none.
  const std::size_t last_at = with_records(5, 5).log()->size();
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Random draw(seed);
    Disk disk = with_records(6, 6);
    EXPECT(disk.flip_old_bit(draw));
    const Bytes& after = *disk.log();
    int changed = 0;
    for (std::size_t i = 0; i < before.size(); ++i) {
      changed += std::popcount(static_cast<unsigned>(before[i] ^ after[i]));
      EXPECT(before[i] == after[i] || i < last_at);
    }
    EXPECT_EQ(changed, 1);
  }
  Random draw(1);
  EXPECT(!with_records(1, 1).flip_old_bit(draw));
}

TEST(disk_restores_an_old_log_only_if_the_fence_tells) {
  Disk disk = with_records(5, 5);
  EXPECT(!disk.restore_old_log());
  disk.replace_log(start(6, 2));
  EXPECT(!disk.restore_old_log());  // the fence is as old as that log
  disk.replace_fence(fence(2));
  EXPECT(disk.restore_old_log());
  EXPECT(*disk.log() == *with_records(5, 5).log());
  Random draw(3);
  disk.crash(true, draw);  // all of it counts as synced
  EXPECT(*disk.log() == *with_records(5, 5).log());
}

TEST(disk_goes_back_to_its_snapshot) {
  Disk disk = with_records(3, 4);
  disk.store(7, Bytes{1});
  disk.take_snapshot();
  disk.begin_sync();
  disk.end_sync();
  EXPECT_EQ(disk.stored_height(), 7u);
  disk.restore_snapshot();
  EXPECT(*disk.log() == *with_records(3, 3).log());
  EXPECT_EQ(disk.stored_height(), 0u);
}

TEST(disk_stores_blocks_with_a_sync_or_by_luck) {
  bool kept = false, lost = false;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Random draw(seed);
    Disk disk = with_records(2, 2);
    disk.store(1, Bytes{1});
    disk.begin_sync();
    disk.end_sync();
    disk.store(2, Bytes{2});
    disk.crash(false, draw);
    EXPECT(disk.stored_height() == 1 || disk.stored_height() == 2);
    EXPECT_EQ(disk.stored().position[0], disk.stored_height());
    kept |= disk.stored_height() == 2;
    lost |= disk.stored_height() == 1;
  }
  EXPECT(kept && lost);
}

}  // namespace
}  // namespace chopmark::sim

// SPDX-License-Identifier: Apache-2.0
// Records, logs that a crash left behind, the fence: B-60, B-63, B-64.
#include "consensus/record.hpp"

#include "consensus/frames.hpp"

namespace chopmark::test {
namespace {

using namespace consensus;

Bytes record_of(std::uint64_t seq, std::uint64_t synced, std::size_t body_bytes = 40) {
  return encode_record(seq, synced, 1, RecordKind::vote, random_bytes(seq, body_bytes));
}

/// Records `first` to `last`; each was made when the one before was durable.
std::vector<Bytes> records(std::uint64_t first, std::uint64_t last) {
  std::vector<Bytes> all;
  for (std::uint64_t seq = first; seq <= last; ++seq)
    all.push_back(record_of(seq, seq - 1));
  return all;
}

Bytes joined(const std::vector<Bytes>& parts) {
  Bytes all;
  for (const Bytes& part : parts)
    append(all, part);
  return all;
}

}  // namespace

TEST(record_checksum) {
  EXPECT_EQ(crc32c({}), 0U);
  EXPECT_EQ(crc32c(text("123456789")), 0xe3069283U);
  // RFC 3720 appendix B.4.
  EXPECT_EQ(crc32c(Bytes(32, 0x00)), 0x8a9136aaU);
  EXPECT_EQ(crc32c(Bytes(32, 0xff)), 0x62a8ab43U);
  Bytes counted(32);
  for (std::size_t i = 0; i < 32; ++i)
    counted[i] = static_cast<std::uint8_t>(i);
  EXPECT_EQ(crc32c(counted), 0x46dd794eU);
}

TEST(record_layout) {
  for (const std::size_t size : {0U, 1U, 20U, 300U}) {
    const Bytes body = random_bytes(size, size);
    const Bytes record = encode_record(3, 2, 1, RecordKind::block, body);
    codec::Reader in(record);
    EXPECT_EQ(in.u32(), record.size() - 4);
    EXPECT_EQ(in.u64(), 3U);
    EXPECT_EQ(in.u64(), 2U);
    EXPECT_EQ(in.u64(), 1U);
    EXPECT_EQ(+in.u8(), 3);
    EXPECT_EQ(to_hex(in.bytes(size)), to_hex(body));
    EXPECT_EQ(in.u32(), crc32c(ByteView(record).first(record.size() - 4)));
    in.finish();
    EXPECT(in.ok());
  }
}

TEST(record_log_is_read_back) {
  const std::vector<Bytes> all = records(5, 9);
  const Bytes bytes = joined(all);
  const Log log = read_log(bytes);
  EXPECT(!log.damaged);
  EXPECT_EQ(log.records.size(), all.size());
  for (std::size_t i = 0; i < log.records.size(); ++i) {
    const Record& record = log.records[i];
    EXPECT_EQ(record.seq, 5 + i);
    EXPECT_EQ(record.synced, 4 + i);
    EXPECT(encode_record(record.seq, record.synced, record.epoch, record.kind, record.body) ==
           all[i]);
  }
  EXPECT(read_log({}).records.empty() && !read_log({}).damaged);
}

TEST(record_log_cut_anywhere_is_a_torn_tail) {
  const std::vector<Bytes> all = records(1, 4);
  const Bytes bytes = joined(all);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const Log log = read_log(ByteView(bytes).first(size));
    EXPECT(!log.damaged);
    EXPECT_EQ(log.records.size(), size / all[0].size());
  }
}

TEST(record_log_with_a_hole_that_was_durable_is_damaged) {
  const std::vector<Bytes> all = records(1, 4);
  const Bytes bytes = joined(all);
  const std::size_t one = all[0].size();
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    const Log log = read_log(with_bit_flipped(bytes, bit));
    const std::size_t hit = bit / 8 / one;
    EXPECT_EQ(log.records.size(), hit);
    EXPECT_EQ(log.damaged, hit + 1 < all.size());  // of the last one nobody behind tells
  }
}

TEST(record_log_whose_unsynced_records_came_in_another_order_is_a_torn_tail) {
  const Bytes first = record_of(1, 0);
  for (const std::size_t missing : {0U, 1U, 70U}) {
    Bytes bytes = first;  // records 2 and 3 were written together, and only 3 arrived
    bytes.resize(bytes.size() + missing);
    append(bytes, record_of(3, 1));
    const Log log = read_log(bytes);
    EXPECT_EQ(log.records.size(), 1U);
    EXPECT(!log.damaged);
  }
}

TEST(record_log_with_records_exchanged_is_damaged) {
  std::vector<Bytes> all = records(1, 5);
  std::swap(all[1], all[2]);
  const Log log = read_log(joined(all));
  EXPECT_EQ(log.records.size(), 1U);
  EXPECT(log.damaged);
}

TEST(record_of_no_known_kind_ends_a_log) {
  Bytes record = record_of(1, 0, 0);
  for (const int kind : {0, 10, 255}) {
    record[28] = static_cast<std::uint8_t>(kind);
    codec::Writer tail;
    tail.u32(crc32c(ByteView(record).first(record.size() - 4)));
    const Bytes sum = tail.take();
    std::copy(sum.begin(), sum.end(), record.end() - 4);
    EXPECT(read_log(record).records.empty());
  }
}

TEST(record_fence) {
  const Fence fence{some_digest(1), some_digest(2), 0x0102030405060708};
  const Bytes bytes = encode_fence(fence);
  EXPECT_EQ(bytes.size(), 32U + 32 + 8 + 4);
  EXPECT_EQ(to_hex(ByteView(bytes).subspan(64, 8)), "0102030405060708");
  const std::optional<Fence> back = parse_fence(bytes);
  EXPECT(back && back->chain_id == fence.chain_id && back->own_key == fence.own_key &&
         back->generation == fence.generation);
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT(!parse_fence(ByteView(bytes).first(size)));
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit)
    EXPECT(!parse_fence(with_bit_flipped(bytes, bit)));
  Bytes longer = bytes;
  longer.push_back(0);
  EXPECT(!parse_fence(longer));
}

}  // namespace chopmark::test

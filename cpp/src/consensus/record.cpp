// SPDX-License-Identifier: Apache-2.0
#include "consensus/record.hpp"

#include <algorithm>
#include <array>

#include "base/mutant.hpp"
#include "codec/reader.hpp"
#include "codec/writer.hpp"

namespace chopmark::consensus {
namespace {

// Table k advances the remainder by a byte that k more bytes follow ("slicing by eight", Kounavis
// and Berry 2005).
constexpr std::size_t kSlices = 8;
constexpr std::array<std::array<std::uint32_t, 256>, kSlices> kCrcTables = [] {
  std::array<std::array<std::uint32_t, 256>, kSlices> tables{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) {
      value = (value & 1) != 0 ? (value >> 1) ^ 0x82f63b78U : value >> 1;
    }
    tables[0][i] = value;
  }
  for (std::size_t k = 1; k < kSlices; ++k) {
    for (std::uint32_t i = 0; i < 256; ++i) {
      const std::uint32_t before = tables[k - 1][i];
      tables[k][i] = (before >> 8) ^ tables[0][before & 0xff];
    }
  }
  return tables;
}();

// Records that may be missing between two that are there.
constexpr std::uint64_t kGapMax = 1 << 16;

// What stands around the body, without the length: seq, synced, epoch, kind, CRC.
constexpr std::size_t kAround = 8 + 8 + 8 + 1 + 4;

}  // namespace

std::uint32_t crc32c(ByteView bytes) noexcept {
  std::uint32_t value = 0xffffffff;
  std::size_t at = 0;
  for (; at + kSlices <= bytes.size(); at += kSlices) {
    std::array<std::uint8_t, kSlices> block;
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), kSlices, block.begin());
    for (std::size_t i = 0; i < 4; ++i)
      block[i] = static_cast<std::uint8_t>(block[i] ^ (value >> (8 * i)));
    value = 0;
    for (std::size_t i = 0; i < kSlices; ++i)
      value ^= kCrcTables[kSlices - 1 - i][block[i]];
  }
  for (; at < bytes.size(); ++at)
    value = kCrcTables[0][(value ^ bytes[at]) & 0xff] ^ (value >> 8);
  return ~value;
}

Bytes encode_record(std::uint64_t seq, std::uint64_t synced, std::uint64_t epoch, RecordKind kind,
                    ByteView body) {
  codec::Writer out(4 + kAround + body.size());
  out.u32(static_cast<std::uint32_t>(body.size() + kAround));
  out.u64(seq);
  out.u64(synced);
  out.u64(epoch);
  out.u8(static_cast<std::uint8_t>(kind));
  out.bytes(body);
  out.u32(crc32c(out.written()));
  return out.take();
}

namespace {

/// The record at the front of `bytes`, if one is there whole.
std::optional<Record> read_record(ByteView bytes) {
  codec::Reader in(bytes);
  const std::size_t size = in.u32();
  if (!in.ok() || size < kAround || size > in.remaining()) return std::nullopt;
  Record out{};
  out.seq = in.u64();
  out.synced = in.u64();
  out.epoch = in.u64();
  const std::uint8_t kind = in.u8();
  if (kind < 1 || kind > 9 || out.synced >= out.seq) return std::nullopt;
  out.kind = static_cast<RecordKind>(kind);
  out.body = in.bytes(size - kAround);
  const ByteView checked = bytes.first(4 + size - 4);
  if (in.u32() != crc32c(checked)) return std::nullopt;
  return out;
}

std::size_t record_size(const Record& record) noexcept {
  return 4 + kAround + record.body.size();
}

}  // namespace

Log read_log(ByteView bytes) {
  Log log;
  std::size_t at = 0;
  std::uint64_t next = 0;  // seq that must follow; any at the front
  while (at < bytes.size()) {
    const std::optional<Record> record = read_record(bytes.subspan(at));
    if (!record || (next != 0 && record->seq != next)) break;
    log.records.push_back(*record);
    next = record->seq + 1;
    at += record_size(*record);
  }
  // Whatever stands behind the gap tells whether what is missing had been durable.
  for (; at < bytes.size() && !log.damaged; ++at) {
    const std::optional<Record> record = read_record(bytes.subspan(at));
    // Bytes of a client may look like a record: only one that could follow counts.
    const bool follows = record && record->seq >= next && record->seq - next <= kGapMax;
    log.damaged = follows && record->synced >= next && !mutant(27);
  }
  return log;
}

Bytes encode_fence(const Fence& fence) {
  codec::Writer out;
  out.bytes(fence.chain_id);
  out.bytes(fence.own_key);
  out.u64(fence.generation);
  out.u32(crc32c(out.written()));
  return out.take();
}

std::optional<Fence> parse_fence(ByteView bytes) {
  codec::Reader in(bytes);
  Fence fence;
  fence.chain_id = in.digest();
  fence.own_key = in.digest();
  fence.generation = in.u64();
  const std::uint32_t crc = in.u32();
  in.finish();
  if (!in.ok() || crc != crc32c(bytes.first(bytes.size() - 4))) return std::nullopt;
  return fence;
}

}  // namespace chopmark::consensus

// SPDX-License-Identifier: Apache-2.0
#include "consensus/record.hpp"

#include "codec/writer.hpp"

namespace chopmark::consensus {
namespace {

constexpr std::array<std::uint32_t, 256> kCrcTable = [] {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) {
      value = (value & 1) != 0 ? (value >> 1) ^ 0x82f63b78U : value >> 1;
    }
    table[i] = value;
  }
  return table;
}();

}  // namespace

std::uint32_t crc32c(ByteView bytes) noexcept {
  std::uint32_t value = 0xffffffff;
  for (const std::uint8_t byte : bytes)
    value = kCrcTable[(value ^ byte) & 0xff] ^ (value >> 8);
  return ~value;
}

Bytes encode_record(std::uint64_t seq, std::uint64_t epoch, RecordKind kind, ByteView body) {
  constexpr std::size_t around = 8 + 8 + 1 + 4;
  codec::Writer out;
  out.u32(static_cast<std::uint32_t>(body.size() + around));
  out.u64(seq);
  out.u64(epoch);
  out.u8(static_cast<std::uint8_t>(kind));
  out.bytes(body);
  Bytes record = out.take();
  codec::Writer tail;
  tail.u32(crc32c(record));
  append(record, tail.take());
  return record;
}

}  // namespace chopmark::consensus

// SPDX-License-Identifier: Apache-2.0
// What a driver hands to a replica: events, the configuration (docs/spec/consensus.md B-10, B-20);
// and the record of the write-ahead log (B-60) that has the input as its body.
#include "base/endian.hpp"
#include "consensus/frames.hpp"
#include "consensus/record.hpp"
#include "harness/target.hpp"

namespace chopmark::fuzz {
namespace {

using namespace consensus;

/// CRC-32C bit by bit, as RFC 3720 defines it.
std::uint32_t crc_by_definition(ByteView bytes) {
  std::uint32_t value = 0xffffffff;
  for (const std::uint8_t byte : bytes) {
    value ^= byte;
    for (int bit = 0; bit < 8; ++bit)
      value = (value & 1) != 0 ? value >> 1 ^ 0x82f63b78 : value >> 1;
  }
  return ~value;
}

void check_record(ByteView body) {
  const Bytes record = encode_record(7, 1, RecordKind::block, body);
  const std::size_t size = load_be<std::uint32_t>(record.data());
  REQUIRE(record.size() == 4 + size && size == 8 + 8 + 1 + body.size() + 4);
  REQUIRE(std::ranges::equal(ByteView(record).subspan(21, body.size()), body));
  const ByteView covered = ByteView(record).first(record.size() - 4);
  REQUIRE(load_be<std::uint32_t>(record.data() + covered.size()) == crc_by_definition(covered));
}

}  // namespace

std::vector<Bytes> seeds() {
  const Bytes some = test::random_bytes(5, 90);
  Bytes events{0};
  append(events, test::encode_events({Tick{1, 2}, MessageReceived{3, some},
                                      VotesVerified{4, ByteView(some).first(3)},
                                      Signed{5, test::some_signature(6)}, Durable{7},
                                      Built{8, test::some_digest(1), 9, test::some_digest(2), some},
                                      CertifiedBlock{test::some_digest(3), true}, Pending{10}}));
  Bytes config{1};
  append(config, test::encode_config(test::sample_config(1, 4)));
  return {events, config};
}

}  // namespace chopmark::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace chopmark;
  if (size == 0) return 0;
  const ByteView bytes(data + 1, size - 1);
  if (data[0] % 2 == 0) {
    const auto events = [&] {
      const fuzz::Allowance allowance(size);  // an event of some 100 bytes for each frame of 9
      return consensus::parse_events(bytes);
    }();
    if (events) REQUIRE(std::ranges::equal(test::encode_events(*events), bytes));
  } else {
    const auto config = [&] {
      const fuzz::Allowance allowance(size);
      return consensus::parse_config(bytes);
    }();
    if (config) REQUIRE(std::ranges::equal(test::encode_config(*config), bytes));
  }
  fuzz::check_record(bytes);
  return 0;
}

// SPDX-License-Identifier: Apache-2.0
// What a driver hands to a replica: events, the configuration, a log and a fence that a crash left
// behind (docs/spec/consensus.md B-10, B-20, B-60, B-63); and the record of the write-ahead log
// that has the input as its body.
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
  const Bytes record = encode_record(7, 6, 1, RecordKind::block, body);
  const std::size_t size = load_be<std::uint32_t>(record.data());
  REQUIRE(record.size() == 4 + size && size == 8 + 8 + 8 + 1 + body.size() + 4);
  REQUIRE(std::ranges::equal(ByteView(record).subspan(29, body.size()), body));
  const ByteView covered = ByteView(record).first(record.size() - 4);
  REQUIRE(load_be<std::uint32_t>(record.data() + covered.size()) == crc_by_definition(covered));
  const Log log = read_log(record);
  REQUIRE(log.records.size() == 1 && !log.damaged);
}

/// Whatever a disk holds: the records that are read stand there, one after the other.
void check_log(ByteView bytes) {
  const Log log = read_log(bytes);
  Bytes again;
  for (const Record& one : log.records)
    append(again, encode_record(one.seq, one.synced, one.epoch, one.kind, one.body));
  REQUIRE(again.size() <= bytes.size());
  REQUIRE(std::ranges::equal(again, bytes.first(again.size())));
  REQUIRE(!log.damaged || again.size() < bytes.size());
  if (const auto fence = parse_fence(bytes))
    REQUIRE(std::ranges::equal(encode_fence(*fence), bytes));
}

/// As `parse_events`, with what it found.
Result<std::vector<Event>> parsed(ByteView bytes) {
  std::vector<Event> events;
  const Result<bool> done = parse_events(bytes, events);
  if (!done) return done.failure();
  return events;
}

}  // namespace

std::vector<Bytes> seeds() {
  const Bytes some = test::random_bytes(5, 90);
  const Bytes set = encode_validator_set({test::some_digest(4), test::some_digest(5)});
  Bytes events{0};
  append(events,
         test::encode_events({Tick{1, 2}, MessageReceived{3, some},
                              VotesVerified{4, ByteView(some).first(3)},
                              Signed{5, test::some_signature(6)}, Durable{7},
                              Built{8, test::some_digest(1), 9, test::some_digest(2), set, some},
                              CertifiedBlock{test::some_digest(3), true, set}, Pending{10},
                              Stored{11}, Link{12, test::some_digest(4)}, Unsigned{13}}));
  Bytes config{1};
  append(config, test::encode_config(test::sample_config(1, 4)));
  Bytes log{2};
  for (std::uint64_t seq = 1; seq < 4; ++seq)
    append(log, encode_record(seq, seq - 1, 1, RecordKind::vote, some));
  Bytes fence{2};
  append(fence, encode_fence({test::some_digest(1), test::some_digest(2), 3}));
  return {events, config, log, fence};
}

}  // namespace chopmark::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace chopmark;
  if (size == 0) return 0;
  const ByteView bytes(data + 1, size - 1);
  if (data[0] % 3 == 0) {
    const auto events = [&] {
      const fuzz::Allowance allowance(size);  // an event of some 100 bytes for each frame of 9
      return fuzz::parsed(bytes);
    }();
    if (events) REQUIRE(std::ranges::equal(test::encode_events(*events), bytes));
  } else if (data[0] % 3 == 2) {
    fuzz::check_log(bytes);
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

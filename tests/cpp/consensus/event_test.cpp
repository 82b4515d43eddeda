// SPDX-License-Identifier: Apache-2.0
#include "consensus/event.hpp"

#include "consensus/frames.hpp"

namespace chopmark::test {
namespace {

using namespace consensus;

const Bytes kTail = random_bytes(9, 30);
const Bytes kSet = encode_validator_set({some_digest(4), some_digest(5)});
const Bytes kPosition = [] {
  Position out;
  out.epoch = 1;
  out.set = {some_digest(4)};
  return encode_position(out);
}();

std::vector<Event> samples() {
  return {Tick{0x0102030405060708, 9},
          MessageReceived{3, kTail},
          MessageReceived{3, {}},
          VotesVerified{4, kTail},
          VotesVerified{4, {}},
          Signed{5, some_signature(1)},
          Durable{6},
          Built{7, some_digest(1), 8, some_digest(2), {}, kTail},
          Built{7, some_digest(1), 8, some_digest(2), kSet, kTail},
          Built{7, some_digest(1), 8, some_digest(2), {}, {}},
          CertifiedBlock{some_digest(3), true, {}},
          CertifiedBlock{some_digest(3), true, kSet},
          CertifiedBlock{some_digest(3), false, {}},
          Pending{10},
          Stored{11},
          Link{12, some_digest(6)},
          Unsigned{13},
          PositionReached{kPosition}};
}

Result<std::vector<Event>> parse(const Bytes& bytes) {
  std::vector<Event> events;
  const Result<bool> done = parse_events(bytes, events);
  if (!done) return done.failure();
  return events;
}

/// Bytes of the body that every event of this kind has.
std::size_t fixed_bytes(std::uint8_t kind) {
  const std::size_t sizes[] = {0, 16, 2, 8, 72, 8, 81, 34, 4, 8, 34, 8, kPosition.size()};
  return sizes[kind];
}

}  // namespace

TEST(event_round_trip) {
  for (const Event& event : samples()) {
    const Bytes bytes = encode_event(event);
    const auto back = parse(bytes);
    EXPECT(back && back->size() == 1);
    if (!back || back->size() != 1) continue;
    EXPECT_EQ(back->front().index(), event.index());
    EXPECT(encode_event(back->front()) == bytes);
  }
}

TEST(event_round_trip_of_several) {
  EXPECT(parse({}).has_value() && parse({})->empty());
  const Bytes bytes = encode_events(samples());
  const auto back = parse(bytes);
  EXPECT(back && back->size() == samples().size());
  if (back) EXPECT(encode_events(*back) == bytes);
}

TEST(event_truncated) {
  for (const Event& event : samples()) {
    const Bytes bytes = encode_event(event);
    for (std::size_t size = 1; size < bytes.size(); ++size) {
      const auto result = parse({bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)});
      EXPECT(!result && result.failure().error == Error::truncated);
    }
  }
}

TEST(event_bodies_of_other_lengths) {
  for (const Event& event : samples()) {
    const Bytes bytes = encode_event(event);
    const bool with_set = bytes.size() > 5 + kSet.size() && (bytes[0] == 6 || bytes[0] == 7);
    if (with_set || bytes[0] == 12) continue;  // their length is that of what stands in them
    const std::size_t fixed = fixed_bytes(bytes[0]);
    const bool open = bytes[0] == 2 || bytes[0] == 3 || bytes[0] == 6;
    for (std::size_t size = 0; size < bytes.size() + 20; ++size) {
      Bytes body(bytes.begin() + 5, bytes.end());
      body.resize(size);
      const Bytes other = frame(bytes[0], body);
      const auto result = parse(other);
      EXPECT_EQ(result.has_value(), size == fixed || (open && size > fixed));
      if (result) continue;
      EXPECT(result.failure().error == (size < fixed ? Error::truncated : Error::trailing));
    }
  }
}

TEST(event_bit_flips) {
  for (const Event& event : samples()) {
    const Bytes bytes = encode_event(event);
    expect_flips_exact(bytes, parse, encode_events);
  }
  const Bytes all = encode_events(samples());
  const std::size_t accepted = expect_flips_exact(all, parse, encode_events);
  EXPECT(accepted > 1000 && accepted < 8 * all.size());
}

TEST(event_refusals) {
  for (int kind = 0; kind < 256; ++kind) {
    if (kind >= 1 && kind <= 12) continue;
    const Bytes bytes = frame(static_cast<std::uint8_t>(kind), Bytes(100));
    expect_failure(bytes, Error::tag, parse);
  }
  for (const int ok : {2, 3, 255}) {
    Bytes bytes = encode_event(CertifiedBlock{some_digest(3), true, {}});
    bytes[bytes.size() - 2] = static_cast<std::uint8_t>(ok);
    expect_failure(bytes, Error::value, parse);
  }
  const ValidatorSet twice{some_digest(4), some_digest(4)};
  expect_failure(encode_event(CertifiedBlock{some_digest(3), true, encode_validator_set(twice)}),
                 Error::order, parse);
  expect_failure(frame(12, {}), Error::truncated, parse);
  expect_failure(from_hex("01ffffffff"), Error::truncated, parse);
  expect_failure(from_hex("02ffffffff00"), Error::truncated, parse);
}

TEST(event_later_failure_refuses_all) {
  Bytes bytes = encode_events(samples());
  bytes.push_back(0x01);
  expect_failure(bytes, Error::truncated, parse);
}

}  // namespace chopmark::test

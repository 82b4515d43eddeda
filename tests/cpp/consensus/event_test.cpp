// SPDX-License-Identifier: Apache-2.0
#include "consensus/event.hpp"

#include "consensus/frames.hpp"

namespace chopmark::test {
namespace {

using namespace consensus;

const Bytes kTail = random_bytes(9, 30);

std::vector<Event> samples() {
  return {Tick{0x0102030405060708, 9},
          MessageReceived{3, kTail},
          MessageReceived{3, {}},
          VotesVerified{4, kTail},
          VotesVerified{4, {}},
          Signed{5, some_signature(1)},
          Durable{6},
          Built{7, some_digest(1), 8, some_digest(2), kTail},
          Built{7, some_digest(1), 8, some_digest(2), {}},
          CertifiedBlock{some_digest(3), true},
          CertifiedBlock{some_digest(3), false},
          Pending{10}};
}

Result<std::vector<Event>> parse(const Bytes& bytes) {
  return parse_events(bytes);
}

/// Bytes of the body that every event of this kind has.
std::size_t fixed_bytes(std::uint8_t kind) {
  const std::size_t sizes[] = {0, 16, 2, 8, 72, 8, 80, 33, 4};
  return sizes[kind];
}

}  // namespace

TEST(event_round_trip) {
  for (const Event& event : samples()) {
    const Bytes bytes = encode_event(event);
    const auto back = parse_events(bytes);
    EXPECT(back && back->size() == 1);
    if (!back || back->size() != 1) continue;
    EXPECT_EQ(back->front().index(), event.index());
    EXPECT(encode_event(back->front()) == bytes);
  }
}

TEST(event_round_trip_of_several) {
  EXPECT(parse_events({}).has_value() && parse_events({})->empty());
  const Bytes bytes = encode_events(samples());
  const auto back = parse_events(bytes);
  EXPECT(back && back->size() == samples().size());
  if (back) EXPECT(encode_events(*back) == bytes);
}

TEST(event_truncated) {
  for (const Event& event : samples()) {
    const Bytes bytes = encode_event(event);
    for (std::size_t size = 1; size < bytes.size(); ++size) {
      const auto result = parse_events(ByteView(bytes).first(size));
      EXPECT(!result && result.failure().error == Error::truncated);
    }
  }
}

TEST(event_bodies_of_other_lengths) {
  for (const Event& event : samples()) {
    const Bytes bytes = encode_event(event);
    const std::size_t fixed = fixed_bytes(bytes[0]);
    const bool open = bytes[0] == 2 || bytes[0] == 3 || bytes[0] == 6;
    for (std::size_t size = 0; size < bytes.size() + 20; ++size) {
      Bytes body(bytes.begin() + 5, bytes.end());
      body.resize(size);
      const Bytes other = frame(bytes[0], body);
      const auto result = parse_events(other);
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
    if (kind >= 1 && kind <= 8) continue;
    const Bytes bytes = frame(static_cast<std::uint8_t>(kind), Bytes(100));
    expect_failure(bytes, Error::tag, parse);
  }
  for (const int ok : {2, 3, 255}) {
    Bytes bytes = encode_event(CertifiedBlock{some_digest(3), true});
    bytes.back() = static_cast<std::uint8_t>(ok);
    expect_failure(bytes, Error::value, parse);
  }
  expect_failure(from_hex("01ffffffff"), Error::truncated, parse);
  expect_failure(from_hex("02ffffffff00"), Error::truncated, parse);
}

TEST(event_later_failure_refuses_all) {
  Bytes bytes = encode_events(samples());
  bytes.push_back(0x01);
  expect_failure(bytes, Error::truncated, parse);
}

}  // namespace chopmark::test

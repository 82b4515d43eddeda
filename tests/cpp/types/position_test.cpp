// SPDX-License-Identifier: Apache-2.0
// Sets and positions: C-46, C-47.
#include "types/position.hpp"

#include "hash/sha256.hpp"
#include "types/samples.hpp"

namespace chopmark::test {
namespace {

constexpr std::size_t kValidators = 4;

Position sample_position(bool with_final) {
  Position out;
  out.epoch = 2;
  out.anchor_height = 10;
  out.anchor_digest = some_digest(1);
  out.anchor_time_ms = 99;
  out.anchor_records = true;
  for (std::size_t i = 0; i < kValidators; ++i)
    out.set.push_back(some_digest(static_cast<std::uint8_t>(20 + i)));
  if (!with_final) return out;
  Header header = sample_block({}, {}).header;
  header.epoch = 2;
  Certificate certificate = sample_certificate(VoteKind::finalize, header.view, kValidators);
  certificate.subject = {VoteKind::finalize, 2, header.view, header_digest(encode_header(header))};
  out.final = Position::Final{header, certificate};
  return out;
}

}  // namespace

TEST(position_round_trip) {
  for (const bool with_final : {false, true}) {
    const Bytes bytes = encode_position(sample_position(with_final));
    const Result<Position> back = parse_position(bytes);
    EXPECT(back.has_value());
    if (!back) continue;
    EXPECT(encode_position(*back) == bytes);
    EXPECT_EQ(back->height(), with_final ? back->final->header.height : 10);
    expect_truncations_refused(bytes, parse_position);
    expect_trailing_refused(bytes, parse_position);
    EXPECT(expect_flips_exact(bytes, parse_position, encode_position) < 8 * bytes.size());
  }
}

TEST(position_refusals) {
  Position position = sample_position(false);
  position.set[1] = position.set[0];
  expect_failure(encode_position(position), Error::order, parse_position);
  position.set.clear();
  expect_failure(encode_position(position), Error::limit, parse_position);
  position = sample_position(true);
  position.final->certificate.subject.view += 1;
  expect_failure(encode_position(position), Error::value, parse_position);
}

TEST(validator_set_hash_is_of_tag_and_set) {
  const ValidatorSet set{some_digest(1), some_digest(2)};
  Bytes bytes{0x41, 2};
  append(bytes, set[0]);
  append(bytes, set[1]);
  EXPECT(validator_set_hash(set) == sha256(bytes));
}

}  // namespace chopmark::test

// SPDX-License-Identifier: Apache-2.0
#include "types/header.hpp"

#include "types/samples.hpp"

namespace chopmark::test {
namespace {

Result<Header> parse(const Bytes& bytes) {
  return parse_header(bytes);
}

Bytes encode(const Header& header) {
  return encode_header(header);
}

}  // namespace

TEST(header_round_trip) {
  for (const Header& header : {Header{}, sample_header()}) {
    const Bytes bytes = encode_header(header);
    EXPECT_EQ(bytes.size(), Header::kBytes);
    const Result<Header> back = parse_header(bytes);
    EXPECT(back.has_value() && *back == header);
  }
}

TEST(header_layout) {
  const Bytes bytes = encode_header(sample_header());
  const auto part = [&](std::size_t at, std::size_t size) {
    return to_hex(ByteView(bytes).subspan(at, size));
  };
  EXPECT_EQ(part(0, 2), "2001");
  EXPECT_EQ(part(2, 32), to_hex(some_digest(1)));
  EXPECT_EQ(part(34, 32), "0000000000000101000000000000020200000000000003030000000000000404");
  EXPECT_EQ(part(66, 32), to_hex(some_digest(2)));
  EXPECT_EQ(part(98, 2), "0505");
  EXPECT_EQ(part(100, 32), to_hex(some_digest(3)));
  EXPECT_EQ(part(132, 8), "0000060600000000");
  EXPECT_EQ(part(140, 32), to_hex(some_digest(4)));
  EXPECT_EQ(part(172, 8), "0000000000000707");
  EXPECT_EQ(part(180, 32), to_hex(some_digest(5)));
  EXPECT_EQ(part(212, 32), to_hex(some_digest(6)));
  EXPECT_EQ(part(244, 32), to_hex(some_digest(7)));
  EXPECT_EQ(part(276, 8), "0000000000000808");
}

TEST(header_truncated_or_trailing) {
  const Bytes bytes = encode_header(sample_header());
  expect_truncations_refused(bytes, parse);
  expect_trailing_refused(bytes, parse);
}

TEST(header_bit_flips) {
  const Bytes bytes = encode_header(sample_header());
  // All but tag, version and the two shard counts may take any value.
  EXPECT_EQ(expect_flips_exact(bytes, parse, encode), 8 * (Header::kBytes - 6));
}

TEST(header_refusals) {
  const Bytes bytes = encode_header(sample_header());
  const auto changed = [&](std::size_t at) { return with_bit_flipped(bytes, 8 * at); };
  expect_failure(changed(0), Error::tag, parse);
  expect_failure(changed(1), Error::version, parse);
  for (std::size_t at = 136; at < 140; ++at)
    expect_failure(changed(at), Error::value, parse);
}

TEST(header_digest_covers_every_bit) {
  const Bytes bytes = encode_header(sample_header());
  const Digest digest = header_digest(bytes);
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit)
    EXPECT(header_digest(with_bit_flipped(bytes, bit)) != digest);
}

}  // namespace chopmark::test

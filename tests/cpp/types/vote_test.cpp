// SPDX-License-Identifier: Apache-2.0
#include "types/vote.hpp"

#include "base/limits.hpp"
#include "types/samples.hpp"

namespace chopmark::test {
namespace {

constexpr VoteKind kKinds[] = {VoteKind::notarize, VoteKind::nullify, VoteKind::finalize};

auto certificate_parser(std::size_t validators) {
  return [validators](const Bytes& bytes) { return parse_certificate(bytes, validators); };
}

auto certificate_encoder(std::size_t validators) {
  return [validators](const Certificate& one) { return encode_certificate(one, validators); };
}

auto justification_parser(std::size_t validators) {
  return [validators](const Bytes& bytes) { return parse_justification(bytes, validators); };
}

auto justification_encoder(std::size_t validators) {
  return [validators](const Justification& one) { return encode_justification(one, validators); };
}

Justification sample_justification(bool parent, std::size_t nullifications,
                                   std::size_t validators) {
  Justification out;
  if (parent) out.parent = sample_certificate(VoteKind::notarize, 10, validators);
  for (std::size_t i = 0; i < nullifications; ++i) {
    out.nullifications.push_back(sample_certificate(VoteKind::nullify, 11 + i, validators));
  }
  return out;
}

}  // namespace

TEST(vote_payload_layout) {
  const Digest chain = some_digest(1);
  const Digest digest = some_digest(2);
  const std::string numbers = "00000000000000030000000000000004";
  EXPECT_EQ(to_hex(vote_payload(chain, {VoteKind::notarize, 3, 4, digest})),
            "10" + to_hex(chain) + numbers + to_hex(digest));
  EXPECT_EQ(to_hex(vote_payload(chain, {VoteKind::nullify, 3, 4, {}})),
            "11" + to_hex(chain) + numbers);
  EXPECT_EQ(to_hex(vote_payload(chain, {VoteKind::finalize, 3, 4, digest})),
            "12" + to_hex(chain) + numbers + to_hex(digest));
}

TEST(vote_quorum) {
  const std::size_t expected[] = {1, 2, 3, 3, 4, 5, 5, 6, 7, 7};
  for (std::size_t n = 1; n <= 10; ++n)
    EXPECT_EQ(quorum(n), expected[n - 1]);
  for (std::size_t n = 1; n <= 200; ++n) {
    const std::size_t faulty = (n - 1) / 3;
    EXPECT(3 * faulty < n && 2 * quorum(n) >= n + faulty + 1);
  }
}

TEST(certificate_round_trip) {
  for (std::size_t n = 1; n <= limits::kValidatorsMax; ++n) {
    for (const VoteKind kind : kKinds) {
      for (std::size_t signers = quorum(n); signers <= n; ++signers) {
        const Certificate one = sample_certificate(kind, 5, n, signers);
        const Bytes bytes = encode_certificate(one, n);
        const Result<Certificate> back = parse_certificate(bytes, n);
        EXPECT(back.has_value());
        if (!back) continue;
        EXPECT(back->subject == one.subject);
        EXPECT(back->signers == one.signers && back->signatures == one.signatures);
        EXPECT(encode_certificate(*back, n) == bytes);
      }
    }
  }
}

TEST(certificate_of_scattered_signers) {
  Certificate one = sample_certificate(VoteKind::finalize, 5, 12, 8);
  one.signers = {0, 2, 3, 7, 8, 9, 10, 11};
  const Bytes bytes = encode_certificate(one, 12);
  EXPECT_EQ(to_hex(ByteView(bytes).subspan(49, 3)), "028d0f");
  const Result<Certificate> back = parse_certificate(bytes, 12);
  EXPECT(!back);  // 8 of 12 are one too few
  one.signers.insert(one.signers.begin() + 1, 1);
  one.signatures.push_back(some_signature(1));
  const Result<Certificate> enough = parse_certificate(encode_certificate(one, 12), 12);
  EXPECT(enough && enough->signers == one.signers);
}

TEST(certificate_truncated_or_trailing) {
  for (const std::size_t n : {1U, 4U, 8U, 9U, 32U}) {
    for (const VoteKind kind : kKinds) {
      const Bytes bytes = encode_certificate(sample_certificate(kind, 5, n), n);
      expect_truncations_refused(bytes, certificate_parser(n));
      expect_trailing_refused(bytes, certificate_parser(n));
    }
  }
}

TEST(certificate_bit_flips) {
  for (const std::size_t n : {1U, 4U, 9U}) {
    for (const VoteKind kind : kKinds) {
      const Bytes bytes = encode_certificate(sample_certificate(kind, 5, n), n);
      const std::size_t signature_bits = 512 * quorum(n);
      EXPECT(expect_flips_exact(bytes, certificate_parser(n), certificate_encoder(n)) >=
             signature_bits + 128);
    }
  }
}

TEST(certificate_refusals) {
  for (std::size_t n = 1; n <= 32; ++n) {
    const Bytes bytes = encode_certificate(sample_certificate(VoteKind::nullify, 5, n), n);
    Bytes changed = bytes;
    changed[17] = static_cast<std::uint8_t>(bytes[17] + 1);
    expect_failure(changed, Error::limit, certificate_parser(n));
    changed[17] = 0;
    expect_failure(changed, Error::limit, certificate_parser(n));
    if (n % 8 != 0) {
      const std::size_t last = 17 + (n + 7) / 8;
      expect_failure(with_bit_flipped(bytes, 8 * last + n % 8), Error::value,
                     certificate_parser(n));
    }
    if (quorum(n) == 1) continue;
    Certificate few = sample_certificate(VoteKind::nullify, 5, n, quorum(n) - 1);
    expect_failure(encode_certificate(few, n), Error::limit, certificate_parser(n));
  }
  for (const int kind : {0, 0x0f, 0x13, 0xff}) {
    Bytes bytes = encode_certificate(sample_certificate(VoteKind::nullify, 5, 4), 4);
    bytes[0] = static_cast<std::uint8_t>(kind);
    expect_failure(bytes, Error::tag, certificate_parser(4));
  }
}

TEST(certificate_of_another_set_size) {
  const Bytes bytes = encode_certificate(sample_certificate(VoteKind::notarize, 5, 9, 9), 9);
  EXPECT(parse_certificate(bytes, 9).has_value());
  EXPECT(!parse_certificate(bytes, 8));
  EXPECT(!parse_certificate(bytes, 17));
}

TEST(justification_round_trip) {
  for (const bool parent : {false, true}) {
    for (const std::size_t count : {0U, 1U, 2U, 5U}) {
      const Justification one = sample_justification(parent, count, 4);
      const Bytes bytes = encode_justification(one, 4);
      const Result<Justification> back = parse_justification(bytes, 4);
      EXPECT(back && back->parent.has_value() == parent && back->nullifications.size() == count);
      if (back) EXPECT(encode_justification(*back, 4) == bytes);
      expect_truncations_refused(bytes, justification_parser(4));
      expect_trailing_refused(bytes, justification_parser(4));
      expect_flips_exact(bytes, justification_parser(4), justification_encoder(4));
    }
  }
}

TEST(justification_most_nullifications) {
  Justification one = sample_justification(false, limits::kJustifyMax, 1);
  EXPECT(parse_justification(encode_justification(one, 1), 1).has_value());
  one.nullifications.push_back(sample_certificate(VoteKind::nullify, 11 + limits::kJustifyMax, 1));
  expect_failure(encode_justification(one, 1), Error::limit, justification_parser(1));
}

TEST(justification_refusals) {
  Justification one = sample_justification(true, 3, 4);
  one.parent = sample_certificate(VoteKind::nullify, 10, 4);
  expect_failure(encode_justification(one, 4), Error::tag, justification_parser(4));
  one = sample_justification(true, 3, 4);
  one.nullifications[1] = sample_certificate(VoteKind::notarize, 12, 4);
  expect_failure(encode_justification(one, 4), Error::tag, justification_parser(4));
  for (const std::uint64_t view : {10U, 11U, 13U, 14U}) {  // 12 would be the next one
    one = sample_justification(true, 3, 4);
    one.nullifications[1] = sample_certificate(VoteKind::nullify, view, 4);
    expect_failure(encode_justification(one, 4), Error::order, justification_parser(4));
  }
  Bytes bytes = encode_justification(sample_justification(false, 0, 4), 4);
  EXPECT_EQ(to_hex(bytes), "000000");
  bytes[0] = 2;
  expect_failure(bytes, Error::tag, justification_parser(4));
  expect_failure(from_hex("01ffffffff"), Error::limit, justification_parser(4));
  expect_failure(from_hex("00ffff"), Error::limit, justification_parser(4));
}

}  // namespace chopmark::test

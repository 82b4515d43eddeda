// SPDX-License-Identifier: Apache-2.0
// Valid values of every type, and what holds for every decoder.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "codec/writer.hpp"
#include "test.hpp"
#include "types/genesis.hpp"
#include "types/message.hpp"
#include "types/transaction.hpp"

namespace chopmark::test {

inline Digest some_digest(std::uint64_t seed) {
  return digest_from(random_bytes(seed, 32).data());
}

Signature some_signature(std::uint64_t seed);

/// `count` ids, as references have to stand.
std::vector<Digest> ascending(std::size_t count);
Bytes packed(const std::vector<Digest>& digests);

/// Fields of a transaction before it is signed.
struct Draft {
  Digest chain_id{};
  std::uint16_t field = 7;
  std::uint64_t valid_until = 100;
  std::uint64_t salt = 0;
  std::vector<SignerRef> signers{{1, 1}};
  struct Operation {
    std::uint8_t code;
    std::uint8_t actor;
    Bytes body;
  };
  std::vector<Operation> operations;

  [[nodiscard]] Bytes body() const;
};

/// Operations on records without a schema.
Bytes create_operation(const Digest& id, const std::vector<Digest>& refs = {});
Bytes amend_operation(const Digest& id, std::uint32_t version,
                      const std::vector<Digest>& refs = {});
Bytes withdraw_operation(const Digest& id, std::uint32_t version);
/// On a record.
Bytes attest_operation(const Digest& target, std::uint32_t version, std::uint8_t claim = 1);

struct GenesisMember {
  std::uint32_t id;
  std::vector<MemberKey> keys;
  std::vector<MemberRole> roles;
};
struct GenesisCouncil {
  std::uint8_t threshold = 0;
  std::vector<std::uint32_t> members;
};
Bytes genesis_bytes(const std::vector<Digest>& validators,
                    const std::vector<GenesisMember>& members, const GenesisCouncil& council = {});

/// Every field different.
Header sample_header();
/// A block of `payload` whose header commits to what it carries.
BlockBody sample_block(const Bytes& justification, const Bytes& payload);
/// The first quorum of `validators`, or `signers` of them.
Certificate sample_certificate(VoteKind kind, std::uint64_t view, std::size_t validators,
                               std::size_t signers = 0);

/// Every proper prefix is refused with `truncated` unless `allows` names another error.
template <class Parse>
void expect_truncations_refused(const Bytes& bytes, Parse parse,
                                const std::vector<Error>& allows = {Error::truncated}) {
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const Bytes part(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    const auto result = parse(part);
    if (result) {
      EXPECT_EQ(size, bytes.size());
      continue;
    }
    EXPECT(std::find(allows.begin(), allows.end(), result.failure().error) != allows.end());
    EXPECT(result.failure().offset <= size);
  }
}

template <class Parse>
void expect_trailing_refused(const Bytes& bytes, Parse parse) {
  for (const int extra : {0, 1, 0xff}) {
    Bytes longer = bytes;
    longer.push_back(static_cast<std::uint8_t>(extra));
    const auto result = parse(longer);
    EXPECT(!result);
    if (!result) EXPECT(result.failure() == (Failure{Error::trailing, bytes.size()}));
  }
}

inline Bytes with_bit_flipped(Bytes bytes, std::size_t bit) {
  bytes[bit / 8] ^= static_cast<std::uint8_t>(1 << (bit % 8));
  return bytes;
}

/// Whatever is accepted after one bit changed is written back as the same bytes. Returns how many
/// changes were accepted.
template <class Parse, class Encode>
std::size_t expect_flips_exact(const Bytes& bytes, Parse parse, Encode encode) {
  std::size_t accepted = 0;
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    const Bytes changed = with_bit_flipped(bytes, bit);
    const auto result = parse(changed);
    if (!result) {
      EXPECT(result.failure().offset <= changed.size());
      continue;
    }
    ++accepted;
    EXPECT(encode(*result) == changed);
  }
  return accepted;
}

template <class Parse>
void expect_failure(const Bytes& bytes, Error error, Parse parse) {
  const auto result = parse(bytes);
  EXPECT(!result);
  if (!result) EXPECT_EQ(std::string(error_name(result.failure().error)), error_name(error));
}

}  // namespace chopmark::test

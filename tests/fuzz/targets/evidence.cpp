// SPDX-License-Identifier: Apache-2.0
// Evidence (C-45, B-90). An input is the number of validators, then the evidence. What names a
// header is read twice: as it is, and with a vote for that header, which commits to what follows.
#include <cstring>

#include "base/limits.hpp"
#include "consensus/evidence.hpp"
#include "harness/target.hpp"
#include "hash/sha256.hpp"
#include "types/samples.hpp"
#include "types/tags.hpp"

namespace chopmark::fuzz {
namespace {

constexpr std::size_t kValidators = 4;
constexpr std::uint64_t kView = 10;
constexpr std::size_t kVoteDigest = 1 + 1 + 2 + 8 + 8;
constexpr std::size_t kLeader = 2 + 32 + 4 * 8 + 32;

void check(const Evidence& evidence, std::size_t validators) {
  const Digest chain_id = test::some_digest(1);
  const Digest anchor = test::some_digest(2);
  std::vector<Digest> keys;
  for (std::size_t i = 0; i < validators; ++i)
    keys.push_back(test::some_digest(10 + i));
  const std::size_t size = evidence.first.size() + evidence.second.size();
  const auto claim = [&] {
    const Allowance allowance(size);
    return consensus::check_evidence(evidence, {chain_id, anchor, keys});
  }();
  if (!claim) {
    REQUIRE(claim.failure().offset <= encode_evidence(evidence).size());
    return;
  }
  REQUIRE(evidence.culprit < validators);
  REQUIRE(claim->all_valid.size() == (evidence.kind <= 5 ? 2U : 1U));
  for (const consensus::SignatureCheck& one : claim->all_valid)
    REQUIRE(one.public_key == keys[evidence.culprit]);
  // Whole certificates, if any.
  const std::size_t signatures = claim->one_invalid.size();
  REQUIRE(signatures == 0 || (evidence.kind >= 7 && signatures >= quorum(validators)));
}

void read(ByteView bytes, std::size_t validators) {
  const auto parsed = [&] {
    const Allowance allowance(bytes.size());
    return parse_evidence(bytes);
  }();
  if (!parsed) {
    REQUIRE(parsed.failure().offset <= bytes.size());
    return;
  }
  REQUIRE(std::ranges::equal(encode_evidence(*parsed), bytes));
  check(*parsed, validators);
  Evidence repaired = *parsed;
  Bytes& second = repaired.second;
  const bool closing = !second.empty() && second[0] == tags::kClosingHeader;
  const std::size_t header = closing ? Header::kClosingBytes : Header::kBytes;
  if (repaired.kind < 7 || second.size() < header || repaired.first.size() < kVoteDigest + 32)
    return;
  const Digest root = sha256(ByteView(second).subspan(header));
  std::ranges::copy(root, second.begin() + std::ptrdiff_t(header) - 40);
  second[kLeader] = 0;
  second[kLeader + 1] = static_cast<std::uint8_t>(repaired.culprit + (repaired.kind == 7 ? 0 : 1));
  const Digest digest = header_digest(ByteView(second).first(header));
  std::ranges::copy(digest, repaired.first.begin() + std::ptrdiff_t{kVoteDigest});
  check(repaired, validators);
}

Bytes seed(const Evidence& evidence) {
  Bytes out{kValidators - 1};
  append(out, encode_evidence(evidence));
  return out;
}

Bytes pair(VoteKind a, VoteKind b) {
  Vote first{{a, 1, kView, test::some_digest(3)}, 2, test::some_signature(1)};
  Vote second{{b, 1, kView, test::some_digest(4)}, 2, test::some_signature(2)};
  if (b == VoteKind::nullify) second.subject.digest = {};
  const auto evidence = consensus::make_conflict(first, second);
  REQUIRE(evidence.has_value());
  return seed(*evidence);
}

Bytes unjustified(std::uint16_t validator, bool closing, const Bytes& justification) {
  Header header;
  header.chain_id = test::some_digest(1);
  header.epoch = 1;
  header.view = kView;
  header.parent_view = 7;
  header.parent_digest = test::some_digest(7);
  header.leader = 1;
  header.closing = closing;
  header.justify_root = sha256(justification);
  const Bytes bytes = encode_header(header);
  const VoteSubject subject{VoteKind::notarize, 1, kView, header_digest(bytes)};
  return seed(consensus::make_unjustified({subject, validator, test::some_signature(3)}, bytes,
                                          justification));
}

}  // namespace

std::vector<Bytes> seeds() {
  Justification why{test::sample_certificate(VoteKind::notarize, 7, kValidators), {}};
  for (std::uint64_t view = 8; view < kView; ++view)
    why.nullifications.push_back(test::sample_certificate(VoteKind::nullify, view, kValidators));
  const Bytes justification = encode_justification(why, kValidators);
  return {pair(VoteKind::notarize, VoteKind::notarize),
          pair(VoteKind::finalize, VoteKind::nullify),
          pair(VoteKind::notarize, VoteKind::finalize),
          pair(VoteKind::finalize, VoteKind::finalize),
          unjustified(1, false, justification),
          unjustified(2, true, justification),
          unjustified(2, false, {})};
}

}  // namespace chopmark::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace chopmark;
  if (size == 0) return 0;
  fuzz::read({data + 1, size - 1}, 1 + data[0] % limits::kValidatorsMax);
  return 0;
}

// SPDX-License-Identifier: Apache-2.0
// B-91: a replica verifies evidence, writes it, and then reports and sends it, once.
#include <algorithm>
#include <deque>

#include "consensus/frames.hpp"
#include "consensus/record.hpp"
#include "consensus/replica.hpp"
#include "consensus/signed_votes.hpp"
#include "types/samples.hpp"

namespace chopmark::test {
namespace {

using namespace consensus;

constexpr std::uint8_t kVerify = 0x81, kSign = 0x82, kPersist = 0x83, kSend = 0x84;
constexpr std::uint8_t kCertify = 0x87, kEvidence = 0x89;

constexpr std::uint8_t kEmptySet[] = {0};

/// Validator 0 of four, whose disk answers when it is told to.
class Bench {
 public:
  Bench() : replica_(config()) {
    world.epoch = 1;
    world.anchor = world.chain_id;
    step({Tick{1, 1'000'000}, Pending{1}});
  }

  void hear(std::uint16_t link, const Message& message) {
    const Bytes bytes = encode_message(message, world.n());
    step({MessageReceived{link, bytes}});
  }
  void hear(std::uint16_t link, const Evidence& evidence) { hear(link, EvidenceMessage{evidence}); }

  /// Evidence that it reported, and that it sent to all, so far.
  std::vector<Evidence> reported, sent;
  /// And wrote.
  std::size_t written = 0;
  std::vector<Bytes> asked_to_sign;
  bool disk = true;

  /// The disk has everything.
  void sync() {
    disk = true;
    step({Durable{seq_}});
  }
  [[nodiscard]] const Counters& counters() const { return replica_.counters(); }
  [[nodiscard]] std::uint16_t leader(std::uint64_t view) const { return replica_.leader(view); }

  SignedVotes world{4};

 private:
  Config config() {
    Config out;
    out.chain_id = world.chain_id;
    out.validators = world.keys;
    out.own_key = world.keys[0];
    out.payload_bytes_max = 1000;
    return out;
  }

  void step(const std::vector<Event>& events) {
    std::deque<Bytes> waiting{encode_events(events)};
    while (!waiting.empty()) {
      Bytes effects;
      EXPECT(replica_.step(waiting.front(), effects).has_value());
      waiting.pop_front();
      for (const Frame& one : frames_of(effects)) {
        Bytes answer = handle(one);
        if (!answer.empty()) waiting.push_back(std::move(answer));
      }
    }
  }

  Bytes handle(const Frame& effect) {
    codec::Reader in(effect.body);
    if (effect.kind == kVerify) {
      const std::uint64_t request = in.u64();
      return encode_event(VotesVerified{request, verdicts(in)});
    }
    if (effect.kind == kPersist) {
      seq_ = in.u64();
      const ByteView record = in.bytes(in.remaining());
      const Log log = read_log(record);
      EXPECT_EQ(log.records.size(), 1U);
      written += log.records[0].kind == RecordKind::evidence ? 1 : 0;
      return disk ? encode_event(Durable{seq_}) : Bytes{};
    }
    if (effect.kind == kSign)
      asked_to_sign.emplace_back(effect.body.begin() + 8, effect.body.end());
    if (effect.kind == kCertify) return encode_event(CertifiedBlock{in.digest(), true, kEmptySet});
    if (effect.kind == kEvidence) note(reported, effect.body);
    if (effect.kind == kSend && in.u16() == kEveryone && in.u8() == 0x57)
      note(sent, in.bytes(in.remaining()));
    return {};
  }

  Bytes verdicts_;
  ByteView verdicts(codec::Reader& in) {
    const std::size_t count = in.u32();
    const ByteView keys = in.bytes(32 * count);
    const ByteView signatures = in.bytes(64 * count);
    std::vector<std::uint64_t> ends(count + 1);
    for (std::uint64_t& end : ends)
      end = in.u64();
    verdicts_.clear();
    for (std::size_t i = 0; i < count; ++i) {
      const ByteView payload = in.bytes(ends[i + 1] - ends[i]);
      const bool valid =
          sim::verify(digest_from(keys.data() + 32 * i), payload, signatures.subspan(64 * i, 64));
      verdicts_.push_back(valid ? 1 : 0);
    }
    return verdicts_;
  }

  void note(std::vector<Evidence>& to, ByteView bytes) {
    const auto evidence = parse_evidence(bytes);
    EXPECT(evidence && evidence_holds(*evidence, world.signers()));
    if (evidence) to.push_back(*evidence);
  }

  Replica replica_;
  std::uint64_t seq_ = 0;
};

VoteMessage by(const Bench& bench, std::uint16_t validator, VoteKind kind, std::uint8_t digest) {
  const Digest of = kind == VoteKind::nullify ? Digest{} : Digest{digest};
  return {bench.world.vote(kind, validator, 1, of)};
}

Evidence two_notarize(const Bench& bench, std::uint16_t culprit) {
  const auto made = make_conflict(bench.world.vote(VoteKind::notarize, culprit, 1, Digest{1}),
                                  bench.world.vote(VoteKind::notarize, culprit, 1, Digest{2}));
  EXPECT(made.has_value());
  return made.value_or(Evidence{});
}

}  // namespace

TEST(accuse_whoever_votes_against_itself) {
  struct Pair {
    VoteKind a, b;
    std::uint8_t of_a, of_b, kind;
  };
  using enum VoteKind;
  const Pair cases[] = {{notarize, notarize, 1, 2, 2}, {finalize, nullify, 1, 0, 3},
                        {nullify, finalize, 0, 1, 3},  {notarize, finalize, 1, 2, 4},
                        {finalize, notarize, 1, 2, 4}, {finalize, finalize, 1, 2, 5}};
  for (const Pair& one : cases) {
    Bench bench;
    for (int again = 0; again < 3; ++again) {
      bench.hear(2, by(bench, 2, one.a, one.of_a));
      bench.hear(2, by(bench, 2, one.b, one.of_b));
    }
    EXPECT_EQ(bench.reported.size(), 1U);
    EXPECT_EQ(bench.sent.size(), 1U);
    EXPECT_EQ(bench.written, 1U);
    if (bench.reported.empty()) continue;
    EXPECT_EQ(+bench.reported[0].kind, +one.kind);
    EXPECT_EQ(bench.reported[0].culprit, 2);
  }
}

TEST(accuse_nobody_for_votes_that_go_together) {
  Bench bench;
  for (const VoteKind kind : {VoteKind::notarize, VoteKind::nullify}) {
    bench.hear(2, by(bench, 2, kind, 1));
    bench.hear(2, by(bench, 2, kind, 1));
  }
  bench.hear(3, by(bench, 3, VoteKind::notarize, 1));
  bench.hear(3, by(bench, 3, VoteKind::finalize, 1));
  EXPECT(bench.reported.empty());
  EXPECT_EQ(bench.written, 0U);
}

TEST(accuse_once_for_each_kind_and_validator) {
  Bench bench;
  for (std::uint16_t validator = 2; validator < 4; ++validator) {
    for (std::uint8_t digest = 1; digest < 5; ++digest) {
      bench.hear(validator, by(bench, validator, VoteKind::notarize, digest));
      bench.hear(validator, by(bench, validator, VoteKind::finalize, digest));
    }
  }
  std::vector<std::pair<std::uint16_t, int>> named;
  for (const Evidence& one : bench.reported)
    named.emplace_back(one.culprit, one.kind);
  std::ranges::sort(named);
  EXPECT(named == (std::vector<std::pair<std::uint16_t, int>>{
                      {2, 2}, {2, 4}, {2, 5}, {3, 2}, {3, 4}, {3, 5}}));
}

TEST(accusation_is_written_before_it_is_sent) {
  // B-62
  Bench bench;
  bench.disk = false;
  bench.hear(1, two_notarize(bench, 2));
  EXPECT_EQ(bench.written, 1U);
  EXPECT(bench.reported.empty() && bench.sent.empty());
  bench.sync();
  EXPECT(bench.reported.size() == 1 && bench.sent.size() == 1);
}

TEST(accusations_of_others_are_verified) {
  Bench bench;
  const Evidence good = two_notarize(bench, 2);
  Evidence bad = good;
  bad.second.back() ^= 1;
  bench.hear(3, bad);
  EXPECT(bench.reported.empty());
  EXPECT_EQ(bench.counters().bad_signature, 1U);
  bad = good;
  std::swap(bad.first, bad.second);
  bench.hear(3, bad);
  EXPECT(bench.reported.empty());
  // The lie before does not keep the truth out; and once is enough, whoever says it.
  bench.hear(3, good);
  bench.hear(3, good);
  bench.hear(1, good);
  EXPECT(bench.reported.size() == 1 && bench.sent.size() == 1);
  EXPECT_EQ(bench.written, 1U);
}

TEST(accusations_of_another_epoch_or_validator_are_dropped) {
  Bench bench;
  Bench later;
  later.world.epoch = 2;
  bench.hear(3, two_notarize(later, 2));
  Evidence nobody = two_notarize(bench, 2);
  nobody.culprit = 4;
  bench.hear(3, nobody);
  // E7 that holds nowhere but under another anchor.
  const Bytes why = bench.world.encoded({});
  Header header = bench.world.header(1, 0, bench.world.chain_id, why);
  const Digest digest = header_digest(encode_header(header));
  const Vote vote = bench.world.vote(VoteKind::notarize, 1, 1, digest);
  bench.hear(3, make_unjustified(vote, encode_header(header), why));
  EXPECT(bench.reported.empty());
  EXPECT_EQ(bench.written, 0U);
}

namespace {

/// A proposal of the leader of `view`.
BlockBody proposal(const Bench& bench, std::uint64_t view, const BlockBody* parent,
                   const Justification& why) {
  BlockBody block = sample_block(bench.world.encoded(why), Bytes(4));
  Header& header = block.header;
  header.chain_id = bench.world.chain_id;
  header.epoch = 1;
  header.view = view;
  header.parent_view = parent == nullptr ? 0 : parent->header.view;
  header.parent_digest = parent == nullptr ? bench.world.chain_id : parent->digest;
  header.height = parent == nullptr ? 1 : parent->header.height + 1;
  header.leader = bench.leader(view);
  header.time_ms = 100 + view;
  header.next_set_hash = {};
  block.header_bytes = encode_header(header);
  block.digest = header_digest(block.header_bytes);
  block.leader_signature =
      bench.world.vote(VoteKind::notarize, header.leader, view, block.digest).signature;
  return block;
}

/// The first of two views that validator 0 does not lead.
std::uint64_t others_lead(const Bench& bench) {
  std::uint64_t view = 1;
  while (bench.leader(view) == 0 || bench.leader(view + 1) == 0)
    ++view;
  return view;
}

bool asked_for(const Bench& bench, const VoteSubject& subject) {
  return std::ranges::find(bench.asked_to_sign, vote_payload(bench.world.chain_id, subject)) !=
         bench.asked_to_sign.end();
}

}  // namespace

TEST(accuse_whoever_signs_what_is_not_justified) {
  // E7 of the leader at once; E8 of the others when a quorum is seen to have notarized it.
  Bench bench;
  const std::uint64_t view = others_lead(bench) + 1;  // views before are not said to be nullified
  const BlockBody block = proposal(bench, view, nullptr, {});
  const std::uint16_t leader = block.header.leader;
  bench.hear(leader, ProposalMessage{block});
  EXPECT_EQ(bench.reported.size(), 1U);
  if (bench.reported.empty()) return;
  EXPECT_EQ(+bench.reported[0].kind, 7);
  EXPECT_EQ(bench.reported[0].culprit, leader);

  const Certificate notarization =
      bench.world.certificate(VoteKind::notarize, {1, 2, 3}, view, block.digest);
  bench.hear(leader, CertificateMessage{notarization});
  std::vector<std::uint16_t> named;
  for (const Evidence& one : bench.reported) {
    named.push_back(one.culprit);
    EXPECT_EQ(+one.kind, one.culprit == leader ? 7 : 8);
  }
  std::ranges::sort(named);
  EXPECT(named == (Indexes{1, 2, 3}));
  EXPECT_EQ(bench.sent.size(), 3U);
}

TEST(no_vote_for_a_justification_that_others_could_call_wrong) {
  // R3: signatures seen before count for whoever gave them. Whoever took them for those of others
  // would notarize what B-90 calls unjustified.
  for (const bool moved : {false, true}) {
    Bench bench;
    const std::uint64_t view = others_lead(bench);
    Justification why;
    for (std::uint64_t before = 1; before < view; ++before)
      why.nullifications.push_back(bench.world.certificate(VoteKind::nullify, before));
    const BlockBody first = proposal(bench, view, nullptr, why);
    bench.hear(first.header.leader, ProposalMessage{first});
    EXPECT(asked_for(bench, {VoteKind::notarize, 1, view, first.digest}));
    Certificate certificate =
        bench.world.certificate(VoteKind::finalize, {1, 2, 3}, view, first.digest);
    bench.hear(1, CertificateMessage{certificate});

    if (moved) certificate.signers = {0, 2, 3};
    const BlockBody second = proposal(bench, view + 1, &first, {certificate, {}});
    bench.hear(second.header.leader, ProposalMessage{second});
    EXPECT_EQ(asked_for(bench, {VoteKind::notarize, 1, view + 1, second.digest}), !moved);
    EXPECT_EQ(bench.reported.size(), moved ? 1U : 0U);
  }
}

}  // namespace chopmark::test

// SPDX-License-Identifier: Apache-2.0
// Every invariant of docs/testing.md, with a story that breaks it and one that does not.
#include "codec/writer.hpp"
#include "hash/sha256.hpp"
#include "sim/scheme.hpp"
#include "sim/story.hpp"
#include "test.hpp"

namespace chopmark::test {
namespace {

using Block = Story::Block;

std::string first_of(const Story& story) {
  return story.clean() ? "nothing" : story.observer.violations()[0].what;
}

#define EXPECT_CLEAN(story) EXPECT_EQ(first_of(story), std::string("nothing"))
#define EXPECT_ONLY(story, number)                                                            \
  do {                                                                                        \
    if (!(story).only(number))                                                                \
      ::chopmark::test::fail(__FILE__, __LINE__, "only " #number ", but " + first_of(story)); \
  } while (false)

TEST(observer_passes_a_chain_with_skipped_views) {
  Story story;
  const Block a = story.full_view(1, nullptr);
  const Block b = story.full_view(2, &a);
  story.nullify(3);
  story.nullify(4);
  const Block c = story.full_view(5, &b);
  static_cast<void>(story.full_view(6, &c));
  EXPECT_CLEAN(story);
  EXPECT_EQ(story.observer.final_height(), 4U);
}

TEST(observer_passes_blocks_that_a_child_made_final) {
  Story story;
  const Block a = story.block(1, nullptr);
  story.propose(a);
  story.notarize(a);
  const Block b = story.block(2, &a);
  story.propose(b);
  story.notarize(b);
  story.finalize(b);
  story.keep_block(0, a);
  story.keep_final(0, b);
  story.sync(0);
  story.deliver(0, a, false);
  story.deliver(0, b);
  EXPECT_CLEAN(story);
}

TEST(observer_finds_1_two_blocks_of_a_height) {
  Story story(0, {true, true, false, false});
  const Block a = story.block(1, nullptr);
  const Block b = story.block(1, nullptr, 9);
  for (const Block& one : {a, b}) {
    for (const std::size_t node : {std::size_t{0}, std::size_t{1}})
      for (const VoteKind kind : {VoteKind::notarize, VoteKind::finalize})
        story.send(node,
                   story.bytes(VoteMessage{story.vote(node, story.about(kind, 1, one.digest()))}));
  }
  const auto side = [&](std::size_t node, const Block& one) {
    story.notarize(one, {node});
    story.finalize(one, {node});
    story.keep_final(node, one);
    story.sync(node);
    const Certificate final = story.certificate(story.about(VoteKind::finalize, 1, one.digest()),
                                                {0, 1, static_cast<std::uint16_t>(node)});
    story.observer.delivered(node, story.delivery(one, encode_certificate(final, Story::kNodes)));
  };
  side(2, a);
  EXPECT_CLEAN(story);
  side(3, b);
  EXPECT(story.broken()[0] == 1);
}

TEST(observer_finds_2_two_notarizations_of_a_view) {
  Story story(0, {true, true, false, false});
  const Block a = story.block(1, nullptr);
  const Block b = story.block(1, nullptr, 9);
  for (const Block& one : {a, b})
    for (const std::size_t node : {std::size_t{0}, std::size_t{1}})
      story.send(node, story.bytes(VoteMessage{
                           story.vote(node, story.about(VoteKind::notarize, 1, one.digest()))}));
  story.notarize(a, {2});
  EXPECT_CLEAN(story);
  story.notarize(b, {3});
  EXPECT_ONLY(story, 2);
}

TEST(observer_finds_3_a_final_view_that_is_nullified) {
  for (const bool final_first : {false, true}) {
    Story story(0, {true, true, false, false});
    const Block a = story.block(1, nullptr);
    for (const std::size_t node : {std::size_t{0}, std::size_t{1}})
      for (const VoteKind kind : {VoteKind::notarize, VoteKind::nullify, VoteKind::finalize})
        story.send(node,
                   story.bytes(VoteMessage{story.vote(node, story.about(kind, 1, a.digest()))}));
    story.notarize(a, {2});
    if (final_first) story.finalize(a, {2});
    if (!final_first) story.say(3, story.about(VoteKind::nullify, 1, {}));
    EXPECT_CLEAN(story);
    if (!final_first) story.finalize(a, {2});
    if (final_first) story.say(3, story.about(VoteKind::nullify, 1, {}));
    EXPECT_ONLY(story, 3);
  }
}

TEST(observer_finds_4_a_final_block_without_notarization) {
  Story story(0, {true, true, true, false});
  const Block a = story.block(1, nullptr);
  for (std::size_t node = 0; node < 3; ++node) {
    EXPECT_CLEAN(story);
    story.send(
        node,
        story.bytes(VoteMessage{story.vote(node, story.about(VoteKind::finalize, 1, a.digest()))}));
  }
  EXPECT_ONLY(story, 4);
}

TEST(observer_finds_4_a_refused_block_that_is_final) {
  for (const bool refused_first : {false, true}) {
    Story story;
    const Block a = story.block(1, nullptr);
    story.propose(a);
    story.observer.judged(1, a.body.header_bytes, !refused_first);
    story.notarize(a);
    EXPECT_CLEAN(story);
    story.finalize(a);
    if (refused_first) EXPECT_ONLY(story, 4);
    if (!refused_first) EXPECT_CLEAN(story);
  }
}

TEST(observer_finds_5_a_gap_in_a_delivered_block) {
  // The view between was not nullified, and the block says nothing about it.
  Story story;
  const Block a = story.full_view(1, nullptr);
  Block b = story.block(3, &a);
  Justification why;
  why.parent = story.certificate(story.about(VoteKind::notarize, 1, a.digest()));
  b = story.with_justification(b, encode_justification(why, Story::kNodes));
  story.notarize(b);
  story.finalize(b);
  story.keep_final(0, b);
  story.sync(0);
  const std::size_t before = story.observer.violations().size();
  story.deliver(0, b);
  bool found = false;
  for (std::size_t i = before; i < story.observer.violations().size(); ++i)
    found = found || story.observer.violations()[i].invariant == 5;
  EXPECT(found);
}

TEST(observer_finds_5_a_height_left_out) {
  Story story;
  const Block a = story.full_view(1, nullptr);
  const Block b = story.full_view(2, &a);
  EXPECT_CLEAN(story);
  story.keep_final(3, b);
  story.sync(3);
  story.deliver(3, b);
  EXPECT_ONLY(story, 5);
}

TEST(observer_finds_5_a_proposal_without_its_parent) {
  Story story;
  const Block a = story.full_view(1, nullptr);
  Block b = story.block(2, &a);
  b.body.header.height = 3;
  b = story.with_justification(b, b.body.justification);
  story.propose(b);
  EXPECT_ONLY(story, 5);
}

TEST(observer_finds_5_votes_for_headers_that_do_not_fit) {
  enum Wrong { kNothing, kLeader, kHeight, kTime, kNextSet, kLength, kKind };
  for (const Wrong wrong : {kNothing, kLeader, kHeight, kTime, kNextSet, kLength, kKind}) {
    Story story(4, {true, true, false, false});
    const Block a = story.full_view(1, nullptr);
    Block b = wrong == kKind ? story.closing(2, a, a) : story.block(2, &a);
    Header& header = b.body.header;
    if (wrong == kLeader) header.leader = 0;
    if (wrong == kHeight) header.height += 1;
    if (wrong == kTime) header.time_ms = a.body.header.time_ms;
    if (wrong == kNextSet) header.next_set_hash[3] = 1;
    if (wrong == kLength) b.body.payload.resize(5000);
    b = story.with_justification(b, b.body.justification);
    story.send(header.leader, story.bytes(ProposalMessage{b.body}));
    EXPECT_CLEAN(story);  // the leader is a liar
    story.keep_certificate(2, story.certificate(story.about(VoteKind::notarize, 1, a.digest())));
    story.notarize(b, {2});
    if (wrong == kNothing) EXPECT_CLEAN(story);
    if (wrong != kNothing) EXPECT_ONLY(story, 5);
  }
}

TEST(observer_sees_certificates_within_blocks_of_liars) {
  // A liar shows a notarization to one honest node, within the block of the next view.
  Story story(0, {true, true, false, false});
  const Block a = story.block(1, nullptr);
  story.send(0, story.bytes(ProposalMessage{a.body}));
  story.notarize(a, {2});
  const Block b = story.block(2, &a);
  story.send(1, story.bytes(ProposalMessage{b.body}), 2);
  story.finalize(a, {2});
  for (const std::size_t node : {std::size_t{0}, std::size_t{1}})
    story.send(
        node,
        story.bytes(VoteMessage{story.vote(node, story.about(VoteKind::finalize, 1, a.digest()))}));
  EXPECT_CLEAN(story);
}

TEST(observer_finds_6_conflicts_of_honest_votes) {
  struct Pair {
    VoteKind first, second;
    bool same_block, conflict;
  };
  for (const Pair& pair : {Pair{VoteKind::notarize, VoteKind::notarize, false, true},
                           Pair{VoteKind::notarize, VoteKind::notarize, true, false},
                           Pair{VoteKind::notarize, VoteKind::finalize, false, true},
                           Pair{VoteKind::finalize, VoteKind::notarize, false, true},
                           Pair{VoteKind::notarize, VoteKind::finalize, true, false},
                           Pair{VoteKind::finalize, VoteKind::nullify, true, true},
                           Pair{VoteKind::nullify, VoteKind::finalize, true, true},
                           Pair{VoteKind::finalize, VoteKind::finalize, false, true},
                           Pair{VoteKind::notarize, VoteKind::nullify, true, false},
                           Pair{VoteKind::nullify, VoteKind::notarize, true, false}}) {
    Story story;
    const Block a = story.block(1, nullptr);
    const Block b = story.block(1, nullptr, 9);
    for (const Block& one : {a, b}) {
      story.keep_block(1, one);
      story.keep_certificate(1,
                             story.certificate(story.about(VoteKind::notarize, 1, one.digest())));
    }
    story.say(1, story.about(pair.first, 1, a.digest()));
    EXPECT_CLEAN(story);
    // A crash in between forgives nothing.
    story.observer.crashed(1);
    story.observer.restarted(1, false, 0);
    story.say(1, story.about(pair.second, 1, (pair.same_block ? a : b).digest()));
    if (pair.conflict) EXPECT_ONLY(story, 6);
    if (!pair.conflict) EXPECT_CLEAN(story);
  }
}

TEST(observer_finds_6_two_proposals) {
  Story story;
  story.propose(story.block(1, nullptr));
  EXPECT_CLEAN(story);
  story.propose(story.block(1, nullptr, 9));
  EXPECT_ONLY(story, 6);
}

TEST(observer_finds_6_an_amnesia_reply_below_a_signature) {
  for (const std::uint64_t highest : {std::uint64_t{2}, std::uint64_t{1}}) {
    Story story;
    const Block a = story.block(1, nullptr);
    story.propose(a);
    story.notarize(a);
    for (const std::size_t node : {std::size_t{0}, std::size_t{1}})
      story.keep_certificate(node,
                             story.certificate(story.about(VoteKind::notarize, 1, a.digest())));
    const Block b = story.block(2, &a);
    story.propose(b);
    Digest nonce{};
    AmnesiaReplyMessage reply{1, nonce, 1, highest, {}, {}};
    reply.signature = sim::sign(
        story.setup.keys[1],
        amnesia_reply_payload(story.setup.chain_id, 1, nonce, story.setup.keys[3], highest));
    reply.proof = story.certificate(story.about(VoteKind::notarize, 1, a.digest()));
    if (highest < 2) reply.proof.reset();
    story.send(1, story.bytes(reply), 3);
    if (highest < 2) EXPECT_ONLY(story, 6);
    if (highest == 2) EXPECT_CLEAN(story);
  }
}

TEST(observer_finds_7_a_vote_that_is_not_durable) {
  Story story;
  const Block a = story.block(1, nullptr);
  story.keep_block(1, a);
  story.sync(1);
  const Bytes vote =
      story.bytes(VoteMessage{story.vote(1, story.about(VoteKind::notarize, 1, a.digest()))});
  story.write(1, 2, vote);
  EXPECT_CLEAN(story);
  story.send(1, vote);
  EXPECT_ONLY(story, 7);
}

TEST(observer_finds_7_a_vote_that_was_never_written) {
  Story story;
  story.send(1, story.bytes(VoteMessage{story.vote(1, story.about(VoteKind::nullify, 1, {}))}));
  EXPECT_ONLY(story, 7);
}

TEST(observer_finds_7_a_notarize_without_its_block) {
  Story story;
  story.say(1, story.about(VoteKind::notarize, 1, story.block(1, nullptr).digest()));
  EXPECT_ONLY(story, 7);
}

TEST(observer_finds_7_a_finalize_without_its_notarization) {
  Story story;
  const Block a = story.block(1, nullptr);
  story.keep_block(1, a);
  story.say(1, story.about(VoteKind::finalize, 1, a.digest()));
  EXPECT_ONLY(story, 7);
}

TEST(observer_finds_7_a_vote_without_a_certificate_of_the_view_before) {
  Story story;
  story.say(1, story.about(VoteKind::nullify, 2, {}));
  EXPECT_ONLY(story, 7);
}

TEST(observer_finds_7_what_a_crash_took) {
  Story story;
  const Bytes vote = story.bytes(VoteMessage{story.vote(1, story.about(VoteKind::nullify, 1, {}))});
  story.write(1, 2, vote);
  story.observer.crashed(1);
  story.observer.restarted(1, false, 0);
  story.seq[1] = 0;
  story.write(1, 3, story.bytes(BlockMessage{story.block(1, nullptr).body}));
  story.sync(1);
  EXPECT_CLEAN(story);
  story.send(1, vote);
  EXPECT_ONLY(story, 7);
}

TEST(observer_finds_7_a_delivery_that_is_not_durable) {
  Story story;
  const Block a = story.block(1, nullptr);
  story.propose(a);
  story.notarize(a);
  story.finalize(a);
  story.keep_final(1, a);
  EXPECT_CLEAN(story);
  story.deliver(1, a);
  EXPECT_ONLY(story, 7);
}

TEST(observer_finds_7_a_checkpoint_that_forgets_a_vote) {
  for (const bool forgets : {false, true}) {
    Story story;
    const Bytes vote =
        story.bytes(VoteMessage{story.vote(1, story.about(VoteKind::nullify, 1, {}))});
    story.say(1, story.about(VoteKind::nullify, 1, {}));
    std::vector<std::pair<std::uint8_t, Bytes>> rest;
    if (!forgets) rest.emplace_back(2, vote);
    story.observer.checkpointed(1, story.log(1, rest));
    if (forgets) EXPECT_ONLY(story, 7);
    if (!forgets) EXPECT_CLEAN(story);
    story.send(1, vote);
    if (!forgets) EXPECT_CLEAN(story);
  }
}

TEST(observer_finds_7_evidence_that_was_not_written) {
  for (const bool written : {true, false}) {
    Story story(0, {true, false, false, false});
    Block a = story.block(1, nullptr);
    Block b = story.block(1, nullptr, 9);
    if (b.digest() < a.digest()) std::swap(a, b);
    Evidence evidence{2, 0, 1, {}, {}};
    evidence.first =
        story.bytes(VoteMessage{story.vote(0, story.about(VoteKind::notarize, 1, a.digest()))});
    evidence.second =
        story.bytes(VoteMessage{story.vote(0, story.about(VoteKind::notarize, 1, b.digest()))});
    if (written) story.write(1, 9, encode_evidence(evidence));
    story.observer.accused(1, encode_evidence(evidence));
    story.send(1, story.bytes(EvidenceMessage{evidence}));
    if (written) EXPECT_CLEAN(story);
    if (!written) EXPECT_ONLY(story, 7);
  }
}

TEST(observer_finds_8_certificates_that_do_not_verify) {
  Story story;
  const Block a = story.block(1, nullptr);
  story.propose(a);
  story.notarize(a);
  const Certificate good = story.certificate(story.about(VoteKind::notarize, 1, a.digest()));
  story.send(3, story.bytes(CertificateMessage{good}));
  story.send(3, story.bytes(CertificateMessage{good}));
  EXPECT_CLEAN(story);
  Certificate bad = good;
  bad.signatures[1][5] ^= 1;
  story.send(3, story.bytes(CertificateMessage{bad}));
  EXPECT_ONLY(story, 8);
}

TEST(observer_finds_8_a_certificate_without_quorum) {
  Story story;
  const Block a = story.block(1, nullptr);
  story.send(3, story.bytes(CertificateMessage{
                    story.certificate(story.about(VoteKind::notarize, 1, a.digest()), {0, 1})}));
  EXPECT_ONLY(story, 8);
}

TEST(observer_finds_8_a_vote_in_the_name_of_another) {
  Story story;
  story.say(1, story.about(VoteKind::nullify, 1, {}));
  EXPECT_CLEAN(story);
  story.send(2, story.bytes(VoteMessage{story.vote(1, story.about(VoteKind::nullify, 1, {}))}));
  EXPECT_ONLY(story, 8);
}

TEST(observer_finds_8_a_proposal_with_another_payload) {
  Story story;
  const Block a = story.block(1, nullptr);
  story.propose(a);
  EXPECT_CLEAN(story);
  Block bent = a;
  bent.body.payload.push_back(1);
  story.send(0, story.bytes(ProposalMessage{bent.body}));
  EXPECT_ONLY(story, 8);
}

TEST(observer_ignores_what_liars_forge) {
  Story story(0, {true, false, false, false});
  const Block a = story.block(1, nullptr);
  Certificate forged = story.certificate(story.about(VoteKind::finalize, 1, a.digest()));
  for (auto& one : forged.signatures)
    one[0] ^= 1;
  story.send(0, story.bytes(CertificateMessage{forged}));
  Vote vote = story.vote(0, story.about(VoteKind::finalize, 1, a.digest()));
  vote.validator = 2;
  story.send(0, story.bytes(VoteMessage{vote}));
  story.send(0, Bytes{0x51});
  story.send(0, {});
  story.say(2, story.about(VoteKind::nullify, 1, {}));
  EXPECT_CLEAN(story);
}

TEST(observer_follows_the_honest_through_a_flood_of_blocks) {
  Story story(0, {true, false, false, false});
  for (std::uint8_t i = 0; i < 100; ++i) {
    Digest digest{};
    digest[0] = i;
    story.send(0,
               story.bytes(VoteMessage{story.vote(0, story.about(VoteKind::notarize, 2, digest))}));
  }
  const Block a = story.full_view(1, nullptr);
  static_cast<void>(story.full_view(2, &a));
  EXPECT_CLEAN(story);
  EXPECT_EQ(story.observer.final_height(), 2U);
}

Evidence conflict(const Story& story, std::uint16_t culprit, VoteKind first, const Digest& a,
                  VoteKind second, const Digest& b, std::uint8_t kind) {
  Evidence made{kind, culprit, story.epoch, {}, {}};
  made.first = story.bytes(VoteMessage{story.vote(culprit, story.about(first, 1, a))});
  made.second = story.bytes(VoteMessage{story.vote(culprit, story.about(second, 1, b))});
  return made;
}

TEST(observer_finds_9_accusations_of_the_honest_and_of_nothing) {
  Digest low{};
  Digest high{};
  high[0] = 1;
  const auto verdict = [](const Story& story) { return story.clean(); };
  const auto accuse = [&](const Evidence& evidence) {
    Story story(0, {true, false, false, false});
    story.observer.accused(1, encode_evidence(evidence));
    return verdict(story) ? 0U : story.broken()[0];
  };
  const Story names(0, {true, false, false, false});
  constexpr VoteKind kN = VoteKind::notarize;
  constexpr VoteKind kX = VoteKind::nullify;
  constexpr VoteKind kF = VoteKind::finalize;
  EXPECT_EQ(accuse(conflict(names, 0, kN, low, kN, high, 2)), 0U);
  EXPECT_EQ(accuse(conflict(names, 0, kF, low, kX, low, 3)), 0U);
  EXPECT_EQ(accuse(conflict(names, 0, kN, high, kF, low, 4)), 0U);
  EXPECT_EQ(accuse(conflict(names, 0, kF, low, kF, high, 5)), 0U);
  EXPECT_EQ(accuse(conflict(names, 2, kN, low, kN, high, 2)), 9U);  // honest
  EXPECT_EQ(accuse(conflict(names, 0, kN, high, kN, low, 2)), 9U);  // not in order
  EXPECT_EQ(accuse(conflict(names, 0, kN, low, kN, low, 2)), 9U);
  EXPECT_EQ(accuse(conflict(names, 0, kN, low, kF, low, 4)), 9U);
  EXPECT_EQ(accuse(conflict(names, 0, kN, low, kX, low, 3)), 9U);
  Evidence forged = conflict(names, 0, kN, low, kN, high, 2);
  forged.second.back() ^= 1;
  EXPECT_EQ(accuse(forged), 9U);
}

TEST(observer_finds_9_a_justification_that_holds) {
  for (const bool holds : {true, false}) {
    Story story(0, {true, false, false, false});
    Block a = story.block(1, nullptr);
    if (!holds) a = story.with_justification(a, Bytes{0, 0, 1});
    Evidence evidence{7, 0, 1, {}, {}};
    evidence.first =
        story.bytes(VoteMessage{story.vote(0, story.about(VoteKind::notarize, 1, a.digest()))});
    evidence.second = a.body.header_bytes;
    append(evidence.second, a.body.justification);
    story.observer.accused(1, encode_evidence(evidence));
    if (holds) EXPECT_ONLY(story, 9);
    if (!holds) EXPECT_CLEAN(story);
    evidence.kind = 8;  // it was the leader
    story.observer.accused(1, encode_evidence(evidence));
    EXPECT_ONLY(story, 9);
  }
}

TEST(observer_finds_10_what_grows_without_bound) {
  Story held;
  held.observer.stepped(1, 1024 * 1024, 1024 * 1024);
  EXPECT_CLEAN(held);
  held.observer.stepped(1, std::size_t{1} << 30, 0);
  EXPECT_ONLY(held, 10);
  Story effects;
  effects.observer.stepped(1, 0, std::size_t{1} << 30);
  EXPECT_ONLY(effects, 10);
  Story spread;
  Story at_once;
  Bytes ask(18, 0);
  ask[0] = 0x53;
  for (std::uint64_t i = 0; i < 30'000; ++i) {
    spread.observer.at(100 * i);
    spread.send(1, ask);
    at_once.send(1, ask);
  }
  EXPECT_CLEAN(spread);
  EXPECT_ONLY(at_once, 10);
}

TEST(observer_finds_11_a_start_below_what_was_final) {
  for (const std::uint64_t height : {std::uint64_t{2}, std::uint64_t{1}}) {
    Story story;
    const Block a = story.full_view(1, nullptr);
    static_cast<void>(story.full_view(2, &a));
    story.observer.crashed(1);
    story.observer.restarted(1, false, height);
    if (height == 2) EXPECT_CLEAN(story);
    if (height == 1) EXPECT_ONLY(story, 11);
  }
}

TEST(observer_finds_11_a_signature_at_a_final_view) {
  Story story;
  const Block a = story.full_view(1, nullptr);
  static_cast<void>(story.full_view(2, &a));
  story.write(
      3, 4,
      story.bytes(CertificateMessage{story.certificate(story.about(VoteKind::nullify, 2, {}))}));
  story.say(3, story.about(VoteKind::nullify, 1, {}));  // nothing is final for it
  EXPECT_CLEAN(story);
  story.say(1, story.about(VoteKind::nullify, 2, {}));
  const std::vector<std::uint32_t> both = {6, 11};  // it had finalized that view
  EXPECT(story.broken() == both);
}

TEST(observer_finds_11_the_signature_of_an_amnesic_node) {
  Story story;
  story.observer.crashed(1);
  story.observer.restarted(1, true, 0);
  story.say(1, story.about(VoteKind::nullify, 1, {}));
  EXPECT_ONLY(story, 11);
}

TEST(observer_finds_11_a_signature_at_or_below_the_view_of_amnesia) {
  for (const std::uint64_t view : {std::uint64_t{6}, std::uint64_t{5}}) {
    Story story;
    codec::Writer mark;
    mark.u8(1);
    mark.u64(1);
    mark.u64(5);
    story.write(1, 8, mark.take());
    story.keep_certificate(1, story.certificate(story.about(VoteKind::nullify, 5, {})));
    story.say(1, story.about(VoteKind::nullify, view, {}));
    if (view == 6) EXPECT_CLEAN(story);
    if (view == 5) EXPECT_ONLY(story, 11);
  }
}

TEST(observer_finds_11_amnesia_that_ends_too_early) {
  for (const std::uint64_t above : {std::uint64_t{2}, std::uint64_t{1}}) {
    Story story;
    for (const std::uint64_t view : {std::uint64_t{1}, std::uint64_t{2}})
      story.nullify(view, {1});
    story.observer.crashed(1);
    story.observer.restarted(1, true, 0);
    codec::Writer mark;
    mark.u8(1);
    mark.u64(1);
    mark.u64(above);
    story.write(1, 8, mark.take());
    if (above == 2) EXPECT_CLEAN(story);
    if (above == 1) EXPECT_ONLY(story, 11);
  }
}

TEST(observer_finds_12_other_roots) {
  for (const bool other : {false, true}) {
    Story story;
    const Block a = story.full_view(1, nullptr);
    story.propose(story.block(2, &a));
    story.nullify(2);
    Block c = story.block(3, &a);
    if (other) c.body.header.state_root.fill(99);
    c = story.with_justification(c, c.body.justification);
    story.propose(c);
    if (other) EXPECT_ONLY(story, 12);
    if (!other) EXPECT_CLEAN(story);
  }
}

TEST(observer_finds_12_ledgers_that_disagree) {
  Story story;
  const Block a = story.block(1, nullptr);
  story.propose(a);
  story.observer.judged(1, a.body.header_bytes, true);
  story.observer.judged(2, a.body.header_bytes, true);
  EXPECT_CLEAN(story);
  story.observer.judged(3, a.body.header_bytes, false);
  EXPECT_ONLY(story, 12);
}

TEST(observer_follows_epochs) {
  for (const bool closed : {false, true}) {
    Story story(2);
    const Block a = story.full_view(1, nullptr);
    std::vector<Block> closings;
    Block d;
    if (!closed) {
      d = story.full_view(2, &a);
    } else {
      d = story.block(2, &a);
      story.propose(d);
      story.notarize(d);
      const auto close = [&](std::uint64_t view, const Block& parent) {
        const Block made = story.closing(view, parent, d);
        story.propose(made);
        story.notarize(made);
        closings.push_back(made);
      };
      close(3, d);
      for (std::size_t node = 0; node < Story::kNodes; ++node)
        story.keep_certificate(
            node, story.certificate(story.about(VoteKind::notarize, 3, closings[0].digest())));
      story.nullify(4);
      close(5, closings[0]);
      story.finalize(closings[1]);
      const Bytes final = encode_certificate(
          story.certificate(story.about(VoteKind::finalize, 5, closings[1].digest())),
          Story::kNodes);
      for (std::size_t node = 0; node < 3; ++node) {
        story.keep_block(node, d);
        story.keep_final(node, closings[1]);
        story.sync(node);
        story.observer.delivered(node, story.delivery(d, final));
      }
    }
    EXPECT_CLEAN(story);
    story.end_epoch(d, closings);
    EXPECT_CLEAN(story);
    const Block e = story.full_view(1, nullptr);
    static_cast<void>(story.full_view(2, &e));
    EXPECT_CLEAN(story);
    EXPECT_EQ(story.observer.final_height(), 4U);
  }
}

TEST(observer_finds_13_an_epoch_that_ends_by_a_bad_proof) {
  Story story(2);
  const Block a = story.full_view(1, nullptr);
  const Block d = story.full_view(2, &a);
  const Position next = story.next_position(d);
  story.write(0, 6, encode_position(next));
  story.sync(0);
  codec::Writer out;
  const auto sized = [&](const Bytes& bytes) {
    out.u32(static_cast<std::uint32_t>(bytes.size()));
    out.bytes(bytes);
  };
  sized(encode_position(next));
  // A notarization ends nothing.
  sized(story.bytes(
      CertificateMessage{story.certificate(story.about(VoteKind::notarize, 2, d.digest()))}));
  sized(story.bytes(BlockMessage{d.body}));
  EXPECT_CLEAN(story);
  story.observer.epoch_ended(0, out.take());
  EXPECT_ONLY(story, 13);
}

TEST(observer_finds_a_set_that_the_last_block_does_not_name) {
  Story story(2);
  const Block a = story.full_view(1, nullptr);
  const Block d = story.full_view(2, &a);
  Position next = story.next_position(d);
  std::swap(next.set[0], next.set[1]);
  EXPECT_CLEAN(story);
  story.write(0, 6, encode_position(next));
  EXPECT_ONLY(story, 5);
}

TEST(observer_leaves_a_node_alone_that_was_forgiven) {
  Story story;
  story.observer.forgave(1);
  story.send(1, story.bytes(VoteMessage{story.vote(1, story.about(VoteKind::nullify, 1, {}))}));
  story.observer.delivered(1, Bytes(10));
  EXPECT_CLEAN(story);
}

TEST(observer_remembers_thousands_of_views) {
  Story story;
  Block last = story.full_view(1, nullptr);
  for (std::uint64_t view = 2; view < 1500; ++view)
    last = story.full_view(view, &last);
  EXPECT_CLEAN(story);
  // Node 3 took no part, so nothing above what it knows was forgotten.
  story.keep_certificate(3, story.certificate(story.about(VoteKind::nullify, 4, {})));
  story.say(3, story.about(VoteKind::nullify, 4, {}));
  EXPECT_CLEAN(story);
  EXPECT_EQ(story.observer.final_height(), 1499U);
}

}  // namespace
}  // namespace chopmark::test

// SPDX-License-Identifier: Apache-2.0
// Every behaviour of the conspiracy acts, and does what docs/testing.md says of it; liars among a
// story's honest nodes make the observer accuse nobody.
#include "sim/liar.hpp"

#include <algorithm>
#include <set>

#include "hash/sha256.hpp"
#include "sim/liars/behaviour.hpp"
#include "sim/story.hpp"
#include "test.hpp"

namespace chopmark::test {
namespace {

using namespace sim::liars;
using sim::Conspiracy;

struct Sent {
  std::size_t from, to;
  Bytes message;
  std::uint64_t delay_us;
};

class Post final : public sim::Outbox {
 public:
  void send(std::size_t from, std::size_t to, ByteView message, std::uint64_t delay_us) override {
    all.push_back({from, to, {message.begin(), message.end()}, delay_us});
  }
  std::vector<Sent> all;
};

/// Node 0 lies by one behaviour; it leads view 1.
struct Scene {
  explicit Scene(std::uint32_t acts, std::uint64_t seed = 1)
      : story(0, {true, false, false, false}), liars(story.setup, seed, 300'000, acts) {
    block = story.block(1, nullptr);
    later = story.block(5, &block);  // led by node 0, too
    proposal = story.bytes(ProposalMessage{block.body});
    vote =
        story.bytes(VoteMessage{story.vote(0, story.about(VoteKind::notarize, 1, block.digest()))});
    honest_vote =
        story.bytes(VoteMessage{story.vote(2, story.about(VoteKind::notarize, 1, block.digest()))});
    certificate = story.bytes(
        CertificateMessage{story.certificate(story.about(VoteKind::notarize, 1, block.digest()))});
  }
  void out(const Bytes& message, std::uint16_t link = 0xffff) {
    liars.outgoing(0, link, message, post);
  }
  /// All that was said, to messages as the types read them.
  [[nodiscard]] std::vector<Message> read() const {
    std::vector<Message> messages;
    for (const Sent& one : post.all) {
      const Result<Message> parsed = parse_message(one.message, Story::kNodes);
      if (parsed) messages.push_back(*parsed);
    }
    return messages;
  }
  Story story;
  Conspiracy liars;
  Post post;
  Story::Block block, later;
  Bytes proposal, vote, honest_vote, certificate;
};

template <class One>
std::size_t count_of(const std::vector<Message>& messages) {
  return static_cast<std::size_t>(std::ranges::count_if(
      messages, [](const Message& one) { return std::holds_alternative<One>(one); }));
}

/// Until the behaviour has acted, for it draws when it does.
template <class Do>
void until_acted(Scene& scene, Do&& act) {
  for (int tries = 0; tries < 200 && scene.liars.acted() == 0; ++tries) {
    scene.post.all.clear();
    act();
  }
}

TEST(liar_equivocates_with_two_good_proposals) {
  Scene scene(kEquivocate);
  std::set<Digest> digests;
  for (int i = 0; i < 20; ++i)
    scene.out(scene.proposal);
  for (const Message& one : scene.read())
    digests.insert(std::get<ProposalMessage>(one).block.digest);
  EXPECT_EQ(scene.liars.acted(), static_cast<std::uint32_t>(kEquivocate));
  EXPECT_EQ(digests.size(), 2U);
  for (const Sent& one : scene.post.all)
    scene.story.observer.sent(0, static_cast<std::uint16_t>(one.to), one.message);
  EXPECT(scene.story.clean());
}

TEST(liar_shows_each_side_of_a_fork_votes_for_it) {
  Scene scene(kEquivocate | kCollude);
  until_acted(scene, [&] { scene.out(scene.proposal); });
  scene.post.all.clear();
  scene.liars.tick(10'000, scene.post);
  EXPECT((scene.liars.acted() & kCollude) != 0);
  std::set<std::size_t> notarized, finalized;
  for (const Sent& one : scene.post.all) {
    const Result<Message> parsed = parse_message(one.message, Story::kNodes);
    const auto* const vote = parsed ? std::get_if<VoteMessage>(&*parsed) : nullptr;
    if (vote == nullptr) continue;
    if (vote->vote.subject.kind == VoteKind::notarize) notarized.insert(one.to);
    if (vote->vote.subject.kind == VoteKind::finalize) finalized.insert(one.to);
  }
  EXPECT_EQ(notarized.size(), 3U);
  EXPECT_EQ(finalized.size(), 3U);
  // The own replica's view of the fork does not go out.
  scene.post.all.clear();
  scene.out(scene.vote);
  EXPECT(scene.post.all.empty());
}

TEST(liar_votes_twice) {
  Scene scene(kDoubleVote);
  std::set<std::string> said;
  for (int i = 0; i < 50; ++i)
    scene.out(scene.vote);
  for (const Message& one : scene.read()) {
    const chopmark::Vote& vote = std::get<VoteMessage>(one).vote;
    EXPECT_EQ(vote.validator, 0);
    EXPECT(scene.story.vote(0, vote.subject).signature == vote.signature);
    said.insert(to_hex(vote_payload(scene.story.setup.chain_id, vote.subject)));
  }
  EXPECT(said.size() > 2);
}

TEST(liar_impersonates_without_the_key) {
  Scene scene(kImpersonate);
  until_acted(scene, [&] { scene.liars.incoming(0, 2, scene.honest_vote, scene.post); });
  EXPECT_EQ(scene.liars.acted(), static_cast<std::uint32_t>(kImpersonate));
  for (const Message& one : scene.read())
    EXPECT_EQ(std::get<VoteMessage>(one).vote.validator, 2);
}

TEST(liar_proposes_out_of_turn) {
  Scene scene(kWrongLeader);
  const Story::Block other = scene.story.block(2, &scene.block);
  const Bytes message = scene.story.bytes(ProposalMessage{other.body});
  until_acted(scene, [&] { scene.liars.incoming(0, 1, message, scene.post); });
  EXPECT_EQ(count_of<ProposalMessage>(scene.read()), 3U);
  EXPECT(std::get<ProposalMessage>(scene.read()[0]).block.digest != other.digest());
}

TEST(liar_proposes_before_him_who_leads) {
  bool found = false;
  for (std::uint64_t seed = 1; seed < 10 && !found; ++seed) {
    Scene one(kWrongLeader, seed);
    one.liars.incoming(0, 1, one.proposal, one.post);
    one.liars.incoming(0, 2, one.certificate, one.post);
    for (const Message& said : one.read()) {
      const BlockBody& body = std::get<ProposalMessage>(said).block;
      if (body.header.view != 2 || body.header.parent_digest != one.block.digest()) continue;
      EXPECT_EQ(body.header.leader, 0);  // node 1 leads view 2
      found = true;
    }
  }
  EXPECT(found);
}

TEST(liar_leads_with_bad_headers) {
  Scene scene(kBadHeader);
  std::set<std::string> headers;
  for (int i = 0; i < 60; ++i)
    scene.out(scene.proposal);
  for (const Message& one : scene.read()) {
    const BlockBody& body = std::get<ProposalMessage>(one).block;
    headers.insert(to_hex(body.header_bytes));
    const VoteSubject subject = scene.story.about(VoteKind::notarize, 1, body.digest);
    EXPECT(scene.story.vote(0, subject).signature == body.leader_signature);
  }
  EXPECT(headers.size() > 8);
}

TEST(liar_votes_in_other_views) {
  Scene scene(kOtherViews);
  std::set<std::uint64_t> views;
  for (std::uint64_t i = 0; i < 300; ++i)
    scene.liars.tick(10'000 * i, scene.post);
  for (const Message& one : scene.read())
    views.insert(std::get<VoteMessage>(one).vote.subject.view);
  EXPECT(views.size() > 5);
  EXPECT(*views.rbegin() > 1'000'000);
}

TEST(liar_nullifies_only) {
  Scene scene(kNullifyOnly);
  scene.out(scene.vote);
  EXPECT_EQ(scene.post.all.size(), 3U);
  for (const Message& one : scene.read())
    EXPECT(std::get<VoteMessage>(one).vote.subject.kind == VoteKind::nullify);
}

TEST(liar_withholds_and_comes_late) {
  Scene slow(kWithhold);
  until_acted(slow, [&] { slow.out(slow.vote); });
  for (const Sent& one : slow.post.all)
    EXPECT(one.delay_us >= 300'000 && one.delay_us <= 600'000);
  Scene late(kLateProposal);
  late.out(late.proposal);
  for (const Sent& one : late.post.all)
    EXPECT(one.delay_us >= 262'500 && one.delay_us < 300'000);
  EXPECT_EQ(late.post.all.size(), 3U);
}

TEST(liar_reveals_to_one) {
  Scene scene(kRevealToOne);
  scene.out(scene.certificate);
  EXPECT_EQ(scene.post.all.size(), 1U);
  scene.out(scene.proposal);
  EXPECT_EQ(scene.post.all.size(), 4U);  // proposals go to all
}

TEST(liar_leaves_gaps_and_breaks_signatures_in_justifications) {
  for (const Act act : {kGaps, kBadSignature}) {
    Scene scene(act);
    const Bytes message = scene.story.bytes(ProposalMessage{scene.later.body});
    std::vector<Bytes> bent;
    for (int i = 0; i < 20; ++i)
      scene.out(message);
    for (const Message& one : scene.read()) {
      const BlockBody& body = std::get<ProposalMessage>(one).block;
      if (body.justification == scene.later.body.justification) continue;
      bent.push_back(body.justification);
      // Signed all the same.
      const VoteSubject subject = scene.story.about(VoteKind::notarize, 5, body.digest);
      EXPECT(scene.story.vote(0, subject).signature == body.leader_signature);
    }
    EXPECT(!bent.empty());
    EXPECT_EQ(scene.liars.acted(), static_cast<std::uint32_t>(act));
    if (act == kGaps) {
      const Result<Justification> read = parse_justification(bent[0], Story::kNodes);
      EXPECT(read && read->nullifications.size() == 2);
    }
  }
}

TEST(liar_spoils_payloads) {
  Scene scene(kInvalidPayload);
  int spoilt = 0;
  for (int i = 0; i < 30; ++i)
    spoilt += scene.liars.spoils_payload(0);
  EXPECT(spoilt > 5 && spoilt < 30);
  EXPECT(!scene.liars.spoils_payload(1));
}

TEST(liar_poisons_answers) {
  Scene scene(kPoison);
  const Bytes block = scene.story.bytes(BlockMessage{scene.block.body});
  until_acted(scene, [&] { scene.out(block, 2); });
  EXPECT_EQ(scene.post.all.size(), 1U);
  EXPECT(scene.post.all[0].message != block);
  scene.post.all.clear();
  Bytes ask(18, 0);
  ask[0] = 0x53;
  scene.liars.incoming(0, 1, scene.certificate, scene.post);
  for (int i = 0; i < 20 && scene.post.all.empty(); ++i)
    scene.liars.incoming(0, 1, ask, scene.post);
  EXPECT(!scene.post.all.empty());
}

TEST(liar_votes_in_an_epoch_that_ended) {
  Scene scene(kRetiredEpoch);
  for (std::uint64_t i = 0; i < 50; ++i)
    scene.liars.tick(i, scene.post);
  EXPECT(scene.post.all.empty());
  scene.story.epoch = 2;
  scene.out(scene.story.bytes(
      VoteMessage{scene.story.vote(0, scene.story.about(VoteKind::nullify, 1, {}))}));
  scene.post.all.clear();
  until_acted(scene, [&] { scene.liars.tick(100, scene.post); });
  EXPECT(!scene.post.all.empty());
  for (const Message& one : scene.read())
    EXPECT_EQ(std::get<VoteMessage>(one).vote.subject.epoch, 1U);
}

TEST(liar_frames_the_honest) {
  Scene scene(kFrame);
  for (int i = 0; i < 100; ++i)
    scene.liars.incoming(0, 2, scene.honest_vote, scene.post);
  std::size_t accused = 0;
  for (const Message& one : scene.read())
    accused += std::get<EvidenceMessage>(one).evidence.culprit == 2;
  EXPECT(accused > 10);
}

TEST(liar_floods_within_bounds) {
  Scene scene(kFlood);
  for (std::uint64_t i = 0; i < 20'000; ++i)
    scene.liars.tick(10'000 * i, scene.post);
  EXPECT(scene.post.all.size() > 2'900);
  EXPECT(scene.post.all.size() < 3'100);
}

TEST(liar_lies_to_the_amnesic) {
  Scene scene(kLyingReplies);
  scene.liars.incoming(0, 1, scene.certificate, scene.post);
  const Bytes ask = scene.story.bytes(AmnesiaAskMessage{1, {}});
  std::set<std::uint64_t> highest;
  for (int i = 0; i < 40; ++i)
    EXPECT(!scene.liars.incoming(0, 3, ask, scene.post));
  for (const Sent& one : scene.post.all) {
    const Result<Message> parsed = parse_message(one.message, Story::kNodes);
    EXPECT(parsed.has_value());
    if (!parsed) continue;
    const auto& reply = std::get<AmnesiaReplyMessage>(*parsed);
    EXPECT_EQ(one.to, 3U);
    EXPECT(reply.signature ==
           sim::sign(scene.story.setup.keys[0],
                     amnesia_reply_payload(scene.story.setup.chain_id, 1, reply.nonce,
                                           scene.story.setup.keys[3], reply.highest)));
    highest.insert(reply.highest);
  }
  EXPECT(highest.size() > 2);
}

TEST(liar_carries_some_twice_garbled_or_not_at_all) {
  Scene selective(kSelective);
  for (int i = 0; i < 20; ++i)
    selective.out(selective.vote);
  EXPECT(!selective.post.all.empty() && selective.post.all.size() < 60);
  Scene twice(kDuplicates);
  for (int i = 0; i < 20; ++i)
    twice.out(twice.vote);
  EXPECT(twice.post.all.size() > 60);
  Scene flips(kFlips);
  for (int i = 0; i < 20; ++i)
    flips.out(flips.vote);
  EXPECT(std::ranges::any_of(flips.post.all,
                             [&](const Sent& one) { return one.message != flips.vote; }));
  Scene repeats(kRepeats);
  repeats.liars.incoming(0, 2, repeats.honest_vote, repeats.post);
  until_acted(repeats, [&] { repeats.liars.tick(1, repeats.post); });
  EXPECT(!repeats.post.all.empty() && repeats.post.all[0].message == repeats.honest_vote);
  Scene silent(kSilent);
  silent.liars.tick(1, silent.post);
  silent.out(silent.vote);
  EXPECT(silent.post.all.empty());
  EXPECT(!silent.liars.incoming(0, 2, silent.honest_vote, silent.post));
}

TEST(liar_draws_every_behaviour_and_repeats_itself_by_seed) {
  std::uint32_t drawn = 0;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    const Scene one(0, seed);
    const Scene again(0, seed);
    EXPECT_EQ(one.liars.acts(), again.liars.acts());
    const int count = __builtin_popcount(one.liars.acts());
    EXPECT(count >= 1 && count <= 5);
    drawn |= one.liars.acts();
  }
  EXPECT_EQ(drawn, (1u << kBehaviours) - 1);
}

}  // namespace
}  // namespace chopmark::test

// SPDX-License-Identifier: Apache-2.0
// B-90, C-45: every kind of evidence holds, and nothing else does.
#include "consensus/evidence.hpp"

#include <algorithm>
#include <optional>

#include "consensus/signed_votes.hpp"
#include "sim/random.hpp"
#include "types/samples.hpp"

namespace chopmark::test {
namespace {

using consensus::check_evidence;
using consensus::justification_fits;
using consensus::make_conflict;
using consensus::make_unjustified;

constexpr VoteKind kKinds[] = {VoteKind::notarize, VoteKind::nullify, VoteKind::finalize};
constexpr std::uint16_t kCulprit = 2;
constexpr std::uint64_t kView = 10;

const SignedVotes& four() {
  static const SignedVotes world(4);
  return world;
}

Digest low() {
  return Digest{1};
}
Digest high() {
  return Digest{2};
}

Evidence conflict(VoteKind a, const Digest& of_a, VoteKind b, const Digest& of_b) {
  const auto evidence =
      make_conflict(four().vote(a, kCulprit, kView, of_a), four().vote(b, kCulprit, kView, of_b));
  EXPECT(evidence.has_value());
  return evidence.value_or(Evidence{});
}

/// The parent of view 7 and nullifications of 8 and 9.
Justification why() {
  return {four().certificate(VoteKind::notarize, 7, low()),
          {four().certificate(VoteKind::nullify, 8), four().certificate(VoteKind::nullify, 9)}};
}

/// A justification for `kView`, and the header that commits to it.
struct Block {
  explicit Block(Bytes bytes, std::uint16_t leader = 1) : justification(std::move(bytes)) {
    header = four().header(kView, 7, low(), justification);
    header.leader = leader;
  }
  explicit Block(const Justification& of, std::uint16_t leader = 1)
      : Block(four().encoded(of), leader) {}

  [[nodiscard]] Bytes bytes() const { return encode_header(header); }
  [[nodiscard]] Evidence signed_by(std::uint16_t validator,
                                   VoteKind kind = VoteKind::notarize) const {
    const Digest digest = header_digest(bytes());
    return make_unjustified(four().vote(kind, validator, kView, digest), bytes(), justification);
  }

  Bytes justification;
  Header header;
};

Block forged() {
  Justification of = why();
  of.nullifications[1].signatures[2][5] ^= 1;
  return Block(of);
}

std::vector<Evidence> all_kinds() {
  Justification gap = why();
  gap.nullifications.pop_back();
  const Block closing = [] {
    Block out(Bytes{});
    out.header.closing = true;
    out.header.last = high();
    // What a Closing header does not have.
    out.header.height = 6;
    return out;
  }();
  return {conflict(VoteKind::notarize, low(), VoteKind::notarize, high()),
          conflict(VoteKind::finalize, low(), VoteKind::nullify, {}),
          conflict(VoteKind::notarize, low(), VoteKind::finalize, high()),
          conflict(VoteKind::notarize, high(), VoteKind::finalize, low()),
          conflict(VoteKind::finalize, low(), VoteKind::finalize, high()),
          forged().signed_by(1),
          forged().signed_by(2),
          forged().signed_by(2, VoteKind::finalize),
          Block(gap).signed_by(1),
          Block(text("no justification")).signed_by(2),
          Block(Bytes{}).signed_by(2),
          closing.signed_by(2)};
}

bool holds(const Evidence& evidence) {
  return evidence_holds(evidence, four().signers());
}

void expect_refused(const Evidence& evidence, Error error) {
  const auto claim = check_evidence(evidence, four().signers());
  EXPECT(!claim);
  if (!claim) EXPECT_EQ(std::string(error_name(claim.failure().error)), error_name(error));
}

Bytes encode(const Vote& vote) {
  return encode_message(VoteMessage{vote}, four().n());
}

}  // namespace

TEST(evidence_of_every_kind_holds) {
  const int kinds[] = {2, 3, 4, 4, 5, 7, 8, 8, 7, 8, 8, 8};
  const std::vector<Evidence> all = all_kinds();
  EXPECT_EQ(all.size(), std::size(kinds));
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT(holds(all[i]));
    EXPECT_EQ(+all[i].kind, kinds[i]);
    EXPECT_EQ(all[i].culprit, all[i].kind == 7 ? 1 : kCulprit);
    EXPECT_EQ(all[i].epoch, four().epoch);
    const auto back = parse_evidence(encode_evidence(all[i]));
    EXPECT(back && holds(*back));
  }
}

TEST(evidence_with_one_field_changed_does_not_hold) {
  for (const Evidence& good : all_kinds()) {
    for (int kind = 0; kind < 256; ++kind) {
      Evidence changed = good;
      changed.kind = static_cast<std::uint8_t>(kind);
      EXPECT_EQ(holds(changed), kind == good.kind);
    }
    for (std::uint16_t culprit = 0; culprit < 6; ++culprit) {
      Evidence changed = good;
      changed.culprit = culprit;
      EXPECT_EQ(holds(changed), culprit == good.culprit);
    }
    Evidence changed = good;
    changed.epoch += 1;
    EXPECT(!holds(changed));
    changed = good;
    std::swap(changed.first, changed.second);
    EXPECT(!holds(changed));
  }
}

TEST(evidence_with_one_bit_changed_does_not_hold) {
  for (const Evidence& good : all_kinds()) {
    for (std::size_t bit = 0; bit < 8 * good.first.size(); ++bit) {
      Evidence changed = good;
      changed.first = with_bit_flipped(good.first, bit);
      EXPECT(!holds(changed));
    }
    for (std::size_t bit = 0; bit < 8 * good.second.size(); ++bit) {
      Evidence changed = good;
      changed.second = with_bit_flipped(good.second, bit);
      EXPECT(!holds(changed));
    }
  }
}

TEST(evidence_cut_short_or_longer) {
  for (const Evidence& good : all_kinds()) {
    for (std::size_t size = 0; size < good.first.size(); ++size) {
      Evidence changed = good;
      changed.first.resize(size);
      expect_refused(changed, Error::truncated);
    }
    for (std::size_t size = 0; size < good.second.size(); ++size) {
      Evidence changed = good;
      changed.second.resize(size);
      const auto claim = check_evidence(changed, four().signers());
      EXPECT(!claim);
      const std::size_t at = 15 + good.first.size() + 4;
      if (!claim) EXPECT(claim.failure().offset >= at && claim.failure().offset <= at + size);
    }
    Evidence longer = good;
    longer.first.push_back(0);
    expect_refused(longer, Error::trailing);
    longer = good;
    longer.second.push_back(0);
    EXPECT(!check_evidence(longer, four().signers()));
  }
}

TEST(evidence_for_other_signers_does_not_hold) {
  for (const Evidence& good : all_kinds()) {
    SignedVotes other(4);
    other.chain_id[0] ^= 1;
    EXPECT(!evidence_holds(good, other.signers()));
    other = SignedVotes(4);
    std::swap(other.keys[good.culprit], other.keys[0]);
    EXPECT(!evidence_holds(good, other.signers()));
  }
}

TEST(evidence_pairs_stand_in_order) {
  for (const Evidence& good : all_kinds()) {
    if (good.kind > 5) continue;
    Evidence changed = good;
    std::swap(changed.first, changed.second);
    const bool alike = good.kind == 2 || good.kind == 5;
    expect_refused(changed, alike ? Error::order : Error::value);
  }
}

TEST(evidence_takes_two_votes_of_one_view_that_conflict) {
  for (const VoteKind a : kKinds) {
    for (const VoteKind b : kKinds) {
      for (const bool same : {false, true}) {
        const Digest of_a = a == VoteKind::nullify ? Digest{} : low();
        const Digest of_b = b == VoteKind::nullify ? Digest{} : same ? low() : high();
        const bool pair = (a == VoteKind::nullify) != (b == VoteKind::nullify);
        const bool finalize = a == VoteKind::finalize || b == VoteKind::finalize;
        const bool nullifies = a == VoteKind::nullify && b == VoteKind::nullify;
        const bool expected = pair ? finalize : !nullifies && !same;
        const Vote one = four().vote(a, kCulprit, kView, of_a);
        const auto made = make_conflict(one, four().vote(b, kCulprit, kView, of_b));
        EXPECT_EQ(made.has_value(), expected);
        if (made) EXPECT(holds(*made));
        EXPECT(!make_conflict(one, four().vote(b, kCulprit, kView + 1, of_b)));
        EXPECT(!make_conflict(one, four().vote(b, 3, kView, of_b)));
        SignedVotes next(4);
        next.epoch += 1;
        EXPECT(!make_conflict(one, next.vote(b, kCulprit, kView, of_b)));
      }
    }
  }
}

TEST(evidence_of_votes_that_go_together_is_refused) {
  const auto pair = [](std::uint8_t kind, const Vote& a, const Vote& b) {
    return Evidence{kind, kCulprit, four().epoch, encode(a), encode(b)};
  };
  const Vote notarize = four().vote(VoteKind::notarize, kCulprit, kView, low());
  const Vote nullify = four().vote(VoteKind::nullify, kCulprit, kView);
  const Vote finalize = four().vote(VoteKind::finalize, kCulprit, kView, low());
  for (std::uint8_t kind = 2; kind <= 5; ++kind) {
    for (const Vote& a : {notarize, nullify, finalize}) {
      for (const Vote& b : {notarize, nullify, finalize}) {
        // Of three votes that name one block, a finalize and a nullify alone exclude each other.
        const bool excluded =
            a.subject.kind == VoteKind::finalize && b.subject.kind == VoteKind::nullify;
        EXPECT_EQ(holds(pair(kind, a, b)), kind == 3 && excluded);
      }
    }
    const Vote later = four().vote(VoteKind::finalize, kCulprit, kView + 1, high());
    expect_refused(pair(kind, finalize, later), Error::value);
    expect_refused(pair(kind, nullify, four().vote(VoteKind::nullify, kCulprit, kView + 1)),
                   Error::value);
    const Vote other = four().vote(VoteKind::finalize, 3, kView, high());
    expect_refused(pair(kind, finalize, other), Error::value);
  }
}

TEST(evidence_parts_are_votes_and_nothing_else) {
  const Evidence good = all_kinds().front();
  const Bytes others[] = {
      encode_message(AskMessage{four().epoch, kView, Wanted::certificate, {}}, 4),
      encode_message(CertificateMessage{why().nullifications[0]}, 4),
      encode_message(BlockMessage{sample_block({}, {})}, 4),
      encode_message(EvidenceMessage{good}, 4), Bytes(1, 0xff)};
  for (const Bytes& other : others) {
    Evidence changed = good;
    changed.first = other;
    expect_refused(changed, Error::tag);
    changed = good;
    changed.second = other;
    expect_refused(changed, Error::tag);
  }
}

TEST(evidence_culprit_is_a_validator) {
  SignedVotes more(7);
  const Vote a = more.vote(VoteKind::notarize, 5, kView, low());
  const auto evidence = make_conflict(a, more.vote(VoteKind::notarize, 5, kView, high()));
  EXPECT(evidence && evidence_holds(*evidence, more.signers()));
  if (evidence) expect_refused(*evidence, Error::value);
}

TEST(evidence_against_a_justification_that_holds) {
  // R3: nobody is to be blamed for it, whoever signed.
  for (const VoteKind kind : {VoteKind::notarize, VoteKind::finalize}) {
    for (std::uint16_t validator = 0; validator < 4; ++validator) {
      const Evidence evidence = Block(why()).signed_by(validator, kind);
      const auto claim = check_evidence(evidence, four().signers());
      EXPECT(claim.has_value() && claim->one_invalid.size() == 9);
      EXPECT(!holds(evidence));
    }
  }
  // One that needs no signature is no evidence at all.
  Block first(Justification{});
  first.header.parent_view = 0;
  first.header.parent_digest = four().anchor;
  first.header.view = 1;
  const Digest digest = header_digest(first.bytes());
  const Vote vote = four().vote(VoteKind::notarize, kCulprit, 1, digest);
  expect_refused(make_unjustified(vote, first.bytes(), first.justification), Error::value);
  // Another anchor, and it is.
  SignedVotes moved(4);
  moved.anchor[0] ^= 1;
  EXPECT(
      evidence_holds(make_unjustified(vote, first.bytes(), first.justification), moved.signers()));
}

TEST(evidence_of_a_vote_for_a_header_that_it_does_not_fit) {
  // A chain of such headers could leave out views.
  const Block good(why());
  const auto changed = [&](auto change) {
    Block block = good;
    change(block.header);
    return block.signed_by(kCulprit);
  };
  EXPECT(!holds(changed([](Header&) {})));
  EXPECT(!holds(changed([](Header& h) { h.time_ms += 1; })));
  EXPECT(!holds(changed([](Header& h) { h.height += 1; })));
  EXPECT(holds(changed([](Header& h) { h.view += 1; })));
  EXPECT(holds(changed([](Header& h) { h.epoch += 1; })));
  EXPECT(holds(changed([](Header& h) { h.chain_id[3] ^= 1; })));
  // One of another epoch that is justified there.
  SignedVotes next(4);
  next.epoch += 1;
  const Bytes none = next.encoded({});
  const Bytes first = encode_header(next.header(1, 0, next.anchor, none));
  const Vote vote = four().vote(VoteKind::notarize, kCulprit, 1, header_digest(first));
  EXPECT(holds(make_unjustified(vote, first, none)));
}

TEST(evidence_needs_the_header_and_justification_of_the_vote) {
  const Evidence good = forged().signed_by(2);
  Evidence changed = good;
  changed.second = Block(text("another")).signed_by(2).second;
  expect_refused(changed, Error::value);
  // A justification that the header does not commit to.
  changed = good;
  changed.second.resize(Header::kBytes);
  expect_refused(changed, Error::value);
  // A nullify says nothing of a header.
  changed = good;
  changed.first = encode(four().vote(VoteKind::nullify, 2, kView));
  expect_refused(changed, Error::value);
  // Bytes that are no header.
  changed = good;
  changed.second[0] = 0x22;
  expect_refused(changed, Error::tag);
}

TEST(evidence_every_bad_signature_of_a_justification_counts) {
  const Justification good = why();
  for (int which = 0; which < 3; ++which) {
    for (std::size_t i = 0; i < 3; ++i) {
      Justification bad = good;
      Certificate& one = which == 0 ? *bad.parent : bad.nullifications[std::size_t(which) - 1];
      one.signatures[i][63] ^= 0x80;
      EXPECT(holds(Block(bad).signed_by(kCulprit)));
    }
  }
}

TEST(justification_fits_its_header) {
  const Header header = Block(why()).header;
  EXPECT(justification_fits(header, why(), four().anchor));
  const auto fits = [&](auto change) {
    Justification changed = why();
    change(changed);
    return justification_fits(header, changed, four().anchor);
  };
  EXPECT(fits([](Justification&) {}));
  EXPECT(fits([](Justification& j) { j.parent->subject.kind = VoteKind::finalize; }));
  EXPECT(!fits([](Justification& j) { j.parent->subject.kind = VoteKind::nullify; }));
  EXPECT(!fits([](Justification& j) { j.parent->subject.view += 1; }));
  EXPECT(!fits([](Justification& j) { j.parent->subject.epoch += 1; }));
  EXPECT(!fits([](Justification& j) { j.parent->subject.digest[0] ^= 1; }));
  EXPECT(!fits([](Justification& j) { j.parent.reset(); }));
  EXPECT(!fits([](Justification& j) { j.nullifications.pop_back(); }));
  EXPECT(!fits([](Justification& j) { j.nullifications.erase(j.nullifications.begin()); }));
  EXPECT(!fits([](Justification& j) { j.nullifications.push_back(j.nullifications[1]); }));
  EXPECT(!fits([](Justification& j) { std::swap(j.nullifications[0], j.nullifications[1]); }));
  EXPECT(!fits([](Justification& j) { j.nullifications[0].subject.view += 1; }));
  EXPECT(!fits([](Justification& j) { j.nullifications[1].subject.epoch += 1; }));
  EXPECT(!fits([](Justification& j) { j.nullifications[1].subject.kind = VoteKind::notarize; }));
  EXPECT(!fits([](Justification& j) { j.nullifications.clear(); }));
}

TEST(justification_fits_the_view_of_its_header) {
  for (std::uint64_t view = 0; view < 14; ++view) {
    for (std::uint64_t parent = 0; parent < 14; ++parent) {
      Header header = Block(why()).header;
      header.view = view;
      header.parent_view = parent;
      EXPECT_EQ(justification_fits(header, why(), four().anchor), view == 10 && parent == 7);
    }
  }
}

TEST(justification_of_the_first_block_of_an_epoch) {
  const Digest anchor = four().anchor;
  for (std::uint64_t view = 1; view < 4; ++view) {
    Justification of;
    for (std::uint64_t v = 1; v < view; ++v)
      of.nullifications.push_back(four().certificate(VoteKind::nullify, v));
    Header header = four().header(view, 0, anchor, {});
    EXPECT(justification_fits(header, of, anchor));
    header.parent_digest = four().chain_id;
    EXPECT(!justification_fits(header, of, anchor));
    header.parent_digest = anchor;
    of.parent = four().certificate(VoteKind::finalize, 0, anchor);
    EXPECT(!justification_fits(header, of, anchor));
  }
  Header header = four().header(0, 0, anchor, {});
  EXPECT(!justification_fits(header, {}, anchor));
  header.view = ~std::uint64_t{0};
  EXPECT(!justification_fits(header, {}, anchor));
  header.parent_view = header.view;
  EXPECT(!justification_fits(header, {}, anchor));
  // The view after the last one is not view 0.
  header.view = 0;
  const Justification last{four().certificate(VoteKind::notarize, header.parent_view, anchor), {}};
  EXPECT(!justification_fits(header, last, anchor));
}

/// What R3, R5 and R6 let one validator sign in a view, in any order.
TEST(honest_votes_never_make_evidence) {
  sim::Random random(1);
  const SignedVotes world(7);
  std::vector<Digest> digests;
  Bytes of = world.encoded({});
  for (std::uint64_t i = 0; i < 3; ++i) {
    Header header = world.header(1, 0, world.anchor, of);
    header.time_ms = i;
    digests.push_back(header_digest(encode_header(header)));
  }
  std::size_t pairs = 0;
  for (int run = 0; run < 2000; ++run) {
    std::optional<Digest> notarized, finalized;
    bool nullified = false;
    std::vector<Vote> votes;
    for (int step = 0; step < 6; ++step) {
      const Digest& digest = digests[random.below(3)];
      switch (random.below(3)) {
        case 0:  // R3: once in a view, and no other than the finalized one
          if (notarized || (finalized && *finalized != digest)) break;
          notarized = digest;
          votes.push_back(world.vote(VoteKind::notarize, 4, 1, digest));
          break;
        case 1:  // R5
          if (finalized || nullified || (notarized && *notarized != digest)) break;
          finalized = digest;
          votes.push_back(world.vote(VoteKind::finalize, 4, 1, digest));
          break;
        default:  // R6
          if (finalized || nullified) break;
          nullified = true;
          votes.push_back(world.vote(VoteKind::nullify, 4, 1));
      }
    }
    for (const Vote& a : votes) {
      for (const Vote& b : votes) {
        ++pairs;
        EXPECT(!make_conflict(a, b));
        for (std::uint8_t kind = 2; kind <= 5; ++kind) {
          const Evidence made{kind, 4, world.epoch, encode(a), encode(b)};
          EXPECT(!check_evidence(made, world.signers()));
        }
      }
    }
  }
  EXPECT(pairs > 4000);
}

/// Whoever notarizes or finalizes blocks that are justified is never to be blamed, whatever others
/// put beside their votes.
TEST(honest_votes_for_justified_blocks_never_make_evidence) {
  sim::Random random(2);
  for (int run = 0; run < 300; ++run) {
    const SignedVotes world(random.between(1, 10));
    const std::uint64_t parent_view = random.below(3);
    const std::uint64_t view = parent_view + random.between(1, 4);
    const Digest parent = parent_view == 0 ? world.anchor : some_digest(random.next());
    Justification of;
    const auto kind = random.below(2) == 0 ? VoteKind::notarize : VoteKind::finalize;
    if (parent_view != 0) of.parent = world.certificate(kind, parent_view, parent);
    for (std::uint64_t v = parent_view + 1; v < view; ++v)
      of.nullifications.push_back(world.certificate(VoteKind::nullify, v));
    const Bytes justification = world.encoded(of);
    const Header header = world.header(view, parent_view, parent, justification);
    const Bytes bytes = encode_header(header);
    const auto culprit = static_cast<std::uint16_t>(random.below(world.n()));
    const Vote vote = world.vote(kind, culprit, view, header_digest(bytes));
    const Evidence evidence = make_unjustified(vote, bytes, justification);
    EXPECT(!evidence_holds(evidence, world.signers()));
    // Another justification, another header, a signature that breaks.
    for (int change = 0; change < 20; ++change) {
      Evidence changed = evidence;
      Bytes& part = random.below(4) == 0 ? changed.first : changed.second;
      part = with_bit_flipped(part, random.below(8 * part.size()));
      EXPECT(!evidence_holds(changed, world.signers()));
    }
  }
}

}  // namespace chopmark::test

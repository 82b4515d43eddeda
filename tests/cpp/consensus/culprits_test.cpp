// SPDX-License-Identifier: Apache-2.0
// B-92: two conflicting final chains name at least 2q - n culprits, and nobody else.
#include "consensus/culprits.hpp"

#include <algorithm>
#include <set>

#include "consensus/signed_votes.hpp"
#include "sim/random.hpp"
#include "types/samples.hpp"

namespace chopmark::test {
namespace {

using consensus::ChainBlock;
using consensus::Culprits;
using consensus::FinalChain;
using consensus::Fork;

/// Blocks on top of each other, written from the lowest up.
class Chain {
 public:
  explicit Chain(const SignedVotes& world) : world_(&world), parent_(world.anchor) {}

  /// Every view up to `last` that is not spoken of yet is nullified by `by`.
  void nullify(const Indexes& by, std::uint64_t last) {
    while (next_ <= last)
      why_.nullifications.push_back(world_->certificate(VoteKind::nullify, by, next_++));
  }
  [[nodiscard]] const Justification& why() const { return why_; }
  [[nodiscard]] std::uint64_t next() const { return next_; }

  /// A block of the next view with another justification and header than an honest one, if
  /// `change` makes them so; notarized by `by`, who sign for `view`.
  void add(const Indexes& by, const Bytes& justification, VoteKind kind = VoteKind::notarize,
           const std::function<void(Header&)>& change = {}) {
    Header header = world_->header(next_, parent_view_, parent_, justification);
    header.time_ms = salt;
    if (change) change(header);
    const Bytes bytes = encode_header(header);
    blocks_.insert(blocks_.begin(), ChainBlock{bytes, justification, std::nullopt});
    parent_ = header_digest(bytes);
    parent_view_ = next_++;
    why_ = {world_->certificate(kind, by, parent_view_, parent_), {}};
  }
  void add(const Indexes& by, VoteKind kind = VoteKind::notarize) {
    add(by, world_->encoded(why_), kind);
  }
  [[nodiscard]] FinalChain finalized(const Indexes& by) const {
    return {world_->certificate(VoteKind::finalize, by, parent_view_, parent_), blocks_};
  }

  std::uint64_t salt = 0;  // chains that differ in it have no block in common

 private:
  const SignedVotes* world_;
  std::vector<ChainBlock> blocks_;
  Justification why_;
  Digest parent_;
  std::uint64_t parent_view_ = 0;
  std::uint64_t next_ = 1;
};

const SignedVotes& four() {
  static const SignedVotes world(4);
  return world;
}

Culprits named(const FinalChain& a, const FinalChain& b, const SignedVotes& world = four()) {
  Culprits out = consensus::culprits(a, b, world.signers(), all_signatures_valid);
  const Culprits back = consensus::culprits(b, a, world.signers(), all_signatures_valid);
  EXPECT(out.fork == back.fork);
  EXPECT_EQ(out.evidence.size(), back.evidence.size());
  for (std::size_t i = 0; i < std::min(out.evidence.size(), back.evidence.size()); ++i)
    EXPECT(encode_evidence(out.evidence[i]) == encode_evidence(back.evidence[i]));
  return out;
}

void expect_named(const Culprits& found, const SignedVotes& world, const Indexes& culprits,
                  const std::vector<std::uint8_t>& kinds) {
  EXPECT(found.fork == Fork::named);
  Indexes names;
  std::vector<std::uint8_t> of;
  for (const Evidence& one : found.evidence) {
    EXPECT(evidence_holds(one, world.signers()));
    names.push_back(one.culprit);
    of.push_back(one.kind);
  }
  EXPECT(names == culprits);
  EXPECT(of == kinds);
}

void expect_fork(const Culprits& found, Fork fork) {
  EXPECT(found.fork == fork);
  EXPECT(found.evidence.empty());
}

/// Validators 1 and 2 of four lie: 0 sees one chain, 3 the other.
const Indexes kLeft{0, 1, 2};
const Indexes kRight{1, 2, 3};
const Indexes kBoth{1, 2};

Chain one_block(const Indexes& by) {
  Chain chain(four());
  chain.add(by);
  return chain;
}

}  // namespace

TEST(culprits_of_two_finalizations_of_one_view) {
  Chain right(four());
  right.salt = 1;
  right.add(kRight);
  const Chain left = one_block(kLeft);
  expect_named(named(left.finalized(kLeft), right.finalized(kRight)), four(), kBoth, {5, 5});
  // Everybody lies.
  expect_named(named(left.finalized({0, 1, 2, 3}), right.finalized({0, 1, 2, 3})), four(),
               {0, 1, 2, 3}, {5, 5, 5, 5});
}

TEST(culprits_of_a_chain_that_skips_a_final_view) {
  Chain right(four());
  right.nullify(kRight, 3);
  right.add(kRight);
  right.add(kRight);
  Chain left = one_block(kLeft);
  left.add(kLeft);  // final in view 2
  expect_named(named(left.finalized(kLeft), right.finalized(kRight)), four(), kBoth, {3, 3});
}

TEST(culprits_of_a_chain_with_another_block_in_a_final_view) {
  for (const VoteKind kind : {VoteKind::notarize, VoteKind::finalize}) {
    Chain right(four());
    right.salt = 1;
    right.add(kRight, kind);
    right.nullify(kRight, 2);
    right.add(kRight);
    right.add(kRight);
    const std::uint8_t e = kind == VoteKind::notarize ? 4 : 5;
    expect_named(named(one_block(kLeft).finalized(kLeft), right.finalized(kRight)), four(), kBoth,
                 {e, e});
  }
}

TEST(culprits_of_a_chain_that_skips_a_view_without_saying_why) {
  // 1, 2 and 3 lie. Views 1 and 2 are left out, and view 3 stands on the anchor.
  Chain gap(four());
  gap.nullify(kRight, 2);
  gap.add(kRight, four().encoded({}));  // leader: 3
  gap.add(kRight);
  const FinalChain left = one_block(kLeft).finalized(kLeft);
  expect_named(named(left, gap.finalized(kRight)), four(), kRight, {8, 8, 7});
}

TEST(culprits_of_a_tip_that_was_only_finalized) {
  Chain tip(four());
  tip.nullify(kRight, 2);
  tip.add(kRight, text("nonsense"));
  const FinalChain left = one_block(kLeft).finalized(kLeft);
  expect_named(named(left, tip.finalized(kRight)), four(), kRight, {8, 8, 7});
}

TEST(culprits_of_a_forged_certificate) {
  Chain forged(four());
  forged.nullify(kRight, 2);
  Justification why = forged.why();
  why.nullifications[0].signatures[0][0] ^= 1;
  forged.add({1, 2, 3}, four().encoded(why));
  const FinalChain left = one_block(kLeft).finalized(kLeft);
  expect_named(named(left, forged.finalized({1, 2, 3})), four(), kRight, {8, 8, 7});
}

TEST(culprits_of_a_header_of_another_view_than_its_votes) {
  // Its certificate is of view 3, so the next block says nothing of view 2, nor does it.
  Chain jump = one_block(kRight);
  const Bytes why = four().encoded(jump.why());
  jump.nullify(kRight, 2);
  jump.add(kRight, why, VoteKind::notarize, [](Header& header) { header.view = 2; });
  jump.add(kRight);
  Chain left = one_block(kRight);
  left.salt = 1;
  left.add(kLeft);
  const Culprits found = named(left.finalized(kLeft), jump.finalized(kRight));
  expect_named(found, four(), kRight, {8, 8, 7});
}

TEST(culprits_of_a_header_of_another_chain_or_epoch) {
  const FinalChain left = one_block(kLeft).finalized(kLeft);
  for (const bool chain : {false, true}) {
    SignedVotes other(4);
    if (chain) {
      other.chain_id[0] ^= 1;
    } else {
      other.epoch += 1;
    }
    Chain right(four());
    const Bytes why = other.encoded({{}, {other.certificate(VoteKind::nullify, 1)}});
    right.nullify(kRight, 1);
    right.add(kRight, chain ? four().encoded(right.why()) : why, VoteKind::notarize,
              [&](Header& header) {
                header.chain_id = other.chain_id;
                header.epoch = other.epoch;
              });
    expect_named(named(left, right.finalized(kRight)), four(), kRight, {8, 7, 8});
  }
}

TEST(culprits_include_a_leader_whose_signature_is_known) {
  Chain bad(four());
  bad.nullify(kRight, 3);
  bad.add(kRight, text("nonsense"));  // view 4: its leader is 0
  FinalChain chain = bad.finalized(kRight);
  const FinalChain left = one_block(kLeft).finalized(kLeft);
  const Digest digest = chain.finalization.subject.digest;
  chain.blocks[0].leader_signature = four().vote(VoteKind::notarize, 0, 4, digest).signature;
  expect_named(named(left, chain), four(), {0, 1, 2, 3}, {7, 8, 8, 8});
  (*chain.blocks[0].leader_signature)[7] ^= 1;
  expect_named(named(left, chain), four(), kRight, {8, 8, 8});
  // Once is enough.
  Chain led(four());
  led.nullify(kRight, 2);
  led.add(kRight, text("nonsense"));  // view 3: its leader is 3
  chain = led.finalized(kRight);
  chain.blocks[0].leader_signature =
      four().vote(VoteKind::notarize, 3, 3, chain.finalization.subject.digest).signature;
  expect_named(named(left, chain), four(), kRight, {8, 8, 7});
}

TEST(culprits_of_closing_headers) {
  // B-71: both chains end above the same last block, or above one of two.
  const auto close = [](Chain& chain, const Indexes& by, const Digest& last) {
    chain.add(by, four().encoded(chain.why()), VoteKind::notarize, [&](Header& header) {
      header.closing = true;
      header.last = last;
      header.height = 1;
    });
  };
  for (const std::uint64_t salt : {0U, 1U}) {
    Chain left = one_block(kLeft);
    Chain right(four());
    right.salt = salt;
    right.add(kRight);
    left.salt = right.salt = 2;
    const Digest left_last = left.why().parent->subject.digest;
    const Digest right_last = right.why().parent->subject.digest;
    EXPECT_EQ(left_last == right_last, salt == 0);
    close(left, kLeft, left_last);
    right.nullify(kRight, 2);
    close(right, kRight, right_last);
    close(right, kRight, right_last);
    expect_named(named(left.finalized(kLeft), right.finalized(kRight)), four(), kBoth, {3, 3});
  }
}

TEST(chain_of_messages) {
  // B-50: as others are given final blocks.
  Chain right(four());
  right.nullify(kRight, 3);
  right.add(kRight, text("nonsense"));  // view 4: its leader is 0
  right.add(kRight);
  const FinalChain made = right.finalized(kRight);
  std::vector<Bytes> row{encode_message(CertificateMessage{made.finalization}, 4)};
  for (const ChainBlock& block : made.blocks) {
    const auto header = parse_any_header(block.header);
    EXPECT(header.has_value());
    const BlockBody body{*header, block.header,        header_digest(block.header),
                         {},      block.justification, {}};
    row.push_back(encode_message(BlockMessage{body}, 4));
  }
  const auto read = consensus::final_chain(row, 4);
  EXPECT(read && read->blocks.size() == 2);
  const FinalChain left = one_block(kLeft).finalized(kLeft);
  if (read) expect_named(named(left, *read), four(), kRight, {8, 8, 8});
  // A proposal brings its leader's signature.
  const auto lowest = parse_message(row[2], 4);
  BlockBody body = std::get<BlockMessage>(*lowest).block;
  body.leader_signature = four().vote(VoteKind::notarize, 0, 4, body.digest).signature;
  row[2] = encode_message(ProposalMessage{body}, 4);
  const auto proposed = consensus::final_chain(row, 4);
  EXPECT(proposed.has_value());
  if (proposed) expect_named(named(left, *proposed), four(), {0, 1, 2, 3}, {7, 8, 8, 8});

  EXPECT(!consensus::final_chain({}, 4));
  const auto refused = [&](std::size_t at, const Bytes& message) {
    std::vector<Bytes> changed = row;
    changed[at] = message;
    EXPECT(!consensus::final_chain(changed, 4));
  };
  refused(0, row[1]);
  refused(1, row[0]);
  refused(1, {});
  refused(2, encode_message(AskMessage{3, 1, Wanted::certificate, {}}, 4));
}

TEST(no_culprits_where_one_chain_goes_on) {
  Chain chain = one_block({0, 1, 2, 3});
  const FinalChain first = chain.finalized(kLeft);
  expect_fork(named(first, first), Fork::none);
  expect_fork(named(first, chain.finalized(kRight)), Fork::none);
  chain.nullify(kRight, 4);
  chain.add(kRight);
  chain.add(kLeft);
  expect_fork(named(first, chain.finalized(kRight)), Fork::none);
}

TEST(no_culprits_without_finalizations) {
  Chain right(four());
  right.nullify(kRight, 1);
  right.add(kRight);
  const FinalChain a = one_block(kLeft).finalized(kLeft);
  const FinalChain b = right.finalized(kRight);
  EXPECT(named(a, b).fork == Fork::named);
  const auto changed = [&](auto change) {
    FinalChain other = b;
    change(other.finalization);
    expect_fork(named(a, other), Fork::not_final);
  };
  changed([](Certificate& c) { c.subject.kind = VoteKind::notarize; });
  changed([](Certificate& c) { c.subject.epoch += 1; });
  changed([](Certificate& c) { c.subject.view += 1; });
  changed([](Certificate& c) { c.subject.view = 0; });
  changed([](Certificate& c) { c.subject.digest[0] ^= 1; });
  changed([](Certificate& c) { c.signatures[1][9] ^= 1; });
  changed([](Certificate& c) { c.signatures.pop_back(); });
  changed([](Certificate& c) { c.signers[0] = 2; });
  changed([](Certificate& c) { c.signers[2] = 4; });
  changed([](Certificate& c) {
    c.signers.pop_back();
    c.signatures.pop_back();
  });
  const std::uint64_t view = b.finalization.subject.view;
  const Digest digest = b.finalization.subject.digest;
  changed(
      [&](Certificate& c) { c = four().certificate(VoteKind::notarize, kRight, view, digest); });
  changed(
      [&](Certificate& c) { c = four().certificate(VoteKind::finalize, {1, 1, 2}, view, digest); });
  changed([&](Certificate& c) {
    SignedVotes next(4);
    next.epoch += 1;
    c = next.certificate(VoteKind::finalize, kRight, view, digest);
  });
  // A finalization of view 0, signed by whoever does such things.
  FinalChain zero = a;
  zero.finalization = four().certificate(VoteKind::finalize, kLeft, 0, some_digest(1));
  expect_fork(named(zero, b), Fork::not_final);
}

TEST(no_culprits_without_the_blocks) {
  Chain right(four());
  right.nullify(kRight, 2);
  right.add(kRight);
  right.add(kRight);
  FinalChain a = one_block(kLeft).finalized(kLeft);
  const FinalChain b = right.finalized(kRight);
  a.blocks.clear();  // not needed of the chain that ends first
  EXPECT(named(a, b).fork == Fork::named);
  FinalChain other = b;
  other.blocks.pop_back();
  expect_fork(named(a, other), Fork::incomplete);
  other.blocks.clear();
  expect_fork(named(a, other), Fork::incomplete);
  for (std::size_t i = 0; i < 2; ++i) {
    other = b;
    other.blocks[i].header[100] ^= 1;
    expect_fork(named(a, other), Fork::incomplete);
    other = b;
    other.blocks[i].justification[0] ^= 1;
    expect_fork(named(a, other), Fork::incomplete);
    other = b;
    other.blocks[i].header.pop_back();
    expect_fork(named(a, other), Fork::incomplete);
  }
}

namespace {

/// More liars than the protocol bears: two groups of honest validators each see a chain of their
/// own, which the liars and they sign.
class OverThreshold {
 public:
  explicit OverThreshold(std::uint64_t seed)
      : random_(seed), world_(random_.between(1, 16)), prefix_(world_) {
    const std::size_t q = quorum(world_.n());
    std::vector<std::uint16_t> order = first_indexes(world_.n());
    for (std::size_t i = order.size(); i > 1; --i)
      std::swap(order[i - 1], order[random_.below(i)]);
    // Both groups reach a quorum with the liars' help: 2 (n - liars) / 2 + liars >= q.
    const std::size_t least = 2 * q - world_.n();
    const std::size_t liars = random_.between(least, world_.n());
    const std::size_t left =
        random_.between(q > liars ? q - liars : 0, world_.n() - std::max(q, liars));
    liars_.insert(order.begin(), order.begin() + std::ptrdiff_t(liars));
    for (std::size_t i = 0; i < order.size(); ++i) {
      const bool lies = i < liars;
      if (lies || i < liars + left) left_.push_back(order[i]);
      if (lies || i >= liars + left) right_.push_back(order[i]);
    }
    all_ = first_indexes(world_.n());
    lying_.assign(liars_.begin(), liars_.end());
    grow(prefix_, all_, random_.below(4));
  }

  /// One of the chains. `bad`: a block in it has a justification that does not hold.
  FinalChain branch(const Indexes& pool, std::uint64_t salt, bool bad) {
    Chain chain = prefix_;
    chain.salt = salt;
    if (random_.below(2) == 0) chain.nullify(some(pool), chain.next() + random_.below(3));
    grow(chain, pool, random_.below(3));
    if (!bad) {
      chain.add(some(pool), kind());
      grow(chain, pool, random_.below(3));
      return chain.finalized(some(pool));
    }
    add_unjustified(chain);
    grow(chain, lying_, random_.below(3));
    return chain.finalized(some(lying_));
  }

  void run() {
    const bool can = liars_.size() >= quorum(world_.n());
    const FinalChain a = branch(left_, 1, can && random_.below(3) == 0);
    const FinalChain b = branch(right_, 2, can && random_.below(3) == 0);
    const Culprits found = named(a, b, world_);
    EXPECT(found.fork == Fork::named);
    std::set<std::uint16_t> culprits;
    for (const Evidence& one : found.evidence) {
      EXPECT(evidence_holds(one, world_.signers()));
      EXPECT(liars_.contains(one.culprit));
      culprits.insert(one.culprit);
      kinds.insert(one.kind);
    }
    EXPECT_EQ(culprits.size(), found.evidence.size());
    EXPECT(culprits.size() >= 2 * quorum(world_.n()) - world_.n());
  }

  static inline std::set<std::uint8_t> kinds;  // seen in all runs

 private:
  /// A quorum or more out of the pool.
  Indexes some(Indexes pool) {
    const std::size_t wanted = random_.between(quorum(world_.n()), pool.size());
    while (pool.size() > wanted)
      pool.erase(pool.begin() + std::ptrdiff_t(random_.below(pool.size())));
    std::ranges::sort(pool);
    return pool;
  }
  VoteKind kind() { return random_.below(3) == 0 ? VoteKind::finalize : VoteKind::notarize; }

  void grow(Chain& chain, const Indexes& pool, std::uint64_t blocks) {
    for (std::uint64_t i = 0; i < blocks; ++i) {
      if (random_.below(3) == 0) chain.nullify(some(pool), chain.next() + random_.below(3));
      chain.add(some(pool), kind());
    }
  }

  void add_unjustified(Chain& chain) {
    const Justification honest = chain.why();
    chain.nullify(some(lying_), chain.next() + random_.below(3));
    Justification why = chain.why();
    switch (random_.below(4)) {
      case 0:  // the views in between are left out
        chain.add(some(lying_), world_.encoded(honest), kind());
        return;
      case 1:
        chain.add(some(lying_), random_bytes(random_.next(), random_.below(100)), kind());
        return;
      case 2: {  // one signature is wrong
        auto& signatures = why.nullifications[random_.below(why.nullifications.size())].signatures;
        signatures[random_.below(signatures.size())][random_.below(64)] ^= 4;
        chain.add(some(lying_), world_.encoded(why), kind());
        return;
      }
      default: {  // the header names an earlier view than its votes, and fits that one
        const std::uint64_t view = honest.parent ? honest.parent->subject.view + 1 : 1;
        Justification earlier = honest;
        earlier.nullifications.clear();
        chain.add(some(lying_), world_.encoded(earlier), kind(),
                  [&](Header& header) { header.view = view; });
      }
    }
  }

  sim::Random random_;
  SignedVotes world_;
  Chain prefix_;
  std::set<std::uint16_t> liars_;
  Indexes all_, left_, right_, lying_;
};

}  // namespace

TEST(culprits_of_random_forks_are_enough_and_guilty) {
  for (std::uint64_t seed = 0; seed < 3000; ++seed)
    OverThreshold(seed).run();
  EXPECT(OverThreshold::kinds == (std::set<std::uint8_t>{3, 4, 5, 7, 8}));
}

}  // namespace chopmark::test

// SPDX-License-Identifier: Apache-2.0
// Liars who vote for more, or for less, than they may.
#include <algorithm>

#include "sim/liars/behaviour.hpp"

namespace chopmark::sim::liars {
namespace {

using checks::read_vote;
using checks::VoteView;

/// All liars support both sides of a fork: each honest node sees votes for what it was shown.
class Collude final : public Behaviour {
 public:
  using Behaviour::Behaviour;
  void bend(std::size_t node, std::vector<Parcel>& parcels) override {
    if (parcels.empty() || shared_.forks.empty()) return;
    VoteView vote;
    if (!read_vote(parcels[0].bytes, vote)) return;
    const Fork* const fork = find(vote.epoch, vote.view);
    if (fork == nullptr) return;
    parcels.clear();  // what the own replica thinks of it
    static_cast<void>(node);
  }
  void tick() override {
    for (const Fork& fork : shared_.forks) {
      if (fork.epoch < epoch_ || (fork.epoch == epoch_ && fork.view <= view_)) continue;
      epoch_ = fork.epoch;
      view_ = fork.view;
      support(fork);
    }
  }

 private:
  const Fork* find(std::uint64_t epoch, std::uint64_t view) const {
    for (const Fork& fork : shared_.forks)
      if (fork.epoch == epoch && fork.view == view) return &fork;
    return nullptr;
  }
  void support(const Fork& fork) {
    const bool nullify = shared_.one_in(3);
    for (const std::size_t node : shared_.members) {
      for (std::size_t to = 0; to < shared_.setup.keys.size(); ++to) {
        if (shared_.setup.byzantine[to]) continue;
        const std::uint8_t* const shown = fork.shown_to(to).data();
        shared_.send(node, to, shared_.vote(node, Vote::notarize, fork.epoch, fork.view, shown));
        shared_.send(node, to, shared_.vote(node, Vote::finalize, fork.epoch, fork.view, shown),
                     shared_.random.below(20'000));
        if (nullify)
          shared_.send(node, to, shared_.vote(node, Vote::nullify, fork.epoch, fork.view, nullptr),
                       shared_.random.below(100'000));
      }
    }
    did(kCollude);
  }
  std::uint64_t epoch_ = 0;  // of the last fork that was supported
  std::uint64_t view_ = 0;
};

/// Says the opposite, too.
class DoubleVote final : public Behaviour {
 public:
  using Behaviour::Behaviour;
  void bend(std::size_t node, std::vector<Parcel>& parcels) override {
    VoteView vote;
    if (parcels.empty() || shared_.one_in(3) || !read_vote(parcels[0].bytes, vote)) return;
    if (vote.digest != nullptr) std::copy_n(vote.digest, 32, last_.begin());
    Digest other = last_;
    if (vote.kind != Vote::nullify && shared_.one_in(2))
      other[0] ^= static_cast<std::uint8_t>(1 + shared_.random.below(3));
    const auto kind = static_cast<Vote>(0x10 + shared_.random.below(3));
    const ByteView bytes = shared_.keep(shared_.vote(
        node, kind, vote.epoch, vote.view, kind == Vote::nullify ? nullptr : other.data()));
    const std::uint64_t side = shared_.random.next();
    const bool both = shared_.one_in(2);
    const std::size_t count = parcels.size();
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t to = parcels[i].to;
      if (both) {
        parcels.push_back({to, bytes, 0});
      } else if ((side >> to & 1) != 0) {
        parcels[i].bytes = bytes;
      }
    }
    did(kDoubleVote);
  }

 private:
  Digest last_{};
};

/// Votes in the names of others, signed by itself.
class Impersonate final : public Behaviour {
 public:
  using Behaviour::Behaviour;
  bool incoming(std::size_t node, std::size_t from, ByteView message) override {
    VoteView vote;
    if (!shared_.one_in(8) || !read_vote(message, vote)) return true;
    Bytes forged = shared_.vote(node, vote.kind, vote.epoch, vote.view, vote.digest);
    store_be(forged.data() + 2, vote.validator);
    // His own words are as little his when another brings them.
    if (shared_.one_in(3)) forged.assign(message.begin(), message.end());
    for (std::size_t to = 0; to < shared_.setup.keys.size(); ++to)
      if (to != node && to != from) shared_.send(node, to, forged);
    did(kImpersonate);
    return true;
  }
};

/// Votes for views long gone and far ahead.
class OtherViews final : public Behaviour {
 public:
  using Behaviour::Behaviour;
  void tick() override {
    if (!shared_.one_in(5)) return;
    const std::size_t node = shared_.members[shared_.random.below(shared_.members.size())];
    constexpr std::array<std::uint64_t, 8> kAhead = {1, 2, 3, 10, 63, 64, 65, 1000};
    std::uint64_t view = shared_.view + kAhead[shared_.random.below(kAhead.size())];
    if (shared_.one_in(4)) view = 1 + shared_.random.below(shared_.view);
    if (shared_.one_in(20)) view = std::uint64_t{1} << (40 + shared_.random.below(24));
    const auto kind = static_cast<Vote>(0x10 + shared_.random.below(3));
    Digest digest{};
    digest[31] = static_cast<std::uint8_t>(shared_.random.below(2));
    shared_.send_to_all(node, shared_.vote(node, kind, shared_.epoch, view,
                                           kind == Vote::nullify ? nullptr : digest.data()));
    did(kOtherViews);
  }
};

/// Nullifies every view and supports nothing.
class NullifyOnly final : public Behaviour {
 public:
  using Behaviour::Behaviour;
  void bend(std::size_t node, std::vector<Parcel>& parcels) override {
    VoteView vote;
    if (parcels.empty() || !read_vote(parcels[0].bytes, vote) || vote.kind == Vote::nullify) return;
    const ByteView bytes =
        shared_.keep(shared_.vote(node, Vote::nullify, vote.epoch, vote.view, nullptr));
    for (Parcel& one : parcels)
      one.bytes = bytes;
    did(kNullifyOnly);
  }
};

/// Goes on voting in an epoch that has ended.
class RetiredEpoch final : public Behaviour {
 public:
  using Behaviour::Behaviour;
  void tick() override {
    if (shared_.epoch == 1 || !shared_.one_in(10)) return;
    const std::size_t node = shared_.members[shared_.random.below(shared_.members.size())];
    const auto kind = static_cast<Vote>(0x10 + shared_.random.below(3));
    const std::uint64_t view = 1 + shared_.random.below(400);
    const Digest digest{};
    shared_.send_to_all(node, shared_.vote(node, kind, shared_.epoch - 1, view,
                                           kind == Vote::nullify ? nullptr : digest.data()));
    did(kRetiredEpoch);
  }
};

}  // namespace

std::unique_ptr<Behaviour> make_voter(Act act, Shared& shared) {
  switch (act) {
    case kCollude:
      return std::make_unique<Collude>(shared);
    case kDoubleVote:
      return std::make_unique<DoubleVote>(shared);
    case kImpersonate:
      return std::make_unique<Impersonate>(shared);
    case kOtherViews:
      return std::make_unique<OtherViews>(shared);
    case kNullifyOnly:
      return std::make_unique<NullifyOnly>(shared);
    case kRetiredEpoch:
      return std::make_unique<RetiredEpoch>(shared);
    default:
      return nullptr;
  }
}

}  // namespace chopmark::sim::liars

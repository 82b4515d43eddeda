// SPDX-License-Identifier: Apache-2.0
#include "sim/liar.hpp"

#include "sim/checks/wire.hpp"
#include "sim/liars/behaviour.hpp"

namespace chopmark::sim {

using liars::Act;
using liars::Behaviour;
using liars::Parcel;

struct Conspiracy::State {
  State(const Setup& setup, std::uint64_t seed, std::uint64_t leader_timeout_us,
        std::uint32_t wanted, Sign sign)
      : shared(setup, seed, leader_timeout_us, sign), acts(wanted == 0 ? draw() : wanted) {
    for (std::size_t i = 0; i < liars::kBehaviours; ++i) {
      const auto act = static_cast<Act>(1u << i);
      if ((acts & act) != 0) behaviours.push_back(make_behaviour(act, shared));
    }
  }

  std::uint32_t draw() {
    Random& random = shared.random;
    std::uint32_t drawn = 0;
    for (std::uint64_t left = 1 + random.below(4); left != 0; --left)
      drawn |= 1u << random.below(liars::kBehaviours);
    // Forks are what more than f liars are there for.
    const std::size_t f = (shared.setup.validators - 1) / 3;
    if (shared.members.size() > f && !shared.one_in(4)) drawn |= liars::kEquivocate;
    // A fork that nobody supports is no danger.
    if ((drawn & liars::kEquivocate) != 0 && !shared.one_in(4)) drawn |= liars::kCollude;
    return drawn;
  }

  /// Learns by which index the node goes in the newest epoch.
  void learn(std::size_t node, ByteView message) {
    checks::VoteView vote;
    if (checks::read_vote(message, vote)) shared.speaks_as[node] = vote.validator;
  }

  liars::Shared shared;
  std::uint32_t acts;
  std::vector<std::unique_ptr<Behaviour>> behaviours;
  std::vector<Parcel> parcels;
};

Conspiracy::Conspiracy(const Setup& setup, std::uint64_t seed, std::uint64_t leader_timeout_us,
                       std::uint32_t acts, Sign sign)
    : state_(std::make_unique<State>(setup, seed, leader_timeout_us, acts, sign)) {}
Conspiracy::~Conspiracy() = default;

bool Conspiracy::incoming(std::size_t node, std::size_t from, ByteView message, Outbox& out) {
  liars::Shared& shared = state_->shared;
  if (message.empty()) return true;
  shared.out = &out;
  shared.hear(message);
  bool passes = true;
  for (const auto& one : state_->behaviours)
    passes &= one->incoming(node, from, message);
  shared.kept.clear();
  return passes;
}

void Conspiracy::outgoing(std::size_t node, std::uint16_t link, ByteView message, Outbox& out) {
  liars::Shared& shared = state_->shared;
  if (message.empty()) return;
  shared.out = &out;
  shared.hear(message);
  state_->learn(node, message);
  std::vector<Parcel>& parcels = state_->parcels;
  parcels.clear();
  if (link != 0xffff) {
    parcels.push_back({link, message});
  } else {
    for (std::size_t to = 0; to < shared.setup.keys.size(); ++to)
      if (to != node) parcels.push_back({to, message});
  }
  for (const auto& one : state_->behaviours) {
    if (!parcels.empty()) one->bend(node, parcels);
  }
  for (const Parcel& one : parcels)
    out.send(node, one.to, one.bytes, one.delay_us);
  shared.kept.clear();
}

void Conspiracy::tick(std::uint64_t now_us, Outbox& out) {
  liars::Shared& shared = state_->shared;
  if (shared.members.empty()) return;
  shared.out = &out;
  shared.now_us = now_us;
  for (const auto& one : state_->behaviours)
    one->tick();
  shared.kept.clear();
}

bool Conspiracy::spoils_payload(std::size_t node) {
  if (!state_->shared.setup.byzantine[node]) return false;
  bool spoils = false;
  for (const auto& one : state_->behaviours)
    spoils |= one->spoils_payload();
  return spoils;
}

std::uint32_t Conspiracy::acted() const noexcept {
  return state_->shared.acted;
}
std::uint32_t Conspiracy::acts() const noexcept {
  return state_->acts;
}

}  // namespace chopmark::sim

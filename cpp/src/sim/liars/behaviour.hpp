// SPDX-License-Identifier: Apache-2.0
// One way to lie, and what liars share. The list stands in docs/testing.md. Floor: sim.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "sim/checks/wire.hpp"
#include "sim/liar.hpp"

namespace chopmark::sim::liars {

using checks::Vote;

/// Bits of Conspiracy::acted(), in the order of docs/testing.md.
enum Act : std::uint32_t {
  kEquivocate = 1u << 0,
  kCollude = 1u << 1,
  kDoubleVote = 1u << 2,
  kImpersonate = 1u << 3,
  kWrongLeader = 1u << 4,
  kOtherViews = 1u << 5,
  kNullifyOnly = 1u << 6,
  kWithhold = 1u << 7,
  kRevealToOne = 1u << 8,
  kGaps = 1u << 9,
  kInvalidPayload = 1u << 10,
  kBadSignature = 1u << 11,
  kLateProposal = 1u << 12,
  kPoison = 1u << 13,
  kRetiredEpoch = 1u << 14,
  kFrame = 1u << 15,
  kFlood = 1u << 16,
  kLyingReplies = 1u << 17,
  kSelective = 1u << 18,
  kDuplicates = 1u << 19,
  kFlips = 1u << 20,
  kRepeats = 1u << 21,
  kSilent = 1u << 22,
  kBadHeader = 1u << 23,
};
inline constexpr std::size_t kBehaviours = 24;

/// A message on its way out; `bytes` belong to the replica or to Shared::keep.
struct Parcel {
  std::size_t to;
  ByteView bytes;
  std::uint64_t delay_us = 0;
};

/// Two blocks of one view: those with their bit in `side` were shown the second.
struct Fork {
  std::uint64_t epoch = 0;
  std::uint64_t view = 0;
  Digest first{};
  Digest second{};
  std::uint64_t side = 0;
  std::size_t leader = 0;
  Bytes first_proposal, second_proposal;
  [[nodiscard]] const Digest& shown_to(std::size_t node) const noexcept {
    return (side >> node & 1) != 0 ? second : first;
  }
};

class Shared {
 public:
  Shared(const Setup& the_setup, std::uint64_t seed, std::uint64_t leader_timeout,
         Conspiracy::Sign the_sign)
      : setup(the_setup),
        random(seed),
        leader_timeout_us(leader_timeout),
        sign(the_sign),
        speaks_as(the_setup.keys.size()) {
    for (std::size_t i = 0; i < setup.keys.size(); ++i) {
      speaks_as[i] = static_cast<std::uint16_t>(i);
      if (setup.byzantine[i]) members.push_back(i);
    }
  }

  ByteView keep(Bytes bytes) { return kept.emplace_back(std::move(bytes)); }
  void hear(ByteView message);
  [[nodiscard]] bool one_in(std::uint64_t count) noexcept { return random.below(count) == 0; }
  [[nodiscard]] std::size_t any_honest();
  /// A vote message by a Byzantine node.
  [[nodiscard]] Bytes vote(std::size_t node, Vote kind, std::uint64_t epoch, std::uint64_t view,
                           const std::uint8_t* digest);
  /// The same proposal with another header, signed by `node`; roots follow the parts.
  [[nodiscard]] Bytes proposal(std::size_t node, Bytes header, ByteView justification,
                               ByteView payload, Digest& digest);
  void send(std::size_t from, std::size_t to, Bytes message, std::uint64_t delay_us = 0) {
    out->send(from, to, keep(std::move(message)), delay_us);
  }
  void send_to_all(std::size_t from, const Bytes& message) {
    for (std::size_t to = 0; to < setup.keys.size(); ++to)
      if (to != from) out->send(from, to, message, 0);
  }

  Setup setup;
  Random random;
  std::uint64_t leader_timeout_us;
  Conspiracy::Sign sign;
  std::vector<std::size_t> members;      // the Byzantine nodes
  std::vector<std::uint16_t> speaks_as;  // by node: its index in the newest epoch it voted in
  std::deque<Bytes> heard;               // the newest messages of anybody, at most 64
  std::deque<Fork> forks;                // the newest, at most 8
  std::deque<Bytes> kept;                // bytes of parcels, until the call ends
  Outbox* out = nullptr;
  std::uint64_t now_us = 0;
  std::uint64_t epoch = 1;  // highest heard of
  std::uint64_t view = 1;   // highest heard of in it
  std::uint32_t acted = 0;
};

class Behaviour {
 public:
  explicit Behaviour(Shared& shared) : shared_(shared) {}
  virtual ~Behaviour() = default;
  Behaviour(const Behaviour&) = delete;
  Behaviour& operator=(const Behaviour&) = delete;

  /// What the replica of `node` sends: may be changed, dropped, or added to.
  virtual void bend(std::size_t /*node*/, std::vector<Parcel>& /*parcels*/) {}
  /// False: the replica of `node` does not get it.
  virtual bool incoming(std::size_t /*node*/, std::size_t /*from*/, ByteView /*message*/) {
    return true;
  }
  virtual void tick() {}
  virtual bool spoils_payload() { return false; }

 protected:
  void did(Act act) noexcept { shared_.acted |= act; }
  Shared& shared_;
};

std::unique_ptr<Behaviour> make_behaviour(Act act, Shared& shared);
// Of one file each; null if the act is none of it.
std::unique_ptr<Behaviour> make_proposer(Act act, Shared& shared);
std::unique_ptr<Behaviour> make_voter(Act act, Shared& shared);
std::unique_ptr<Behaviour> make_carrier(Act act, Shared& shared);
std::unique_ptr<Behaviour> make_answerer(Act act, Shared& shared);

}  // namespace chopmark::sim::liars

// SPDX-License-Identifier: Apache-2.0
// Byzantine validators: each runs the real replica and decides what of its words goes to whom, and
// says what no replica would. Floor: sim.
#pragma once

#include <cstdint>
#include <memory>

#include "sim/random.hpp"
#include "sim/scheme.hpp"
#include "sim/setup.hpp"

namespace chopmark::sim {

/// Where a liar puts what is to be sent. A delay comes on top of that of the network.
class Outbox {
 public:
  virtual ~Outbox() = default;
  virtual void send(std::size_t from, std::size_t to, ByteView message, std::uint64_t delay_us) = 0;
};

/// What all Byzantine validators of a run share: they see each other's mail and hold each other's
/// keys.
class Conspiracy {
 public:
  using Sign = SimSignature (*)(const Digest& key, ByteView payload) noexcept;
  /// `leader_timeout_us`: t_L of rule R1, which those who come late have in mind. `acts`: bits of
  /// the behaviours; 0: one to four are drawn.
  Conspiracy(const Setup& setup, std::uint64_t seed, std::uint64_t leader_timeout_us = 300'000,
             std::uint32_t acts = 0, Sign sign = &sim::sign);
  ~Conspiracy();

  /// A message that reached a Byzantine node, before its replica gets it. False: the replica does
  /// not get it.
  bool incoming(std::size_t node, std::size_t from, ByteView message, Outbox& out);
  /// What a Byzantine node's replica wants to send (`link` 0xffff: to all).
  void outgoing(std::size_t node, std::uint16_t link, ByteView message, Outbox& out);
  /// Every 10 ms of simulated time.
  void tick(std::uint64_t now_us, Outbox& out);
  /// Whether a Byzantine leader proposes an invalid payload this time.
  [[nodiscard]] bool spoils_payload(std::size_t node);
  /// Bits of the behaviours that acted in this run, for coverage (docs/testing.md).
  [[nodiscard]] std::uint32_t acted() const noexcept;
  [[nodiscard]] std::uint32_t acts() const noexcept;  // those that were drawn

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace chopmark::sim

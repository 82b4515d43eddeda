// SPDX-License-Identifier: Apache-2.0
// Sees everything that nodes do and holds it against the invariants of the protocol. Shares no code
// with the replica: it reads messages itself. Floor: sim.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sim/scheme.hpp"
#include "sim/setup.hpp"

namespace chopmark::sim {

struct Violation {
  std::uint32_t invariant = 0;  // its number in docs/testing.md
  std::uint64_t time_us = 0;
  std::string what;
};

class Observer {
 public:
  using Verify = bool (*)(const Digest& key, ByteView payload, ByteView signature) noexcept;
  explicit Observer(const Setup& setup, Verify verify = &sim::verify);
  ~Observer();

  void at(std::uint64_t time_us) noexcept;  // before every step

  // What a node's replica asked for, in order. Byzantine nodes are reported too.
  void persisted(std::size_t node, std::uint64_t seq, ByteView record);
  void durable(std::size_t node, std::uint64_t seq);  // its disk holds all up to it
  void checkpointed(std::size_t node, ByteView log);  // its whole log was replaced, durably
  void sent(std::size_t node, std::uint16_t link, ByteView message);
  void delivered(std::size_t node, ByteView body);          // of effect 0x88
  void epoch_ended(std::size_t node, ByteView body);        // of effect 0x8b
  void accused(std::size_t node, ByteView evidence);        // of effect 0x89
  void judged(std::size_t node, ByteView header, bool ok);  // its ledger's answer to 0x87
  void crashed(std::size_t node);
  void restarted(std::size_t node, bool amnesic, std::uint64_t final_height);
  void forgave(
      std::size_t node);  // from now on this node counts as faulty (its disk was rolled back)
  // Sizes after a step, for the bounds on memory and output.
  void stepped(std::size_t node, std::size_t held_bytes, std::size_t effect_bytes);

  [[nodiscard]] const std::vector<Violation>& violations() const noexcept;
  [[nodiscard]] std::uint64_t final_height() const noexcept;  // highest of any honest node

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace chopmark::sim

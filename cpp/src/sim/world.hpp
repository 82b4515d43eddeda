// SPDX-License-Identifier: Apache-2.0
// What all processes of a run share. Floor: sim.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/archive.hpp"
#include "sim/headers.hpp"
#include "sim/liar.hpp"
#include "sim/mix.hpp"
#include "sim/network.hpp"
#include "sim/plan.hpp"
#include "sim/queue.hpp"
#include "sim/result.hpp"
#include "sim/trace.hpp"

namespace chopmark::sim {

class World {
 public:
  World(const Plan& the_plan, Buffers& the_buffers, Trace* the_trace)
      : plan(the_plan),
        buffers(the_buffers),
        network(the_plan.network, the_plan.nodes, mix(the_plan.seed, 1)),
        archive(the_buffers),
        observer(the_plan.setup),
        conspiracy(the_plan.setup, mix(the_plan.seed, 2),
                   1000 * (2 * std::uint64_t{the_plan.delta_ms} + the_plan.build_ms),
                   the_plan.liar_acts),
        trace(the_trace),
        forgiven(the_plan.nodes, false),
        damaged(the_plan.nodes, false) {}

  const Plan& plan;
  Buffers& buffers;
  Queue queue;
  Network network;
  Archive archive;
  Observer observer;
  Conspiracy conspiracy;
  Trace* trace;
  RunResult result;

  std::uint64_t now_us = 0;
  bool healed = false;
  std::uint32_t transactions = 0;         // submitted by users; they are numbered from 0
  std::vector<std::uint8_t> ready;        // processes whose loop turns at this very time
  std::vector<std::uint8_t> identity;     // node of each process
  std::vector<bool> forgiven, damaged;    // by node
  std::vector<std::uint64_t> ordered_us;  // wan: by view, when its leader was told to build

  /// Of a whole header: when its leader was told to build the block; 0: not known.
  void note_proposal(ByteView header, std::uint64_t built_us) {
    const std::uint64_t view = HeaderView(header.data()).view();
    if (view >= 1'000'000) return;
    if (view >= ordered_us.size()) ordered_us.resize(view + 64, 0);
    ordered_us[view] = built_us;
  }
  [[nodiscard]] std::uint64_t ordered(ByteView header) const {
    const std::uint64_t view = HeaderView(header.data()).view();
    return view < ordered_us.size() ? ordered_us[view] : 0;
  }

  /// One thing more was given to a replica.
  void given(std::uint64_t content_hash, std::size_t process, std::size_t from) noexcept {
    ++result.events;
    result.event_hash = mix(result.event_hash ^ now_us, content_hash + (process << 8 | from << 16));
  }
  void note(TraceKind kind, std::size_t node, std::size_t peer, ByteView bytes) {
    if (trace != nullptr && trace->messages) trace->add(now_us, kind, node, peer, bytes);
  }
  void cover(Covered what) noexcept { result.covered |= static_cast<std::uint32_t>(what); }
  void violate(std::uint32_t invariant, std::string what) {
    result.violations.push_back({invariant, now_us, std::move(what)});
  }

  [[nodiscard]] bool honest(std::size_t node) const {
    return !plan.setup.byzantine[node] && !forgiven[node];
  }
  /// Whether one more node may be faulty now: it lies, was rolled back, or knows that it forgot.
  [[nodiscard]] bool may_damage(std::size_t node) const {
    if (!honest(node) || damaged[node]) return false;
    std::size_t faulty = 0;
    for (std::size_t i = 0; i < plan.nodes; ++i)
      faulty += static_cast<std::size_t>(!honest(i) || damaged[i]);
    return faulty < plan.faulty_max;
  }

  /// To every process that speaks for `to`.
  void transmit(std::size_t from, std::size_t to, Buffer* message, std::uint64_t time_us) {
    for (std::size_t process = to; process < identity.size();) {
      network.transmit(queue, message, from, to, process, time_us);
      // Processes beyond the nodes are second ones with a node's key.
      std::size_t next = process < plan.nodes ? plan.nodes : process + 1;
      while (next < identity.size() && identity[next] != to)
        ++next;
      process = next;
    }
  }
};

/// What a Byzantine node says goes through here.
class LiarOutbox final : public Outbox {
 public:
  explicit LiarOutbox(World& world) : world_(world) {}
  void send(std::size_t from, std::size_t to, ByteView message, std::uint64_t delay_us) override;

 private:
  World& world_;
};

}  // namespace chopmark::sim

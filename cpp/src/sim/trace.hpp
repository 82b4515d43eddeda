// SPDX-License-Identifier: Apache-2.0
// What happened in a run, one row for each thing, for people and for replays. Floor: sim.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.hpp"

namespace chopmark::sim {

enum class TraceKind : std::uint8_t {
  sent = 0,       // peer: to whom, 0xffff to all; the message
  arrived = 1,    // peer: from whom; the message
  delivered = 2,  // the body of the effect
  crashed = 3,
  started = 4,   // one byte: amnesic
  epoch = 5,     // the body of the effect
  evidence = 6,  // the body of the effect
  healed = 7,
  events = 8,    // of the node that is followed: the row given to `step`
  effects = 9,   // ... and what it returned
  parted = 10,   // a byte for each link, from * nodes + to: it carries nothing; empty: all do
  damaged = 11,  // what happened to the disk, by its name in kCoveredNames
  copied = 12,   // the second process with the key starts
};

struct TraceRow {
  std::uint64_t time_us = 0;
  TraceKind kind{};
  std::uint16_t node = 0;
  std::uint16_t peer = 0;
  Bytes bytes;
};

struct Trace {
  bool messages = true;           // all rows but those of a node's steps
  std::uint16_t follow = 0xffff;  // node whose steps are kept
  std::vector<TraceRow> rows;

  void add(std::uint64_t time_us, TraceKind kind, std::size_t node, std::size_t peer,
           ByteView bytes) {
    rows.push_back({time_us, kind, static_cast<std::uint16_t>(node),
                    static_cast<std::uint16_t>(peer), Bytes(bytes.begin(), bytes.end())});
  }
};

}  // namespace chopmark::sim

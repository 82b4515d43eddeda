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
  // Of the node that is followed, if it is honest:
  events = 8,       // the row given to `step`
  effects = 9,      // what it returned; `sent` rows follow, as far as it got
  began = 10,       // Process::note_start says what stands there
  checkpoint = 11,  // the log that replaced the one before, and the fence, unless it crashed before
  // Of all nodes:
  parted = 12,   // a byte for each link, from * nodes + to: it carries nothing; empty: all do
  damaged = 13,  // what happened to the disk, by its name in kCoveredNames
  copied = 14,   // the second process with the key starts
};

struct TraceRow {
  std::uint64_t time_us = 0;
  TraceKind kind{};
  std::uint16_t node = 0;
  std::uint16_t peer = 0;
  Bytes bytes;
};

struct Trace {
  bool messages = true;           // rows of kinds 0 to 7 and from 12
  std::uint16_t follow = 0xffff;  // node whose steps are kept, also what it sent and its crashes
  std::vector<TraceRow> rows;

  void add(std::uint64_t time_us, TraceKind kind, std::size_t node, std::size_t peer,
           ByteView bytes) {
    rows.push_back({time_us, kind, static_cast<std::uint16_t>(node),
                    static_cast<std::uint16_t>(peer), Bytes(bytes.begin(), bytes.end())});
  }
};

}  // namespace chopmark::sim

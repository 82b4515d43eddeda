// SPDX-License-Identifier: Apache-2.0
// What is to happen, in the order of time and, at one time, of insertion: a heap of four children
// to a node. Floor: sim.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/buffers.hpp"

namespace chopmark::sim {

enum class Happening : std::uint8_t {
  message,     // arrives at a process
  answer,      // of a driver to its replica
  step,        // the driver's loop turns
  timer,       // of a process
  synced,      // a disk has done what was asked
  restart,     // of a process
  weather,     // faults of the network and the clocks change
  load,        // somebody submits transactions
  conspiracy,  // Byzantine nodes act on their own
  look         // at whether the run is over
};

struct Entry {
  std::uint64_t time_us = 0;
  std::uint64_t order = 0;
  Buffer* data = nullptr;
  std::uint32_t life = 0;  // of the process for which it is; a crash ends one
  Happening what = Happening::message;
  std::uint8_t process = 0;
  std::uint8_t from = 0;  // node
};
static_assert(sizeof(Entry) == 32);

class Queue {
 public:
  void push(Entry entry) {
    entry.order = next_++;
    std::size_t at = heap_.size();
    heap_.push_back(entry);
    while (at != 0) {
      const std::size_t parent = (at - 1) / 4;
      if (!before(entry, heap_[parent])) break;
      heap_[at] = heap_[parent];
      at = parent;
    }
    heap_[at] = entry;
  }

  [[nodiscard]] bool empty() const noexcept { return heap_.empty(); }
  [[nodiscard]] const Entry& first() const noexcept { return heap_.front(); }

  Entry pop() {
    const Entry out = heap_.front();
    const Entry last = heap_.back();
    heap_.pop_back();
    if (!heap_.empty()) sink(last);
    return out;
  }

  void clear() noexcept {
    heap_.clear();
    next_ = 0;
  }

 private:
  static bool before(const Entry& a, const Entry& b) noexcept {
    return a.time_us != b.time_us ? a.time_us < b.time_us : a.order < b.order;
  }
  void sink(const Entry& entry) {
    const std::size_t size = heap_.size();
    std::size_t at = 0;
    for (;;) {
      const std::size_t first = 4 * at + 1;
      if (first >= size) break;
      std::size_t least = first;
      const std::size_t end = first + 4 < size ? first + 4 : size;
      for (std::size_t child = first + 1; child < end; ++child) {
        if (before(heap_[child], heap_[least])) least = child;
      }
      if (!before(heap_[least], entry)) break;
      heap_[at] = heap_[least];
      at = least;
    }
    heap_[at] = entry;
  }

  std::vector<Entry> heap_;
  std::uint64_t next_ = 0;
};

}  // namespace chopmark::sim

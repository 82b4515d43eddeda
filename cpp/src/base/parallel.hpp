// SPDX-License-Identifier: Apache-2.0
// Splits a range of independent items over threads. Floor: base.
#pragma once

#include <algorithm>
#include <cstddef>
#include <exception>
#include <thread>
#include <vector>

namespace chopmark {

/// Calls work(begin, end) on contiguous parts that cover [0, count), each of at least `grain`
/// items but the last. threads = 0 means all cores. What `work` throws (lack of memory, nothing
/// else) is thrown on after all parts have ended.
template <class Work>
void parallel_for(std::size_t count, unsigned threads, std::size_t grain, Work&& work) {
  if (threads == 0) threads = std::max(1U, std::thread::hardware_concurrency());
  const std::size_t parts_max = std::max<std::size_t>(1, count / std::max<std::size_t>(1, grain));
  const std::size_t parts = std::min<std::size_t>(threads, parts_max);
  if (parts <= 1) {
    if (count != 0) work(std::size_t{0}, count);
    return;
  }
  std::vector<std::thread> workers;
  workers.reserve(parts - 1);
  std::vector<std::exception_ptr> thrown(parts);
  const auto bound = [&](std::size_t part) { return count * part / parts; };
  // An exception that left a thread, or this function before all are joined, would end the process.
  const auto run = [&](std::size_t part, std::size_t from, std::size_t to) noexcept {
    try {
      work(from, to);
    } catch (...) {
      thrown[part] = std::current_exception();
    }
  };
  std::size_t started = 1;
  try {
    for (; started < parts; ++started) {
      workers.emplace_back(
          [&run, &bound, part = started] { run(part, bound(part), bound(part + 1)); });
    }
  } catch (const std::exception&) {
    // The system grants no more threads: this one does what is left.
  }
  run(0, bound(0), bound(1));
  if (started < parts) run(started, bound(started), count);
  for (std::thread& worker : workers)
    worker.join();
  for (const std::exception_ptr& one : thrown) {
    if (one) std::rethrow_exception(one);
  }
}

}  // namespace chopmark

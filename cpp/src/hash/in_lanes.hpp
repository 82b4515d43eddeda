// SPDX-License-Identifier: Apache-2.0
// From items to what the kernels for many of them take. Floor: hash.
#pragma once

#include <algorithm>
#include <cstddef>

#include "base/bytes.hpp"
#include "dispatch/backend.hpp"

namespace chopmark {

/// Calls hash(first, views, count) on stretches that cover items [from, to). Long enough that lanes
/// which run dry at the end of a stretch are rare, short enough for the stack.
template <class Hash>
void by_raw_views(const Items& items, std::size_t from, std::size_t to, Hash&& hash) {
  constexpr std::size_t kViewsMax = 512;
  RawView views[kViewsMax];
  for (std::size_t at = from; at < to;) {
    const std::size_t count = std::min(kViewsMax, to - at);
    for (std::size_t i = 0; i < count; ++i) {
      const ByteView item = items[at + i];
      views[i] = {item.data(), item.size()};
    }
    hash(at, static_cast<const RawView*>(views), count);
    at += count;
  }
}

}  // namespace chopmark

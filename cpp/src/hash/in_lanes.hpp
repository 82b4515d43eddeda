// SPDX-License-Identifier: Apache-2.0
// From items to what the kernels for many of them take. Floor: hash.
#pragma once

#include <algorithm>
#include <cstddef>

#include "base/bytes.hpp"
#include "dispatch/backend.hpp"

namespace chopmark {

/// Items of one stretch: enough that lanes which run dry at its end are rare, few enough for the
/// stack.
constexpr std::size_t kViewsMax = 512;

/// Calls hash(first, views, count) on stretches that cover items [from, to). `views` may be
/// changed.
template <class Hash>
void by_raw_views(const Items& items, std::size_t from, std::size_t to, Hash&& hash) {
  RawView views[kViewsMax];
  for (std::size_t at = from; at < to;) {
    const std::size_t count = std::min(kViewsMax, to - at);
    for (std::size_t i = 0; i < count; ++i) {
      const ByteView item = items[at + i];
      views[i] = {item.data(), item.size()};
    }
    hash(at, static_cast<RawView*>(views), count);
    at += count;
  }
}

}  // namespace chopmark

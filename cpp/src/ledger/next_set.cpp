// SPDX-License-Identifier: Apache-2.0
#include "ledger/next_set.hpp"

#include <algorithm>

namespace chopmark::ledger {
namespace {

std::vector<Digest> only_in(std::span<const Digest> here, std::span<const Digest> not_there) {
  std::vector<Digest> found;
  for (const Digest& key : here) {
    if (std::ranges::find(not_there, key) == not_there.end()) found.push_back(key);
  }
  return found;
}

}  // namespace

std::vector<Digest> next_set(std::span<const Digest> present, std::span<const Digest> asked) {
  const std::vector<Digest> leaving = only_in(present, asked);
  const std::vector<Digest> coming = only_in(asked, present);
  const std::size_t seats = std::min(std::max(leaving.size(), coming.size()),
                                     present.empty() ? 0 : (present.size() - 1) / 3);
  std::vector<Digest> next(present.begin(), present.end());
  for (std::size_t i = 0; i < seats; ++i) {
    if (i >= leaving.size()) {
      next.push_back(coming[i]);
      continue;
    }
    const auto seat = std::ranges::find(next, leaving[i]);
    if (i < coming.size()) {
      *seat = coming[i];
    } else {
      next.erase(seat);
    }
  }
  return next;
}

}  // namespace chopmark::ledger

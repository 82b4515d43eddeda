// SPDX-License-Identifier: Apache-2.0
// Lines of scripts.
#pragma once

#include <cstdint>
#include <string>

namespace chopmark::search {

/// `before` and the number. (GCC 12 warns of copies that cannot be in `"text" +
/// std::to_string(i)`.)
inline std::string numbered(const char* before, std::uint64_t number) {
  std::string out(before);
  out += std::to_string(number);
  return out;
}

}  // namespace chopmark::search

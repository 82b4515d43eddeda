// SPDX-License-Identifier: Apache-2.0
// What has to be hashed in buckets, many of them in step. Floor: state.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "state/entries.hpp"
#include "state/store.hpp"

namespace chopmark::state {

class BucketHashes {
 public:
  /// The root over `count` entries in ascending order is wanted at `out`.
  void add(const std::uint8_t* entries, std::size_t count, std::uint8_t* out) {
    (void)add_subtree(entries, count, out);
  }
  void run(HashId id, unsigned threads);

 private:
  std::size_t add_subtree(const std::uint8_t* entries, std::size_t count, std::uint8_t* out);

  std::vector<HashJob> leaves_;
  // By their height over the leaves: those of one height find their input ready together.
  std::array<std::vector<HashJob>, kBucketMax> nodes_;
  ScratchNodes scratch_;
};

}  // namespace chopmark::state

// SPDX-License-Identifier: Apache-2.0
// What somebody can know who trusts the keys of the genesis and sees headers, certificates and the
// proofs of epoch ends. Floor: sim.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/checks/book.hpp"

namespace chopmark::sim::checks {

class LightClient {
 public:
  LightClient(const Digest& chain_id, std::vector<Digest> keys, std::uint32_t epoch_blocks,
              Verify verify);

  /// A header that stands on the newest; it is accepted when it or one above it is final.
  bool header(const HeaderView& header, const Digest& digest);
  /// The finalization of a header that waits: it and those below are accepted.
  bool finalization(ByteView certificate);
  /// Position and boundary proof (B-72): the set of the next epoch.
  bool epoch_end(ByteView position, ByteView proof);

  [[nodiscard]] std::uint64_t height() const noexcept { return height_; }  // accepted
  [[nodiscard]] const Digest& digest() const noexcept { return digest_; }
  [[nodiscard]] std::uint64_t epoch() const noexcept { return epoch_; }

 private:
  struct Waiting {
    std::uint64_t height;
    std::uint64_t view;
    Digest digest;
    Digest next_set;
  };
  [[nodiscard]] bool is_final(ByteView certificate, Digest& digest, std::uint64_t& view) const;
  [[nodiscard]] bool is_last(std::uint64_t height) const noexcept;
  void accept_up_to(std::size_t count);

  Digest chain_id_;
  std::uint32_t epoch_blocks_;
  Verify verify_;
  std::vector<Digest> keys_;
  std::uint64_t epoch_ = 1;
  std::uint64_t height_ = 0;
  std::uint64_t view_ = 0;  // of the newest header of this epoch
  Digest digest_;
  std::vector<Waiting> waiting_;
};

}  // namespace chopmark::sim::checks

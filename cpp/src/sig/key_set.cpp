// SPDX-License-Identifier: Apache-2.0
#include "dispatch/backend.hpp"
#include "sig/candidates.hpp"
#include "sig/ed25519.hpp"

namespace chopmark::sig {

using namespace curve25519;

bool strict_takes(const Digest& key) noexcept {
  return is_canonical_encoding(key.data()) && !is_small_order_encoding(key.data());
}

KeySet::KeySet(const Items& public_keys, bool tables)
    : bytes_(public_keys.size()),
      points_(public_keys.size()),
      valid_(public_keys.size()),
      strict_valid_(public_keys.size()) {
  for (std::size_t i = 0; i < size(); ++i) {
    if (public_keys[i].size() == kKeyBytes) bytes_[i] = digest_from(public_keys[i].data());
  }
  if (size() == 0) return;
  kernels().decode_points(points_.data(), valid_.data(), bytes_[0].data(), sizeof(Digest), size());
  for (std::size_t i = 0; i < size(); ++i) {
    if (public_keys[i].size() != kKeyBytes) valid_[i] = 0;
    strict_valid_[i] = valid_[i] != 0 && strict_takes(bytes_[i]) ? 1 : 0;
  }
  if (!tables) return;
  combs_.resize(KeyComb::kSize * size());
  for (std::size_t i = 0; i < size(); ++i) {
    if (valid_[i] == 0) continue;
    make_comb(combs_.data() + KeyComb::kSize * i, to_point(points_[i]), KeyComb::kBits,
              KeyComb::kWindows);
  }
}

}  // namespace chopmark::sig

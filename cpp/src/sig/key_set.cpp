// SPDX-License-Identifier: Apache-2.0
#include "base/check.hpp"
#include "dispatch/backend.hpp"
#include "sig/candidates.hpp"
#include "sig/ed25519.hpp"

namespace chopmark::sig {

using namespace curve25519;

bool strict_takes(const Digest& key) noexcept {
  return is_canonical_encoding(key.data()) && !is_small_order_encoding(key.data());
}

void KeySet::decode(const Items& public_keys) {
  const std::size_t first = size();
  const std::size_t count = public_keys.size();
  bytes_.resize(first + count);
  points_.resize(first + count);
  valid_.resize(first + count);
  strict_valid_.resize(first + count);
  if (count == 0) return;
  for (std::size_t i = 0; i < count; ++i) {
    const ByteView key = public_keys[i];
    if (key.size() == kKeyBytes) bytes_[first + i] = digest_from(key.data());
  }
  kernels().decode_points(points_.data() + first, valid_.data() + first, bytes_[first].data(),
                          sizeof(Digest), count);
  for (std::size_t i = first; i < size(); ++i) {
    if (public_keys[i - first].size() != kKeyBytes) valid_[i] = 0;
    strict_valid_[i] = valid_[i] != 0 && strict_takes(bytes_[i]) ? 1 : 0;
  }
}

KeySet::KeySet(const KeySet& first, const Items& more) {
  CHOPMARK_CHECK(first.combs_.empty());
  const std::size_t count = first.size() + more.size();
  bytes_.reserve(count);
  points_.reserve(count);
  valid_.reserve(count);
  strict_valid_.reserve(count);
  *this = first;
  decode(more);
}

KeySet::KeySet(const Items& public_keys, bool tables) {
  decode(public_keys);
  if (!tables) return;
  combs_.resize(KeyComb::kSize * size());
  for (std::size_t i = 0; i < size(); ++i) {
    if (valid_[i] == 0) continue;
    make_comb(combs_.data() + KeyComb::kSize * i, to_point(points_[i]), KeyComb::kBits,
              KeyComb::kWindows);
  }
}

}  // namespace chopmark::sig

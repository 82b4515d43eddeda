// SPDX-License-Identifier: Apache-2.0
#include "sig/candidates.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/endian.hpp"
#include "dispatch/backend.hpp"
#include "hash/sha512.hpp"

namespace chopmark::sig {
namespace {

using namespace curve25519;

/// Gives each different value a number. A lookup looks at few places only, so that values made to
/// collide cost no more: a value that finds no place gets a number of its own each time.
class Numbering {
 public:
  explicit Numbering(std::size_t most)
      : shift_(64 - static_cast<int>(std::bit_width(2 * most))),
        places_(std::size_t{1} << (64 - shift_), kFree) {}

  /// The number of the value with this hint, or the next one; `same(number)` compares.
  template <class Same>
  std::uint32_t number(std::uint64_t hint, std::uint32_t next, Same&& same) noexcept {
    const std::size_t start = static_cast<std::size_t>(hint * kSpread >> shift_);
    for (std::size_t i = 0; i < kLook; ++i) {
      std::uint32_t& place = places_[(start + i) & (places_.size() - 1)];
      if (place == kFree) return place = next;
      if (same(place)) return place;
    }
    return next;
  }

 private:
  static constexpr std::uint32_t kFree = UINT32_MAX;
  static constexpr std::uint64_t kSpread = 0x9e3779b97f4a7c15;  // 2^64 over the golden ratio
  static constexpr std::size_t kLook = 8;

  int shift_;
  std::vector<std::uint32_t> places_;
};

class Finder {
 public:
  Finder(const Batch& batch, Rule rule, std::size_t from, std::size_t to)
      : batch_(batch), rule_(rule), numbering_(to - from) {
    found_.item.reserve(to - from);
    found_.r_and_key.reserve(64 * (to - from));
    found_.s.reserve(to - from);
    found_.key.reserve(to - from);
    for (std::size_t i = from; i < to; ++i)
      take(i);
  }

  Candidates candidates() && {
    if (batch_.key_set == nullptr) decode_keys();
    hash();
    return std::move(found_);
  }

 private:
  void take(std::size_t i) {
    const ByteView signature = batch_.signatures[i];
    if (signature.size() != kSignatureBytes) return;
    std::uint8_t bytes[kSignatureBytes];  // read once: the caller may write meanwhile
    std::memcpy(bytes, signature.data(), kSignatureBytes);
    const Scalar s = load_scalar(bytes + 32);
    if (!is_canonical(s)) return;
    Digest key;
    if (batch_.key_set != nullptr) {
      const auto index = static_cast<std::size_t>(batch_.key_index[i]);
      if (!batch_.key_set->valid(index, rule_)) return;
      key = batch_.key_set->bytes(index);
      found_.key.push_back(number_of_index(index));
    } else {
      const ByteView own = batch_.public_keys[i];
      if (own.size() != kKeyBytes) return;
      key = digest_from(own.data());
      found_.key.push_back(number_of_bytes(key));
    }
    found_.item.push_back(i);
    found_.s.push_back(s);
    found_.r_and_key.insert(found_.r_and_key.end(), bytes, bytes + 32);
    found_.r_and_key.insert(found_.r_and_key.end(), key.begin(), key.end());
  }

  std::uint32_t number_of_index(std::size_t index) {
    const Niels* const point = &batch_.key_set->point(index);
    const auto next = static_cast<std::uint32_t>(found_.keys.size());
    const std::uint32_t number = numbering_.number(
        index, next, [&](std::uint32_t other) { return found_.keys[other] == point; });
    if (number != next) return number;
    found_.keys.push_back(point);
    const Niels* const comb = batch_.key_set->comb(index);
    if (comb != nullptr) found_.combs.push_back(comb);
    return number;
  }

  std::uint32_t number_of_bytes(const Digest& key) {
    const auto next = static_cast<std::uint32_t>(key_bytes_.size());
    const std::uint32_t number =
        numbering_.number(load_le<std::uint64_t>(key.data()), next,
                          [&](std::uint32_t other) { return key_bytes_[other] == key; });
    if (number == next) key_bytes_.push_back(key);
    return number;
  }

  void decode_keys() {
    std::vector<std::uint8_t> ok(key_bytes_.size());
    found_.own_keys.resize(key_bytes_.size());
    if (key_bytes_.empty()) return;
    kernels().decode_points(found_.own_keys.data(), ok.data(), key_bytes_[0].data(), sizeof(Digest),
                            key_bytes_.size());
    bool all = true;
    for (std::size_t i = 0; i < ok.size(); ++i) {
      if (rule_ == Rule::strict && !strict_takes(key_bytes_[i])) ok[i] = 0;
      all = all && ok[i] != 0;
      found_.keys.push_back(&found_.own_keys[i]);
    }
    if (!all) keep(ok);
  }

  /// Drops the candidates whose key is not ok.
  void keep(const std::vector<std::uint8_t>& ok) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < found_.size(); ++i) {
      if (ok[found_.key[i]] == 0) continue;
      found_.item[kept] = found_.item[i];
      found_.s[kept] = found_.s[i];
      found_.key[kept] = found_.key[i];
      std::memmove(found_.r_and_key.data() + 64 * kept, found_.r(i), 64);
      ++kept;
    }
    found_.item.resize(kept);
    found_.s.resize(kept);
    found_.key.resize(kept);
    found_.r_and_key.resize(64 * kept);
  }

  void hash() {
    const std::size_t count = found_.size();
    std::vector<ByteView> messages(count);
    for (std::size_t i = 0; i < count; ++i)
      messages[i] = batch_.messages[found_.item[i]];
    found_.digests.resize(64 * count);
    sha512_prefixed_many(found_.r_and_key.data(), messages, found_.digests.data());
    found_.k.resize(count);
    kernels().reduce_digests(found_.k.data(), found_.digests.data(), count);
  }

  const Batch& batch_;
  const Rule rule_;
  Candidates found_;
  std::vector<Digest> key_bytes_;  // of own keys, by number
  Numbering numbering_;
};

}  // namespace

Candidates find_candidates(const Batch& batch, Rule rule, std::size_t from, std::size_t to) {
  return Finder(batch, rule, from, to).candidates();
}

}  // namespace chopmark::sig

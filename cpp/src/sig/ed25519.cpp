// SPDX-License-Identifier: Apache-2.0
#include "sig/ed25519.hpp"

#include <algorithm>

#include "base/parallel.hpp"
#include "hash/sha512.hpp"
#include "sig/prepared.hpp"

namespace chopmark::sig {
namespace {

using namespace curve25519;

constexpr std::size_t kCombinedMin = 32;    // below this, one by one is as fast
constexpr std::size_t kCombinedMax = 4096;  // items per equation: bounds memory, gains level off
constexpr std::size_t kBisectMin = 64;      // a failed equation of at most this many goes exact
constexpr std::size_t kItemsPerThread = 16;

/// Whether y is below p, and not x = 0 with the sign bit set.
bool is_canonical_encoding(const Digest& bytes, const Point& p) noexcept {
  Digest y;
  store(y.data(), load(bytes.data()));
  const bool sign = (bytes[31] >> 7) != 0;
  y[31] |= static_cast<std::uint8_t>(bytes[31] & 0x80);
  return y == bytes && !(sign && is_zero(p.x));
}

DecodedKey decode_key(ByteView bytes) noexcept {
  DecodedKey key;
  if (bytes.size() != kKeyBytes) return key;
  key.bytes = digest_from(bytes.data());
  key.valid = decompress(key.point, key.bytes.data());
  key.strict_valid =
      key.valid && is_canonical_encoding(key.bytes, key.point) && !is_small_order(key.point);
  return key;
}

Scalar challenge(const Digest& r, const Digest& key, ByteView message) noexcept {
  Sha512 hasher;
  hasher.update(r);
  hasher.update(key);
  hasher.update(message);
  const Sha512::Output digest = hasher.finish();
  return reduce_wide(digest.data());
}

void exact_all(std::span<const Prepared> all, Rule rule, std::uint8_t* verdicts) noexcept {
  for (const Prepared& one : all)
    verdicts[one.item] = verify_exact(one, rule) ? 1 : 0;
}

/// Halves a failed equation until what is left is small enough to check one by one.
void combined_all(std::span<const Prepared> all, std::uint8_t* verdicts) {
  if (all.size() < kCombinedMin) return exact_all(all, Rule::zip215, verdicts);
  if (verify_combined(all)) {
    for (const Prepared& one : all)
      verdicts[one.item] = 1;
    return;
  }
  if (all.size() <= kBisectMin) return exact_all(all, Rule::zip215, verdicts);
  combined_all(all.first(all.size() / 2), verdicts);
  combined_all(all.subspan(all.size() / 2), verdicts);
}

void verify_range(const Batch& batch, Rule rule, Method method, std::uint8_t* verdicts,
                  std::size_t from, std::size_t to) {
  std::vector<Prepared> all;
  for (std::size_t begin = from; begin < to; begin += kCombinedMax) {
    const std::size_t end = std::min(to, begin + kCombinedMax);
    all.clear();
    all.reserve(end - begin);
    for (std::size_t i = begin; i < end; ++i) {
      verdicts[i] = 0;
      if (!prepare(all.emplace_back(), batch, i, rule)) all.pop_back();
    }
    const bool combined = rule == Rule::zip215 && method != Method::exact;
    if (combined) {
      combined_all(all, verdicts);
    } else {
      exact_all(all, rule, verdicts);
    }
  }
}

}  // namespace

KeySet::KeySet(const Items& public_keys, bool tables) {
  keys_.reserve(public_keys.size());
  for (std::size_t i = 0; i < public_keys.size(); ++i) {
    keys_.push_back(decode_key(public_keys[i]));
    if (tables) tables_.push_back(odd_multiples<kKeyTable>(keys_.back().point));
  }
}

bool prepare(Prepared& out, const Batch& batch, std::size_t i, Rule rule) {
  const ByteView signature = batch.signatures[i];
  if (signature.size() != kSignatureBytes) return false;
  std::array<std::uint8_t, kSignatureBytes> bytes;  // read once: the caller may write meanwhile
  std::copy_n(signature.data(), kSignatureBytes, bytes.begin());
  out.item = i;
  out.r_bytes = digest_from(bytes.data());
  out.s = load_scalar(bytes.data() + 32);
  if (!is_canonical(out.s)) return false;
  out.key_set = batch.key_set;
  if (batch.key_set != nullptr) {
    out.key = static_cast<std::size_t>(batch.key_index[i]);
  } else {
    out.own_key = decode_key(batch.public_keys[i]);
  }
  const DecodedKey& key = out.public_key();
  if (rule == Rule::zip215 ? !key.valid : !key.strict_valid) return false;
  if (rule == Rule::zip215 && !decompress(out.r, out.r_bytes.data())) return false;
  out.challenge = challenge(out.r_bytes, key.bytes, batch.messages[i]);
  return true;
}

void verify_batch(const Batch& batch, Rule rule, Method method, unsigned threads,
                  std::uint8_t* verdicts) {
  CHOPMARK_CHECK(rule == Rule::zip215 || method != Method::combined);
  parallel_for(batch.signatures.size(), threads, kItemsPerThread,
               [&](std::size_t from, std::size_t to) {
                 verify_range(batch, rule, method, verdicts, from, to);
               });
}

bool verify(ByteView public_key, ByteView signature, ByteView message, Rule rule) {
  const Batch batch{.public_keys = Items::list(&public_key, 1),
                    .key_set = nullptr,
                    .key_index = {},
                    .signatures = Items::list(&signature, 1),
                    .messages = Items::list(&message, 1)};
  Prepared one;
  return prepare(one, batch, 0, rule) && verify_exact(one, rule);
}

}  // namespace chopmark::sig

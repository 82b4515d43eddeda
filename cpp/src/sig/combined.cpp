// SPDX-License-Identifier: Apache-2.0
// Many verifications as one equation, 8 (sum z_i R_i + sum z_i k_i A_i - (sum z_i s_i) B) = 0, by
// bucket multi-scalar multiplication (S-20..S-24).
#include <algorithm>
#include <cstring>
#include <vector>

#include "base/endian.hpp"
#include "hash/sha512.hpp"
#include "sig/prepared.hpp"

namespace chopmark::sig {
namespace {

using namespace curve25519;

constexpr char kSeedDomain[] = "chopmark ed25519 coefficients v1";

struct Term {
  Cached point;
  Scalar scalar;
  unsigned bits;  // scalar < 2^bits
};

/// 128-bit coefficients that depend on every (A, R, s, k) of the equation, in order.
std::vector<Scalar> coefficients(std::span<const Prepared> all) {
  Sha512 hasher;
  hasher.update({reinterpret_cast<const std::uint8_t*>(kSeedDomain), sizeof kSeedDomain - 1});
  for (const Prepared& one : all) {
    std::array<std::uint8_t, 128> bytes;
    const auto put = [&](std::size_t at, const Scalar& value) {
      for (std::size_t i = 0; i < 4; ++i)
        store_le(bytes.data() + at + 8 * i, value.word[i]);
    };
    std::copy(one.public_key().bytes.begin(), one.public_key().bytes.end(), bytes.begin());
    std::copy(one.r_bytes.begin(), one.r_bytes.end(), bytes.begin() + 32);
    put(64, one.s);
    put(96, one.challenge);
    hasher.update(bytes);
  }
  const Sha512::Output seed = hasher.finish();
  std::vector<Scalar> z(all.size());
  std::array<std::uint8_t, 72> counted;
  std::copy(seed.begin(), seed.end(), counted.begin());
  Sha512::Output stream{};
  for (std::size_t i = 0; i < z.size(); ++i) {
    if (i % 4 == 0) {
      store_le<std::uint64_t>(counted.data() + 64, i / 4);
      stream = sha512(counted);
    }
    const std::uint8_t* from = stream.data() + 16 * (i % 4);
    z[i].word = {load_le<std::uint64_t>(from), load_le<std::uint64_t>(from + 8), 0, 0};
  }
  return z;
}

/// Digits d_j in [-2^(c-1), 2^(c-1)] with scalar = sum(d_j 2^(c j)).
class SignedDigits {
 public:
  SignedDigits(unsigned width, std::size_t count, std::size_t windows)
      : width_(width), windows_(windows), digits_(count * windows) {}

  void set(std::size_t term, const Scalar& scalar) noexcept {
    std::int32_t carry = 0;
    const std::int32_t half = 1 << (width_ - 1);
    for (std::size_t j = 0; j < windows_; ++j) {
      std::int32_t digit = static_cast<std::int32_t>(bits(scalar, j * width_)) + carry;
      carry = digit > half ? 1 : 0;
      digit -= carry << width_;
      digits_[term * windows_ + j] = static_cast<std::int16_t>(digit);
    }
    CHOPMARK_CHECK(carry == 0);
  }
  [[nodiscard]] int get(std::size_t term, std::size_t window) const noexcept {
    return digits_[term * windows_ + window];
  }

 private:
  [[nodiscard]] std::uint64_t bits(const Scalar& s, std::size_t at) const noexcept {
    if (at >= 256) return 0;
    const std::size_t word = at / 64;
    const std::size_t shift = at % 64;
    std::uint64_t value = s.word[word] >> shift;
    if (shift + width_ > 64 && word < 3) value |= s.word[word + 1] << (64 - shift);
    return value & ((std::uint64_t{1} << width_) - 1);
  }

  unsigned width_;
  std::size_t windows_;
  std::vector<std::int16_t> digits_;
};

/// sum(i * bucket[i - 1]) by running sums.
Point weighted_sum(const std::vector<Point>& buckets) noexcept {
  Point running;
  Point total;
  for (std::size_t i = buckets.size(); i-- != 0;) {
    running = to_point(add(running, to_cached(buckets[i])));
    total = to_point(add(total, to_cached(running)));
  }
  return total;
}

/// The window width with the fewest additions: in each window one per term that reaches it, and two
/// per bucket.
unsigned window_width(const std::vector<Term>& terms) noexcept {
  std::size_t bits = 0;
  for (const Term& term : terms)
    bits += term.bits;
  unsigned best = 3;
  std::size_t best_cost = SIZE_MAX;
  for (unsigned width = 3; width <= 12; ++width) {
    const std::size_t cost = bits / width + (256 / width + 1) * (std::size_t{1} << width);
    if (cost < best_cost) {
      best = width;
      best_cost = cost;
    }
  }
  return best;
}

/// sum(scalar * point) over all terms.
Point multi_scalar(const std::vector<Term>& terms) {
  const unsigned width = window_width(terms);
  const std::size_t windows = 256 / width + 1;
  SignedDigits digits(width, terms.size(), windows);
  for (std::size_t i = 0; i < terms.size(); ++i)
    digits.set(i, terms[i].scalar);
  std::vector<Point> buckets(std::size_t{1} << (width - 1));
  Point sum;
  for (std::size_t window = windows; window-- != 0;) {
    for (unsigned i = 0; i < width; ++i)
      sum = to_point(doubled(sum));
    bool any = false;
    for (std::size_t i = 0; i < terms.size(); ++i) {
      if (window * width > terms[i].bits) continue;
      const int digit = digits.get(i, window);
      if (digit == 0) continue;
      if (!any) std::fill(buckets.begin(), buckets.end(), Point{});
      any = true;
      Point& bucket = buckets[static_cast<std::size_t>(digit < 0 ? -digit : digit) - 1];
      bucket = to_point(digit > 0 ? add(bucket, terms[i].point) : subtract(bucket, terms[i].point));
    }
    if (any) sum = to_point(add(sum, to_cached(weighted_sum(buckets))));
  }
  return sum;
}

/// Which term of A an item goes into: one for each distinct key.
std::vector<std::size_t> order_by_key(std::span<const Prepared> all) {
  std::vector<std::size_t> order(all.size());
  for (std::size_t i = 0; i < order.size(); ++i)
    order[i] = i;
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return all[a].public_key().bytes < all[b].public_key().bytes;
  });
  return order;
}

}  // namespace

bool verify_combined(std::span<const Prepared> all) {
  const std::vector<Scalar> z = coefficients(all);
  std::vector<Term> terms;
  terms.reserve(2 * all.size() + 1);
  Scalar base{};
  for (std::size_t i = 0; i < all.size(); ++i) {
    terms.push_back({to_cached(all[i].r), z[i], 128});
    base = add(base, mul(z[i], all[i].s));
  }
  const DecodedKey* key = nullptr;
  for (const std::size_t i : order_by_key(all)) {
    const Scalar scalar = mul(z[i], all[i].challenge);
    if (key == nullptr || key->bytes != all[i].public_key().bytes) {
      key = &all[i].public_key();
      terms.push_back({to_cached(key->point), scalar, 256});
    } else {
      terms.back().scalar = add(terms.back().scalar, scalar);
    }
  }
  terms.push_back({to_cached(base_point()), negate(base), 256});
  return is_small_order(multi_scalar(terms));
}

}  // namespace chopmark::sig

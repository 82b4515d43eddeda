// SPDX-License-Identifier: Apache-2.0
#include "sig/combined.hpp"

#include <cstring>

#include "base/endian.hpp"
#include "dispatch/backend.hpp"
#include "hash/blake3.hpp"

namespace chopmark::sig {
namespace {

using namespace curve25519;

constexpr std::size_t kTranscriptBytes = 96;
constexpr std::size_t kCoefficientBytes = 16;
constexpr char kDomain[] = "chopmark ed25519 coefficients v2";  // a key of BLAKE3
static_assert(sizeof kDomain - 1 == sizeof(Digest));
// From so many terms on, the buckets of windows of 8 bits cost less than twice the windows.
constexpr std::size_t kWideWindowsMin = 384;

}  // namespace

Combination::Combination(const Candidates& candidates, std::size_t from, std::size_t to)
    : candidates_(candidates), r_(to - from), scratch_(kScratchWords + 8) {
  std::vector<std::uint8_t> ok(to - from);
  if (from == to) return;
  kernels().decode_points(r_.data(), ok.data(), candidates.r(from), 64, to - from);
  candidate_.reserve(to - from);
  transcripts_.reserve(kTranscriptBytes * (to - from));
  for (std::size_t i = from; i < to; ++i) {
    if (ok[i - from] == 0) continue;
    r_[size()] = r_[i - from];
    candidate_.push_back(static_cast<std::uint32_t>(i));
    const std::size_t at = transcripts_.size();
    transcripts_.resize(at + kTranscriptBytes);
    std::memcpy(transcripts_.data() + at, candidates.digests.data() + 64 * i, 64);
    for (std::size_t j = 0; j < 4; ++j)
      store_le(transcripts_.data() + at + 64 + 8 * j, candidates.s[i].word[j]);
  }
}

std::vector<std::uint8_t> Combination::coefficients(std::size_t from, std::size_t to) const {
  std::vector<std::uint8_t> z(kCoefficientBytes * (to - from));
  blake3_keyed_xof(digest_from(reinterpret_cast<const std::uint8_t*>(kDomain)),
                   {transcripts_.data() + kTranscriptBytes * from, kTranscriptBytes * (to - from)},
                   z);
  return z;
}

LongTerms Combination::long_terms(std::size_t from, std::size_t to,
                                  const std::vector<std::uint8_t>& z) const {
  const std::size_t keys = candidates_.keys.size();
  std::vector<std::uint32_t> uses(keys);
  for (std::size_t i = from; i < to; ++i)
    ++uses[candidates_.key[candidate_[i]]];

  // Keys used once go through the kernel together; the products of others are summed first.
  LongTerms terms;
  std::vector<std::uint8_t> once_z;
  std::vector<Scalar> once_k;
  CoefficientSum base;
  std::vector<CoefficientSum> sums;
  std::vector<std::uint32_t> place(keys, UINT32_MAX);  // of each key in sums
  std::vector<const Niels*> summed;
  for (std::size_t i = from; i < to; ++i) {
    const std::uint8_t* const own = z.data() + kCoefficientBytes * (i - from);
    const std::uint32_t key = candidates_.key[candidate_[i]];
    const Scalar& k = candidates_.k[candidate_[i]];
    base.add(own, candidates_.s[candidate_[i]]);
    if (uses[key] == 1) {
      terms.points.push_back(candidates_.keys[key]);
      once_z.insert(once_z.end(), own, own + kCoefficientBytes);
      once_k.push_back(k);
      continue;
    }
    if (place[key] == UINT32_MAX) {
      place[key] = static_cast<std::uint32_t>(sums.size());
      sums.emplace_back();
      summed.push_back(candidates_.keys[key]);
    }
    sums[place[key]].add(own, k);
  }

  const std::size_t once = terms.points.size();
  terms.points.insert(terms.points.end(), summed.begin(), summed.end());
  terms.points.push_back(&kBaseTable[1]);
  terms.digits.resize(32 * terms.points.size());
  std::int8_t* digits = terms.digits.data();
  kernels().coefficient_digits(digits, once_z.data(), once_k.data(), once);
  digits += 32 * once;
  for (const CoefficientSum& sum : sums) {
    signed_bytes(digits, sum.value());
    digits += 32;
  }
  signed_bytes(digits, negate(base.value()));
  return terms;
}

std::vector<Point> Combination::window_sums(std::size_t from, std::size_t to,
                                            const std::vector<std::uint8_t>& z,
                                            const LongTerms& terms) {
  const std::size_t offset = reinterpret_cast<std::uintptr_t>(scratch_.data()) % 64 / 8;
  const std::size_t count = (to - from) + terms.points.size();
  const Terms all{.short_points = r_.data() + from,
                  .short_digits = reinterpret_cast<const std::int8_t*>(z.data()),
                  .short_count = to - from,
                  .long_points = terms.points.data(),
                  .long_digits = terms.digits.data(),
                  .long_count = terms.points.size(),
                  .window_bits = count < kWideWindowsMin ? 4U : 8U,
                  .scratch = scratch_.data() + (8 - offset) % 8};
  std::vector<Point> sums(256 / all.window_bits);
  kernels().window_sums(sums.data(), all);
  return sums;
}

bool Combination::is_neutral(const std::vector<Point>& window_sums) noexcept {
  // Windows of 8 or 4 bits: sum(2^(bits w) * window_sums[w]).
  const std::size_t bits = 256 / window_sums.size();
  Point total;
  for (std::size_t w = window_sums.size(); w-- != 0;) {
    for (std::size_t i = 0; i < bits; ++i)
      total = i + 1 == bits ? to_point(doubled(total)) : to_projective(doubled(total));
    total = to_point(add(total, to_cached(window_sums[w])));
  }
  return is_small_order(total);
}

}  // namespace chopmark::sig

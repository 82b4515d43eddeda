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

/// Terms of A, one for each key that occurs in the range, and of B.
struct LongTerms {
  std::vector<const Niels*> points;
  std::vector<std::int8_t> digits;  // 32 each

  void add(const Niels* point, const Scalar& scalar) {
    points.push_back(point);
    digits.resize(32 * points.size());
    signed_bytes(digits.data() + 32 * (points.size() - 1), scalar);
  }
};

/// sum(2^(bits w) * sums[w]).
Point combine_windows(const std::vector<Point>& sums, unsigned bits) noexcept {
  Point total;
  for (std::size_t w = sums.size(); w-- != 0;) {
    for (unsigned i = 0; i < bits; ++i)
      total = i + 1 == bits ? to_point(doubled(total)) : to_projective(doubled(total));
    total = to_point(add(total, to_cached(sums[w])));
  }
  return total;
}

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

bool Combination::holds(std::size_t from, std::size_t to) {
  std::vector<std::uint8_t> z(kCoefficientBytes * (to - from));
  blake3_keyed_xof(digest_from(reinterpret_cast<const std::uint8_t*>(kDomain)),
                   {transcripts_.data() + kTranscriptBytes * from, kTranscriptBytes * (to - from)},
                   z);

  CoefficientSum base;
  std::vector<CoefficientSum> sums;
  std::vector<std::uint32_t> place(candidates_.keys.size(), UINT32_MAX);  // of each key in sums
  LongTerms terms;
  for (std::size_t i = from; i < to; ++i) {
    const std::size_t candidate = candidate_[i];
    const std::uint8_t* const own = z.data() + kCoefficientBytes * (i - from);
    base.add(own, candidates_.s[candidate]);
    std::uint32_t& at = place[candidates_.key[candidate]];
    if (at == UINT32_MAX) {
      at = static_cast<std::uint32_t>(sums.size());
      sums.emplace_back();
    }
    sums[at].add(own, candidates_.k[candidate]);
  }
  for (std::size_t key = 0; key < place.size(); ++key) {
    if (place[key] != UINT32_MAX) terms.add(candidates_.keys[key], sums[place[key]].value());
  }
  terms.add(&kBaseTable[1], negate(base.value()));

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
  std::vector<Point> windows(256 / all.window_bits);
  kernels().window_sums(windows.data(), all);
  return is_small_order(combine_windows(windows, all.window_bits));
}

}  // namespace chopmark::sig

// SPDX-License-Identifier: Apache-2.0
#include "sig/ed25519.hpp"

#include <algorithm>

#include "base/parallel.hpp"
#include "dispatch/backend.hpp"
#include "sig/candidates.hpp"
#include "sig/combined.hpp"

namespace chopmark::sig {
namespace {

constexpr std::size_t kTogether = 8192;          // signatures prepared at a time: bounds memory
constexpr std::size_t kCombinedMinCombs = 384;   // the same, if the keys have combs
constexpr std::size_t kCombinedMin = 24;         // below this, one by one is as fast
constexpr std::size_t kFirstEquation = 256;      // a small stake, before it is known who sends
constexpr std::size_t kFirstEquationMin = 4096;  // from so many on; it costs 1 % there
constexpr std::size_t kBisectMin = 64;  // a failed equation of at most this many goes exact
constexpr std::size_t kItemsPerThread = 32;

/// Decides which ranges of a batch are worth an equation. Bounds what bad signatures can cost: the
/// equations that failed are never more than the batch itself and what those that held have saved.
class Stakes {
 public:
  Stakes(std::size_t batch, bool combs) noexcept
      : smallest_(combs ? kCombinedMinCombs : kCombinedMin), left_(batch) {}

  /// A failed equation of at most so many is checked one by one.
  [[nodiscard]] std::size_t leaf() const noexcept { return std::max(kBisectMin, smallest_); }

  /// Whether an equation of so many would probably hold, judging by those checked one by one.
  [[nodiscard]] bool worthwhile(std::size_t size) const noexcept {
    return size >= smallest_ && size <= left_ && 2 * bad_ * size <= checked_;
  }
  void held(std::size_t size) noexcept { left_ += 2 * size, checked_ += size; }
  void failed(std::size_t size) noexcept { left_ -= size; }
  void checked(std::size_t size, std::size_t bad) noexcept { checked_ += size, bad_ += bad; }

 private:
  std::size_t smallest_;
  std::size_t left_;
  std::size_t checked_ = 0;
  std::size_t bad_ = 0;
};

/// The candidates of one part of a batch, on their way to verdicts.
class Verifier {
 public:
  Verifier(const Candidates& candidates, Rule rule, std::uint8_t* verdicts)
      : candidates_(candidates),
        rule_(rule),
        verdicts_(verdicts),
        stakes_(candidates.size(), !candidates.combs.empty()) {}

  void exact(std::size_t from, std::size_t to) {
    std::vector<std::size_t> all(to - from);
    for (std::size_t i = from; i < to; ++i)
      all[i - from] = i;
    exact(all);
  }

  void combined() {
    const std::size_t first = candidates_.size() < kFirstEquationMin ? 0 : kFirstEquation;
    combined(0, first);
    combined(first, candidates_.size());
  }

 private:
  void combined(std::size_t from, std::size_t to) {
    if (from == to) return;
    if (!stakes_.worthwhile(std::min(to - from, stakes_.leaf()))) return exact(from, to);
    Combination combination(candidates_, from, to);
    bisect(combination, 0, combination.size());
  }

  void bisect(Combination& combination, std::size_t from, std::size_t to) {
    const std::size_t size = to - from;
    if (size == 0) return;
    if (stakes_.worthwhile(size)) {
      if (combination.holds(from, to)) {
        stakes_.held(size);
        for (std::size_t i = from; i < to; ++i)
          verdicts_[candidates_.item[combination.candidate(i)]] = 1;
        return;
      }
      stakes_.failed(size);
    }
    if (size <= stakes_.leaf() || !stakes_.worthwhile(stakes_.leaf())) {
      return exact(combination, from, to);
    }
    const std::size_t middle = from + size / 2;
    if (!sampled_) {  // a glance at a few tells one bad signature from many
      sampled_ = true;
      const std::size_t sample = std::min(from + kBisectMin, middle);
      exact(combination, from, sample);
      from = sample;
    }
    bisect(combination, from, middle);
    bisect(combination, middle, to);
  }

  void exact(const Combination& combination, std::size_t from, std::size_t to) {
    std::vector<std::size_t> all(to - from);
    for (std::size_t i = from; i < to; ++i)
      all[i - from] = combination.candidate(i);
    exact(all);
  }

  void exact(const std::vector<std::size_t>& all) {
    std::vector<Equation> equations(all.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
      const std::size_t c = all[i];
      const std::uint32_t key = candidates_.key[c];
      equations[i] = {.key = candidates_.keys[key],
                      .comb = candidates_.combs.empty() ? nullptr : candidates_.combs[key],
                      .r = candidates_.r(c),
                      .k = candidates_.k[c],
                      .s = candidates_.s[c]};
    }
    std::vector<std::uint8_t> good(all.size());
    kernels().verify_exact(good.data(), equations.data(), equations.size(), rule_ == Rule::zip215);
    std::size_t bad = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
      verdicts_[candidates_.item[all[i]]] = good[i];
      bad += good[i] == 0 ? 1 : 0;
    }
    stakes_.checked(all.size(), bad);
  }

  const Candidates& candidates_;
  const Rule rule_;
  std::uint8_t* const verdicts_;
  Stakes stakes_;
  bool sampled_ = false;
};

void verify_range(const Batch& batch, Rule rule, Method method, std::uint8_t* verdicts,
                  std::size_t from, std::size_t to) {
  for (std::size_t begin = from; begin < to; begin += kTogether) {
    const std::size_t end = std::min(to, begin + kTogether);
    std::fill(verdicts + begin, verdicts + end, std::uint8_t{0});
    const Candidates candidates = find_candidates(batch, rule, begin, end);
    Verifier verifier(candidates, rule, verdicts);
    if (rule == Rule::zip215 && method != Method::exact) {
      verifier.combined();
    } else {
      verifier.exact(0, candidates.size());
    }
  }
}

}  // namespace

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
  std::uint8_t verdict = 0;
  verify_batch(batch, rule, Method::exact, 1, &verdict);
  return verdict != 0;
}

}  // namespace chopmark::sig

// SPDX-License-Identifier: Apache-2.0
// One equation for many. A verdict cannot tell a kernel that fails too often: what does not hold is
// checked one by one. So the equations themselves are tested here.
#include "sig/combined.hpp"

#include "dispatch/backend.hpp"
#include "sig/batches.hpp"

namespace chopmark::test {
namespace {

using namespace curve25519;
using sig::Candidates;
using sig::Combination;
using sig::Rule;

/// Borrows its views from `items`.
struct Viewed {
  explicit Viewed(const SignedItems& items)
      : keys(items.keys.begin(), items.keys.end()),
        signatures(items.signatures.begin(), items.signatures.end()),
        messages(items.messages.begin(), items.messages.end()) {}
  [[nodiscard]] sig::Batch batch() const {
    return {.public_keys = Items::list(keys.data(), keys.size()),
            .key_set = nullptr,
            .key_index = {},
            .signatures = Items::list(signatures.data(), signatures.size()),
            .messages = Items::list(messages.data(), messages.size())};
  }
  [[nodiscard]] Candidates candidates() const {
    return sig::find_candidates(batch(), Rule::zip215, 0, keys.size());
  }
  std::vector<ByteView> keys, signatures, messages;
};

std::vector<Niels> some_points(std::size_t count) {
  std::vector<Niels> points(count);
  std::vector<std::uint8_t> ok(count);
  Bytes encodings;
  Point p = base_point();
  for (std::size_t i = 0; i < count; ++i) {
    append(encodings, encoded(p));
    p = sum_of(twice(p), base_point());
  }
  decode_points_portable(points.data(), ok.data(), encodings.data(), 32, count);
  return points;
}

/// Digits of all kinds: the extremes, zeros, and whatever comes.
std::vector<std::int8_t> some_digits(std::uint64_t seed, std::size_t count) {
  std::vector<std::int8_t> digits(count);
  const Bytes random = random_bytes(seed, 2 * count);
  for (std::size_t i = 0; i < count; ++i) {
    constexpr std::int8_t kSpecial[] = {0, -128, 127, 1, -1, 8, -8, 120};
    const bool special = random[2 * i] < 100;
    digits[i] = special ? kSpecial[random[2 * i + 1] % 8]
                        : static_cast<std::int8_t>(random[2 * i + 1] ^ 0x80);
  }
  return digits;
}

struct Scratch {
  std::vector<std::uint64_t> words = std::vector<std::uint64_t>(sig::kScratchWords + 8);
  std::uint64_t* aligned() {
    const std::size_t at = reinterpret_cast<std::uintptr_t>(words.data()) / 8 % 8;
    return words.data() + (8 - at) % 8;
  }
};

}  // namespace

TEST_EACH_BACKEND(combined_valid_sets_hold) {
  for (const std::size_t signers : {1, 7, 450}) {
    const SignedItems items = signed_items(450, signers);
    const Viewed viewed(items);
    const Candidates candidates = viewed.candidates();
    EXPECT_EQ(candidates.size(), items.size());
    Combination combination(candidates, 0, candidates.size());
    EXPECT_EQ(combination.size(), items.size());
    for (const std::size_t size : {1, 2, 8, 17, 64, 150, 191, 192, 193, 384, 450}) {
      EXPECT(combination.holds(0, size));
      EXPECT(combination.holds(450 - size, 450));
    }
  }
}

TEST_EACH_BACKEND(combined_one_changed_scalar_fails) {
  const SignedItems items = signed_items(400, 30);
  const Viewed viewed(items);
  for (const std::size_t bad : {0, 199, 399}) {
    Candidates candidates = viewed.candidates();
    candidates.s[bad] = add(candidates.s[bad], small_scalar(1));
    Combination combination(candidates, 0, candidates.size());
    EXPECT(!combination.holds(0, 400));
    EXPECT_EQ(combination.holds(0, 199), bad >= 199);
    EXPECT_EQ(combination.holds(200, 400), bad < 200);
  }
}

TEST_EACH_BACKEND(combined_window_sums_agree_with_portable) {
  const std::vector<Niels> points = some_points(40);
  std::vector<const Niels*> pointers;
  for (const Niels& point : points)
    pointers.push_back(&point);
  const auto short_digits = some_digits(1, 16 * points.size());
  const auto long_digits = some_digits(2, 32 * points.size());
  Scratch scratch;
  for (const unsigned bits : {4U, 8U}) {
    for (const std::size_t shorts : {0, 1, 2, 39, 40}) {
      for (const std::size_t longs : {0, 1, 3, 40}) {
        const sig::Terms terms{.short_points = points.data(),
                               .short_digits = short_digits.data(),
                               .short_count = shorts,
                               .long_points = pointers.data(),
                               .long_digits = long_digits.data(),
                               .long_count = longs,
                               .window_bits = bits,
                               .scratch = scratch.aligned()};
        std::vector<Point> sums(256 / bits);
        std::vector<Point> expected(256 / bits);
        kernels().window_sums(sums.data(), terms);
        sig::window_sums_portable(expected.data(), terms);
        for (std::size_t w = 0; w < sums.size(); ++w) {
          EXPECT(encoded(sums[w]) == encoded(expected[w]));
          EXPECT(all_below(sums[w].x, kTight) && all_below(sums[w].y, kTight) &&
                 all_below(sums[w].z, kTight) && all_below(sums[w].t, kTight));
        }
      }
    }
  }
}

}  // namespace chopmark::test

// SPDX-License-Identifier: Apache-2.0
// One equation for many. A verdict cannot tell a kernel that fails too often: what does not hold is
// checked one by one. So the equations themselves are tested here.
#include "sig/combined.hpp"

#include "dispatch/backend.hpp"
#include "sig/batches.hpp"
#include "sig/terms.hpp"

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
  expect_window_sums(kernels().window_sums, some_points(40));
}

}  // namespace chopmark::test

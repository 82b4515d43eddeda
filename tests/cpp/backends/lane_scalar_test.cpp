// SPDX-License-Identifier: Apache-2.0
// The scalar kernels against the portable ones: in lanes over the array and over registers, and as
// each backend has them.
#include "backends/lanes.hpp"
#include "dispatch/backend.hpp"
#include "sig/signing.hpp"

namespace chopmark::test {
namespace {

using namespace curve25519;

void expect_agrees(decltype(Kernels::reduce_digests) reduce_digests,
                   decltype(Kernels::coefficient_digits) coefficient_digits) {
  // The extremes of each word, multiples of L and their neighbours, and whatever comes.
  std::vector<Bytes> digests;
  for (const int fill : {0x00, 0xff, 0x80, 0x7f})
    digests.emplace_back(64, static_cast<std::uint8_t>(fill));
  for (std::size_t bit = 0; bit < 512; ++bit) {
    Bytes one(64, 0);
    one[bit / 8] = static_cast<std::uint8_t>(1U << bit % 8);
    digests.push_back(one);
    for (std::uint8_t& byte : one)
      byte = static_cast<std::uint8_t>(~byte);
    digests.push_back(one);
  }
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    Bytes multiple(64, 0);  // a word times L, shifted by words, plus or minus a little
    const std::uint64_t factor = random_bytes(seed, 1)[0] < 128 ? seed : ~seed;
    unsigned __int128 carry = 0;
    for (std::size_t i = 0; i < 5; ++i) {
      carry += static_cast<unsigned __int128>(factor) * (i < 4 ? kGroupOrder.word[i] : 0);
      const auto word = static_cast<std::uint64_t>(carry) + (i == 0 ? seed % 3 - 1 : 0);
      for (std::size_t j = 0; j < 8; ++j)
        multiple[8 * (i + seed % 4) + j] = static_cast<std::uint8_t>(word >> 8 * j);
      carry >>= 64;
    }
    digests.push_back(multiple);
    digests.push_back(random_bytes(seed, 64));
  }
  Bytes packed;
  for (const Bytes& digest : digests)
    append(packed, digest);
  for (std::size_t count : {std::size_t{1}, std::size_t{7}, std::size_t{8}, digests.size()}) {
    std::vector<Scalar> got(count), expected(count);
    reduce_digests(got.data(), packed.data(), count);
    reduce_digests_portable(expected.data(), packed.data(), count);
    EXPECT(got == expected);
    std::vector<std::int8_t> digits(32 * count), expected_digits(32 * count);
    coefficient_digits(digits.data(), packed.data() + 5, expected.data(), count);
    coefficient_digits_portable(expected_digits.data(), packed.data() + 5, expected.data(), count);
    EXPECT(digits == expected_digits);
  }
  // Every pair of extreme coefficients and scalars.
  const Scalar last = negate(Scalar{{1, 0, 0, 0}});
  for (const int fill : {0x00, 0x01, 0x7f, 0x80, 0xff}) {
    const Bytes z(16 * 9, static_cast<std::uint8_t>(fill));
    const std::vector<Scalar> scalars = {last, {}, {{1, 0, 0, 0}}, last, {{~0ULL, ~0ULL, ~0ULL, 0}},
                                         last, {}, kGroupOrder,    last};
    std::vector<std::int8_t> digits(32 * 9), expected(32 * 9);
    coefficient_digits(digits.data(), z.data(), scalars.data(), 9);
    coefficient_digits_portable(expected.data(), z.data(), scalars.data(), 9);
    EXPECT(digits == expected);
  }
}

}  // namespace

TEST(lane_scalar_kernels) {
  for (const LaneFunctions* lanes : all_lanes())
    expect_agrees(lanes->reduce_digests, lanes->coefficient_digits);
}

TEST_EACH_BACKEND(scalar_kernels_agree_with_portable) {
  expect_agrees(kernels().reduce_digests, kernels().coefficient_digits);
}

}  // namespace chopmark::test

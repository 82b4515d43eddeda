// SPDX-License-Identifier: Apache-2.0
// Where the two rules differ, and single equations against repeated addition.
#include "dispatch/backend.hpp"
#include "sig/batches.hpp"
#include "sig/combined.hpp"

namespace chopmark::test {
namespace {

using namespace curve25519;
using sig::Method;
using sig::Rule;

Point small_order_point(std::size_t which) {
  Point p;
  EXPECT(decompress(p, from_hex(kSmallOrderEncodings[which]).data()));
  return p;
}

/// Signs under the key plus a point of small order, with another added to R.
void add_mixed(SignedItems& items, std::uint64_t seed, std::size_t in_key, std::size_t in_r) {
  const SecretKey key = secret_key(seed);
  const Point mixed_key = sum_of(multiple(key.scalar, base_point()), small_order_point(in_key));
  const Scalar nonce = reduce_wide(random_bytes(seed, 64).data());
  const Digest r = encoded(sum_of(multiple(nonce, base_point()), small_order_point(in_r)));
  const Bytes message = random_bytes(seed + 1, 20);
  const Scalar k = challenge_of(r, encoded(mixed_key), message);
  items.add(encoded(mixed_key), joined(r, add(nonce, mul(k, key.scalar))), message);
}

sig::Candidates equation(const Scalar& s, const Scalar& k, const Point& key, const Point& r) {
  sig::Candidates one;
  const Digest r_bytes = encoded(r);
  const Digest key_bytes = encoded(key);
  one.item = {0};
  one.r_and_key.assign(r_bytes.begin(), r_bytes.end());
  one.r_and_key.insert(one.r_and_key.end(), key_bytes.begin(), key_bytes.end());
  one.digests.resize(64);
  one.s = {s};
  one.k = {k};
  one.key = {0};
  one.own_keys.resize(1);
  std::uint8_t ok = 0;
  kernels().decode_points(one.own_keys.data(), &ok, key_bytes.data(), 32, 1);
  EXPECT_EQ(ok, 1);
  return one;
}

void expect_holds(const sig::Candidates& made, bool zip215, bool strict) {
  sig::Candidates one = made;
  one.keys = {&one.own_keys[0]};
  const sig::Equation equation{one.keys[0], nullptr, one.r(0), one.k[0], one.s[0]};
  const std::vector<sig::Equation> equations(3, equation);  // one alone takes another path
  for (const std::size_t count : {1, 3}) {
    for (const bool cofactored : {true, false}) {
      Bytes verdicts(count, 0xee);
      kernels().verify_exact(verdicts.data(), equations.data(), count, cofactored);
      EXPECT(verdicts == Bytes(count, (cofactored ? zip215 : strict) ? 1 : 0));
    }
  }
  EXPECT_EQ(sig::Combination(one, 0, 1).holds(0, 1), zip215);
}

}  // namespace

TEST_EACH_BACKEND(ed25519_small_order_key_and_r) {
  SignedItems items;
  for (const char* key : kSmallOrderEncodings) {
    for (const char* r : kSmallOrderEncodings) {
      Bytes signature = from_hex(r);
      signature.resize(64);
      items.add(from_hex(key), signature, text("any"));
    }
  }
  const Verdicts accepted(items.size(), 1);
  const Verdicts refused(items.size(), 0);
  for (const Method method : {Method::exact, Method::combined, Method::automatic}) {
    EXPECT(verified(items, Rule::zip215, method, 1) == accepted);
    EXPECT(verified_by_set(items, Rule::zip215, method, 1, true) == accepted);
  }
  EXPECT(verified(items, Rule::strict, Method::exact, 1) == refused);
  EXPECT(verified_by_set(items, Rule::strict, Method::automatic, 1, true) == refused);
  for (Bytes& signature : items.signatures)
    signature[32] = 1;  // s = 1: the base point is left over
  for (const Method method : {Method::exact, Method::combined})
    EXPECT(verified(items, Rule::zip215, method, 1) == refused);
}

TEST_EACH_BACKEND(ed25519_points_of_mixed_order) {
  SignedItems items;
  for (std::size_t in_key = 0; in_key < 8; ++in_key) {
    for (std::size_t in_r = 0; in_r < 8; ++in_r)
      add_mixed(items, 10 + 8 * in_key + in_r, in_key, in_r);
  }
  for (const Method method : {Method::exact, Method::combined})
    EXPECT(verified(items, Rule::zip215, method, 1) == Verdicts(items.size(), 1));
  const Verdicts strict = verified(items, Rule::strict, Method::exact, 1);
  for (std::size_t i = 0; i < items.size(); ++i) {
    const Scalar k = challenge_of(digest_from(items.signatures[i].data()),
                                  digest_from(items.keys[i].data()), items.messages[i]);
    // Without the cofactor, R + k A must come out exactly: its part of small order is the identity.
    const Point rest = sum_of(small_order_point(i % 8),
                              multiple(small_scalar(k.word[0] % 8), small_order_point(i / 8)));
    EXPECT_EQ(strict[i] == 1, is_identity(rest));
  }
  EXPECT_EQ(+strict[0], 1);
}

TEST(ed25519_strict_refuses_other_encodings_of_r) {
  // The identity as R: s = k a. Under zip215 each encoding of small order will do.
  const SecretKey key = secret_key(5);
  const Bytes message = text("message");
  for (const char* hex : kSmallOrderEncodings) {
    const Digest r = digest_from(from_hex(hex).data());
    const Scalar k = challenge_of(r, key.public_key, message);
    const Bytes signature = joined(r, mul(k, key.scalar));
    EXPECT(sig::verify(key.public_key, signature, message, Rule::zip215));
    EXPECT(!sig::verify(key.public_key, signature, message, Rule::strict));
  }
}

TEST(ed25519_scalar_bounds) {
  const Point identity;
  const SecretKey key = secret_key(6);
  const Bytes message = text("message");
  const Digest r = encoded(identity);
  for (const Number& s : {minus(kGroupOrder.word, {1, 0, 0, 0}), kGroupOrder.word,
                          Number{~0ULL, ~0ULL, ~0ULL, ~0ULL}}) {
    // With a key of order 1 the verdict hangs on s alone: s B must be R.
    const bool below = !at_least(s, kGroupOrder.word);
    const Digest fitting = below ? encoded(opposite(base_point())) : r;
    EXPECT_EQ(sig::verify(r, joined(fitting, {s}), message, Rule::zip215), below);
    EXPECT(!sig::verify(key.public_key, joined(fitting, {s}), message, Rule::zip215));
  }
}

TEST(ed25519_equation_equals_repeated_addition) {
  const Point key = sum_of(twice(base_point()), base_point());
  Point minus_keys;
  for (std::uint64_t k = 0; k < 20; ++k) {
    Point r = minus_keys;
    for (std::uint64_t s = 0; s < 36; ++s) {
      const bool strict = !is_small_order(r);
      expect_holds(equation(small_scalar(s), small_scalar(k), key, r), true, strict);
      const Point wrong = sum_of(r, base_point());
      expect_holds(equation(small_scalar(s), small_scalar(k), key, wrong), false, false);
      r = wrong;
    }
    minus_keys = sum_of(minus_keys, opposite(key));
  }
}

TEST(ed25519_equation_with_large_scalars) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const Scalar s = reduce_wide(random_bytes(seed, 64).data());
    const Scalar k = reduce_wide(random_bytes(seed + 100, 64).data());
    const Point key = multiple(reduce_wide(random_bytes(seed + 200, 64).data()), base_point());
    const Point r = sum_of(multiple(s, base_point()), opposite(multiple(k, key)));
    expect_holds(equation(s, k, key, r), true, true);
    expect_holds(equation(s, k, key, sum_of(r, small_order_point(1 + seed % 7))), true, false);
    expect_holds(equation(add(s, small_scalar(1)), k, key, r), false, false);
    expect_holds(equation(s, add(k, small_scalar(1)), key, r), false, false);
  }
}

}  // namespace chopmark::test

// SPDX-License-Identifier: Apache-2.0
#include "sig/ed25519.hpp"

#include "sig/batches.hpp"

namespace chopmark::test {
namespace {

using sig::Method;
using sig::Rule;

struct Vector {
  const char* seed;
  const char* public_key;
  const char* message;
  const char* signature;
};

// RFC 8032 section 7.1: TEST 1, TEST 2, TEST 3 and TEST SHA(abc).
constexpr Vector kVectors[] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9"
     "b46bd25bf5f0595bbe24655141438e7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f1"
     "1d8c387b2eaeb4302aeeb00d291612bb0c00"},
    {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984d"
     "c6594a7c15e9716ed28dc027beceea1ec40a"},
    {"833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
     "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3fe"
     "ebbd454d4423643ce80e2a9ac94fa54ca49f",
     "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431"
     "e0303dca179c138ac17ad9bef1177331a704"}};

SignedItems vectors() {
  SignedItems items;
  for (const Vector& one : kVectors)
    items.add(from_hex(one.public_key), from_hex(one.signature), from_hex(one.message));
  return items;
}

Verdicts all_but(std::size_t count, std::size_t bad) {
  Verdicts expected(count, 1);
  if (bad < count) expected[bad] = 0;
  return expected;
}

/// Every method, with and without a key set, tables and threads.
void expect_verdicts(const SignedItems& items, const Verdicts& expected) {
  for (const Method method : {Method::automatic, Method::exact, Method::combined}) {
    EXPECT(verified(items, Rule::zip215, method, 1) == expected);
    for (const bool tables : {false, true})
      EXPECT(verified_by_set(items, Rule::zip215, method, 1, tables) == expected);
  }
  EXPECT(verified(items, Rule::strict, Method::automatic, 1) == expected);
  for (const bool tables : {false, true})
    EXPECT(verified_by_set(items, Rule::strict, Method::exact, 1, tables) == expected);
}

}  // namespace

TEST_EACH_BACKEND(ed25519_rfc8032_vectors) {
  for (const Vector& one : kVectors) {
    const Bytes message = from_hex(one.message);
    const SecretKey key = secret_key(from_hex(one.seed));
    EXPECT_EQ(to_hex(key.public_key), one.public_key);
    EXPECT_EQ(to_hex(sign(key, message)), one.signature);
    for (const Rule rule : {Rule::zip215, Rule::strict})
      EXPECT(sig::verify(from_hex(one.public_key), from_hex(one.signature), message, rule));
  }
  expect_verdicts(vectors(), Verdicts(std::size(kVectors), 1));
}

TEST_EACH_BACKEND(ed25519_rfc8032_vectors_with_changed_bits) {
  for (std::size_t bit = 0; bit < 512; bit += 3) {
    SignedItems items = vectors();
    for (Bytes& signature : items.signatures)
      signature[bit / 8] ^= static_cast<std::uint8_t>(1 << (bit % 8));
    for (const Rule rule : {Rule::zip215, Rule::strict})
      EXPECT(verified(items, rule, Method::exact, 1) == Verdicts(items.size(), 0));
  }
  for (std::size_t bit = 0; bit < 256; bit += 3) {
    SignedItems items = vectors();
    for (Bytes& key : items.keys)
      key[bit / 8] ^= static_cast<std::uint8_t>(1 << (bit % 8));
    EXPECT(verified(items, Rule::zip215, Method::exact, 1) == Verdicts(items.size(), 0));
  }
}

TEST_EACH_BACKEND(ed25519_rfc8032_vectors_repeated) {
  SignedItems items;
  for (std::size_t i = 0; i < 100; ++i) {
    const Vector& one = kVectors[i % std::size(kVectors)];
    items.add(from_hex(one.public_key), from_hex(one.signature), from_hex(one.message));
  }
  expect_verdicts(items, Verdicts(100, 1));
  items.messages[57].push_back(1);
  expect_verdicts(items, all_but(100, 57));
}

TEST(ed25519_empty_batch) {
  for (const Method method : {Method::automatic, Method::exact, Method::combined})
    EXPECT_EQ(verified({}, Rule::zip215, method, 0).size(), 0U);
  const sig::KeySet none(Items::list(nullptr, 0), true);
  EXPECT_EQ(none.size(), 0U);
}

TEST(ed25519_wrong_lengths) {
  const SecretKey key = secret_key(1);
  const Bytes message = text("message");
  const Bytes signature = sign(key, message);
  const Bytes wide = random_bytes(1, 128);
  for (const Rule rule : {Rule::zip215, Rule::strict}) {
    EXPECT(sig::verify(key.public_key, signature, message, rule));
    for (std::size_t size = 0; size <= 128; ++size) {
      Bytes other = signature;
      other.resize(size);
      if (size != 64) EXPECT(!sig::verify(key.public_key, other, message, rule));
      Bytes other_key(key.public_key.begin(), key.public_key.end());
      other_key.resize(size);
      if (size != 32) EXPECT(!sig::verify(other_key, signature, message, rule));
    }
  }
}

TEST_EACH_BACKEND(ed25519_every_size_verifies) {
  const SignedItems all = signed_items(70);
  for (std::size_t size = 1; size <= 70; ++size) {
    const Verdicts expected(size, 1);
    const SignedItems items = all.first(size);
    EXPECT(verified(items, Rule::zip215, Method::combined, 1) == expected);
    EXPECT(verified_by_set(items, Rule::zip215, Method::exact, 1, true) == expected);
  }
}

TEST(ed25519_bad_item_at_each_position) {
  const SignedItems all = signed_items(70);
  for (std::size_t size = 1; size <= 70; ++size) {
    const std::size_t step =
        size <= 34 ? 1 : 4;  // every position of the larger ones over four sizes
    for (std::size_t bad = size % step; bad < size; bad += step) {
      SignedItems items = all.first(size);
      spoil(items, bad, static_cast<int>(bad + size));
      if (verified(items, Rule::zip215, Method::automatic, 4) == all_but(size, bad)) continue;
      EXPECT_EQ(size, 1000 + bad);
      return;
    }
  }
}

TEST_EACH_BACKEND(ed25519_every_way_to_spoil) {
  for (const std::size_t size : {1U, 32U, 65U}) {
    for (int way = 0; way < kWaysToSpoil; ++way) {
      SignedItems items = signed_items(size);
      const std::size_t bad = (7 * static_cast<std::size_t>(way) + 3) % size;
      spoil(items, bad, way);
      expect_verdicts(items, all_but(size, bad));
    }
  }
}

TEST_EACH_BACKEND(ed25519_several_bad_items) {
  for (const std::size_t step : {1U, 3U, 64U, 65U}) {
    SignedItems items = signed_items(130);
    Verdicts expected(items.size(), 1);
    for (std::size_t i = step - 1; i < items.size(); i += step) {
      spoil(items, i, static_cast<int>(i));
      expected[i] = 0;
    }
    expect_verdicts(items, expected);
  }
}

TEST_EACH_BACKEND(ed25519_thread_counts_agree) {
  SignedItems items = signed_items(333);
  Verdicts expected(items.size(), 1);
  for (std::size_t i = 4; i < items.size(); i += 41) {
    spoil(items, i, static_cast<int>(i / 41));
    expected[i] = 0;
  }
  for (const unsigned threads : {0U, 1U, 2U, 8U}) {
    for (const Method method : {Method::automatic, Method::exact, Method::combined}) {
      EXPECT(verified(items, Rule::zip215, method, threads) == expected);
      EXPECT(verified_by_set(items, Rule::zip215, method, threads, true) == expected);
    }
    EXPECT(verified(items, Rule::strict, Method::automatic, threads) == expected);
  }
}

TEST(ed25519_bad_items_around_the_largest_equation) {
  SignedItems items = signed_items(4200);
  Verdicts expected(items.size(), 1);
  for (const std::size_t bad : {0U, 4095U, 4096U, 4199U}) {
    spoil(items, bad, 1);
    expected[bad] = 0;
  }
  EXPECT(verified(items, Rule::zip215, Method::combined, 1) == expected);
  EXPECT(verified_by_set(items, Rule::zip215, Method::automatic, 2, false) == expected);
}

TEST(ed25519_errors_that_cancel_in_a_plain_sum) {
  SignedItems items = signed_items(40);
  for (const std::size_t i : {10U, 11U}) {
    curve25519::Scalar s = curve25519::load_scalar(items.signatures[i].data() + 32);
    const curve25519::Scalar one = small_scalar(1);
    s = curve25519::add(s, i == 10 ? one : curve25519::negate(one));
    const Digest bytes = number_bytes(s.word);
    std::copy(bytes.begin(), bytes.end(), items.signatures[i].begin() + 32);
  }
  Verdicts expected(40, 1);
  expected[10] = expected[11] = 0;
  expect_verdicts(items, expected);
}

TEST(ed25519_key_set_keeps_order) {
  const SignedItems items = signed_items(6, 6);
  std::vector<ByteView> keys(items.keys.begin(), items.keys.end());
  const Bytes short_key(31, 1);
  Bytes no_point(32, 0);
  no_point[0] = 2;
  keys.emplace_back(short_key);
  keys.emplace_back(no_point);
  const Bytes small_order = from_hex(kSmallOrderEncodings[4]);
  keys.emplace_back(small_order);
  const sig::KeySet without(Items::list(keys.data(), keys.size()), false);
  const sig::KeySet with(Items::list(keys.data(), keys.size()), true);
  EXPECT_EQ(with.size(), 9U);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    EXPECT_EQ(with.valid(i, Rule::zip215), i != 6 && i != 7);
    EXPECT_EQ(with.valid(i, Rule::strict), i < 6);
    EXPECT(with.bytes(i) == without.bytes(i));
    if (i < 6) EXPECT(encoded(to_point(with.point(i))) == digest_from(keys[i].data()));
  }
}

TEST(ed25519_key_set_grows_by_decoding_what_is_new) {
  const SignedItems items = signed_items(6, 6);
  std::vector<ByteView> keys(items.keys.begin(), items.keys.end());
  const Bytes short_key(31, 1);
  const Bytes small_order = from_hex(kSmallOrderEncodings[4]);
  keys.insert(keys.begin() + 3, {short_key, small_order});
  const sig::KeySet whole(Items::list(keys.data(), keys.size()), false);
  for (std::size_t first = 0; first <= keys.size(); ++first) {
    const sig::KeySet before(Items::list(keys.data(), first), false);
    const sig::KeySet grown(before, Items::list(keys.data() + first, keys.size() - first));
    EXPECT_EQ(before.size(), first);
    EXPECT_EQ(grown.size(), whole.size());
    for (std::size_t i = 0; i < whole.size(); ++i) {
      EXPECT(grown.bytes(i) == whole.bytes(i));
      EXPECT_EQ(grown.valid(i, Rule::zip215), whole.valid(i, Rule::zip215));
      EXPECT_EQ(grown.valid(i, Rule::strict), whole.valid(i, Rule::strict));
      if (!whole.valid(i, Rule::zip215)) continue;
      EXPECT(encoded(to_point(grown.point(i))) == encoded(to_point(whole.point(i))));
    }
  }
}

TEST(ed25519_one_key_for_many_items) {
  const Signer signer(secret_key(77));
  const ByteView key(signer.public_key());
  for (const bool tables : {false, true}) {
    const sig::KeySet set(Items::list(&key, 1), tables);
    std::vector<std::uint64_t> index(90, 0);
    Bytes messages = random_bytes(3, 90 * 33);
    Bytes signatures;
    for (std::size_t i = 0; i < 90; ++i)
      append(signatures, signer.sign(ByteView(messages).subspan(33 * i, 33)));
    messages[33 * 44] ^= 1;
    const sig::Batch batch{.public_keys = Items::list(nullptr, 0),
                           .key_set = &set,
                           .key_index = index,
                           .signatures = Items::fixed(signatures.data(), 64, 90),
                           .messages = Items::fixed(messages.data(), 33, 90)};
    Verdicts verdicts(90, 0xee);
    sig::verify_batch(batch, Rule::zip215, Method::combined, 1, verdicts.data());
    EXPECT(verdicts == all_but(90, 44));
  }
}

}  // namespace chopmark::test

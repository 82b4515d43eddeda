// SPDX-License-Identifier: Apache-2.0
#include "hash/sha512.hpp"

#include "hash/many_items.hpp"
#include "hash/patterns.hpp"

namespace chopmark::test {

// FIPS 180-4 example values.
TEST_EACH_BACKEND(sha512_examples) {
  EXPECT_EQ(to_hex(sha512({})),
            "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
            "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e");
  EXPECT_EQ(to_hex(sha512(text("abc"))),
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
            "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
  EXPECT_EQ(to_hex(sha512(kTwoBlocksOf128)),
            "8e959b75dae313da8cf4f72814fc143f8f7779c6eb9f7fa17299aeadb6889018"
            "501d289e4900f7e4331b99dec4b5433ac7d329eeb6dd26545e96e55b874be909");
  EXPECT_EQ(to_hex(sha512(kMillionA)),
            "e718483d0ce769644e2e42c7bc15b4638e1f98b13b2044285632a803afa973eb"
            "de0ff244877ea60a4cb0432ce577c31beb009c5c2c49aa2e4eadb217ad8cc09b");
}

// Expected value from OpenSSL 3.0.
TEST_EACH_BACKEND(sha512_every_short_length) {
  EXPECT_EQ(hash_of_all_short(sha512),
            "da20b3b598f77f25e2e2d1941e345bfe16543f32378fbc8447fbb64f038964ce"
            "a0808c9d450e5e83ac095f5656c102b2ff15a8e0501c7553a7afe1e0256b5e09");
}

TEST_EACH_BACKEND(sha512_streaming_equals_one_shot) {
  expect_streaming_equals<Sha512>(sha512);
}

TEST_EACH_BACKEND(sha512_many_equals_single) {
  for_all_shapes([](const std::vector<ByteView>& messages) {
    Bytes found(64 * messages.size(), 0xee);
    sha512_prefixed_many(nullptr, messages, found.data());
    expect_digests(found, messages, sha512);
  });
}

TEST_EACH_BACKEND(sha512_many_with_prefixes_equals_single) {
  for_all_shapes([](const std::vector<ByteView>& messages) {
    const Bytes prefixes = random_bytes(4, 64 * messages.size() + 1);
    const std::uint8_t* const from = prefixes.data() + 1;  // at no alignment
    Bytes found(64 * messages.size(), 0xee);
    sha512_prefixed_many(from, messages, found.data());
    std::size_t item = 0;
    expect_digests(found, messages, [&](ByteView message) {
      Bytes whole(from + 64 * item, from + 64 * (item + 1));
      ++item;
      append(whole, message);
      return sha512(whole);
    });
  });
}

}  // namespace chopmark::test

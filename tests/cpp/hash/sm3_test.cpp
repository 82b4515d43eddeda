// SPDX-License-Identifier: Apache-2.0
#include "hash/sm3.hpp"

#include "hash/many.hpp"
#include "hash/many_items.hpp"
#include "hash/patterns.hpp"

namespace chopmark::test {

// The two examples of GB/T 32905, annex A; the others from OpenSSL 3.0.
TEST_EACH_BACKEND(sm3_examples) {
  EXPECT_EQ(to_hex(sm3({})), "1ab21d8355cfa17f8e61194831e81a8f22bec8c728fefb747ed035eb5082aa2b");
  EXPECT_EQ(to_hex(sm3(text("abc"))),
            "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0");
  EXPECT_EQ(to_hex(sm3(text("abcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcd"))),
            "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732");
  EXPECT_EQ(to_hex(sm3(kMillionA)),
            "c8aaf89429554029e231941a2acc0ad61ff2a5acd8fadd25847a3a732b3b02c3");
}

// Expected value from OpenSSL 3.0.
TEST_EACH_BACKEND(sm3_every_short_length) {
  EXPECT_EQ(hash_of_all_short(sm3),
            "31420de15010565f06aced98cfd897c8bb0172bde45097d8fbfedb307c9ca43f");
}

TEST_EACH_BACKEND(sm3_streaming_equals_one_shot) {
  expect_streaming_equals<Sm3>(sm3);
}

TEST_EACH_BACKEND(sm3_many_equals_single) {
  for_all_shapes([](const std::vector<ByteView>& messages) {
    Bytes found(32 * messages.size(), 0xee);
    hash_many(HashId::sm3, Items::list(messages.data(), messages.size()), found.data(), 1);
    expect_digests(found, messages, sm3);
  });
}

}  // namespace chopmark::test

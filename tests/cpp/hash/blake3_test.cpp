// SPDX-License-Identifier: Apache-2.0
#include "hash/blake3.hpp"

#include "hash/patterns.hpp"

namespace chopmark::test {

// Values of the blake3 package 1.0 (PyPI).
TEST_EACH_BACKEND(blake3_examples) {
  EXPECT_EQ(to_hex(blake3({})), "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262");
  EXPECT_EQ(to_hex(blake3(text("abc"))),
            "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85");
  EXPECT_EQ(to_hex(blake3(kTwoBlocksOf128)),
            "553e1aa2a477cb3166e6ab38c12d59f6c5017f0885aaf079f217da00cfca363f");
  EXPECT_EQ(to_hex(blake3(kMillionA)),
            "616f575a1b58d4c9797d4217b9730ae5e6eb319d76edef6549b46f4efe31ff8b");
}

// Expected value from the blake3 package 1.0 (PyPI).
TEST_EACH_BACKEND(blake3_every_short_length) {
  EXPECT_EQ(hash_of_all_short(blake3),
            "7181db2d6e4950fb3aecd93862a33c5770dc0e2f33fd12e072d892b2a8f91f90");
}

// Around every chunk boundary up to 34 chunks, where the shape of the tree changes. Expected value
// from the blake3 package 1.0 (PyPI).
TEST_EACH_BACKEND(blake3_tree_shapes) {
  const Bytes message = pattern(34 * 1024 + 1);
  Bytes digests;
  for (std::size_t chunks = 1; chunks <= 34; ++chunks) {
    for (const std::size_t size : {1024 * chunks - 1, 1024 * chunks, 1024 * chunks + 1})
      append(digests, blake3(ByteView(message).first(size)));
  }
  EXPECT_EQ(to_hex(blake3(digests)),
            "eeca9ce49db259090a135b1a757bff8d45259c37748a15e3affed6eade3b2ca7");
}

// Key 00 01 .. 1f; lengths 0..300, then those of blake3_tree_shapes. Same source.
TEST_EACH_BACKEND(blake3_keyed_lengths) {
  Digest key;
  for (std::size_t i = 0; i < key.size(); ++i)
    key[i] = static_cast<std::uint8_t>(i);
  const Bytes message = pattern(34 * 1024 + 1);
  Bytes digests;
  for (std::size_t size = 0; size <= 300; ++size)
    append(digests, blake3_keyed(key, ByteView(message).first(size)));
  for (std::size_t chunks = 1; chunks <= 34; ++chunks) {
    for (const std::size_t size : {1024 * chunks - 1, 1024 * chunks, 1024 * chunks + 1})
      append(digests, blake3_keyed(key, ByteView(message).first(size)));
  }
  EXPECT_EQ(to_hex(blake3(digests)),
            "0779089bfe5b0f049cd5e406cc9d983f4bd359e1c71c445c53940d7ce21cc5ea");
  EXPECT(blake3_keyed(key, {}) != blake3({}));
}

}  // namespace chopmark::test

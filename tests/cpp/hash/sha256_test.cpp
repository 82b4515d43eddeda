// SPDX-License-Identifier: Apache-2.0
#include "hash/sha256.hpp"

#include "test.hpp"

namespace chopmark::test {

// FIPS 180-4 example values.
TEST_EACH_BACKEND(sha256_examples) {
  EXPECT_EQ(to_hex(sha256({})), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(to_hex(sha256(text("abc"))),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_hex(sha256(text("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"))),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST_EACH_BACKEND(sha256_streaming_equals_one_shot) {
  const Bytes message = random_bytes(1, 300);
  for (std::size_t size = 0; size <= message.size(); ++size) {
    for (const std::size_t step : {1U, 7U, 63U, 64U, 65U, 200U}) {
      Sha256 hasher;
      for (std::size_t at = 0; at < size; at += step) {
        hasher.update(ByteView(message).subspan(at, std::min(step, size - at)));
      }
      EXPECT_EQ(to_hex(hasher.finish()), to_hex(sha256(ByteView(message).first(size))));
    }
  }
}

}  // namespace chopmark::test

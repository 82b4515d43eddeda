// SPDX-License-Identifier: Apache-2.0
#include "hash/sha256.hpp"

#include <string_view>

#include "dispatch/backend.hpp"
#include "hash/many.hpp"
#include "hash/many_items.hpp"
#include "hash/patterns.hpp"

namespace chopmark::test {

// FIPS 180-4 example values.
TEST_EACH_BACKEND(sha256_examples) {
  EXPECT_EQ(to_hex(sha256({})), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(to_hex(sha256(text("abc"))),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_hex(sha256(text("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"))),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(to_hex(sha256(kTwoBlocksOf128)),
            "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
  EXPECT_EQ(to_hex(sha256(kMillionA)),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

// Expected value from OpenSSL 3.0.
TEST_EACH_BACKEND(sha256_every_short_length) {
  EXPECT_EQ(hash_of_all_short(sha256),
            "b90e35153500e9a471591550ee25a954527c6b4448afff95f7949a2ca93300ce");
}

TEST_EACH_BACKEND(sha256_streaming_equals_one_shot) {
  expect_streaming_equals<Sha256>(sha256);
}

TEST_EACH_BACKEND(sha256_many_equals_single) {
  for_all_shapes([](const std::vector<ByteView>& messages) {
    Bytes found(32 * messages.size(), 0xee);
    hash_many(HashId::sha256, Items::list(messages.data(), messages.size()), found.data(), 1);
    expect_digests(found, messages, sha256);
  });
}

// A processor with AVX2 but without one of the bits that the SHA kernel needs keeps the kernel
// below, and takes many items in lanes.
TEST(sha256_kernel_needs_all_its_features) {
  const CpuFeatures all{.sse41 = true, .ssse3 = true, .sha_ni = true, .bmi2 = true, .avx2 = true};
  for (const Backend& backend : compiled_backends()) {
    if (std::string_view(backend.name) != "avx2") continue;
    Kernels kernels{};
    backend.install(kernels, all);
    EXPECT(kernels.sha256_blocks != nullptr);
    EXPECT(kernels.sha256_many == nullptr);
    for (const auto missing : {&CpuFeatures::sse41, &CpuFeatures::ssse3, &CpuFeatures::sha_ni}) {
      CpuFeatures features = all;
      features.*missing = false;
      Kernels without{};
      backend.install(without, features);
      EXPECT(without.sha256_blocks == nullptr);
      if (!cpu_features().avx2) continue;
      EXPECT(without.sha256_many != nullptr);
      for_all_shapes([&](const std::vector<ByteView>& messages) {
        std::vector<RawView> views;
        for (const ByteView message : messages)
          views.push_back({message.data(), message.size()});
        Bytes found(32 * messages.size(), 0xee);
        without.sha256_many(found.data(), views.data(), views.size());
        expect_digests(found, messages, sha256);
      });
    }
  }
}

}  // namespace chopmark::test

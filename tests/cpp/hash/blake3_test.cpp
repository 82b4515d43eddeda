// SPDX-License-Identifier: Apache-2.0
#include "hash/blake3.hpp"

#include "base/endian.hpp"
#include "dispatch/backend.hpp"
#include "hash/blake3_flags.hpp"
#include "hash/many.hpp"
#include "hash/many_items.hpp"
#include "hash/patterns.hpp"
#include "hash/portable.hpp"

namespace chopmark::test {
namespace {

Digest counting_key() {
  Digest key;
  for (std::size_t i = 0; i < key.size(); ++i)
    key[i] = static_cast<std::uint8_t>(i);
  return key;
}

Bytes output(ByteView data, std::size_t size) {
  Bytes bytes(size, 0xee);
  blake3_xof(data, bytes);
  return bytes;
}

Bytes keyed_output(const Digest& key, ByteView data, std::size_t size) {
  Bytes bytes(size, 0xee);
  blake3_keyed_xof(key, data, bytes);
  return bytes;
}

}  // namespace

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
  const Digest key = counting_key();
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

// Around every boundary where complete subtrees of 128 chunks join. Same source.
TEST_EACH_BACKEND(blake3_large_trees) {
  const Bytes message = pattern(5 * 131072 + 5000);
  Bytes plain;
  Bytes keyed;
  for (std::size_t subtrees = 1; subtrees <= 5; ++subtrees) {
    for (const int step : {-1025, -1, 0, 1, 1024, 1025, 5000}) {
      const std::size_t size = 131072 * subtrees + static_cast<std::size_t>(step);
      append(plain, blake3(ByteView(message).first(size)));
      append(keyed, blake3_keyed(counting_key(), ByteView(message).first(size)));
    }
  }
  EXPECT_EQ(to_hex(blake3(plain)),
            "3c2348595ffa0a518aac7fb0b95c37c9ef2b8fc1c61928a26212134de44750b8");
  EXPECT_EQ(to_hex(blake3(keyed)),
            "d6c24a12b009ed63cf093de10b0dbe9d2e20a7ed56ea8a5e829562316a0519be");
}

// Same source.
TEST_EACH_BACKEND(blake3_xof_examples) {
  EXPECT_EQ(to_hex(output(text("abc"), 131)),
            "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85"
            "1fb250ae7393f5d02813b65d521a0d492d9ba09cf7ce7f4cffd900f23374bf0b"
            "c08a1fb0b38ed276181ccbd9f7b7edbddf9f86404ad7929605f6ffa3fb1ac879"
            "83105f013384f2f11d38879c985d47003804b905f0c38975e28d36804bb60d8c303653");
  EXPECT_EQ(to_hex(keyed_output(counting_key(), text("abc"), 131)),
            "6da54495d8152f2bcba87bd7282df70901cdb66b4448ed5f4c7bd2852b8b5532"
            "262aadc939980b41d88f3a131cbe697a43c524cecf91529743ed3eaf5a74ae5b"
            "dcca275d94a90839158cf1041ae2c37031346582ed3f31594430b4c26bd53c36"
            "059a31e4ded41720f0ac37eef9b00d8270e5c083cc0124693a459b7d1147bbda5355c0");
}

// Every output length 0..300 and some longer, for roots that are a chunk, a full one and a parent.
// Same source.
TEST_EACH_BACKEND(blake3_xof_lengths) {
  const Bytes message = pattern(5000);
  std::vector<std::size_t> lengths;
  for (std::size_t length = 0; length <= 300; ++length)
    lengths.push_back(length);
  for (const std::size_t length : {1023U, 1024U, 1025U, 2065U, 5000U})
    lengths.push_back(length);
  Bytes plain;
  Bytes keyed;
  for (const std::size_t size : {0U, 64U, 1024U, 1025U, 5000U}) {
    for (const std::size_t length : lengths) {
      append(plain, output(ByteView(message).first(size), length));
      append(keyed, keyed_output(counting_key(), ByteView(message).first(size), length));
    }
  }
  EXPECT_EQ(to_hex(blake3(plain)),
            "1041d528d1325fe6ff6038068d5986d04fceb2cc28d6d59a8836125291fcd043");
  EXPECT_EQ(to_hex(blake3(keyed)),
            "b3c2325472539754c187b41f9a7e83a28b07c4b55847db4091504640b67624c6");
}

// The cases of a copy of the published test_vectors.json (modes hash and keyed_hash, 131 bytes
// each): the BLAKE3 of their outputs, one after the other.
TEST_EACH_BACKEND(blake3_xof_of_published_cases) {
  const Digest key = digest_from(text("whats the Elvish word for friend").data());
  const Bytes message = pattern(102400);
  Bytes plain;
  Bytes keyed;
  for (const std::size_t size : {0U, 2U, 4U, 6U, 8U, 64U, 127U, 129U, 1024U, 2048U, 3072U, 4096U,
                                 5120U, 6144U, 7168U, 8192U, 16384U, 102400U}) {
    append(plain, output(ByteView(message).first(size), 131));
    append(keyed, keyed_output(key, ByteView(message).first(size), 131));
  }
  EXPECT_EQ(to_hex(blake3(plain)),
            "10486796f54caf0446a8d09f6db44e947a9418f9e997a722edd643e4b2f78cfc");
  EXPECT_EQ(to_hex(blake3(keyed)),
            "f5cd558b9116ecd38bcde47a3292083bf28c73d5996afa4a6c004a8d94533cf5");
}

TEST_EACH_BACKEND(blake3_many_equals_single) {
  for_all_shapes([](const std::vector<ByteView>& messages) {
    Bytes found(32 * messages.size(), 0xee);
    hash_many(HashId::blake3, Items::list(messages.data(), messages.size()), found.data(), 1);
    expect_digests(found, messages, blake3);
  });
}

// The kernels by themselves: every count, counters that carry into the high word, in place.
TEST_EACH_BACKEND(blake3_kernels_equal_portable) {
  const Bytes data = random_bytes(21, 40 * kBlake3ChunkBytes + 1);
  const std::uint8_t* const from = data.data() + 1;
  std::uint32_t key[8];
  for (std::uint32_t i = 0; i < 8; ++i)
    key[i] = 0x9e3779b9U * (i + 1);
  for (std::size_t count = 0; count <= 40; ++count) {
    const std::uint64_t counter = 0xfffffff0U + count;
    Bytes found(64 * count + 1, 0xee);
    Bytes expected(64 * count + 1, 0xee);
    kernels().blake3_chunks(found.data(), key, from, count, counter, kBlake3Keyed);
    blake3_chunks_portable(expected.data(), key, from, count, counter, kBlake3Keyed);
    EXPECT(found == expected);

    kernels().blake3_parents(found.data(), key, from, count, kBlake3Keyed);
    blake3_parents_portable(expected.data(), key, from, count, kBlake3Keyed);
    EXPECT(found == expected);

    Bytes in_place(from, from + 64 * count);
    kernels().blake3_parents(in_place.data(), key, in_place.data(), count, kBlake3Keyed);
    EXPECT(std::equal(in_place.data(), in_place.data() + 32 * count, expected.data()));

    Blake3Node root{{}, {}, 33, kBlake3Root | kBlake3ChunkStart | kBlake3ChunkEnd};
    std::copy_n(key, 8, root.cv);
    std::copy_n(from, 33, root.block);
    kernels().blake3_output(found.data(), root, counter, count);
    blake3_output_portable(expected.data(), root, counter, count);
    EXPECT(found == expected);
  }
}

// Blocks that lie anywhere, each under its own depth, results anywhere and over their own input.
TEST_EACH_BACKEND(blake3_keyed_blocks_equal_single) {
  Digest key = digest_from(random_bytes(22, 32).data());
  key[31] = 0;
  std::uint32_t words[8];
  for (std::size_t i = 0; i < 8; ++i)
    words[i] = load_le<std::uint32_t>(key.data() + 4 * i);
  for (std::size_t count = 0; count <= 40; ++count) {
    const Bytes blocks = random_bytes(23 + count, 97 * count + 64);
    Bytes found(97 * count + 64, 0xee);
    std::copy(blocks.begin(), blocks.end(), found.begin());
    Bytes expected = found;
    std::vector<BlockJob> jobs;
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t at = 97 * (count - 1 - i);
      const auto depth = static_cast<std::uint32_t>(i * 37 % 256);
      jobs.push_back({(i % 2 == 0 ? blocks : found).data() + at, found.data() + at, depth});
      key[31] = static_cast<std::uint8_t>(depth);
      const Digest digest = blake3_keyed(key, ByteView(blocks).subspan(at, 64));
      std::copy(digest.begin(), digest.end(), expected.begin() + static_cast<std::ptrdiff_t>(at));
    }
    kernels().blake3_keyed_blocks(jobs.data(), count, words);
    EXPECT(found == expected);
  }
}

}  // namespace chopmark::test

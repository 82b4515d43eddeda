// SPDX-License-Identifier: Apache-2.0
#include "hash/many.hpp"

#include "hash/blake3.hpp"
#include "hash/sha256.hpp"
#include "hash/sha512.hpp"
#include "hash/sm3.hpp"
#include "test.hpp"

namespace chopmark::test {
namespace {

Bytes one(HashId id, ByteView item) {
  Bytes digest;
  switch (id) {
    case HashId::sha256:
      append(digest, sha256(item));
      break;
    case HashId::sha512:
      append(digest, sha512(item));
      break;
    case HashId::blake3:
      append(digest, blake3(item));
      break;
    case HashId::sm3:
      append(digest, sm3(item));
      break;
  }
  return digest;
}

void expect_many_equals_single(const Items& items) {
  for (const HashId id : {HashId::sha256, HashId::sha512, HashId::blake3, HashId::sm3}) {
    Bytes expected;
    for (std::size_t i = 0; i < items.size(); ++i)
      append(expected, one(id, items[i]));
    EXPECT_EQ(expected.size(), items.size() * digest_bytes(id));
    for (const unsigned threads : {0U, 1U, 2U, 3U, 7U}) {
      Bytes found(expected.size(), 0xee);
      hash_many(id, items, found.data(), threads);
      EXPECT(found == expected);
    }
  }
}

}  // namespace

TEST_EACH_BACKEND(hash_many_equals_single) {
  const Bytes data = random_bytes(7, 400000);
  expect_many_equals_single(Items::fixed(data.data(), 65, 0));
  expect_many_equals_single(Items::fixed(data.data(), 0, 5));
  expect_many_equals_single(Items::fixed(data.data(), 33, 1));
  expect_many_equals_single(Items::fixed(data.data(), 65, 6000));
  expect_many_equals_single(Items::fixed(data.data(), 100000, 4));
}

TEST_EACH_BACKEND(hash_many_layouts) {
  const Bytes data = random_bytes(8, 200 * 201 / 2);
  std::vector<std::uint64_t> offsets;
  std::vector<ByteView> views;
  std::uint64_t at = 0;
  for (std::size_t size = 0; size <= 200; ++size) {
    offsets.push_back(at);
    views.push_back(ByteView(data).subspan(at, size));
    at += size;
  }
  offsets.push_back(at);
  expect_many_equals_single(Items::ragged(data.data(), offsets.data(), 201));
  expect_many_equals_single(Items::list(views.data(), views.size()));
}

}  // namespace chopmark::test

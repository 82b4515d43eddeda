// SPDX-License-Identifier: Apache-2.0
#include "hash/many.hpp"

#include "base/parallel.hpp"
#include "hash/blake3.hpp"
#include "hash/sha256.hpp"
#include "hash/sha512.hpp"
#include "hash/sm3.hpp"

namespace chopmark {
namespace {

constexpr std::size_t kItemsPerThread = 256;  // below this a thread costs more than it saves

template <class Output>
void put(const Output& digest, std::uint8_t* out) noexcept {
  std::copy(digest.begin(), digest.end(), out);
}

}  // namespace

void hash_one(HashId id, ByteView data, std::uint8_t* out) noexcept {
  switch (id) {
    case HashId::sha256: return put(sha256(data), out);
    case HashId::sha512: return put(sha512(data), out);
    case HashId::blake3: return put(blake3(data), out);
    case HashId::sm3: return put(sm3(data), out);
  }
}

void hash_many(HashId id, const Items& items, std::uint8_t* out, unsigned threads) {
  const std::size_t width = digest_bytes(id);
  parallel_for(items.size(), threads, kItemsPerThread, [&](std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to; ++i) hash_one(id, items[i], out + i * width);
  });
}

}  // namespace chopmark

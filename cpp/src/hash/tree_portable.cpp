// SPDX-License-Identifier: Apache-2.0
// Leaves and nodes of Merkle trees one by one.
#include "hash/blake3.hpp"
#include "hash/blake3_flags.hpp"
#include "hash/portable.hpp"
#include "hash/sha256.hpp"
#include "hash/sm3.hpp"

namespace chopmark {
namespace {

using Hash = Digest (*)(ByteView) noexcept;

// Hashes of `prefix` and kBytes bytes each, which lie side by side.
template <Hash kHash, std::uint8_t kPrefix, std::size_t kBytes>
void prefixed(std::uint8_t* out, const std::uint8_t* in, std::size_t count) {
  std::uint8_t bytes[1 + kBytes];
  bytes[0] = kPrefix;
  for (std::size_t i = 0; i < count; ++i) {
    std::copy_n(in + kBytes * i, kBytes, bytes + 1);
    const Digest digest = kHash(ByteView(bytes, sizeof bytes));
    std::copy_n(digest.data(), digest.size(), out + digest.size() * i);
  }
}

constexpr std::size_t kShort = kBlake3ChunkBytes - 1;

template <class Hasher>
Digest long_leaf(ByteView data) noexcept {
  const std::uint8_t prefix = 0;
  Hasher hasher;
  hasher.update({&prefix, 1});
  hasher.update(data);
  return hasher.finish();
}

// Short items go behind their prefix in a buffer, others through `kLong`.
template <Hash kHash, Hash kLong>
void any_leaves(std::uint8_t* out, const RawView* items, std::size_t count) {
  std::uint8_t bytes[1 + kShort];
  bytes[0] = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const ByteView item{items[i].data, items[i].size};
    Digest digest;
    if (item.size() <= kShort) {
      std::copy(item.begin(), item.end(), bytes + 1);
      digest = kHash(ByteView(bytes, 1 + item.size()));
    } else {
      digest = kLong(item);
    }
    std::copy_n(digest.data(), digest.size(), out + digest.size() * i);
  }
}

}  // namespace

const TreeKernels kSha256TreePortable{
    prefixed<sha256, 0, 32>, any_leaves<sha256, long_leaf<Sha256>>, prefixed<sha256, 1, 64>};
const TreeKernels kSm3TreePortable{prefixed<sm3, 0, 32>, any_leaves<sm3, long_leaf<Sm3>>,
                                   prefixed<sm3, 1, 64>};
// Longer items than kShort never come here.
const TreeKernels kBlake3TreePortable{prefixed<blake3, 0, 32>, any_leaves<blake3, blake3>,
                                      prefixed<blake3, 1, 64>};

}  // namespace chopmark

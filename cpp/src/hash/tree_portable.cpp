// SPDX-License-Identifier: Apache-2.0
// Leaves and nodes of Merkle trees one by one.
#include "hash/blake3.hpp"
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

}  // namespace

const TreeKernels kSha256TreePortable{prefixed<sha256, 0, 32>, prefixed<sha256, 1, 64>};
const TreeKernels kSm3TreePortable{prefixed<sm3, 0, 32>, prefixed<sm3, 1, 64>};
const TreeKernels kBlake3TreePortable{prefixed<blake3, 0, 32>, prefixed<blake3, 1, 64>};

}  // namespace chopmark

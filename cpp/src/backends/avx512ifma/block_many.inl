// SPDX-License-Identifier: Apache-2.0
// SHA-256 and SM3 of many in sixteen lanes, two vectors side by side.

using Sha256x16 = BlockLanesHash<U32x16, Sha256InLanes, 2>;
using Sm3x16 = BlockLanesHash<U32x16, Sm3InLanes, 2>;

void sha256_many_x16(std::uint8_t* out, const RawView* items, std::size_t count) {
  if (count <= Sha256x16::kFewLanes) return sha256_many_portable(out, items, count);
  using Blocks = BlockTree<U32x16, Sha256InLanes>;
  InStep<Blocks, Sha256x16, Before::nothing>({out, nullptr, items, count, kSha256Initial}).run();
}

void sm3_many_x16(std::uint8_t* out, const RawView* items, std::size_t count) {
  if (count <= Sm3x16::kFewLanes) return sm3_many_portable(out, items, count);
  using Blocks = BlockTree<U32x16, Sm3InLanes>;
  InStep<Blocks, Sm3x16, Before::nothing>({out, nullptr, items, count, kSm3Constants.initial})
      .run();
}

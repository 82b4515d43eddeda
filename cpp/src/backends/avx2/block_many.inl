// SPDX-License-Identifier: Apache-2.0
// SHA-256 and SM3 of many in eight lanes.

using Sha256x8 = BlockLanesHash<U32x8, Sha256InLanes, 1>;
using Sm3x8 = BlockLanesHash<U32x8, Sm3InLanes, 1>;

void sha256_many_x8(std::uint8_t* out, const RawView* items, std::size_t count) {
  if (count <= Sha256x8::kFewLanes) return sha256_many_portable(out, items, count);
  using Blocks = BlockTree<U32x8, Sha256InLanes>;
  InStep<Blocks, Sha256x8, Before::nothing>({out, nullptr, items, count, kSha256Initial}).run();
}

void sm3_many_x8(std::uint8_t* out, const RawView* items, std::size_t count) {
  if (count <= Sm3x8::kFewLanes) return sm3_many_portable(out, items, count);
  using Blocks = BlockTree<U32x8, Sm3InLanes>;
  InStep<Blocks, Sm3x8, Before::nothing>({out, nullptr, items, count, kSm3Constants.initial}).run();
}

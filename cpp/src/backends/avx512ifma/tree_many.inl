// SPDX-License-Identifier: Apache-2.0
// Leaves and nodes of Merkle trees in sixteen lanes.

void sha256_leaves_x16(std::uint8_t* out, const std::uint8_t* in, std::size_t count) {
  tree_leaves<BlockTree<U32x16, Sha256InLanes>>(kSha256TreePortable, out, in, count);
}
void sha256_any_leaves_x16(std::uint8_t* out, const RawView* items, std::size_t count) {
  tree_any_leaves<BlockTree<U32x16, Sha256InLanes>, Sha256x16>(kSha256TreePortable, out, items,
                                                               count, kSha256Initial);
}
void sha256_nodes_x16(std::uint8_t* out, const std::uint8_t* in, std::size_t count) {
  tree_nodes<BlockTree<U32x16, Sha256InLanes>>(kSha256TreePortable, out, in, count);
}
void sm3_leaves_x16(std::uint8_t* out, const std::uint8_t* in, std::size_t count) {
  tree_leaves<BlockTree<U32x16, Sm3InLanes>>(kSm3TreePortable, out, in, count);
}
void sm3_any_leaves_x16(std::uint8_t* out, const RawView* items, std::size_t count) {
  tree_any_leaves<BlockTree<U32x16, Sm3InLanes>, Sm3x16>(kSm3TreePortable, out, items, count,
                                                         kSm3Constants.initial);
}
void sm3_nodes_x16(std::uint8_t* out, const std::uint8_t* in, std::size_t count) {
  tree_nodes<BlockTree<U32x16, Sm3InLanes>>(kSm3TreePortable, out, in, count);
}
void blake3_leaves_x16(std::uint8_t* out, const std::uint8_t* in, std::size_t count) {
  tree_leaves<Blake3Tree<U32x16>>(kBlake3TreePortable, out, in, count);
}
void blake3_any_leaves_x16(std::uint8_t* out, const RawView* items, std::size_t count) {
  tree_any_leaves<Blake3Tree<U32x16>, Blake3Small<U32x16>>(kBlake3TreePortable, out, items, count,
                                                           kSha256Initial);
}
void blake3_nodes_x16(std::uint8_t* out, const std::uint8_t* in, std::size_t count) {
  tree_nodes<Blake3Tree<U32x16>>(kBlake3TreePortable, out, in, count);
}

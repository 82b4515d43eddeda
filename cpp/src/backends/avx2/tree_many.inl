// SPDX-License-Identifier: Apache-2.0
// Leaves and nodes of Merkle trees in eight lanes.

void sha256_leaves_x8(std::uint8_t* out, const std::uint8_t* in, std::size_t count) {
  tree_leaves<BlockTree<U32x8, Sha256InLanes>>(kSha256TreePortable, out, in, count);
}
void sha256_any_leaves_x8(std::uint8_t* out, const RawView* items, std::size_t count) {
  tree_any_leaves<BlockTree<U32x8, Sha256InLanes>, Sha256x8>(kSha256TreePortable, out, items, count,
                                                             kSha256Initial);
}
void sha256_nodes_x8(std::uint8_t* out, const std::uint8_t* in, std::size_t count) {
  tree_nodes<BlockTree<U32x8, Sha256InLanes>>(kSha256TreePortable, out, in, count);
}
void sm3_leaves_x8(std::uint8_t* out, const std::uint8_t* in, std::size_t count) {
  tree_leaves<BlockTree<U32x8, Sm3InLanes>>(kSm3TreePortable, out, in, count);
}
void sm3_any_leaves_x8(std::uint8_t* out, const RawView* items, std::size_t count) {
  tree_any_leaves<BlockTree<U32x8, Sm3InLanes>, Sm3x8>(kSm3TreePortable, out, items, count,
                                                       kSm3Constants.initial);
}
void sm3_nodes_x8(std::uint8_t* out, const std::uint8_t* in, std::size_t count) {
  tree_nodes<BlockTree<U32x8, Sm3InLanes>>(kSm3TreePortable, out, in, count);
}
void blake3_leaves_x8(std::uint8_t* out, const std::uint8_t* in, std::size_t count) {
  tree_leaves<Blake3Tree<U32x8>>(kBlake3TreePortable, out, in, count);
}
void blake3_any_leaves_x8(std::uint8_t* out, const RawView* items, std::size_t count) {
  tree_any_leaves<Blake3Tree<U32x8>, Blake3Small<U32x8>>(kBlake3TreePortable, out, items, count,
                                                         kSha256Initial);
}
void blake3_nodes_x8(std::uint8_t* out, const std::uint8_t* in, std::size_t count) {
  tree_nodes<Blake3Tree<U32x8>>(kBlake3TreePortable, out, in, count);
}

// SPDX-License-Identifier: Apache-2.0
// Leaves and nodes of Merkle trees in lanes: hashes of 0x00 and 32 bytes, and of 0x01 and 64 bytes.
// The first byte is put in front in registers: it moves every message word by one byte.

constexpr std::uint32_t kNodeByte = 1;  // that of a leaf is 0

// Word i of a block whose bytes x have moved by one: the last byte of word i - 1 comes first. For
// words that are read big-endian (SHA-256, SM3) and little-endian (BLAKE3).
template <class L, int i>
CHOPMARK_INLINE typename L::Vector after_byte_be(const typename L::Vector x[16]) {
  return L::or2(L::template shifted_left<24>(x[i - 1]), L::template shifted_right<8>(x[i]));
}
template <class L, int i>
CHOPMARK_INLINE typename L::Vector after_byte_le(const typename L::Vector x[16]) {
  return L::or2(L::template shifted_left<8>(x[i]), L::template shifted_right<24>(x[i - 1]));
}

// SHA-256 and SM3.
template <class L, class Scheme>
struct BlockTree {
  using Vector = typename L::Vector;
  using Block = BlockLanes<L, Scheme>;
  static constexpr std::size_t kLanes = L::kLanes;
  // Two vectors at once where there are registers for them.
  static constexpr bool kPairs = kLanes == 16;
  static constexpr std::size_t kLeaves = 2 * kLanes;
  static constexpr std::size_t kNodes = kPairs ? 2 * kLanes : kLanes;
  static constexpr std::size_t kFew = Scheme::kFewOf16 * kLanes / 16;

  // The block of a leaf whose words are x[0..8).
  static CHOPMARK_INLINE void leaf_block(Vector w[16], const Vector x[8]) {
    const Vector zero = L::broadcast(0);
    w[0] = L::template shifted_right<8>(x[0]);
    w[1] = after_byte_be<L, 1>(x), w[2] = after_byte_be<L, 2>(x);
    w[3] = after_byte_be<L, 3>(x), w[4] = after_byte_be<L, 4>(x);
    w[5] = after_byte_be<L, 5>(x), w[6] = after_byte_be<L, 6>(x);
    w[7] = after_byte_be<L, 7>(x);
    w[8] = L::or2(L::template shifted_left<24>(x[7]), L::broadcast(0x00800000));
    w[9] = w[10] = w[11] = w[12] = w[13] = w[14] = zero;
    w[15] = L::broadcast(8 * 33);
  }
  static CHOPMARK_INLINE void node_block(Vector w[16], const Vector x[16]) {
    w[0] = L::or2(L::broadcast(kNodeByte << 24), L::template shifted_right<8>(x[0]));
    w[1] = after_byte_be<L, 1>(x), w[2] = after_byte_be<L, 2>(x);
    w[3] = after_byte_be<L, 3>(x), w[4] = after_byte_be<L, 4>(x);
    w[5] = after_byte_be<L, 5>(x), w[6] = after_byte_be<L, 6>(x);
    w[7] = after_byte_be<L, 7>(x), w[8] = after_byte_be<L, 8>(x);
    w[9] = after_byte_be<L, 9>(x), w[10] = after_byte_be<L, 10>(x);
    w[11] = after_byte_be<L, 11>(x), w[12] = after_byte_be<L, 12>(x);
    w[13] = after_byte_be<L, 13>(x), w[14] = after_byte_be<L, 14>(x);
    w[15] = after_byte_be<L, 15>(x);
  }
  static CHOPMARK_INLINE void node_end(Vector w[16], Vector last_word) {
    const Vector zero = L::broadcast(0);
    w[0] = L::or2(L::template shifted_left<24>(last_word), L::broadcast(0x00800000));
    w[1] = w[2] = w[3] = w[4] = w[5] = w[6] = w[7] = zero;
    w[8] = w[9] = w[10] = w[11] = w[12] = w[13] = w[14] = zero;
    w[15] = L::broadcast(8 * 65);
  }

  static CHOPMARK_INLINE void feed(Vector v[8], const Vector before[8]) {
    v[0] = Scheme::template fed<L>(before[0], v[0]),
    v[1] = Scheme::template fed<L>(before[1], v[1]);
    v[2] = Scheme::template fed<L>(before[2], v[2]),
    v[3] = Scheme::template fed<L>(before[3], v[3]);
    v[4] = Scheme::template fed<L>(before[4], v[4]),
    v[5] = Scheme::template fed<L>(before[5], v[5]);
    v[6] = Scheme::template fed<L>(before[6], v[6]),
    v[7] = Scheme::template fed<L>(before[7], v[7]);
  }
  static CHOPMARK_INLINE void copy(Vector to[8], const Vector from[8]) {
    to[0] = from[0], to[1] = from[1], to[2] = from[2], to[3] = from[3];
    to[4] = from[4], to[5] = from[5], to[6] = from[6], to[7] = from[7];
  }
  static CHOPMARK_INLINE void to_bytes(Vector to[8], const Vector v[8]) {
    to[0] = L::byte_swapped(v[0]), to[1] = L::byte_swapped(v[1]);
    to[2] = L::byte_swapped(v[2]), to[3] = L::byte_swapped(v[3]);
    to[4] = L::byte_swapped(v[4]), to[5] = L::byte_swapped(v[5]);
    to[6] = L::byte_swapped(v[6]), to[7] = L::byte_swapped(v[7]);
  }

  // kLeaves leaves: even ones in the first vector, odd ones in the second.
  static void leaves(std::uint8_t* out, const std::uint8_t* in) {
    const std::uint8_t* rows[kLanes];
    point_at_rows<kLanes>(rows, in, kLanes);
    Vector x[16];
    Block::load_block(x, rows);
    Vector w[2][16];
    leaf_block(w[0], x);
    leaf_block(w[1], x + 8);
    Vector initial[8];
    broadcast_words<L>(initial, Scheme::initial());
    Vector v[2][8];
    copy(v[0], initial);
    copy(v[1], initial);
    if constexpr (kPairs) {
      Block::template rounds<2>(v, w);
    } else {
      Block::template rounds<1>(v, w);
      Block::template rounds<1>(v + 1, w + 1);
    }
    feed(v[0], initial);
    feed(v[1], initial);
    Vector digests[16];
    to_bytes(digests, v[0]);
    to_bytes(digests + 8, v[1]);
    L::store_words(out, digests);
  }

  // For InStep.
  static constexpr std::size_t kInStep = kNodes;
  static constexpr std::size_t kPieces = 1;
  static constexpr std::size_t kDigestBytes = 32;
  static constexpr std::uint8_t kMark = 0x80;
  struct State {
    Vector v[kInStep / kLanes][8];
  };
  static std::size_t blocks_of(std::size_t bytes) { return (bytes + 8) / 64 + 1; }
  static CHOPMARK_INLINE void close_piece(std::uint8_t* piece, std::size_t bytes) {
    store_be_bits(piece, bytes);
  }
  static void begin(State& state) {
    broadcast_words<L>(state.v[0], Scheme::initial());
    if constexpr (kPairs) broadcast_words<L>(state.v[1], Scheme::initial());
  }
  static void absorb(State& state, const std::uint8_t* const rows[1][kInStep], const BlockOf&) {
    constexpr std::size_t kUsed = kInStep / kLanes;
    Vector v[kUsed][8];
    Vector w[kUsed][16];
    copy(v[0], state.v[0]);
    Block::load_block(w[0], rows[0]);
    if constexpr (kPairs) {
      copy(v[1], state.v[1]);
      Block::load_block(w[1], rows[0] + kLanes);
    }
    Block::template rounds<kUsed>(v, w);
    feed(v[0], state.v[0]);
    copy(state.v[0], v[0]);
    if constexpr (kPairs) {
      feed(v[1], state.v[1]);
      copy(state.v[1], v[1]);
    }
  }
  static void end(std::uint8_t* out, const State& state) {
    Vector digests[8];
    to_bytes(digests, state.v[0]);
    L::store_half_words(out, digests);
    if constexpr (kPairs) {
      to_bytes(digests, state.v[1]);
      L::store_half_words(out + 32 * kLanes, digests);
    }
  }

  static void nodes(std::uint8_t* out, const std::uint8_t* in, std::size_t count) {
    if constexpr (kPairs) {
      if (count > kLanes) return nodes_in<2>(out, in, count);
    }
    nodes_in<1>(out, in, count);
  }

  template <std::size_t kUsed>
  static void nodes_in(std::uint8_t* out, const std::uint8_t* in, std::size_t count) {
    const std::uint8_t* rows[kUsed * kLanes];
    point_at_rows<kUsed * kLanes>(rows, in, count);
    Vector w[kUsed][16];
    Vector v[kUsed][8];
    Vector before[kUsed][8];
    Vector last_words[kUsed];
    begin_node(w[0], v[0], last_words[0], rows);
    if constexpr (kUsed == 2) begin_node(w[1], v[1], last_words[1], rows + kLanes);
    Block::template rounds<kUsed>(v, w);
    next_block(w[0], v[0], before[0], last_words[0]);
    if constexpr (kUsed == 2) next_block(w[1], v[1], before[1], last_words[1]);
    Block::template rounds<kUsed>(v, w);
    end_node(out, v[0], before[0], count < kLanes ? count : kLanes);
    if constexpr (kUsed == 2) end_node(out + 32 * kLanes, v[1], before[1], count - kLanes);
  }
  static CHOPMARK_INLINE void begin_node(Vector w[16], Vector v[8], Vector& last_word,
                                         const std::uint8_t* const rows[kLanes]) {
    Vector x[16];
    Block::load_block(x, rows);
    last_word = x[15];
    node_block(w, x);
    broadcast_words<L>(v, Scheme::initial());
  }
  static CHOPMARK_INLINE void next_block(Vector w[16], Vector v[8], Vector before[8],
                                         Vector last_word) {
    broadcast_words<L>(before, Scheme::initial());
    feed(v, before);
    copy(before, v);
    node_end(w, last_word);
  }
  static CHOPMARK_INLINE void end_node(std::uint8_t* out, Vector v[8], const Vector before[8],
                                       std::size_t count) {
    feed(v, before);
    Vector digests[8];
    to_bytes(digests, v);
    store_digests<L>(out, digests, count);
  }
};

template <class L>
struct Blake3Tree {
  using Vector = typename L::Vector;
  using Node = Blake3Lanes<L>;
  static constexpr std::size_t kLanes = L::kLanes;
  static constexpr std::size_t kLeaves = 2 * kLanes;
  static constexpr std::size_t kNodes = kLanes;
  static constexpr std::size_t kFew = 1;

  // The hash of the leaf whose words are x[0..8).
  static CHOPMARK_INLINE void leaf(Vector cv[8], const Vector x[8]) {
    const Vector zero = L::broadcast(0);
    Vector m[16];
    m[0] = L::template shifted_left<8>(x[0]);
    m[1] = after_byte_le<L, 1>(x), m[2] = after_byte_le<L, 2>(x);
    m[3] = after_byte_le<L, 3>(x), m[4] = after_byte_le<L, 4>(x);
    m[5] = after_byte_le<L, 5>(x), m[6] = after_byte_le<L, 6>(x);
    m[7] = after_byte_le<L, 7>(x);
    m[8] = L::template shifted_right<24>(x[7]);
    m[9] = m[10] = m[11] = m[12] = m[13] = m[14] = m[15] = zero;
    broadcast_words<L>(cv, kSha256Initial);
    Node::compress(cv, m, Node::rest_of(33, kBlake3ChunkStart | kBlake3ChunkEnd | kBlake3Root));
  }

  static void leaves(std::uint8_t* out, const std::uint8_t* in) {
    const std::uint8_t* rows[kLanes];
    point_at_rows<kLanes>(rows, in, kLanes);
    Vector x[16];
    L::load_words(x, rows);
    Vector digests[16];
    leaf(digests, x);
    leaf(digests + 8, x + 8);
    L::store_words(out, digests);
  }

  // For InStep.
  static constexpr std::size_t kInStep = kLanes;
  static constexpr std::size_t kPieces = 1;
  static constexpr std::size_t kDigestBytes = 32;
  static constexpr std::uint8_t kMark = 0;
  struct State {
    Vector cv[8];
  };
  static std::size_t blocks_of(std::size_t bytes) { return (bytes + 63) / 64; }
  static CHOPMARK_INLINE void close_piece(std::uint8_t*, std::size_t) {}
  static void begin(State& state) { broadcast_words<L>(state.cv, kSha256Initial); }
  static void absorb(State& state, const std::uint8_t* const rows[1][kInStep],
                     const BlockOf& block) {
    const std::uint32_t start = block.is_first ? kBlake3ChunkStart : 0;
    const std::uint32_t end_flags = block.is_last ? kBlake3ChunkEnd | kBlake3Root : 0;
    Vector m[16];
    L::load_words(m, rows[0]);
    typename Node::Rest rest = Node::rest_of(64, start | end_flags);
    if (block.is_last) rest.block_bytes = L::load(block.last_bytes);
    Node::compress(state.cv, m, rest);
  }
  static void end(std::uint8_t* out, const State& state) { L::store_half_words(out, state.cv); }

  static void nodes(std::uint8_t* out, const std::uint8_t* in, std::size_t count) {
    const std::uint8_t* rows[kLanes];
    point_at_rows<kLanes>(rows, in, count);
    Vector x[16];
    L::load_words(x, rows);
    Vector cv[8];
    broadcast_words<L>(cv, kSha256Initial);
    Vector m[16];
    m[0] = L::or2(L::template shifted_left<8>(x[0]), L::broadcast(kNodeByte));
    m[1] = after_byte_le<L, 1>(x), m[2] = after_byte_le<L, 2>(x);
    m[3] = after_byte_le<L, 3>(x), m[4] = after_byte_le<L, 4>(x);
    m[5] = after_byte_le<L, 5>(x), m[6] = after_byte_le<L, 6>(x);
    m[7] = after_byte_le<L, 7>(x), m[8] = after_byte_le<L, 8>(x);
    m[9] = after_byte_le<L, 9>(x), m[10] = after_byte_le<L, 10>(x);
    m[11] = after_byte_le<L, 11>(x), m[12] = after_byte_le<L, 12>(x);
    m[13] = after_byte_le<L, 13>(x), m[14] = after_byte_le<L, 14>(x);
    m[15] = after_byte_le<L, 15>(x);
    const Vector last_word = x[15];
    Node::compress(cv, m, Node::rest_of(64, kBlake3ChunkStart));
    m[0] = L::template shifted_right<24>(last_word);
    m[1] = m[2] = m[3] = m[4] = m[5] = m[6] = m[7] = L::broadcast(0);
    m[8] = m[9] = m[10] = m[11] = m[12] = m[13] = m[14] = m[15] = m[1];
    Node::compress(cv, m, Node::rest_of(1, kBlake3ChunkEnd | kBlake3Root));
    store_digests<L>(out, cv, count);
  }
};

// Any number of leaves. Too few for lanes are left to `alone`, one by one.
template <class Tree>
CHOPMARK_INLINE void tree_leaves(const TreeKernels& alone, std::uint8_t* out,
                                 const std::uint8_t* in, std::size_t count) {
  constexpr std::size_t kStep = Tree::kLeaves;
  for (; count >= kStep; count -= kStep, in += 32 * kStep, out += 32 * kStep)
    Tree::leaves(out, in);
  if (count <= Tree::kFew) return alone.leaves(out, in, count);
  std::uint8_t some[32 * kStep] = {};
  std::uint8_t digests[32 * kStep];
  __builtin_memcpy(some, in, 32 * count);
  Tree::leaves(digests, some);
  __builtin_memcpy(out, digests, 32 * count);
}

// Any number of nodes. `out` may be `in`: a step reads all of its nodes before it writes.
template <class Tree>
CHOPMARK_INLINE void tree_nodes(const TreeKernels& alone, std::uint8_t* out, const std::uint8_t* in,
                                std::size_t count) {
  while (count > Tree::kFew) {
    const std::size_t now = count < Tree::kNodes ? count : Tree::kNodes;
    Tree::nodes(out, in, now);
    count -= now, in += 64 * now, out += 32 * now;
  }
  if (count != 0) alone.nodes(out, in, count);
}

// Any number of leaves of any length, read in place.
template <class Tree, class Hash>
CHOPMARK_INLINE void tree_any_leaves(const TreeKernels& alone, std::uint8_t* out,
                                     const RawView* items, std::size_t count,
                                     const std::uint32_t* initial) {
  if (count <= Tree::kFew) return alone.any_leaves(out, items, count);
  InStep<Tree, Hash, Before::zero_byte>({out, nullptr, items, count, initial}).run();
}

// SPDX-License-Identifier: Apache-2.0
// BLAKE3 with one node in each lane of `L`, U32x8 or U32x16.

// Which message word round `round` takes in place `place` (table 2 of the specification).
constexpr int blake3_word(int round, int place) {
  constexpr int permutation[16] = {2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8};
  return round == 0 ? place : blake3_word(round - 1, permutation[place]);
}

template <int round, int place>
constexpr int kBlake3Word = blake3_word(round, place);

template <class L>
struct Blake3Lanes {
  using Vector = typename L::Vector;
  static constexpr std::size_t kLanes = L::kLanes;

  template <int a, int b, int c, int d>
  static CHOPMARK_INLINE void mix(Vector v[16], Vector x, Vector y) {
    v[a] = L::add(L::add(v[a], v[b]), x);
    v[d] = L::template rotated_right<16>(L::xor2(v[d], v[a]));
    v[c] = L::add(v[c], v[d]);
    v[b] = L::template rotated_right<12>(L::xor2(v[b], v[c]));
    v[a] = L::add(L::add(v[a], v[b]), y);
    v[d] = L::template rotated_right<8>(L::xor2(v[d], v[a]));
    v[c] = L::add(v[c], v[d]);
    v[b] = L::template rotated_right<7>(L::xor2(v[b], v[c]));
  }

  template <int r>
  static CHOPMARK_INLINE void round(Vector v[16], const Vector m[16]) {
    mix<0, 4, 8, 12>(v, m[kBlake3Word<r, 0>], m[kBlake3Word<r, 1>]);
    mix<1, 5, 9, 13>(v, m[kBlake3Word<r, 2>], m[kBlake3Word<r, 3>]);
    mix<2, 6, 10, 14>(v, m[kBlake3Word<r, 4>], m[kBlake3Word<r, 5>]);
    mix<3, 7, 11, 15>(v, m[kBlake3Word<r, 6>], m[kBlake3Word<r, 7>]);
    mix<0, 5, 10, 15>(v, m[kBlake3Word<r, 8>], m[kBlake3Word<r, 9>]);
    mix<1, 6, 11, 12>(v, m[kBlake3Word<r, 10>], m[kBlake3Word<r, 11>]);
    mix<2, 7, 8, 13>(v, m[kBlake3Word<r, 12>], m[kBlake3Word<r, 13>]);
    mix<3, 4, 9, 14>(v, m[kBlake3Word<r, 14>], m[kBlake3Word<r, 15>]);
  }

  // The words of the state that are not the chaining value; all zero but these stand in v[8..16).
  struct Rest {
    Vector counter_low;
    Vector counter_high;
    Vector block_bytes;
    Vector flags;
  };

  // v = the sixteen words after the rounds, before the two halves are joined.
  static CHOPMARK_INLINE void rounds(Vector v[16], const Vector cv[8], const Vector m[16],
                                     const Rest& rest) {
    v[0] = cv[0], v[1] = cv[1], v[2] = cv[2], v[3] = cv[3];
    v[4] = cv[4], v[5] = cv[5], v[6] = cv[6], v[7] = cv[7];
    v[8] = L::broadcast(kSha256Initial[0]), v[9] = L::broadcast(kSha256Initial[1]);
    v[10] = L::broadcast(kSha256Initial[2]), v[11] = L::broadcast(kSha256Initial[3]);
    v[12] = rest.counter_low, v[13] = rest.counter_high;
    v[14] = rest.block_bytes, v[15] = rest.flags;
    round<0>(v, m);
    round<1>(v, m);
    round<2>(v, m);
    round<3>(v, m);
    round<4>(v, m);
    round<5>(v, m);
    round<6>(v, m);
  }

  static CHOPMARK_INLINE void compress(Vector cv[8], const Vector m[16], const Rest& rest) {
    Vector v[16];
    rounds(v, cv, m, rest);
    cv[0] = L::xor2(v[0], v[8]), cv[1] = L::xor2(v[1], v[9]);
    cv[2] = L::xor2(v[2], v[10]), cv[3] = L::xor2(v[3], v[11]);
    cv[4] = L::xor2(v[4], v[12]), cv[5] = L::xor2(v[5], v[13]);
    cv[6] = L::xor2(v[6], v[14]), cv[7] = L::xor2(v[7], v[15]);
  }

  static CHOPMARK_INLINE Rest rest_of(std::uint32_t block_bytes, std::uint32_t flags) {
    return {L::broadcast(0), L::broadcast(0), L::broadcast(block_bytes), L::broadcast(flags)};
  }

  // Lane i counts counter + i.
  static CHOPMARK_INLINE void count_up(Rest& rest, std::uint64_t counter) {
    std::uint32_t low[kLanes];
    std::uint32_t high[kLanes];
    for (std::size_t i = 0; i < kLanes; ++i) {
      low[i] = static_cast<std::uint32_t>(counter + i);
      high[i] = static_cast<std::uint32_t>((counter + i) >> 32);
    }
    rest.counter_low = L::load(low);
    rest.counter_high = L::load(high);
  }

  template <int i>
  static CHOPMARK_INLINE void output_words(Vector words[16], const Vector v[16],
                                           const Vector cv[8]) {
    words[i] = L::xor2(v[i], v[i + 8]);
    words[i + 8] = L::xor2(v[i + 8], cv[i]);
  }

  // 1 <= count <= kLanes in all of the following.
  static void chunks(std::uint8_t* out, const std::uint32_t key[8], const std::uint8_t* data,
                     std::size_t count, std::uint64_t counter, std::uint32_t mode) {
    const std::uint8_t* rows[kLanes];
    // Lanes from `count` on repeat the last chunk, so that nothing past it is read.
    for (std::size_t i = 0; i < kLanes; ++i)
      rows[i] = data + kBlake3ChunkBytes * (i < count ? i : count - 1);
    Vector cv[8];
    broadcast_words<L>(cv, key);
    Rest rest = rest_of(64, mode);
    count_up(rest, counter);
    for (int block = 0; block < 16; ++block) {
      const std::uint32_t start = block == 0 ? kBlake3ChunkStart : 0;
      const std::uint32_t end = block == 15 ? kBlake3ChunkEnd : 0;
      rest.flags = L::broadcast(mode | start | end);
      Vector m[16];
      L::load_words(m, rows);
      for (std::size_t i = 0; i < kLanes; ++i)
        rows[i] += 64;
      compress(cv, m, rest);
    }
    store_digests<L>(out, cv, count);
  }

  static void parents(std::uint8_t* out, const std::uint32_t key[8], const std::uint8_t* children,
                      std::size_t count, std::uint32_t mode) {
    const std::uint8_t* rows[kLanes];
    point_at_rows<kLanes>(rows, children, count);
    Vector m[16];
    L::load_words(m, rows);
    Vector cv[8];
    broadcast_words<L>(cv, key);
    compress(cv, m, rest_of(64, mode | kBlake3Parent));
    store_digests<L>(out, cv, count);
  }

  // Idle lanes repeat the last job: they write what it writes.
  static void keyed_blocks(const BlockJob* jobs, std::size_t count, const std::uint32_t key[8]) {
    const std::uint8_t* rows[kLanes];
    std::uint8_t* outs[kLanes];
    alignas(64) std::uint32_t depths[kLanes];
    for (std::size_t i = 0; i < kLanes; ++i) {
      const BlockJob& job = jobs[i < count ? i : count - 1];
      rows[i] = job.in, outs[i] = job.out, depths[i] = job.depth;
    }
    Vector m[16];
    L::load_words(m, rows);
    Vector cv[8];
    broadcast_words<L>(cv, key);
    cv[7] = L::or2(cv[7], L::template shifted_left<24>(L::load(depths)));
    compress(cv, m, rest_of(64, kBlake3Keyed | kBlake3ChunkStart | kBlake3ChunkEnd | kBlake3Root));
    L::scatter_half_words(outs, cv);
  }

  static void output(std::uint8_t* out, const Blake3Node& node, std::uint64_t counter,
                     std::size_t count) {
    Vector m[16];
    for (int i = 0; i < 16; ++i) {
      std::uint32_t word;
      __builtin_memcpy(&word, node.block + 4 * i, 4);
      m[i] = L::broadcast(word);
    }
    Vector cv[8];
    broadcast_words<L>(cv, node.cv);
    Rest rest = rest_of(node.block_bytes, node.flags);
    count_up(rest, counter);
    Vector v[16];
    rounds(v, cv, m, rest);
    Vector words[16];
    output_words<0>(words, v, cv);
    output_words<1>(words, v, cv);
    output_words<2>(words, v, cv);
    output_words<3>(words, v, cv);
    output_words<4>(words, v, cv);
    output_words<5>(words, v, cv);
    output_words<6>(words, v, cv);
    output_words<7>(words, v, cv);
    if (count == kLanes) return L::store_words(out, words);
    std::uint8_t all[64 * kLanes];
    L::store_words(all, words);
    __builtin_memcpy(out, all, 64 * count);
  }
};

// Items of at most one chunk, one in each lane.
template <class L>
struct Blake3Small {
  using Word = std::uint32_t;
  static constexpr std::size_t kLanes = L::kLanes;
  static constexpr std::size_t kGroups = 1;
  static constexpr std::size_t kPieces = 1;
  static constexpr std::size_t kLengthBytes = 0;
  static constexpr bool kBigEndian = false;
  static constexpr std::size_t kFewLanes = 0;

  template <std::size_t kUsed>
  static void compress(HashGroup<Blake3Small>* const* groups) {
    using Lanes = Blake3Lanes<L>;
    using Vector = typename L::Vector;
    HashGroup<Blake3Small>& group = *groups[0];
    Vector m[16];
    L::load_words(m, group.pieces[0]);
    Vector cv[8];
    for (int i = 0; i < 8; ++i)
      cv[i] = L::selected(group.fresh, L::broadcast(group.initial[i]), L::load(group.state[i]));
    typename Lanes::Rest rest = Lanes::rest_of(64, 0);
    rest.block_bytes = L::selected(group.last, L::load(group.last_bytes), rest.block_bytes);
    const Vector mode = L::broadcast(group.mode);
    const Vector none = L::broadcast(0);
    rest.flags =
        L::xor3(mode, L::selected(group.fresh, L::broadcast(kBlake3ChunkStart), none),
                L::selected(group.last, L::broadcast(kBlake3ChunkEnd | kBlake3Root), none));
    Lanes::compress(cv, m, rest);
    for (int i = 0; i < 8; ++i)
      L::store(group.state[i], cv[i]);
  }
};

template <class L>
CHOPMARK_INLINE void blake3_one_block_each(std::uint8_t* out, const std::uint32_t key[8],
                                           const RawView* items, std::size_t count,
                                           std::uint32_t mode) {
  alignas(64) std::uint8_t blocks[L::kLanes][64];
  const std::uint8_t* rows[L::kLanes];
  std::uint32_t bytes[L::kLanes] = {};
  for (std::size_t i = 0; i < count; ++i) {
    bytes[i] = static_cast<std::uint32_t>(items[i].size);
    rows[i] = items[i].data;  // a full block is read in place
    if (bytes[i] == 64) continue;
    store_last_piece(blocks[i], items[i].data, bytes[i], 0);
    rows[i] = blocks[i];
  }
  for (std::size_t i = count; i < L::kLanes; ++i)
    rows[i] = rows[0];
  using Lanes = Blake3Lanes<L>;
  typename L::Vector m[16];
  L::load_words(m, rows);
  typename L::Vector cv[8];
  broadcast_words<L>(cv, key);
  typename Lanes::Rest rest =
      Lanes::rest_of(0, mode | kBlake3ChunkStart | kBlake3ChunkEnd | kBlake3Root);
  rest.block_bytes = L::load(bytes);
  Lanes::compress(cv, m, rest);
  store_digests<L>(out, cv, count);
}

// Items of at most one chunk, at least two. Where one block each is enough, lanes need no
// bookkeeping.
template <class L>
CHOPMARK_INLINE void blake3_small_in_lanes(std::uint8_t* out, const std::uint32_t key[8],
                                           const RawView* items, std::size_t count,
                                           std::uint32_t mode) {
  std::size_t longest = 0;
  for (std::size_t i = 0; i < count; ++i)
    longest = items[i].size > longest ? items[i].size : longest;
  if (longest > 64) return ManyHash<Blake3Small<L>>({out, nullptr, items, count, key, mode}).run();
  for (std::size_t at = 0; at < count; at += L::kLanes) {
    const std::size_t now = count - at < L::kLanes ? count - at : L::kLanes;
    blake3_one_block_each<L>(out + 32 * at, key, items + at, now, mode);
  }
}

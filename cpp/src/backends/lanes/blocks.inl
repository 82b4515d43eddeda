// SPDX-License-Identifier: Apache-2.0
// SHA-256 and SM3 in lanes: the frame that they share. `L` is U32x8 or U32x16; `Scheme` names the
// round and the schedule. The words of the state are renamed from round to round, not moved.

template <class L, class Scheme>
struct BlockLanes {
  using Vector = typename L::Vector;

  // Round j of sixteen in kUsed vectors, then the word 16 places on.
  template <int j, std::size_t kUsed, bool kFirst, bool kLast>
  static CHOPMARK_INLINE void step(Vector v[kUsed][8], Vector w[kUsed][16],
                                   const std::uint32_t* k) {
    Scheme::template round<L, j, kFirst>(v[0], w[0], k);
    if constexpr (kUsed == 2) Scheme::template round<L, j, kFirst>(v[1], w[1], k);
    if constexpr (j < Scheme::kScheduledAtEnd || !kLast) {
      Scheme::template schedule<L, j>(w[0]);
      if constexpr (kUsed == 2) Scheme::template schedule<L, j>(w[1]);
    }
  }

  template <std::size_t kUsed, bool kFirst, bool kLast>
  static CHOPMARK_INLINE void sixteen(Vector v[kUsed][8], Vector w[kUsed][16],
                                      const std::uint32_t* k) {
    step<0, kUsed, kFirst, kLast>(v, w, k);
    step<1, kUsed, kFirst, kLast>(v, w, k);
    step<2, kUsed, kFirst, kLast>(v, w, k);
    step<3, kUsed, kFirst, kLast>(v, w, k);
    step<4, kUsed, kFirst, kLast>(v, w, k);
    step<5, kUsed, kFirst, kLast>(v, w, k);
    step<6, kUsed, kFirst, kLast>(v, w, k);
    step<7, kUsed, kFirst, kLast>(v, w, k);
    step<8, kUsed, kFirst, kLast>(v, w, k);
    step<9, kUsed, kFirst, kLast>(v, w, k);
    step<10, kUsed, kFirst, kLast>(v, w, k);
    step<11, kUsed, kFirst, kLast>(v, w, k);
    step<12, kUsed, kFirst, kLast>(v, w, k);
    step<13, kUsed, kFirst, kLast>(v, w, k);
    step<14, kUsed, kFirst, kLast>(v, w, k);
    step<15, kUsed, kFirst, kLast>(v, w, k);
  }

  template <std::size_t kUsed>
  static CHOPMARK_INLINE void rounds(Vector v[kUsed][8], Vector w[kUsed][16]) {
    const std::uint32_t* const k = Scheme::constants();
    sixteen<kUsed, true, false>(v, w, k);
    for (int round = 16; round < 48; round += 16)
      sixteen<kUsed, false, false>(v, w, k + round);
    sixteen<kUsed, false, true>(v, w, k + 48);
  }

  static CHOPMARK_INLINE void load_block(Vector w[16], const std::uint8_t* const rows[L::kLanes]) {
    L::load_words(w, rows);
    for (int i = 0; i < 16; ++i)
      w[i] = L::byte_swapped(w[i]);
  }
};

// A hash of ManyHash: one block in each lane of one or two vectors.
template <class L, class Scheme, std::size_t kGroupsMax>
struct BlockLanesHash {
  using Word = std::uint32_t;
  using Vector = typename L::Vector;
  using Group = HashGroup<BlockLanesHash>;
  static constexpr std::size_t kLanes = L::kLanes;
  static constexpr std::size_t kGroups = kGroupsMax;
  static constexpr std::size_t kPieces = 1;
  static constexpr std::size_t kLengthBytes = 8;
  static constexpr bool kBigEndian = true;
  static constexpr std::size_t kFewLanes = Scheme::kFewOf16 * kLanes / 16;

  static void absorb(std::uint32_t state[8], const std::uint8_t* data, std::size_t blocks) {
    Scheme::absorb(state, data, blocks);
  }

  template <std::size_t kUsed>
  static void compress(Group* const* groups) {
    Vector v[kUsed][8];
    Vector w[kUsed][16];
    begin(v[0], w[0], *groups[0]);
    if constexpr (kUsed == 2) begin(v[1], w[1], *groups[1]);
    BlockLanes<L, Scheme>::template rounds<kUsed>(v, w);
    end(*groups[0], v[0]);
    if constexpr (kUsed == 2) end(*groups[1], v[1]);
  }

 private:
  template <int i>
  static CHOPMARK_INLINE void begin_word(Vector v[8], Group& group) {
    v[i] = L::selected(group.fresh, L::broadcast(group.initial[i]), L::load(group.state[i]));
    L::store(group.state[i], v[i]);
  }
  static CHOPMARK_INLINE void begin(Vector v[8], Vector w[16], Group& group) {
    BlockLanes<L, Scheme>::load_block(w, group.pieces[0]);
    begin_word<0>(v, group);
    begin_word<1>(v, group);
    begin_word<2>(v, group);
    begin_word<3>(v, group);
    begin_word<4>(v, group);
    begin_word<5>(v, group);
    begin_word<6>(v, group);
    begin_word<7>(v, group);
  }
  template <int i>
  static CHOPMARK_INLINE void end_word(Group& group, const Vector v[8]) {
    L::store(group.state[i], Scheme::template fed<L>(L::load(group.state[i]), v[i]));
  }
  static CHOPMARK_INLINE void end(Group& group, const Vector v[8]) {
    end_word<0>(group, v);
    end_word<1>(group, v);
    end_word<2>(group, v);
    end_word<3>(group, v);
    end_word<4>(group, v);
    end_word<5>(group, v);
    end_word<6>(group, v);
    end_word<7>(group, v);
  }
};

struct Sha256InLanes {
  // Rounds of the last sixteen that still make a word.
  static constexpr int kScheduledAtEnd = 0;
  // With no more items than this for sixteen lanes, one stream after the other is faster.
  static constexpr std::size_t kFewOf16 = 6;

  static const std::uint32_t* constants() { return kSha256Round; }
  static const std::uint32_t* initial() { return kSha256Initial; }
  static void absorb(std::uint32_t state[8], const std::uint8_t* data, std::size_t blocks) {
    kernels().sha256_blocks(state, data, blocks);
  }

  template <class L, int j, bool kFirst>
  static CHOPMARK_INLINE void round(typename L::Vector v[8], const typename L::Vector w[16],
                                    const std::uint32_t* k) {
    using Vector = typename L::Vector;
    const Vector a = v[(0 - j) & 7], b = v[(1 - j) & 7], c = v[(2 - j) & 7];
    const Vector e = v[(4 - j) & 7], f = v[(5 - j) & 7], g = v[(6 - j) & 7];
    Vector& d = v[(3 - j) & 7];
    Vector& h = v[(7 - j) & 7];
    const Vector word = L::add(w[j], L::broadcast(k[j]));
    const Vector sum1 = L::xor3(L::template rotated_right<6>(e), L::template rotated_right<11>(e),
                                L::template rotated_right<25>(e));
    const Vector sum0 = L::xor3(L::template rotated_right<2>(a), L::template rotated_right<13>(a),
                                L::template rotated_right<22>(a));
    h = L::add(L::add(h, word), L::add(sum1, L::choice(e, f, g)));
    d = L::add(d, h);
    h = L::add(h, L::add(sum0, L::majority(a, b, c)));
  }

  template <class L, int j>
  static CHOPMARK_INLINE void schedule(typename L::Vector w[16]) {
    using Vector = typename L::Vector;
    const Vector x = w[(j + 1) & 15];
    const Vector y = w[(j + 14) & 15];
    const Vector s0 = L::xor3(L::template rotated_right<7>(x), L::template rotated_right<18>(x),
                              L::template shifted_right<3>(x));
    const Vector s1 = L::xor3(L::template rotated_right<17>(y), L::template rotated_right<19>(y),
                              L::template shifted_right<10>(y));
    w[j] = L::add(L::add(w[j], w[(j + 9) & 15]), L::add(s0, s1));
  }

  template <class L>
  static CHOPMARK_INLINE typename L::Vector fed(typename L::Vector before,
                                                typename L::Vector after) {
    return L::add(before, after);
  }
};

struct Sm3InLanes {
  static constexpr int kScheduledAtEnd = 4;
  static constexpr std::size_t kFewOf16 = 2;

  static const std::uint32_t* constants() { return kSm3Constants.round; }
  static const std::uint32_t* initial() { return kSm3Constants.initial; }
  static void absorb(std::uint32_t state[8], const std::uint8_t* data, std::size_t blocks) {
    kernels().sm3_blocks(state, data, blocks);
  }

  template <class L, int j, bool kFirst>
  static CHOPMARK_INLINE void round(typename L::Vector v[8], const typename L::Vector w[16],
                                    const std::uint32_t* k) {
    using Vector = typename L::Vector;
    Vector* const u = v + 4;
    const Vector a = v[(0 - j) & 3], c = v[(2 - j) & 3], e = u[(0 - j) & 3], g = u[(2 - j) & 3];
    Vector& b = v[(1 - j) & 3];
    Vector& d = v[(3 - j) & 3];
    Vector& f = u[(1 - j) & 3];
    Vector& h = u[(3 - j) & 3];
    const Vector a12 = L::template rotated_left<12>(a);
    const Vector ss1 = L::template rotated_left<7>(L::add(a12, L::add(e, L::broadcast(k[j]))));
    const Vector ff = kFirst ? L::xor3(a, b, c) : L::majority(a, b, c);
    const Vector gg = kFirst ? L::xor3(e, f, g) : L::choice(e, f, g);
    d = L::add(L::add(d, ff), L::add(L::xor2(ss1, a12), L::xor2(w[j], w[(j + 4) & 15])));
    const Vector tt2 = L::add(L::add(gg, h), L::add(ss1, w[j]));
    h = L::xor3(tt2, L::template rotated_left<9>(tt2), L::template rotated_left<17>(tt2));
    b = L::template rotated_left<9>(b);
    f = L::template rotated_left<19>(f);
  }

  template <class L, int j>
  static CHOPMARK_INLINE void schedule(typename L::Vector w[16]) {
    using Vector = typename L::Vector;
    const Vector x = L::xor3(w[j], w[(j + 7) & 15], L::template rotated_left<15>(w[(j + 13) & 15]));
    const Vector p1 = L::xor3(x, L::template rotated_left<15>(x), L::template rotated_left<23>(x));
    w[j] = L::xor3(p1, L::template rotated_left<7>(w[(j + 3) & 15]), w[(j + 10) & 15]);
  }

  template <class L>
  static CHOPMARK_INLINE typename L::Vector fed(typename L::Vector before,
                                                typename L::Vector after) {
    return L::xor2(before, after);
  }
};

// SPDX-License-Identifier: Apache-2.0
// SHA-512 of many, eight lanes of 64 bits in a vector, two vectors side by side.

// Rows are lanes before and words after.
CHOPMARK_INLINE void transpose8x8(__m512i to[8], const __m512i row[8]) {
  const __m512i even01 = _mm512_unpacklo_epi64(row[0], row[1]);
  const __m512i even23 = _mm512_unpacklo_epi64(row[2], row[3]);
  const __m512i even45 = _mm512_unpacklo_epi64(row[4], row[5]);
  const __m512i even67 = _mm512_unpacklo_epi64(row[6], row[7]);
  const __m512i odd01 = _mm512_unpackhi_epi64(row[0], row[1]);
  const __m512i odd23 = _mm512_unpackhi_epi64(row[2], row[3]);
  const __m512i odd45 = _mm512_unpackhi_epi64(row[4], row[5]);
  const __m512i odd67 = _mm512_unpackhi_epi64(row[6], row[7]);
  // 0x88 takes the even quarters of both, 0xdd the odd ones.
  const __m512i w04_0123 = _mm512_shuffle_i64x2(even01, even23, 0x88);
  const __m512i w26_0123 = _mm512_shuffle_i64x2(even01, even23, 0xdd);
  const __m512i w04_4567 = _mm512_shuffle_i64x2(even45, even67, 0x88);
  const __m512i w26_4567 = _mm512_shuffle_i64x2(even45, even67, 0xdd);
  const __m512i w15_0123 = _mm512_shuffle_i64x2(odd01, odd23, 0x88);
  const __m512i w37_0123 = _mm512_shuffle_i64x2(odd01, odd23, 0xdd);
  const __m512i w15_4567 = _mm512_shuffle_i64x2(odd45, odd67, 0x88);
  const __m512i w37_4567 = _mm512_shuffle_i64x2(odd45, odd67, 0xdd);
  to[0] = _mm512_shuffle_i64x2(w04_0123, w04_4567, 0x88);
  to[1] = _mm512_shuffle_i64x2(w15_0123, w15_4567, 0x88);
  to[2] = _mm512_shuffle_i64x2(w26_0123, w26_4567, 0x88);
  to[3] = _mm512_shuffle_i64x2(w37_0123, w37_4567, 0x88);
  to[4] = _mm512_shuffle_i64x2(w04_0123, w04_4567, 0xdd);
  to[5] = _mm512_shuffle_i64x2(w15_0123, w15_4567, 0xdd);
  to[6] = _mm512_shuffle_i64x2(w26_0123, w26_4567, 0xdd);
  to[7] = _mm512_shuffle_i64x2(w37_0123, w37_4567, 0xdd);
}

// Eight message words of each lane, from one piece of each.
CHOPMARK_INLINE void sha512x8_load(__m512i w[8], const std::uint8_t* const pieces[8]) {
  const __m512i big_endian =
      _mm512_broadcast_i32x4(_mm_set_epi64x(0x08090a0b0c0d0e0f, 0x0001020304050607));
  const __m512i row[8] = {_mm512_loadu_si512(pieces[0]), _mm512_loadu_si512(pieces[1]),
                          _mm512_loadu_si512(pieces[2]), _mm512_loadu_si512(pieces[3]),
                          _mm512_loadu_si512(pieces[4]), _mm512_loadu_si512(pieces[5]),
                          _mm512_loadu_si512(pieces[6]), _mm512_loadu_si512(pieces[7])};
  __m512i words[8];
  transpose8x8(words, row);
  for (int i = 0; i < 8; ++i)
    w[i] = _mm512_shuffle_epi8(words[i], big_endian);
}

CHOPMARK_INLINE __m512i xor3(__m512i x, __m512i y, __m512i z) {
  return _mm512_ternarylogic_epi64(x, y, z, 0x96);
}

// The word 16 places on, into the place of word j.
template <int j>
CHOPMARK_INLINE void sha512x8_schedule(__m512i w[16]) {
  const __m512i x = w[(j + 1) & 15];
  const __m512i y = w[(j + 14) & 15];
  const __m512i s0 = xor3(_mm512_ror_epi64(x, 1), _mm512_ror_epi64(x, 8), _mm512_srli_epi64(x, 7));
  const __m512i s1 =
      xor3(_mm512_ror_epi64(y, 19), _mm512_ror_epi64(y, 61), _mm512_srli_epi64(y, 6));
  w[j] = _mm512_add_epi64(_mm512_add_epi64(w[j], w[(j + 9) & 15]), _mm512_add_epi64(s0, s1));
}

// Round j of sixteen; the words a..h of the state are renamed, not moved.
template <int j>
CHOPMARK_INLINE void sha512x8_round(__m512i v[8], const __m512i w[16], const std::uint64_t* k) {
  const __m512i a = v[(0 - j) & 7], b = v[(1 - j) & 7], c = v[(2 - j) & 7];
  const __m512i e = v[(4 - j) & 7], f = v[(5 - j) & 7], g = v[(6 - j) & 7];
  __m512i& d = v[(3 - j) & 7];
  __m512i& h = v[(7 - j) & 7];
  const __m512i word = _mm512_add_epi64(w[j], _mm512_set1_epi64(static_cast<long long>(k[j])));
  const __m512i sum1 =
      xor3(_mm512_ror_epi64(e, 14), _mm512_ror_epi64(e, 18), _mm512_ror_epi64(e, 41));
  const __m512i sum0 =
      xor3(_mm512_ror_epi64(a, 28), _mm512_ror_epi64(a, 34), _mm512_ror_epi64(a, 39));
  const __m512i choice = _mm512_ternarylogic_epi64(e, f, g, 0xca);
  const __m512i majority = _mm512_ternarylogic_epi64(a, b, c, 0xe8);
  h = _mm512_add_epi64(_mm512_add_epi64(h, word), _mm512_add_epi64(sum1, choice));
  d = _mm512_add_epi64(d, h);
  h = _mm512_add_epi64(h, _mm512_add_epi64(sum0, majority));
}

// Round j of kUsed vectors, then their word j + 16 unless these are the last sixteen rounds.
template <int j, std::size_t kUsed, bool kLast>
CHOPMARK_INLINE void sha512x8_step(__m512i v[kUsed][8], __m512i w[kUsed][16],
                                   const std::uint64_t* k) {
  sha512x8_round<j>(v[0], w[0], k);
  if constexpr (kUsed == 2) sha512x8_round<j>(v[1], w[1], k);
  if constexpr (!kLast) {
    sha512x8_schedule<j>(w[0]);
    if constexpr (kUsed == 2) sha512x8_schedule<j>(w[1]);
  }
}

template <std::size_t kUsed, bool kLast>
CHOPMARK_INLINE void sha512x8_sixteen(__m512i v[kUsed][8], __m512i w[kUsed][16],
                                      const std::uint64_t* k) {
  sha512x8_step<0, kUsed, kLast>(v, w, k);
  sha512x8_step<1, kUsed, kLast>(v, w, k);
  sha512x8_step<2, kUsed, kLast>(v, w, k);
  sha512x8_step<3, kUsed, kLast>(v, w, k);
  sha512x8_step<4, kUsed, kLast>(v, w, k);
  sha512x8_step<5, kUsed, kLast>(v, w, k);
  sha512x8_step<6, kUsed, kLast>(v, w, k);
  sha512x8_step<7, kUsed, kLast>(v, w, k);
  sha512x8_step<8, kUsed, kLast>(v, w, k);
  sha512x8_step<9, kUsed, kLast>(v, w, k);
  sha512x8_step<10, kUsed, kLast>(v, w, k);
  sha512x8_step<11, kUsed, kLast>(v, w, k);
  sha512x8_step<12, kUsed, kLast>(v, w, k);
  sha512x8_step<13, kUsed, kLast>(v, w, k);
  sha512x8_step<14, kUsed, kLast>(v, w, k);
  sha512x8_step<15, kUsed, kLast>(v, w, k);
}

// The state of one vector before the block: its own, or the initial one in fresh lanes.
template <class Group>
CHOPMARK_INLINE void sha512x8_begin(Group& group) {
  for (int i = 0; i < 8; ++i) {
    const __m512i initial = _mm512_set1_epi64(static_cast<long long>(group.initial[i]));
    const __m512i kept = _mm512_load_si512(group.state[i]);
    const auto fresh = static_cast<__mmask8>(group.fresh);
    _mm512_store_si512(group.state[i], _mm512_mask_mov_epi64(kept, fresh, initial));
  }
}

struct Sha512x8 {
  using Word = std::uint64_t;
  static constexpr std::size_t kLanes = 8;
  static constexpr std::size_t kGroups = 2;
  static constexpr std::size_t kPieces = 2;
  static constexpr std::size_t kLengthBytes = 16;
  static constexpr bool kBigEndian = true;
  static constexpr std::size_t kFewLanes = 0;

  // For InStep.
  static constexpr std::size_t kInStep = 2 * kLanes;
  static constexpr std::size_t kDigestBytes = 64;
  static constexpr std::uint8_t kMark = 0x80;
  struct State {
    __m512i v[2][8];
  };
  static std::size_t blocks_of(std::size_t bytes) { return (bytes + 16) / 128 + 1; }
  static CHOPMARK_INLINE void close_piece(std::uint8_t* piece, std::size_t bytes) {
    store_be_bits(piece, bytes);
  }
  static void begin(State& state) {
    for (int i = 0; i < 8; ++i) {
      const __m512i word = _mm512_set1_epi64(static_cast<long long>(kSha512Initial[i]));
      state.v[0][i] = state.v[1][i] = word;
    }
  }
  static void absorb(State& state, const std::uint8_t* const rows[kPieces][kInStep],
                     const BlockOf&) {
    __m512i v[2][8];
    __m512i w[2][16];
    sha512x8_load(w[0], rows[0]);
    sha512x8_load(w[0] + 8, rows[1]);
    sha512x8_load(w[1], rows[0] + kLanes);
    sha512x8_load(w[1] + 8, rows[1] + kLanes);
    copy(v[0], state.v[0]);
    copy(v[1], state.v[1]);
    rounds<2>(v, w);
    add(state.v[0], v[0]);
    add(state.v[1], v[1]);
  }
  static void end(std::uint8_t* out, const State& state) {
    store(out, state.v[0]);
    store(out + kDigestBytes * kLanes, state.v[1]);
  }

  template <std::size_t kUsed>
  static void compress(HashGroup<Sha512x8>* const* groups) {
    __m512i v[kUsed][8];
    __m512i w[kUsed][16];
    for (std::size_t g = 0; g < kUsed; ++g) {
      sha512x8_load(w[g], groups[g]->pieces[0]);
      sha512x8_load(w[g] + 8, groups[g]->pieces[1]);
      sha512x8_begin(*groups[g]);
    }
    load_state(v[0], *groups[0]);
    if constexpr (kUsed == 2) load_state(v[1], *groups[1]);
    rounds<kUsed>(v, w);
    add_to_state(*groups[0], v[0]);
    if constexpr (kUsed == 2) add_to_state(*groups[1], v[1]);
  }

 private:
  template <std::size_t kUsed>
  static CHOPMARK_INLINE void rounds(__m512i v[kUsed][8], __m512i w[kUsed][16]) {
    for (int round = 0; round < 64; round += 16)
      sha512x8_sixteen<kUsed, false>(v, w, kSha512Round + round);
    sha512x8_sixteen<kUsed, true>(v, w, kSha512Round + 64);
  }
  static CHOPMARK_INLINE void copy(__m512i to[8], const __m512i from[8]) {
    to[0] = from[0], to[1] = from[1], to[2] = from[2], to[3] = from[3];
    to[4] = from[4], to[5] = from[5], to[6] = from[6], to[7] = from[7];
  }
  static CHOPMARK_INLINE void add(__m512i to[8], const __m512i v[8]) {
    to[0] = _mm512_add_epi64(to[0], v[0]), to[1] = _mm512_add_epi64(to[1], v[1]);
    to[2] = _mm512_add_epi64(to[2], v[2]), to[3] = _mm512_add_epi64(to[3], v[3]);
    to[4] = _mm512_add_epi64(to[4], v[4]), to[5] = _mm512_add_epi64(to[5], v[5]);
    to[6] = _mm512_add_epi64(to[6], v[6]), to[7] = _mm512_add_epi64(to[7], v[7]);
  }
  // The 64 bytes of each lane, one lane after the other.
  static CHOPMARK_INLINE void store(std::uint8_t* out, const __m512i v[8]) {
    const __m512i big_endian =
        _mm512_broadcast_i32x4(_mm_set_epi64x(0x08090a0b0c0d0e0f, 0x0001020304050607));
    __m512i lanes[8];
    transpose8x8(lanes, v);
    for (int i = 0; i < 8; ++i)
      _mm512_storeu_si512(out + 64 * i, _mm512_shuffle_epi8(lanes[i], big_endian));
  }
  static CHOPMARK_INLINE void load_state(__m512i v[8], const HashGroup<Sha512x8>& group) {
    v[0] = _mm512_load_si512(group.state[0]);
    v[1] = _mm512_load_si512(group.state[1]);
    v[2] = _mm512_load_si512(group.state[2]);
    v[3] = _mm512_load_si512(group.state[3]);
    v[4] = _mm512_load_si512(group.state[4]);
    v[5] = _mm512_load_si512(group.state[5]);
    v[6] = _mm512_load_si512(group.state[6]);
    v[7] = _mm512_load_si512(group.state[7]);
  }
  static CHOPMARK_INLINE void add_word(HashGroup<Sha512x8>& group, int i, __m512i word) {
    _mm512_store_si512(group.state[i], _mm512_add_epi64(_mm512_load_si512(group.state[i]), word));
  }
  static CHOPMARK_INLINE void add_to_state(HashGroup<Sha512x8>& group, const __m512i v[8]) {
    add_word(group, 0, v[0]);
    add_word(group, 1, v[1]);
    add_word(group, 2, v[2]);
    add_word(group, 3, v[3]);
    add_word(group, 4, v[4]);
    add_word(group, 5, v[5]);
    add_word(group, 6, v[6]);
    add_word(group, 7, v[7]);
  }
};

void sha512_many_x8(std::uint8_t* out, const std::uint8_t* prefixes, const RawView* items,
                    std::size_t count) {
  // One lane alone is no faster than one stream.
  if (count < 2) return sha512_many_portable(out, prefixes, items, count);
  const ManyHash<Sha512x8>::Task task{out, prefixes, items, count, kSha512Initial};
  if (prefixes == nullptr) return InStep<Sha512x8, Sha512x8, Before::nothing>(task).run();
  InStep<Sha512x8, Sha512x8, Before::prefix>(task).run();
}

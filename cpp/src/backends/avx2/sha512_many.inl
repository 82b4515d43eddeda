// SPDX-License-Identifier: Apache-2.0
// SHA-512 of many, four lanes of 64 bits in a vector.

CHOPMARK_INLINE __m256i load256(const void* from) {
  return _mm256_loadu_si256(static_cast<const __m256i*>(from));
}
CHOPMARK_INLINE void store256(void* to, __m256i value) {
  _mm256_storeu_si256(static_cast<__m256i*>(to), value);
}

// Four message words of each lane, from 32 bytes of each.
CHOPMARK_INLINE void sha512x4_load(__m256i w[4], const std::uint8_t* const pieces[4],
                                   std::size_t at) {
  const __m256i big_endian = _mm256_set_epi64x(0x08090a0b0c0d0e0f, 0x0001020304050607,
                                               0x08090a0b0c0d0e0f, 0x0001020304050607);
  const __m256i row0 = load256(pieces[0] + at);
  const __m256i row1 = load256(pieces[1] + at);
  const __m256i row2 = load256(pieces[2] + at);
  const __m256i row3 = load256(pieces[3] + at);
  const __m256i even01 = _mm256_unpacklo_epi64(row0, row1);
  const __m256i odd01 = _mm256_unpackhi_epi64(row0, row1);
  const __m256i even23 = _mm256_unpacklo_epi64(row2, row3);
  const __m256i odd23 = _mm256_unpackhi_epi64(row2, row3);
  // 0x20 takes the low halves of both, 0x31 the high ones.
  w[0] = _mm256_shuffle_epi8(_mm256_permute2x128_si256(even01, even23, 0x20), big_endian);
  w[1] = _mm256_shuffle_epi8(_mm256_permute2x128_si256(odd01, odd23, 0x20), big_endian);
  w[2] = _mm256_shuffle_epi8(_mm256_permute2x128_si256(even01, even23, 0x31), big_endian);
  w[3] = _mm256_shuffle_epi8(_mm256_permute2x128_si256(odd01, odd23, 0x31), big_endian);
}

template <int kBits>
CHOPMARK_INLINE __m256i rotated_right64(__m256i x) {
  return _mm256_or_si256(_mm256_srli_epi64(x, kBits), _mm256_slli_epi64(x, 64 - kBits));
}

// The xor of three rotations.
template <int kFirst, int kSecond, int kThird>
CHOPMARK_INLINE __m256i rotations64(__m256i x) {
  return _mm256_xor_si256(_mm256_xor_si256(rotated_right64<kFirst>(x), rotated_right64<kSecond>(x)),
                          rotated_right64<kThird>(x));
}

// The xor of two rotations and a shift.
template <int kFirst, int kSecond, int kShift>
CHOPMARK_INLINE __m256i schedule64(__m256i x) {
  return _mm256_xor_si256(_mm256_xor_si256(rotated_right64<kFirst>(x), rotated_right64<kSecond>(x)),
                          _mm256_srli_epi64(x, kShift));
}

// Round j of sixteen, then the word 16 places on unless these are the last sixteen rounds. The
// words a..h of the state are renamed, not moved.
template <int j, bool kLast>
CHOPMARK_INLINE void sha512x4_round(__m256i v[8], __m256i w[16], const std::uint64_t* k) {
  const __m256i a = v[(0 - j) & 7], b = v[(1 - j) & 7], c = v[(2 - j) & 7];
  const __m256i e = v[(4 - j) & 7], f = v[(5 - j) & 7], g = v[(6 - j) & 7];
  __m256i& d = v[(3 - j) & 7];
  __m256i& h = v[(7 - j) & 7];
  const __m256i word = _mm256_add_epi64(w[j], _mm256_set1_epi64x(static_cast<long long>(k[j])));
  const __m256i choice = _mm256_xor_si256(g, _mm256_and_si256(e, _mm256_xor_si256(f, g)));
  const __m256i majority =
      _mm256_or_si256(_mm256_and_si256(a, b), _mm256_and_si256(c, _mm256_or_si256(a, b)));
  h = _mm256_add_epi64(_mm256_add_epi64(h, word),
                       _mm256_add_epi64(rotations64<14, 18, 41>(e), choice));
  d = _mm256_add_epi64(d, h);
  h = _mm256_add_epi64(h, _mm256_add_epi64(rotations64<28, 34, 39>(a), majority));
  if constexpr (!kLast) {
    const __m256i s0 = schedule64<1, 8, 7>(w[(j + 1) & 15]);
    const __m256i s1 = schedule64<19, 61, 6>(w[(j + 14) & 15]);
    w[j] = _mm256_add_epi64(_mm256_add_epi64(w[j], w[(j + 9) & 15]), _mm256_add_epi64(s0, s1));
  }
}

template <bool kLast>
CHOPMARK_INLINE void sha512x4_sixteen(__m256i v[8], __m256i w[16], const std::uint64_t* k) {
  sha512x4_round<0, kLast>(v, w, k);
  sha512x4_round<1, kLast>(v, w, k);
  sha512x4_round<2, kLast>(v, w, k);
  sha512x4_round<3, kLast>(v, w, k);
  sha512x4_round<4, kLast>(v, w, k);
  sha512x4_round<5, kLast>(v, w, k);
  sha512x4_round<6, kLast>(v, w, k);
  sha512x4_round<7, kLast>(v, w, k);
  sha512x4_round<8, kLast>(v, w, k);
  sha512x4_round<9, kLast>(v, w, k);
  sha512x4_round<10, kLast>(v, w, k);
  sha512x4_round<11, kLast>(v, w, k);
  sha512x4_round<12, kLast>(v, w, k);
  sha512x4_round<13, kLast>(v, w, k);
  sha512x4_round<14, kLast>(v, w, k);
  sha512x4_round<15, kLast>(v, w, k);
}

struct Sha512x4 {
  using Word = std::uint64_t;
  static constexpr std::size_t kLanes = 4;
  static constexpr std::size_t kGroups = 1;
  static constexpr std::size_t kPieces = 2;
  static constexpr std::size_t kLengthBytes = 16;
  static constexpr bool kBigEndian = true;
  static constexpr std::size_t kFewLanes = 0;

  template <std::size_t kUsed>
  static void compress(HashGroup<Sha512x4>* const* groups) {
    static_assert(kUsed == 1);
    HashGroup<Sha512x4>& group = *groups[0];
    __m256i w[16];
    sha512x4_load(w, group.pieces[0], 0);
    sha512x4_load(w + 4, group.pieces[0], 32);
    sha512x4_load(w + 8, group.pieces[1], 0);
    sha512x4_load(w + 12, group.pieces[1], 32);
    begin(group);
    __m256i v[8] = {load256(group.state[0]), load256(group.state[1]), load256(group.state[2]),
                    load256(group.state[3]), load256(group.state[4]), load256(group.state[5]),
                    load256(group.state[6]), load256(group.state[7])};
    for (int round = 0; round < 64; round += 16)
      sha512x4_sixteen<false>(v, w, kSha512Round + round);
    sha512x4_sixteen<true>(v, w, kSha512Round + 64);
    add_word(group, 0, v[0]);
    add_word(group, 1, v[1]);
    add_word(group, 2, v[2]);
    add_word(group, 3, v[3]);
    add_word(group, 4, v[4]);
    add_word(group, 5, v[5]);
    add_word(group, 6, v[6]);
    add_word(group, 7, v[7]);
  }

 private:
  // The initial state into fresh lanes.
  static CHOPMARK_INLINE void begin(HashGroup<Sha512x4>& group) {
    const __m256i bit = _mm256_set_epi64x(8, 4, 2, 1);
    const __m256i fresh = _mm256_cmpeq_epi64(
        _mm256_and_si256(_mm256_set1_epi64x(static_cast<long long>(group.fresh)), bit), bit);
    for (int i = 0; i < 8; ++i) {
      const __m256i initial = _mm256_set1_epi64x(static_cast<long long>(group.initial[i]));
      const __m256i kept = load256(group.state[i]);
      store256(group.state[i], _mm256_blendv_epi8(kept, initial, fresh));
    }
  }
  static CHOPMARK_INLINE void add_word(HashGroup<Sha512x4>& group, int i, __m256i word) {
    store256(group.state[i], _mm256_add_epi64(load256(group.state[i]), word));
  }
};

void sha512_many_x4(std::uint8_t* out, const std::uint8_t* prefixes, const RawView* items,
                    std::size_t count) {
  // One lane alone is no faster than one stream.
  if (count < 2) return sha512_many_portable(out, prefixes, items, count);
  ManyHash<Sha512x4>({out, prefixes, items, count, kSha512Initial}).run();
}

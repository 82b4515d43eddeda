// SPDX-License-Identifier: Apache-2.0
// The Vec of cpp/src/backends/avx512ifma/vec8.inl as an array: what the kernels of lanes/ are
// written over, by definition and for every processor.

struct Vec {
  std::uint64_t lane[8];
};
using Mask = std::uint8_t;  // bit i is lane i
constexpr unsigned kLanes = 8;

template <class Function>
inline Vec in_each_lane(Function function) {
  Vec r{};
  for (unsigned i = 0; i < kLanes; ++i)
    r.lane[i] = function(i);
  return r;
}
template <class Function>
inline Mask lanes_where(Function function) {
  unsigned mask = 0;
  for (unsigned i = 0; i < kLanes; ++i)
    mask |= (function(i) ? 1U : 0U) << i;
  return static_cast<Mask>(mask);
}

inline Vec splat(std::uint64_t word) {
  return in_each_lane([&](unsigned) { return word; });
}
inline Vec opaque_splat(std::uint64_t word) {
  return splat(word);
}
inline Vec load(const std::uint64_t* words) {
  return in_each_lane([&](unsigned i) { return words[i]; });
}
inline void store(std::uint64_t* words, const Vec& a) {
  for (unsigned i = 0; i < kLanes; ++i)
    words[i] = a.lane[i];
}
inline Vec add(const Vec& a, const Vec& b) {
  return in_each_lane([&](unsigned i) { return a.lane[i] + b.lane[i]; });
}
inline Vec sub(const Vec& a, const Vec& b) {
  return in_each_lane([&](unsigned i) { return a.lane[i] - b.lane[i]; });
}
inline Vec bits_and(const Vec& a, const Vec& b) {
  return in_each_lane([&](unsigned i) { return a.lane[i] & b.lane[i]; });
}
inline Vec bits_or(const Vec& a, const Vec& b) {
  return in_each_lane([&](unsigned i) { return a.lane[i] | b.lane[i]; });
}
template <unsigned n>
inline Vec shifted_left(const Vec& a) {
  return in_each_lane([&](unsigned i) { return a.lane[i] << n; });
}
template <unsigned n>
inline Vec shifted_right(const Vec& a) {
  return in_each_lane([&](unsigned i) { return a.lane[i] >> n; });
}
template <unsigned n>
inline Vec shifted_right_signed(const Vec& a) {
  return in_each_lane([&](unsigned i) {
    return static_cast<std::uint64_t>(static_cast<std::int64_t>(a.lane[i]) >> n);
  });
}
inline Vec bits_xor(const Vec& a, const Vec& b) {
  return in_each_lane([&](unsigned i) { return a.lane[i] ^ b.lane[i]; });
}
inline Vec times(const Vec& a, const Vec& b) {
  return in_each_lane([&](unsigned i) { return a.lane[i] * b.lane[i]; });
}

// The multiplier reads 52 bits of each factor and gives 104 bits in two halves.
constexpr std::uint64_t kLower52 = (std::uint64_t{1} << 52) - 1;
inline unsigned __int128 product_52(std::uint64_t a, std::uint64_t b) {
  return static_cast<unsigned __int128>(a & kLower52) * (b & kLower52);
}
inline Vec madd_lo(const Vec& sum, const Vec& a, const Vec& b) {
  return in_each_lane([&](unsigned i) {
    return sum.lane[i] + (static_cast<std::uint64_t>(product_52(a.lane[i], b.lane[i])) & kLower52);
  });
}
inline Vec madd_hi(const Vec& sum, const Vec& a, const Vec& b) {
  return in_each_lane([&](unsigned i) {
    return sum.lane[i] + static_cast<std::uint64_t>(product_52(a.lane[i], b.lane[i]) >> 52);
  });
}
inline Vec select(Mask mask, const Vec& a, const Vec& b) {
  return in_each_lane([&](unsigned i) { return ((mask >> i) & 1) != 0 ? b.lane[i] : a.lane[i]; });
}
inline Mask equal(const Vec& a, const Vec& b) {
  return lanes_where([&](unsigned i) { return a.lane[i] == b.lane[i]; });
}
inline bool all_below(const Vec& a, const Vec& bound) {
  return lanes_where([&](unsigned i) { return a.lane[i] < bound.lane[i]; }) == 0xff;
}

/// Words from .. end - 1 of the rows: lane i of columns[j] is rows[i][j].
inline void load_words(Vec* columns, const std::uint64_t* const rows[8], unsigned from,
                       unsigned end) {
  for (unsigned j = from; j < end; ++j)
    columns[j] = in_each_lane([&](unsigned i) { return rows[i][j]; });
}
inline void store_words(std::uint64_t* const rows[8], const Vec* columns, unsigned from,
                        unsigned end) {
  for (unsigned i = 0; i < kLanes; ++i) {
    for (unsigned j = from; j < end; ++j)
      rows[i][j] = columns[j].lane[i];
  }
}
template <unsigned part>
inline void load_part(Vec* columns, const std::uint64_t* const rows[8]) {
  load_words(columns, rows, 8 * part, part < 2 ? 8 * part + 8 : 20);
}
template <unsigned part>
inline void store_part(std::uint64_t* const rows[8], const Vec* columns) {
  store_words(rows, columns, 8 * part, part < 2 ? 8 * part + 8 : 20);
}
inline void load_columns(Vec* columns, const std::uint64_t* const rows[8], unsigned count) {
  load_words(columns, rows, 0, count);
}
inline void store_columns(std::uint64_t* const rows[8], const Vec* columns, unsigned count) {
  store_words(rows, columns, 0, count);
}

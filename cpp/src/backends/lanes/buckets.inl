// SPDX-License-Identifier: Apache-2.0
// Bucket sums of a multi-scalar multiplication: each lane is one window of the scalars and owns its
// buckets, so all lanes add the same point (which needs no gathering) and never meet in a bucket.

template <unsigned kBits>
struct Buckets {
  static constexpr unsigned kRows = (1U << (kBits - 1)) + 1;  // by |digit|; row 0 is never read
  static constexpr std::size_t kGroupWords = std::size_t{kLanes} * kRows * kRowWords;
  static constexpr unsigned kLongGroups = 256 / kBits / kLanes;
  static constexpr unsigned kShortGroups = 128 / kBits / kLanes;
  // Narrow windows have few buckets: all groups together, so that two additions to one bucket lie
  // far apart. Wide windows: one group at a time, whose buckets stay in the cache.
  static constexpr unsigned kTogether = kBits == 8 ? 1 : kLongGroups;
  static_assert(kGroupWords * kTogether <= sig::kScratchWords);
};

template <unsigned kBits>
inline std::uint64_t* bucket(std::uint64_t* group, unsigned lane, unsigned row) {
  return group + (std::size_t{lane} * Buckets<kBits>::kRows + row) * kRowWords;
}

template <unsigned kBits>
void clear(std::uint64_t* group) {
  const LaneSums identity = identity_sums();
  for (unsigned row = 0; row < Buckets<kBits>::kRows; ++row) {
    std::uint64_t* rows[kLanes];
    for (unsigned lane = 0; lane < kLanes; ++lane)
      rows[lane] = bucket<kBits>(group, lane, row);
    store_sums(rows, identity);
  }
}

/// Adds the point with these digits in one group. The words of the buckets move in three parts, put
/// between the products: the multipliers need not wait for all of them.
template <unsigned kBits>
LANE_INLINE void add_to_buckets(std::uint64_t* group, const std::uint64_t* point,
                                const std::int8_t digits[kLanes]) {
  std::uint64_t* rows[kLanes];
  unsigned signs = 0;
  for (unsigned lane = 0; lane < kLanes; ++lane) {
    const int digit = digits[lane];
    signs |= (digit < 0 ? 1U : 0U) << lane;
    rows[lane] = bucket<kBits>(group, lane, static_cast<unsigned>(digit < 0 ? -digit : digit));
  }
  const auto negative = static_cast<Mask>(signs);
  const LaneNiels q = splat_niels(point);
  Vec words[20];
  load_part<0>(words, rows);
  const LaneRaw b = product(fe_at(words), select(negative, q.y_plus_x, q.y_minus_x));
  load_part<1>(words, rows);
  const LaneRaw a = product(fe_at(words + 5), select(negative, q.y_minus_x, q.y_plus_x));
  load_part<2>(words, rows);
  const LaneRaw c = product(fe_at(words + 15), q.t2d);
  const LaneFe z = fe_at(words + 10);
  const LaneCompleted sum = completed(a, b, c, add(raw(z), raw(z)), negative);
  const LaneRaw x = product(sum.f, sum.e);
  const LaneRaw y = product(sum.g, sum.h);
  put_fe(words, factor(add(y, x)));
  put_fe(words + 5, factor(sub(y, x)));
  store_part<0>(rows, words);
  put_fe(words + 10, mul(sum.f, sum.g));
  put_fe(words + 15, mul(sum.e, sum.h));
  store_part<1>(rows, words);
  store_part<2>(rows, words);
}

/// The digits of base 2^kBits of a scalar given in digits of base 256.
template <unsigned kBits>
inline const std::int8_t* windows_of(std::int8_t* made, const std::int8_t* digits, unsigned bytes) {
  if constexpr (kBits == 8) return digits;
  for (unsigned i = 0; i < bytes; ++i) {
    const int low = ((digits[i] + 8) & 15) - 8;
    made[2 * i] = static_cast<std::int8_t>(low);
    made[2 * i + 1] = static_cast<std::int8_t>((digits[i] - low) / 16);  // exact, in [-8, 8]
  }
  return made;
}

/// The terms' digits of windows kLanes * first .. into the groups' buckets.
template <unsigned kBits>
void fill(std::uint64_t* scratch, const sig::Terms& terms, unsigned first) {
  using B = Buckets<kBits>;
  std::int8_t made[64];
  for (std::size_t i = 0; i < terms.long_count; ++i) {
    const std::int8_t* digits = windows_of<kBits>(made, terms.long_digits + 32 * i, 32);
    for (unsigned g = 0; g < B::kTogether; ++g)
      add_to_buckets<kBits>(scratch + g * B::kGroupWords, words_of(terms.long_points[i]),
                            digits + kLanes * (first + g));
  }
  for (std::size_t i = 0; first < B::kShortGroups && i < terms.short_count; ++i) {
    const std::int8_t* digits = windows_of<kBits>(made, terms.short_digits + 16 * i, 16);
    for (unsigned g = 0; g < B::kTogether && first + g < B::kShortGroups; ++g)
      add_to_buckets<kBits>(scratch + g * B::kGroupWords, words_of(terms.short_points + i),
                            digits + kLanes * (first + g));
  }
}

/// sum(row * bucket of that row) in each lane.
template <unsigned kBits>
LaneSums weighted_sum(std::uint64_t* group) {
  LaneSums running = identity_sums();
  LaneSums total = identity_sums();
  for (unsigned row = Buckets<kBits>::kRows; --row != 0;) {
    const std::uint64_t* rows[kLanes];
    for (unsigned lane = 0; lane < kLanes; ++lane)
      rows[lane] = bucket<kBits>(group, lane, row);
    running = add(load_sums(rows), running);
    total = add(total, running);
  }
  return total;
}

template <unsigned kBits>
void window_sums_of(curve25519::Point* sums, const sig::Terms& terms) {
  using B = Buckets<kBits>;
  for (unsigned first = 0; first < B::kLongGroups; first += B::kTogether) {
    for (unsigned g = 0; g < B::kTogether; ++g)
      clear<kBits>(terms.scratch + g * B::kGroupWords);
    fill<kBits>(terms.scratch, terms, first);
    for (unsigned g = 0; g < B::kTogether; ++g) {
      std::uint64_t* rows[kLanes];
      for (unsigned lane = 0; lane < kLanes; ++lane)
        rows[lane] = words_of(sums + kLanes * (first + g) + lane);
      store_points(rows, weighted_sum<kBits>(terms.scratch + g * B::kGroupWords));
    }
  }
}

/// Kernels::window_sums.
void window_sums(curve25519::Point* sums, const sig::Terms& terms) {
  if (terms.window_bits == 8) return window_sums_of<8>(sums, terms);
  window_sums_of<4>(sums, terms);
}

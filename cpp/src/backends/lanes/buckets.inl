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

template <unsigned kBits>
inline void add_to_buckets(std::uint64_t* group, const std::uint64_t* point,
                           const std::int8_t digits[kLanes]) {
  std::uint64_t* rows[kLanes];
  unsigned negative = 0;
  for (unsigned lane = 0; lane < kLanes; ++lane) {
    const int digit = digits[lane];
    negative |= (digit < 0 ? 1U : 0U) << lane;
    rows[lane] = bucket<kBits>(group, lane, static_cast<unsigned>(digit < 0 ? -digit : digit));
  }
  const LaneSums before = load_sums(rows);
  store_sums(rows, to_sums(add(before, splat_niels(point), static_cast<Mask>(negative))));
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
  const auto add_all = [&](const curve25519::Niels* point, const std::int8_t* digits,
                           unsigned groups) __attribute__((always_inline)) {
    for (unsigned g = 0; g < B::kTogether && first + g < groups; ++g) {
      add_to_buckets<kBits>(scratch + g * B::kGroupWords, words_of(point),
                            digits + kLanes * (first + g));
    }
  };
  for (std::size_t i = 0; i < terms.long_count; ++i)
    add_all(terms.long_points[i], windows_of<kBits>(made, terms.long_digits + 32 * i, 32),
            B::kLongGroups);
  if (first >= B::kShortGroups) return;
  for (std::size_t i = 0; i < terms.short_count; ++i)
    add_all(terms.short_points + i, windows_of<kBits>(made, terms.short_digits + 16 * i, 16),
            B::kShortGroups);
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

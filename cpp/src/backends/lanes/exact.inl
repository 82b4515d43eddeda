// SPDX-License-Identifier: Apache-2.0
// One verification in each lane: P = s B - k A by windows of fixed width, 5 bits for A from a table
// of each lane, 8 bits for B from one table for all. Several groups share one inversion, after
// which P is compared with R as it was sent; what differs is refused under the strict rule, and
// under zip215 it is decoded and compared again up to small order.

constexpr int kKeyBits = 5;
constexpr int kKeyWindows = 51;                         // 255 bits: k < L < 2^253 leaves no carry
constexpr int kKeyEntries = (1 << (kKeyBits - 1)) + 1;  // 0 .. 16
constexpr int kBaseBits = 8;
constexpr int kBaseWindows = 32;
static_assert(curve25519::kBaseMultiples == (1 << (kBaseBits - 1)) + 1);
constexpr std::size_t kGroupsTogether = 8;  // even

/// Digits in [-2^(width-1), 2^(width-1)] with scalar = sum(digits[kLanes j] 2^(width j)).
inline void fixed_digits(std::int16_t* digits, const std::uint64_t words[4], int width,
                         int windows) {
  int carried = 0;
  const int half = 1 << (width - 1);
  for (int j = 0; j < windows; ++j) {
    const int at = j * width;
    const int word = at / 64;
    const int shift = at % 64;
    std::uint64_t bits = words[word] >> shift;
    if (shift + width > 64 && word < 3) bits |= words[word + 1] << (64 - shift);
    int digit = static_cast<int>(bits & ((std::uint64_t{1} << width) - 1)) + carried;
    carried = digit > half ? 1 : 0;
    digit -= carried << width;
    digits[static_cast<int>(kLanes) * j] = static_cast<std::int16_t>(digit);
  }
}

/// rows[i] = table of lane i, entry |digit|; returns the lanes whose digit is negative.
inline Mask choose_rows(const std::uint64_t* rows[kLanes], const std::uint64_t* table,
                        std::size_t lane_words, std::size_t entry_words,
                        const std::int16_t digits[kLanes]) {
  unsigned negative = 0;
  for (unsigned i = 0; i < kLanes; ++i) {
    const int digit = digits[i];
    negative |= (digit < 0 ? 1U : 0U) << i;
    const auto entry = static_cast<std::size_t>(digit < 0 ? -digit : digit);
    rows[i] = table + i * lane_words + entry * entry_words;
  }
  return static_cast<Mask>(negative);
}

struct KeyTables {
  alignas(64) std::uint64_t entry[kLanes][kKeyEntries][kRowWords];
};

inline void put_entry(KeyTables& tables, int at, const LaneCached& q) {
  std::uint64_t* rows[kLanes];
  for (unsigned i = 0; i < kLanes; ++i)
    rows[i] = tables.entry[i][at];
  store_sums(rows, {q.y_plus_x, q.y_minus_x, q.z2, q.t2d});
}

/// 0, q, ..., 16 q in each lane.
void make_tables(KeyTables& tables, const LaneNiels& q) {
  put_entry(tables, 0, to_cached(identity_sums()));
  put_entry(tables, 1, {q.y_plus_x, q.y_minus_x, small_fe(2), q.t2d});
  LaneSums multiple = to_sums(add(identity_sums(), q, 0));
  for (int i = 2; i < kKeyEntries; ++i) {
    multiple = to_sums(add(multiple, q, 0));
    put_entry(tables, i, to_cached(multiple));
  }
}

/// The digits of each lane's k and s.
struct Digits {
  std::int16_t key[kKeyWindows][kLanes];
  std::int16_t base[kBaseWindows][kLanes];
};
void find_digits(Digits& digits, const sig::Equation* const items[kLanes]) {
  for (unsigned i = 0; i < kLanes; ++i) {
    fixed_digits(digits.key[0] + i, words_of(&items[i]->k), kKeyBits, kKeyWindows);
    fixed_digits(digits.base[0] + i, words_of(&items[i]->s), kBaseBits, kBaseWindows);
  }
}

constexpr std::size_t kNielsWords = sizeof(curve25519::Niels) / 8;
using curve25519::BaseComb;
using curve25519::KeyComb;
static_assert(KeyComb::kBits == kKeyBits && KeyComb::kWindows == kKeyWindows);
static_assert(BaseComb::kBits == kBaseBits && BaseComb::kWindows == kBaseWindows);

/// The entries of a window's table that the lanes' digits name; returns the lanes whose digit is
/// negative. `table(lane)` is that of the lane.
template <class Table>
LANE_INLINE unsigned choose_entries(const std::uint64_t* rows[kLanes],
                                    const std::int16_t digits[kLanes], Table&& table) {
  unsigned negative = 0;
  for (unsigned i = 0; i < kLanes; ++i) {
    const int digit = digits[i];
    negative |= (digit < 0 ? 1U : 0U) << i;
    rows[i] = table(i) + static_cast<std::size_t>(digit < 0 ? -digit : digit) * kNielsWords;
  }
  return negative;
}

bool all_have_combs(const sig::Equation* const items[kLanes]) {
  bool all = true;
  for (unsigned i = 0; i < kLanes; ++i)
    all = all && items[i]->comb != nullptr;
  return all;
}

/// s B - k A in each lane, where all keys have combs.
LaneCompleted by_combs(const sig::Equation* const items[kLanes]) {
  Digits digits;
  find_digits(digits, items);
  constexpr int kSteps = kKeyWindows + kBaseWindows;
  constexpr int kAhead = 4;  // steps: a comb does not stay in the near caches
  const std::uint64_t* rows[kSteps + kAhead][kLanes];
  unsigned negative[kSteps];
  for (unsigned j = 0; j < kKeyWindows; ++j) {
    // k A is subtracted.
    negative[j] = ~choose_entries(rows[j], digits.key[j], [&](unsigned i) LANE_LAMBDA {
      return words_of(items[i]->comb) + j * KeyComb::kEntries * kNielsWords;
    });
  }
  const std::uint64_t* const base = words_of(curve25519::base_comb());
  for (unsigned j = 0; j < kBaseWindows; ++j) {
    negative[kKeyWindows + j] = choose_entries(
        rows[kKeyWindows + j], digits.base[j],
        [&](unsigned) LANE_LAMBDA { return base + j * BaseComb::kEntries * kNielsWords; });
  }
  __builtin_memcpy(rows + kSteps, rows, sizeof rows[0] * kAhead);
  LaneSums sum = identity_sums();
  for (int j = 0;; ++j) {
    for (const std::uint64_t* row : rows[j + kAhead]) {
      __builtin_prefetch(row);
      __builtin_prefetch(row + 8);
    }
    const LaneCompleted next = add(sum, load_niels(rows[j]), static_cast<Mask>(negative[j]));
    if (j + 1 == kSteps) return next;
    sum = to_sums(next);
  }
}

/// s B - k A in each lane.
LaneCompleted base_minus_key(const sig::Equation* const items[kLanes]) {
  const std::uint64_t* rows[kLanes];
  for (unsigned i = 0; i < kLanes; ++i)
    rows[i] = words_of(items[i]->key);
  KeyTables tables;
  make_tables(tables, negated(load_niels(rows)));

  Digits digits;
  find_digits(digits, items);

  const std::uint64_t* const base = words_of(curve25519::kBaseTable);
  LaneProjective p{small_fe(0), small_fe(1), small_fe(1)};
  for (int bit = kKeyBits * (kKeyWindows - 1);; --bit) {
    LaneCompleted c = doubled(p);
    if (bit % kKeyBits == 0) {
      const Mask negative = choose_rows(rows, tables.entry[0][0], kKeyEntries * kRowWords,
                                        kRowWords, digits.key[bit / kKeyBits]);
      const LaneSums q = load_sums(rows);
      c = add(to_sums(c), LaneCached{q.y_plus_x, q.y_minus_x, q.z, q.t}, negative);
    }
    if (bit % kBaseBits == 0) {
      const Mask negative = choose_rows(rows, base, 0, kNielsWords, digits.base[bit / kBaseBits]);
      c = add(to_sums(c), load_niels(rows), negative);
    }
    if (bit == 0) return c;
    p = to_projective(c);
  }
}

/// Replaces each z by its inverse: one inversion for all groups together. No z is zero.
void invert_together(LaneFe* z, std::size_t groups) {
  LaneFe before[kGroupsTogether];  // products of even and of odd groups up to each
  FePair all{small_fe(1), small_fe(1)};
  for (std::size_t i = 0; i < groups; ++i) {
    LaneFe& half = i % 2 == 0 ? all.a : all.b;
    before[i] = half;
    half = mul(half, z[i]);
  }
  FePair inverse = invert(all);
  for (std::size_t i = groups; i-- != 0;) {
    LaneFe& half = i % 2 == 0 ? inverse.a : inverse.b;
    const LaneFe own = mul(half, before[i]);
    half = mul(half, z[i]);
    z[i] = own;
  }
}

/// Lanes whose point is within small order of R as it decodes.
Mask matches_up_to_small_order(const LaneFe& x, const LaneFe& y,
                               const std::uint8_t* const r_bytes[kLanes]) {
  curve25519::Niels decoded[2 * kLanes];
  std::uint64_t* to[2 * kLanes];
  const std::uint8_t* from[2 * kLanes];
  for (unsigned i = 0; i < 2 * kLanes; ++i) {
    to[i] = words_of(&decoded[i]);
    from[i] = r_bytes[i % kLanes];
  }
  const unsigned good = decode_two_groups(to, from);
  const std::uint64_t* rows[kLanes];
  for (unsigned i = 0; i < kLanes; ++i)
    rows[i] = to[i];
  const LaneSums p{sum(y, x), difference(y, x), small_fe(1), mul(x, y)};
  constexpr auto kAll = static_cast<Mask>((1U << kLanes) - 1);
  const Mask small = is_small_order(add(p, load_niels(rows), kAll));
  return static_cast<Mask>(good & small);
}

/// The verdicts of one group from P = (x, y).
Mask verdicts_of(const LaneFe& x, const LaneFe& y, const sig::Equation* const items[kLanes],
                 bool cofactored) {
  const std::uint8_t* r_bytes[kLanes];
  for (unsigned i = 0; i < kLanes; ++i)
    r_bytes[i] = items[i]->r;
  Mask sign = 0;
  // Equal limbs of y and equal signs: R is the canonical encoding of P.
  const Mask same_y = equal_limbs(canonical(y), load_encodings(r_bytes, sign));
  const auto same = static_cast<Mask>(same_y & ~(is_odd(x) ^ sign));
  constexpr auto kAll = static_cast<Mask>((1U << kLanes) - 1);
  if (cofactored) {
    return same == kAll ? same : static_cast<Mask>(same | matches_up_to_small_order(x, y, r_bytes));
  }
  LaneProjective p{x, y, small_fe(1)};
  for (int i = 0; i < 3; ++i)
    p = to_projective(doubled(p));
  return static_cast<Mask>(same & ~is_identity(p));
}

/// Kernels::verify_exact.
void verify_exact(std::uint8_t* verdicts, const sig::Equation* items, std::size_t count,
                  bool cofactored) {
  // A group takes as long for one item as for all its lanes.
  if (count == 1) return sig::verify_exact_portable(verdicts, items, 1, cofactored);
  const sig::Equation* lane[kGroupsTogether][kLanes];
  LaneFe x[kGroupsTogether], y[kGroupsTogether], z[kGroupsTogether];
  for (std::size_t begin = 0; begin < count; begin += kGroupsTogether * kLanes) {
    std::size_t groups = 0;
    for (; groups < kGroupsTogether && begin + groups * kLanes < count; ++groups) {
      for (std::size_t i = 0; i < kLanes; ++i) {  // lanes beyond the end repeat the first item
        const std::size_t item = begin + groups * kLanes + i;
        lane[groups][i] = items + (item < count ? item : begin);
      }
      const LaneProjective p = to_projective(
          all_have_combs(lane[groups]) ? by_combs(lane[groups]) : base_minus_key(lane[groups]));
      x[groups] = p.x, y[groups] = p.y, z[groups] = p.z;
    }
    invert_together(z, groups);
    for (std::size_t g = 0; g < groups; ++g) {
      const unsigned good = verdicts_of(mul(x[g], z[g]), mul(y[g], z[g]), lane[g], cofactored);
      for (std::size_t i = 0; i < kLanes && begin + g * kLanes + i < count; ++i)
        verdicts[begin + g * kLanes + i] = static_cast<std::uint8_t>((good >> i) & 1);
    }
  }
}

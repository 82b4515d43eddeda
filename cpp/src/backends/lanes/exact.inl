// SPDX-License-Identifier: Apache-2.0
// One verification in each lane: P = s B - k A by windows of fixed width, 5 bits for A from a table
// of each lane, 11 bits for B from one table for all. Several groups share one inversion, after
// which P is compared with R as it was sent; what differs is refused under the strict rule, and
// under zip215 it is decoded and compared again up to small order.

constexpr int kKeyBits = 5;
constexpr int kKeyWindows = 51;                         // 255 bits: k < L < 2^253 leaves no carry
constexpr int kKeyEntries = (1 << (kKeyBits - 1)) + 1;  // 0 .. 16
constexpr auto kAllLanes = static_cast<Mask>((1U << kLanes) - 1);
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

/// The digits of each lane's k, and of s by windows of the table of B that is used.
template <class Base>
struct Digits {
  std::int16_t key[kKeyWindows][kLanes];
  std::int16_t base[Base::kWindows][kLanes];

  LANE_INLINE explicit Digits(const sig::Equation* const items[kLanes]) {
    for (unsigned i = 0; i < kLanes; ++i) {
      fixed_digits(key[0] + i, words_of(&items[i]->k), kKeyBits, kKeyWindows);
      fixed_digits(base[0] + i, words_of(&items[i]->s), int{Base::kBits}, int{Base::kWindows});
    }
  }
};

constexpr std::size_t kNielsWords = sizeof(curve25519::Niels) / 8;
using curve25519::BaseComb;
using curve25519::KeyComb;
static_assert(KeyComb::kBits == kKeyBits && KeyComb::kWindows == kKeyWindows);

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
  const Digits<BaseComb> digits(items);
  constexpr int kSteps = kKeyWindows + int{BaseComb::kWindows};
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
  for (unsigned j = 0; j < BaseComb::kWindows; ++j) {
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

  using Base = curve25519::BaseWindow;
  constexpr int kBaseBits = int{Base::kBits};
  const Digits<Base> digits(items);

  const std::uint64_t* const base = words_of(curve25519::base_window());
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

/// What one group came to: P = (x, y) in each lane, and the items of the lanes.
struct ExactGroup {
  LaneFe x, y, z;
  const sig::Equation* item[kLanes];
};

/// Brings every z to 1: one inversion for all groups together. No z is zero.
void invert_together(ExactGroup* group, std::size_t groups) {
  LaneFe before[kGroupsTogether];  // products of even and of odd groups up to each
  FePair all{small_fe(1), small_fe(1)};
  for (std::size_t i = 0; i < groups; ++i) {
    LaneFe& half = i % 2 == 0 ? all.a : all.b;
    before[i] = half;
    half = mul(half, group[i].z);
  }
  FePair inverse = invert(all);
  for (std::size_t i = groups; i-- != 0;) {
    LaneFe& half = i % 2 == 0 ? inverse.a : inverse.b;
    const LaneFe own = mul(half, before[i]);
    half = mul(half, group[i].z);
    group[i].x = mul(group[i].x, own);
    group[i].y = mul(group[i].y, own);
  }
}

/// Lanes where R is the canonical encoding of P.
Mask encodes_point(const ExactGroup& group) {
  const std::uint8_t* r_bytes[kLanes];
  for (unsigned i = 0; i < kLanes; ++i)
    r_bytes[i] = group.item[i]->r;
  Mask sign = 0;
  const Mask same_y = equal_limbs(canonical(group.y), load_encodings(r_bytes, sign));
  return static_cast<Mask>(same_y & ~(is_odd(group.x) ^ sign));
}

/// Items of two groups whose R decodes to a point within small order of P; group a in the low bits.
unsigned match_up_to_small_order(const ExactGroup& a, const ExactGroup& b) {
  curve25519::Niels decoded[2 * kLanes];
  std::uint64_t* to[2 * kLanes];
  const std::uint8_t* from[2 * kLanes];
  for (unsigned i = 0; i < 2 * kLanes; ++i) {
    to[i] = words_of(&decoded[i]);
    from[i] = (i < kLanes ? a : b).item[i % kLanes]->r;
  }
  const unsigned good = decode_two_groups(to, from);
  unsigned small = 0;
  for (unsigned g = 0; g < 2; ++g) {
    const LaneFe& x = (g == 0 ? a : b).x;
    const LaneFe& y = (g == 0 ? a : b).y;
    const std::uint64_t* rows[kLanes];
    for (unsigned i = 0; i < kLanes; ++i)
      rows[i] = to[g * kLanes + i];
    const LaneSums p{sum(y, x), difference(y, x), small_fe(1), mul(x, y)};
    small |= unsigned{is_small_order(add(p, load_niels(rows), kAllLanes))} << g * kLanes;
  }
  return good & small;
}

/// The verdicts of two groups.
unsigned verdicts_of(const ExactGroup& a, const ExactGroup& b, bool cofactored) {
  const unsigned same = encodes_point(a) | unsigned{encodes_point(b)} << kLanes;
  constexpr unsigned kAll = kAllLanes | unsigned{kAllLanes} << kLanes;
  if (cofactored) return same == kAll ? same : same | match_up_to_small_order(a, b);
  unsigned small = 0;
  for (unsigned g = 0; g < 2; ++g) {
    LaneProjective p{(g == 0 ? a : b).x, (g == 0 ? a : b).y, small_fe(1)};
    for (int i = 0; i < 3; ++i)
      p = to_projective(doubled(p));
    small |= unsigned{is_identity(p)} << g * kLanes;
  }
  return same & ~small;
}

/// Kernels::verify_exact.
void verify_exact(std::uint8_t* verdicts, const sig::Equation* items, std::size_t count,
                  bool cofactored) {
  // A group takes as long for one item as for all its lanes.
  if (count == 1) return sig::verify_exact_portable(verdicts, items, 1, cofactored);
  ExactGroup group[kGroupsTogether];
  for (std::size_t begin = 0; begin < count; begin += kGroupsTogether * kLanes) {
    std::size_t groups = 0;
    for (; groups < kGroupsTogether && begin + groups * kLanes < count; ++groups) {
      ExactGroup& own = group[groups];
      for (std::size_t i = 0; i < kLanes; ++i) {  // lanes beyond the end repeat the first item
        const std::size_t item = begin + groups * kLanes + i;
        own.item[i] = items + (item < count ? item : begin);
      }
      const LaneProjective p =
          to_projective(all_have_combs(own.item) ? by_combs(own.item) : base_minus_key(own.item));
      own.x = p.x, own.y = p.y, own.z = p.z;
    }
    invert_together(group, groups);
    for (std::size_t g = 0; g < groups; g += 2) {
      const ExactGroup& second = group[g + 1 < groups ? g + 1 : g];
      const unsigned good = verdicts_of(group[g], second, cofactored);
      for (std::size_t i = 0; i < 2 * kLanes && begin + g * kLanes + i < count; ++i)
        verdicts[begin + g * kLanes + i] = static_cast<std::uint8_t>((good >> i) & 1);
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
// Many hashes at once, of items that have equally many blocks: all lanes go in step, so that there
// is nothing to keep track of lane by lane. Items of other numbers of blocks are put in an order in
// which they meet their like; what is left over goes through ManyHash.

// The length in bits at the end of the padding.
CHOPMARK_INLINE void store_be_bits(std::uint8_t* piece, std::size_t bytes) {
  const std::uint64_t bits = __builtin_bswap64(std::uint64_t{bytes} << 3);
  __builtin_memcpy(piece + kPieceBytes - 8, &bits, 8);
}

// What stands before each item: nothing, one byte 0x00 (a leaf of RFC 9162), or 64 bytes of its
// own.
enum class Before : std::uint8_t { nothing, zero_byte, prefix };

struct BlockOf {
  bool is_first;
  bool is_last;
  const std::uint32_t* last_bytes;  // of each item's last block: 1 to 64 that are not padding
};

// `Hash` names kInStep (items), kPieces (of a block), kDigestBytes, kMark (the first byte of the
// padding), State, blocks_of(bytes), close_piece(piece, bytes), which ends the padding, and
// begin(state), absorb(state, rows, block), end(out, state) for kInStep items. `Rest` is the Hash
// of ManyHash.
template <class Hash, class Rest, Before kBefore>
class InStep {
  static constexpr std::size_t kItems = Hash::kInStep;
  static constexpr std::size_t kPieces = Hash::kPieces;
  static constexpr std::size_t kDigest = Hash::kDigestBytes;
  static constexpr std::size_t kZeroByte = kBefore == Before::zero_byte ? 1 : 0;
  static constexpr std::size_t kPrefix = kBefore == Before::prefix ? kPieceBytes : 0;
  using Many = ManyHash<Rest, kBefore == Before::zero_byte>;

 public:
  using Task = typename Many::Task;

  explicit InStep(const Task& task) : task_(task) {}

  void run() {
    std::size_t at = 0;
    while (task_.count - at >= kItems)
      at += run_some(at);
    if (at == task_.count) return;
    const std::uint8_t* const prefixes =
        task_.prefixes == nullptr ? nullptr : task_.prefixes + kPrefix * at;
    Many({task_.out + kDigest * at, prefixes, task_.items + at, task_.count - at, task_.initial})
        .run();
  }

 private:
  static constexpr std::size_t kSome = 1024;
  static constexpr std::size_t kLong = 63;  // so many blocks or more: bookkeeping does not show
  static constexpr std::size_t kRest = 128;

  [[nodiscard]] std::size_t blocks_of(std::size_t item) const {
    return Hash::blocks_of(task_.items[item].size + kZeroByte + kPrefix);
  }

  // Items from `at` on; how many.
  std::size_t run_some(std::size_t at) {
    const std::size_t count = task_.count - at < kSome ? task_.count - at : kSome;
    std::uint16_t ends[kLong + 2] = {};
    std::uint8_t kinds[kSome];
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t blocks = blocks_of(at + i);
      kinds[i] = static_cast<std::uint8_t>(blocks < kLong ? blocks : kLong);
      ++ends[kinds[i] + 1];
    }
    if (ends[kinds[0] + 1] == count && kinds[0] != kLong) return run_even(at, count);
    for (std::size_t kind = 1; kind < kLong + 2; ++kind)
      ends[kind] = static_cast<std::uint16_t>(ends[kind] + ends[kind - 1]);
    std::uint32_t order[kSome];
    for (std::size_t i = 0; i < count; ++i)
      order[ends[kinds[i]]++] = static_cast<std::uint32_t>(at + i);
    // ends[k] was the start of kind k and is its end now.
    std::size_t from = 0;
    for (std::size_t kind = 0; kind <= kLong; ++kind) {
      if (kind != kLong) {
        for (; ends[kind] - from >= kItems; from += kItems)
          run_apart(order + from);
      }
      keep(order + from, ends[kind] - from);
      from = ends[kind];
    }
    if (kept_ != 0) run_kept();
    return count;
  }

  // As many as fit, of items that all have equally many blocks.
  std::size_t run_even(std::size_t at, std::size_t count) {
    std::size_t done = 0;
    for (; count - done >= kItems; done += kItems) {
      std::uint32_t which[kItems];
      for (std::size_t i = 0; i < kItems; ++i)
        which[i] = static_cast<std::uint32_t>(at + done + i);
      const bool more = count - done >= 2 * kItems;
      hash(task_.out + kDigest * (at + done), which, more ? kItems : 0);
    }
    return done;
  }

  void run_apart(const std::uint32_t* which) {
    std::uint8_t digests[kDigest * kItems];
    hash(digests, which, 0);
    for (std::size_t i = 0; i < kItems; ++i)
      __builtin_memcpy(task_.out + kDigest * which[i], digests + kDigest * i, kDigest);
  }

  // kItems items into digests side by side. The bytes of those `ahead` places on are called for.
  CHOPMARK_INLINE void hash(std::uint8_t* out, const std::uint32_t* which, std::size_t ahead) {
    alignas(64) std::uint8_t copies[kPieces][kItems][2 * kPieceBytes];
    const std::uint8_t* rows[kPieces][kItems];
    const std::size_t blocks = blocks_of(which[0]);
    std::uint32_t last_bytes[kItems];
    for (std::size_t i = 0; i < kItems; ++i)
      last_bytes[i] =
          static_cast<std::uint32_t>((task_.items[which[i]].size + kZeroByte - 1) % 64) + 1;
    typename Hash::State state;
    Hash::begin(state);
    for (std::size_t at = 0; at < blocks; ++at) {
      const bool is_last = at + 1 == blocks;
      for (std::size_t p = 0; p < kPieces; ++p) {
        const std::size_t piece = kPieces * at + p;
        for (std::size_t i = 0; i < kItems; ++i) {
          rows[p][i] = row(copies[p][i], which[i], piece, is_last && p + 1 == kPieces);
          const RawView& next = task_.items[which[i] + ahead];
          if (kPieceBytes * piece < next.size) __builtin_prefetch(next.data + kPieceBytes * piece);
        }
      }
      Hash::absorb(state, rows, {at == 0, is_last, last_bytes});
    }
    Hash::end(out, state);
  }

  // Piece `at` of an item's message: where it stands, or copied.
  CHOPMARK_INLINE const std::uint8_t* row(std::uint8_t copy[2 * kPieceBytes], std::uint32_t which,
                                          std::size_t at, bool ends) const {
    if constexpr (kBefore == Before::prefix) {
      if (at == 0) return task_.prefixes + kPrefix * which;
      --at;
    }
    const RawView& item = task_.items[which];
    const std::size_t bytes = item.size + kZeroByte;
    const std::size_t from = kPieceBytes * at;
    const bool behind_byte = kZeroByte != 0 && at == 0;
    if (!behind_byte && from + kPieceBytes <= bytes) return item.data + (from - kZeroByte);
    if (behind_byte) {
      copy[0] = 0;
      if (bytes >= kPieceBytes) {
        __builtin_memcpy(copy + 1, item.data, kPieceBytes - 1);
      } else {
        store_last_piece(copy + 1, item.data, item.size, Hash::kMark);
      }
    } else if (from <= bytes) {
      store_last_piece(copy, item.data + (from - kZeroByte), bytes - from, Hash::kMark);
    } else {
      __builtin_memset(copy, 0, kPieceBytes);
    }
    if (ends) Hash::close_piece(copy, bytes + kPrefix);
    return copy;
  }

  // Sets items aside for run_kept.
  void keep(const std::uint32_t* which, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      if (kept_ == kRest) run_kept();
      kept_which_[kept_++] = which[i];
    }
  }

  void run_kept() {
    RawView items[kRest];
    std::uint8_t prefixes[kPrefix == 0 ? 1 : kRest * kPrefix];
    std::uint8_t digests[kRest * kDigest];
    for (std::size_t i = 0; i < kept_; ++i) {
      items[i] = task_.items[kept_which_[i]];
      if constexpr (kBefore == Before::prefix)
        __builtin_memcpy(prefixes + kPrefix * i, task_.prefixes + kPrefix * kept_which_[i],
                         kPrefix);
    }
    const bool has_prefixes = kBefore == Before::prefix;
    Many({digests, has_prefixes ? prefixes : nullptr, items, kept_, task_.initial}).run();
    for (std::size_t i = 0; i < kept_; ++i)
      __builtin_memcpy(task_.out + kDigest * kept_which_[i], digests + kDigest * i, kDigest);
    kept_ = 0;
  }

  Task task_;
  std::uint32_t kept_which_[kRest];
  std::size_t kept_ = 0;
};

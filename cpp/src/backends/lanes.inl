// SPDX-License-Identifier: Apache-2.0
// Many hashes at once, one item in each lane. A lane takes the next item as soon as its own is
// done, so lengths that differ leave no lane idle before the items run out; what an idle lane
// computes is never read. Nothing is copied but the last bytes of an item, which get the padding.

#define CHOPMARK_INLINE inline __attribute__((always_inline))

// Items are read by pieces of this size: a block of SHA-512 is two, a block of the others one.
constexpr std::size_t kPieceBytes = 64;

// piece = from[0, bytes), 0x80, zeros, without a read past from[bytes - 1]; bytes < 64. Defined by
// each backend.
CHOPMARK_INLINE void store_last_piece(std::uint8_t* piece, const std::uint8_t* from,
                                      std::size_t bytes);

// One item on its way through a lane.
template <std::size_t kTailPieces>
struct Lane {
  // Where the pieces lie: the prefix, the item itself, its last bytes with the padding.
  struct Run {
    const std::uint8_t* at;
    std::size_t pieces;
  };
  Run runs[3];
  std::size_t run;     // the one that is being read
  std::size_t blocks;  // still to absorb; 0: idle
  std::size_t item;
  alignas(64) std::uint8_t tail[kTailPieces * kPieceBytes];

  const std::uint8_t* next_piece() {
    while (runs[run].pieces == 0)
      ++run;
    --runs[run].pieces;
    const std::uint8_t* const piece = runs[run].at;
    runs[run].at += kPieceBytes;
    return piece;
  }
};

// `Hash` names Word, kLanes (of one vector), kGroups (vectors that a step interleaves), kPieces (of
// a block), kLengthBytes (of the padding), initial(), and
//   compress<kUsed>(Group* const* groups)
// which absorbs a block in each lane of kUsed groups, those of `fresh` from the initial state.
template <class Hash>
struct HashGroup {
  using Word = typename Hash::Word;
  alignas(64) Word state[8][Hash::kLanes];
  const std::uint8_t* pieces[Hash::kPieces][Hash::kLanes];
  std::uint32_t fresh;  // bit i: lane i begins an item
  std::uint32_t busy;   // bit i: lane i has an item
};

template <class Hash>
class ManyHash {
  using Word = typename Hash::Word;
  static constexpr std::size_t kLanes = Hash::kLanes;
  static constexpr std::size_t kPieces = Hash::kPieces;
  static constexpr std::size_t kBlockBytes = kPieces * kPieceBytes;
  // The last bytes of an item, and a block more where the length does not fit behind them.
  static constexpr std::size_t kTailPieces = kPieces + 1;
  using HashLane = Lane<kTailPieces>;

 public:
  ManyHash(std::uint8_t* out, const std::uint8_t* prefixes, const RawView* items, std::size_t count)
      : out_(out), prefixes_(prefixes), items_(items), count_(count) {
    for (std::size_t g = 0; g < Hash::kGroups; ++g) {
      groups_[g].fresh = groups_[g].busy = 0;
      for (std::size_t i = 0; i < kLanes; ++i) {
        lanes_[g][i].blocks = 0;
        for (std::size_t p = 0; p < kPieces; ++p)
          groups_[g].pieces[p][i] = kNothing;
        start(g, i);
      }
    }
  }

  void run() {
    for (;;) {
      HashGroup<Hash>* used[Hash::kGroups];
      std::size_t groups = 0;
      for (std::size_t g = 0; g < Hash::kGroups; ++g) {
        if (groups_[g].busy == 0) continue;
        point_at_blocks(g);
        used[groups++] = &groups_[g];
      }
      if (groups == 0) return;
      if (groups == Hash::kGroups) {
        Hash::template compress<Hash::kGroups>(used);
      } else {
        Hash::template compress<1>(used);
      }
      for (std::size_t g = 0; g < Hash::kGroups; ++g)
        finish_blocks(g);
    }
  }

 private:
  alignas(64) static constexpr std::uint8_t kNothing[kPieceBytes] = {};

  // Idle lanes keep what they point at: it may be read until the call returns.
  void point_at_blocks(std::size_t g) {
    for (std::size_t i = 0; i < kLanes; ++i) {
      if (lanes_[g][i].blocks == 0) continue;
      for (std::size_t p = 0; p < kPieces; ++p)
        groups_[g].pieces[p][i] = lanes_[g][i].next_piece();
    }
  }

  void finish_blocks(std::size_t g) {
    groups_[g].fresh = 0;
    for (std::size_t i = 0; i < kLanes; ++i) {
      HashLane& lane = lanes_[g][i];
      if (lane.blocks == 0 || --lane.blocks != 0) continue;
      std::uint8_t* const to = out_ + lane.item * sizeof(Word) * 8;
      for (std::size_t word = 0; word < 8; ++word) {
        const Word swapped = swapped_bytes(groups_[g].state[word][i]);
        __builtin_memcpy(to + sizeof(Word) * word, &swapped, sizeof(Word));
      }
      start(g, i);
    }
  }

  // Puts the next item, if there is one, into an idle lane.
  void start(std::size_t g, std::size_t i) {
    HashLane& lane = lanes_[g][i];
    const std::uint32_t bit = std::uint32_t{1} << i;
    groups_[g].busy &= ~bit;
    if (next_ == count_) return;
    groups_[g].busy |= bit;
    groups_[g].fresh |= bit;
    const RawView item = items_[next_];
    const std::size_t prefix = prefixes_ != nullptr ? 1 : 0;
    const std::size_t whole = item.size / kPieceBytes;
    const std::uint64_t bytes = item.size + kPieceBytes * prefix;
    lane.blocks = (bytes + Hash::kLengthBytes) / kBlockBytes + 1;
    lane.item = next_;
    lane.run = 0;
    lane.runs[0] = {prefixes_ + kPieceBytes * next_ * prefix, prefix};
    lane.runs[1] = {item.data, whole};
    lane.runs[2] = {lane.tail, lane.blocks * kPieces - prefix - whole};
    __builtin_memset(lane.tail + kPieceBytes, 0, sizeof lane.tail - kPieceBytes);
    store_last_piece(lane.tail, item.data + whole * kPieceBytes, item.size % kPieceBytes);
    store_length(lane.tail + lane.runs[2].pieces * kPieceBytes, bytes);
    ++next_;
  }

  static void store_length(std::uint8_t* end, std::uint64_t bytes) {
    const std::uint64_t low = __builtin_bswap64(bytes << 3);
    __builtin_memcpy(end - 8, &low, 8);
    if (Hash::kLengthBytes == 8) return;
    const std::uint64_t high = __builtin_bswap64(bytes >> 61);
    __builtin_memcpy(end - 16, &high, 8);
  }

  static std::uint64_t swapped_bytes(std::uint64_t word) { return __builtin_bswap64(word); }
  static std::uint32_t swapped_bytes(std::uint32_t word) { return __builtin_bswap32(word); }

  std::uint8_t* out_;
  const std::uint8_t* prefixes_;
  const RawView* items_;
  std::size_t count_;
  std::size_t next_ = 0;  // the first item that no lane has taken
  HashGroup<Hash> groups_[Hash::kGroups];
  HashLane lanes_[Hash::kGroups][kLanes];
};

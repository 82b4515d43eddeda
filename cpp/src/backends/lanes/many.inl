// SPDX-License-Identifier: Apache-2.0
// Many hashes at once, one item in each lane. A lane takes the next item as soon as its own is
// done, so lengths that differ leave no lane idle before the items run out; what an idle lane
// computes is never read. Nothing is copied but the last bytes of an item, which get the padding.

#define CHOPMARK_INLINE inline __attribute__((always_inline))

// Items are read by pieces of this size: a block of SHA-512 is two, a block of the others one.
constexpr std::size_t kPieceBytes = 64;

// piece = from[0, bytes), mark, zeros, without a read past from[bytes - 1]; bytes < 64. Defined by
// each backend.
CHOPMARK_INLINE void store_last_piece(std::uint8_t* piece, const std::uint8_t* from,
                                      std::size_t bytes, std::uint8_t mark);

// One item on its way through a lane.
template <std::size_t kTailPieces>
struct Lane {
  // Where the pieces lie: what comes first, the item itself, its last bytes with the padding.
  struct Run {
    const std::uint8_t* at;
    std::size_t pieces;
  };
  Run runs[3];
  std::size_t run;     // the one that is being read
  std::size_t blocks;  // still to absorb; 0: idle
  std::size_t item;
  alignas(64) std::uint8_t head[kPieceBytes];  // of a leaf: its byte 0x00 and the first 63 of data
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

// What the compression of one block in each lane reads and writes.
template <class Hash>
struct HashGroup {
  using Word = typename Hash::Word;
  alignas(64) Word state[8][Hash::kLanes];
  alignas(64) std::uint32_t last_bytes[Hash::kLanes];  // of the item's last block
  const std::uint8_t* pieces[Hash::kPieces][Hash::kLanes];
  const Word* initial;  // eight words: the state before the first block
  std::uint32_t mode;   // of BLAKE3
  // Bit i stands for lane i.
  std::uint32_t busy;   // has an item
  std::uint32_t fresh;  // this is its first block
  std::uint32_t last;   // this is its last block
};

// `Hash` names Word, kLanes (of one vector), kGroups (vectors that a step interleaves), kPieces (of
// a block), kLengthBytes (of the length in the padding; 0: padded by zeros alone, and by nothing
// where the last block is full), kBigEndian, and compress<kUsed>(groups), which absorbs one block
// in each lane of kUsed groups.
//
// With kLeaves each item is hashed behind one byte 0x00, as a leaf of RFC 9162. From its byte 63 on
// the item then stands in whole pieces again, so that only the first piece is a copy.
template <class Hash, bool kLeaves = false>
class ManyHash {
  using Word = typename Hash::Word;
  static constexpr std::size_t kLanes = Hash::kLanes;
  static constexpr std::size_t kPieces = Hash::kPieces;
  static constexpr std::size_t kBlockBytes = kPieces * kPieceBytes;
  static constexpr bool kPadded = Hash::kLengthBytes != 0;
  // The last bytes of an item, and a block more where the length does not fit behind them. Those of
  // a short leaf are stored from the second byte on, which touches one more piece.
  static constexpr std::size_t kTailPieces = kPadded ? kPieces + 1 : (kLeaves ? 2 : 1);
  using HashLane = Lane<kTailPieces>;

 public:
  struct Task {
    std::uint8_t* out;
    const std::uint8_t* prefixes;  // 64 bytes before each item, or null
    const RawView* items;
    std::size_t count;
    const Word* initial;
    std::uint32_t mode = 0;
  };

  explicit ManyHash(const Task& task) : task_(task) {
    for (std::size_t g = 0; g < Hash::kGroups; ++g) {
      groups_[g].initial = task.initial;
      groups_[g].mode = task.mode;
      groups_[g].busy = groups_[g].fresh = 0;
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
      if constexpr (Hash::kFewLanes != 0) {
        if (next_ == task_.count && busy_lanes() <= Hash::kFewLanes) return finish_alone();
      }
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
    groups_[g].last = 0;
    for (std::size_t i = 0; i < kLanes; ++i) {
      if (lanes_[g][i].blocks == 0) continue;
      if (lanes_[g][i].blocks == 1) groups_[g].last |= std::uint32_t{1} << i;
      for (std::size_t p = 0; p < kPieces; ++p)
        groups_[g].pieces[p][i] = lanes_[g][i].next_piece();
    }
  }

  void finish_blocks(std::size_t g) {
    groups_[g].fresh = 0;
    for (std::size_t i = 0; i < kLanes; ++i) {
      HashLane& lane = lanes_[g][i];
      if (lane.blocks == 0 || --lane.blocks != 0) continue;
      Word state[8];
      lane_state(state, g, i);
      store_digest(lane.item, state);
      start(g, i);
    }
  }

  void lane_state(Word state[8], std::size_t g, std::size_t i) const {
    for (std::size_t word = 0; word < 8; ++word)
      state[word] = groups_[g].state[word][i];
  }

  void store_digest(std::size_t item, const Word state[8]) {
    std::uint8_t* const to = task_.out + item * sizeof(Word) * 8;
    for (std::size_t word = 0; word < 8; ++word) {
      const Word value = in_byte_order(state[word]);
      __builtin_memcpy(to + sizeof(Word) * word, &value, sizeof(Word));
    }
  }

  [[nodiscard]] std::size_t busy_lanes() const {
    int lanes = 0;
    for (std::size_t g = 0; g < Hash::kGroups; ++g)
      lanes += __builtin_popcount(groups_[g].busy);
    return static_cast<std::size_t>(lanes);
  }

  void finish_alone() {
    for (std::size_t g = 0; g < Hash::kGroups; ++g) {
      for (std::size_t i = 0; i < kLanes; ++i) {
        const HashLane& lane = lanes_[g][i];
        if (lane.blocks == 0) continue;
        Word state[8];
        lane_state(state, g, i);
        if (((groups_[g].fresh >> i) & 1) != 0)
          __builtin_memcpy(state, task_.initial, sizeof state);
        for (const auto& run : lane.runs) {
          if (run.pieces != 0) Hash::absorb(state, run.at, run.pieces);
        }
        store_digest(lane.item, state);
      }
    }
  }

  // Puts the next item, if there is one, into an idle lane.
  void start(std::size_t g, std::size_t i) {
    HashLane& lane = lanes_[g][i];
    const std::uint32_t bit = std::uint32_t{1} << i;
    groups_[g].busy &= ~bit;
    if (next_ == task_.count) return;
    groups_[g].busy |= bit;
    groups_[g].fresh |= bit;
    RawView item = task_.items[next_];
    std::uint64_t bytes = item.size;
    std::uint8_t* tail = lane.tail;
    lane.runs[0] = {nullptr, 0};
    if constexpr (kLeaves) {
      bytes += 1;
      if (bytes >= kPieceBytes) {
        take_head(lane, item);
      } else {
        *tail++ = 0;
      }
    } else if (task_.prefixes != nullptr) {
      bytes += kPieceBytes;
      lane.runs[0] = {task_.prefixes + kPieceBytes * next_, 1};
    }
    lane.blocks = blocks_of(bytes);
    lane.item = next_;
    lane.run = 0;
    // Without padding a full last piece is read in place like the others.
    const std::size_t whole = item.size / kPieceBytes;
    lane.runs[1] = {item.data, whole};
    lane.runs[2] = {lane.tail, lane.blocks * kPieces - lane.runs[0].pieces - whole};
    const std::size_t rest = item.size % kPieceBytes;
    store_last_piece(tail, item.data + (item.size - rest), rest, kPadded ? 0x80 : 0);
    if constexpr (kPadded) {
      __builtin_memset(lane.tail + kPieceBytes, 0, sizeof lane.tail - kPieceBytes);
      store_length(lane.tail + lane.runs[2].pieces * kPieceBytes, bytes);
    } else {
      groups_[g].last_bytes[i] =
          static_cast<std::uint32_t>(bytes - (lane.blocks - 1) * kBlockBytes);
    }
    ++next_;
  }

  // The first piece of a leaf, whose other pieces then stand in what is left of the item.
  static void take_head(HashLane& lane, RawView& item) {
    lane.runs[0] = {lane.head, 1};
    lane.head[0] = 0;
    __builtin_memcpy(lane.head + 1, item.data, kPieceBytes - 1);
    item.data += kPieceBytes - 1;
    item.size -= kPieceBytes - 1;
  }

  static std::size_t blocks_of(std::uint64_t bytes) {
    if (kPadded) return (bytes + Hash::kLengthBytes) / kBlockBytes + 1;
    return bytes == 0 ? 1 : (bytes + kBlockBytes - 1) / kBlockBytes;
  }

  static void store_length(std::uint8_t* end, std::uint64_t bytes) {
    const std::uint64_t low = __builtin_bswap64(bytes << 3);
    __builtin_memcpy(end - 8, &low, 8);
    if (Hash::kLengthBytes == 8) return;
    const std::uint64_t high = __builtin_bswap64(bytes >> 61);
    __builtin_memcpy(end - 16, &high, 8);
  }

  static std::uint64_t in_byte_order(std::uint64_t word) {
    return Hash::kBigEndian ? __builtin_bswap64(word) : word;
  }
  static std::uint32_t in_byte_order(std::uint32_t word) {
    return Hash::kBigEndian ? __builtin_bswap32(word) : word;
  }

  Task task_;
  std::size_t next_ = 0;  // the first item that no lane has taken
  HashGroup<Hash> groups_[Hash::kGroups];
  HashLane lanes_[Hash::kGroups][kLanes];
};

// In every lane of to[i], words[i].
template <class L>
CHOPMARK_INLINE void broadcast_words(typename L::Vector to[8], const std::uint32_t words[8]) {
  to[0] = L::broadcast(words[0]), to[1] = L::broadcast(words[1]);
  to[2] = L::broadcast(words[2]), to[3] = L::broadcast(words[3]);
  to[4] = L::broadcast(words[4]), to[5] = L::broadcast(words[5]);
  to[6] = L::broadcast(words[6]), to[7] = L::broadcast(words[7]);
}

// Rows of 64 bytes that lie side by side; from `count` on the last one again, so that nothing past
// it is read.
template <std::size_t kRows>
CHOPMARK_INLINE void point_at_rows(const std::uint8_t* rows[kRows], const std::uint8_t* in,
                                   std::size_t count) {
  for (std::size_t i = 0; i < kRows; ++i)
    rows[i] = in + 64 * (i < count ? i : count - 1);
}

// The 32 bytes of the first `count` lanes.
template <class L>
CHOPMARK_INLINE void store_digests(std::uint8_t* out, const typename L::Vector words[8],
                                   std::size_t count) {
  if (count == L::kLanes) return L::store_half_words(out, words);
  std::uint8_t all[32 * L::kLanes];
  L::store_half_words(all, words);
  __builtin_memcpy(out, all, 32 * count);
}

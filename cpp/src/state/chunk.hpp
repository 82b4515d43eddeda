// SPDX-License-Identifier: Apache-2.0
// Export and import of a state in chunks, each a whole subtree that proves itself against the root
// (docs/spec/state.md ST-30..ST-39). Floor: state.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/bytes.hpp"
#include "state/path.hpp"
#include "state/tree.hpp"

namespace chopmark::state {

using Key = std::array<std::uint8_t, kKeyBytes>;

struct ExportedChunk {
  Bytes bytes;
  std::optional<Key> next;  // where the chunk after it starts; none: this was the last
};

/// The largest subtree on the way of `from` that starts there and has at most `entries_max` entries
/// (64 to 65,536). `from` is zeros, or the `next` of a chunk, whatever the size of that was.
[[nodiscard]] ExportedChunk export_chunk(const StateTree& tree, const Version& version,
                                         const Key& from, std::size_t entries_max);

/// A chunk that leads to the root, borrowed from its bytes.
struct ChunkView {
  const std::uint8_t* entries;
  std::size_t count;
  Depths depths;  // of the way from the root to the subtree
};
[[nodiscard]] std::optional<ChunkView> check_chunk(HashId id, const Digest& root, ByteView bytes,
                                                   unsigned threads);

enum class ImportVerdict : std::uint8_t {
  ok = 0,
  invalid,       // malformed, or not a subtree under the root
  out_of_order,  // a true chunk, but not the one that comes next
  too_many_keys,
};

/// Takes the chunks of one export in their order. A chunk that is refused changes nothing.
class Importer {
 public:
  Importer(HashId id, const Digest& root) : tree_(id), root_(root) {}

  [[nodiscard]] ImportVerdict add(ByteView chunk, unsigned threads);
  [[nodiscard]] bool complete() const noexcept { return complete_; }
  /// Where the chunk that is wanted next starts, unless complete.
  [[nodiscard]] const Key& next() const noexcept { return next_; }
  [[nodiscard]] std::uint64_t size() const noexcept { return tree_.find(tree_.base())->size; }
  /// Once, when complete.
  [[nodiscard]] StateTree take() noexcept { return std::move(tree_); }

 private:
  [[nodiscard]] bool comes_next(const ChunkView& chunk) const noexcept;

  StateTree tree_;
  Digest root_;
  Key next_{};
  std::size_t turn_ = kKeyBits;  // the depth at which the next chunk's way leaves the last one's
  bool complete_ = false;
};

}  // namespace chopmark::state

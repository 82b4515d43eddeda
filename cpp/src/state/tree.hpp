// SPDX-License-Identifier: Apache-2.0
// The authenticated state: a map from 32-byte keys to 32-byte values with a root, and a tree of
// overlays over it (docs/spec/state.md). Floor: state.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "base/bytes.hpp"
#include "hash/hash_id.hpp"
#include "state/journal.hpp"
#include "state/store.hpp"

namespace chopmark::state {

/// Why a call changed nothing.
enum class Refusal : std::uint8_t {
  none = 0,
  unknown_version,  // never made, merged away or dropped
  frozen,           // it has overlays
  duplicate_key,    // in one batch
  too_many_keys,
  too_many_overlays,
  too_deep,
};

/// Changes that take effect together; their order means nothing. Borrows everything.
struct Batch {
  const std::uint8_t* keys = nullptr;     // 32 bytes each, `stride` bytes apart
  const std::uint8_t* values = nullptr;   // likewise
  const std::uint8_t* deletes = nullptr;  // count bytes, not 0: delete this key; null: no deletes
  std::size_t count = 0;
  std::size_t stride = kKeyBytes;

  [[nodiscard]] const std::uint8_t* key(std::size_t i) const noexcept { return keys + stride * i; }
  [[nodiscard]] const std::uint8_t* value(std::size_t i) const noexcept {
    return values + stride * i;
  }
  [[nodiscard]] bool deletes_at(std::size_t i) const noexcept {
    return deletes != nullptr && deletes[i] != 0;
  }
};

/// One state: the base, or an overlay over its parent.
struct Version {
  VersionId parent = kNobody;
  std::uint32_t depth = 0;     // overlays between it and the base
  std::uint32_t overlays = 0;  // that stand directly on it
  Ref top = kNothing;
  bool top_fresh = false;  // it is a bucket that this version made
  Digest root{};
  std::uint64_t size = 0;
  std::vector<VersionId> line;  // what it stands on, and itself, ascending; some may be gone
  std::vector<Ref> replaced;    // reachable from the parent and not from here
  Journal journal;              // of the parent's nodes that it wrote over

  /// Whether it sees what an overlay wrote.
  [[nodiscard]] bool sees(VersionId overlay) const noexcept;
};

/// All versions share what they have in common. An overlay writes over the nodes that its changes
/// touch and saves what stood there, for the others: so the usual course, which merges it, moves no
/// node, and dropping it puts back what it saved. Only where an overlay that it does not stand on
/// has been before, it works on a copy. Not for several threads at once, but for reading.
class StateTree {
 public:
  /// An overlay saves at most `journal_max` nodes and copies the others.
  explicit StateTree(HashId id = HashId::blake3, std::uint32_t journal_max = kOlderMax);

  [[nodiscard]] HashId hash_id() const noexcept { return id_; }
  /// The version that is final.
  [[nodiscard]] VersionId base() const noexcept { return base_; }
  [[nodiscard]] std::size_t overlays() const noexcept { return versions_.size() - 1; }
  /// Null if there is no such version.
  [[nodiscard]] const Version* find(VersionId version) const noexcept;

  /// A new version that equals its parent, which is frozen from now on.
  [[nodiscard]] Refusal add_overlay(VersionId parent, VersionId& made);
  /// Makes `version` the base: its ancestors melt into it, every version that does not stand on it
  /// is dropped.
  [[nodiscard]] Refusal merge(VersionId version);
  /// Drops an overlay and all that stand on it. The base cannot be dropped: frozen.
  [[nodiscard]] Refusal drop(VersionId version);

  /// Applies all changes or none. Deleting a key that is absent changes nothing.
  [[nodiscard]] Refusal update(VersionId version, const Batch& batch, unsigned threads);

  /// Borrowed until the version changes; null if the key is absent.
  [[nodiscard]] const std::uint8_t* get(const Version& version,
                                        const std::uint8_t* key) const noexcept;
  /// Brings the ways of some keys, side by side, into the cache: walked in step, they do not wait
  /// for memory one after the other. At most kWarmKeys at a time, right before they are read.
  void warm(const Version& version, const std::uint8_t* keys, std::size_t count) const noexcept;
  static constexpr std::size_t kWarmKeys = 32;
  /// An inner node as a version sees it.
  [[nodiscard]] const Inner& inner(const Version& version, Ref ref) const noexcept {
    const Inner& node = store_.inner(ref);
    return node.owner <= base_ ? node : seen(version, node);
  }
  /// The smallest key below; all share the bits before the first branch.
  [[nodiscard]] const std::uint8_t* any_key(const Version& version, Ref ref) const noexcept;
  [[nodiscard]] const Store& store() const noexcept { return store_; }
  /// Bytes in use or used before, for all versions.
  [[nodiscard]] std::size_t memory() const noexcept;

 private:
  [[nodiscard]] const Inner& seen(const Version& version, const Inner& newest) const noexcept;
  void forget(VersionId version);
  void recycle_made_by(VersionId id, const Version& version);
  [[nodiscard]] bool stands_on(VersionId version, VersionId ancestor) const noexcept;

  HashId id_;
  std::uint32_t journal_max_;
  Store store_;
  JournalBlocks journal_blocks_;
  std::map<VersionId, Version> versions_;
  VersionId base_ = 1;
  VersionId next_ = 2;
};

}  // namespace chopmark::state

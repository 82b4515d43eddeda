// SPDX-License-Identifier: Apache-2.0
// Ed25519 verification (docs/spec/signatures.md): many signatures per call, a verdict for each. The
// verdict depends on rule, key, signature and message alone, never on method, batch or threads.
// Floor: sig.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "curve25519/comb.hpp"
#include "curve25519/point.hpp"

namespace chopmark::sig {

enum class Rule : std::uint8_t {
  zip215,  // S-1: cofactored, ZIP-215 decoding
  strict,  // S-2: cofactorless, small order and non-canonical encodings refused
};

enum class Method : std::uint8_t {
  automatic,
  exact,     // one equation for each signature
  combined,  // one equation for many; zip215 only
};

inline constexpr std::size_t kKeyBytes = 32;
inline constexpr std::size_t kSignatureBytes = 64;

/// Decoded keys that many signatures refer to by index. Immutable: threads may share it.
class KeySet {
 public:
  /// An item that has not 32 bytes is a key that is not valid. With `tables`, each key has a comb,
  /// 110,976 bytes: exact verification takes a third of the time, and is then preferred for batches
  /// of some hundreds.
  KeySet(const Items& public_keys, bool tables);
  /// The keys of `first`, which has no tables, and behind them more; only those are decoded.
  KeySet(const KeySet& first, const Items& more);

  [[nodiscard]] std::size_t size() const noexcept { return bytes_.size(); }
  /// All 0 for a key of another length.
  [[nodiscard]] const Digest& bytes(std::size_t i) const noexcept { return bytes_[i]; }
  [[nodiscard]] const curve25519::Niels& point(std::size_t i) const noexcept { return points_[i]; }
  /// The comb of this key, or null if the set was made without.
  [[nodiscard]] const curve25519::Niels* comb(std::size_t i) const noexcept {
    return combs_.empty() ? nullptr : combs_.data() + i * curve25519::KeyComb::kSize;
  }
  /// Whether the rule takes signatures by this key.
  [[nodiscard]] bool valid(std::size_t i, Rule rule) const noexcept {
    return (rule == Rule::zip215 ? valid_ : strict_valid_)[i] != 0;
  }

 private:
  void decode(const Items& public_keys);  // behind those that are there

  std::vector<Digest> bytes_;
  std::vector<curve25519::Niels> points_;
  std::vector<curve25519::Niels> combs_;
  std::vector<std::uint8_t> valid_;
  std::vector<std::uint8_t> strict_valid_;
};

/// A batch: signature i is over message i, by public_keys[i] or by (*key_set)[key_index[i]].
struct Batch {
  Items public_keys;                         // of equal size, unless there is a key set
  const KeySet* key_set = nullptr;           // borrowed
  std::span<const std::uint64_t> key_index;  // checked: below key_set->size()
  Items signatures;
  Items messages;
};

/// Writes 1 or 0 for each signature. An item of a wrong length gets 0. Precondition: counts agree,
/// and `combined` goes with zip215 only. threads = 0 means all cores.
void verify_batch(const Batch& batch, Rule rule, Method method, unsigned threads,
                  std::uint8_t* verdicts);

[[nodiscard]] bool verify(ByteView public_key, ByteView signature, ByteView message, Rule rule);

}  // namespace chopmark::sig

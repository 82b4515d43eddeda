// SPDX-License-Identifier: Apache-2.0
// Ed25519 verification (docs/spec/signatures.md): many signatures per call, a verdict for each. The
// verdict depends on rule, key, signature and message alone, never on method, batch or threads.
// Floor: sig.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.hpp"
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
inline constexpr std::size_t kKeyTable = 8;  // odd multiples: windows of 5 bits

/// A public key, decoded once.
struct DecodedKey {
  Digest bytes{};
  bool valid = false;         // decodes under ZIP-215
  bool strict_valid = false;  // and is canonical and not of small order
  curve25519::Point point;
};

/// Decoded keys that many signatures refer to by index. Immutable: threads may share it.
class KeySet {
 public:
  /// An item that has not 32 bytes is a key that is not valid. With `tables`, odd multiples of each
  /// key are kept: 1,280 bytes more for each key.
  KeySet(const Items& public_keys, bool tables);

  [[nodiscard]] std::size_t size() const noexcept { return keys_.size(); }
  [[nodiscard]] const DecodedKey& operator[](std::size_t i) const noexcept { return keys_[i]; }
  [[nodiscard]] const std::array<curve25519::Cached, kKeyTable>* table(
      std::size_t i) const noexcept {
    return tables_.empty() ? nullptr : &tables_[i];
  }

 private:
  std::vector<DecodedKey> keys_;
  std::vector<std::array<curve25519::Cached, kKeyTable>> tables_;
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

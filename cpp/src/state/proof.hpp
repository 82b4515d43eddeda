// SPDX-License-Identifier: Apache-2.0
// Proofs that a key has a value, or that it is absent (docs/spec/state.md ST-20..ST-29).
// Floor: state.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.hpp"
#include "state/tree.hpp"

namespace chopmark::state {

/// What a proof says at its first byte.
enum class ProofKind : std::uint8_t { empty_tree = 0, present = 1, other_key = 2 };

/// Appends the proof for a key, present or not.
void prove(const StateTree& tree, const Version& version, const std::uint8_t* key, Bytes& out);

/// Verdict i, 1 or 0: proofs[i] ties key i, with value i or without one, to the root. Keys and
/// values have 32 bytes each and lie side by side.
void verify_inclusions(HashId id, const Digest& root, const std::uint8_t* keys,
                       const std::uint8_t* values, const Items& proofs, std::uint8_t* verdicts,
                       unsigned threads);
void verify_absences(HashId id, const Digest& root, const std::uint8_t* keys, const Items& proofs,
                     std::uint8_t* verdicts, unsigned threads);

}  // namespace chopmark::state

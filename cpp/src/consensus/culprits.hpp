// SPDX-License-Identifier: Apache-2.0
// Whoever made two conflicting chains final (docs/spec/consensus.md B-92): at least 2q - n >= f + 1
// of the n validators, shown by the chains alone. Floor: consensus.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "consensus/evidence.hpp"
#include "types/message.hpp"

namespace chopmark::consensus {

/// A block or Closing header with what justifies it. The leader's signature is known only to those
/// who got its proposal.
struct ChainBlock {
  Bytes header;
  Bytes justification;
  std::optional<Signature> leader_signature;
};

/// A final block and what it stands on, from the highest down: each is the parent of the one before
/// it. `finalization` is that of the first.
struct FinalChain {
  Certificate finalization;
  std::vector<ChainBlock> blocks;
};

/// The chain that a row of messages shows: a finalization, then the blocks from the highest down
/// (B-50, the boundary proof of B-72). A proposal may stand for a block.
[[nodiscard]] Result<FinalChain> final_chain(std::span<const Bytes> messages,
                                             std::size_t validators);

enum class Fork : std::uint8_t {
  named,       // culprits are known
  none,        // one chain goes on where the other ends
  not_final,   // a finalization does not hold, or they are of different epochs
  incomplete,  // a block or justification that is needed is not there
};

struct Culprits {
  Fork fork = Fork::none;
  std::vector<Evidence> evidence;  // one for each culprit, by index
};

/// Of the chain whose final view is higher, the blocks down to the first whose parent is at or
/// below the final view of the other are needed; of the other its finalization alone. Both are of
/// the epoch of `signers`.
[[nodiscard]] Culprits culprits(const FinalChain& a, const FinalChain& b, const Signers& signers,
                                const AllValid& all_valid);

}  // namespace chopmark::consensus

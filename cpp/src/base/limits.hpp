// SPDX-License-Identifier: Apache-2.0
// Every maximum of the protocol in one place (docs/spec/codec.md, table of limits). Floor: base.
#pragma once

#include <cstddef>
#include <cstdint>

namespace chopmark::limits {

inline constexpr std::size_t kTransactionBytesMax = 32 * 1024;
inline constexpr std::size_t kPayloadBytesMax = 4 * 1024 * 1024;  // inline payload of one block
inline constexpr std::size_t kPayloadTransactionsMax = 16 * 1024;
inline constexpr std::size_t kOperationsMax = 64;
inline constexpr std::size_t kOperationBytesMax = 2 * 1024;
inline constexpr std::size_t kSignersMax = 16;
inline constexpr std::size_t kRefsMax = 16;
inline constexpr std::size_t kPartiesMax = 8;  // of a case
inline constexpr std::size_t kTemplateStatesMax = 32;
inline constexpr std::size_t kTemplateTransitionsMax = 96;
inline constexpr std::size_t kCouncilMax = 16;
inline constexpr std::uint64_t kReplayWindow = 1024;  // heights ahead that valid_until may lie

inline constexpr std::size_t kPoolTransactionsMax = 64 * 1024;
inline constexpr std::size_t kPoolBytesMax = 64 * 1024 * 1024;
inline constexpr std::size_t kPoolShares = 8;  // one submitter has at most 1 of so many

inline constexpr std::size_t kStateKeysMax = std::size_t{1} << 28;  // of one version
inline constexpr std::size_t kStateOverlaysMax = 4096;
inline constexpr std::size_t kStateOverlayDepthMax = 1024;  // overlays on top of each other
inline constexpr std::size_t kStateChunkEntriesFew = 64;    // that an exporter may ask for
inline constexpr std::size_t kStateChunkEntriesMax = 64 * 1024;

inline constexpr std::size_t kValidatorsMax = 32;  // inline payload, eager certificates
inline constexpr std::size_t kMembersMax = 65536;
inline constexpr std::size_t kMemberNameBytesMax = 64;
inline constexpr std::size_t kMemberKeysMax = 16;
inline constexpr std::size_t kMemberRolesMax = 64;

inline constexpr std::uint64_t kViewWindow = 64;            // W of R9: votes stored for views ahead
inline constexpr std::size_t kBlocksMax = 4 * kViewWindow;  // not final, held by a replica
inline constexpr std::size_t kRecentBlocks = 64;            // final, kept for peers that lag
inline constexpr std::size_t kServedBlocks = 32;            // of one answer to them
inline constexpr std::size_t kVerificationsPerLink = 64;    // at a time
inline constexpr std::size_t kResentPerTick = 50;           // own messages, and certificates (R8)
inline constexpr std::size_t kAskedPerTick = 50;            // gaps and blocks (R11)
inline constexpr std::size_t kEvidenceMax = 64;             // pieces a replica keeps of an epoch
inline constexpr std::size_t kJustifyMax = 2048;            // nullifications one proposal may carry
inline constexpr std::size_t kMessageBytesMax = 8 * 1024 * 1024;
inline constexpr std::size_t kJustificationBytesMax = 5 * 1024 * 1024;
inline constexpr std::size_t kEvidencePartBytesMax = kJustificationBytesMax + 284;  // with a header

}  // namespace chopmark::limits

// SPDX-License-Identifier: Apache-2.0
// First bytes of everything that is hashed, signed or sent (docs/spec/codec.md, table of tags).
// No two purposes share one, so bytes made for one purpose never pass for another. Floor: types.
#pragma once

#include <cstdint>

namespace chopmark::tags {

inline constexpr std::uint8_t kTransactionSignature = 0x01;
inline constexpr std::uint8_t kPossession = 0x02;
inline constexpr std::uint8_t kNotarize = 0x10;
inline constexpr std::uint8_t kNullify = 0x11;
inline constexpr std::uint8_t kFinalize = 0x12;
inline constexpr std::uint8_t kAmnesiaReply = 0x13;
inline constexpr std::uint8_t kHeader = 0x20;
inline constexpr std::uint8_t kClosingHeader = 0x21;
inline constexpr std::uint8_t kTransaction = 0x30;
inline constexpr std::uint8_t kGenesis = 0x40;
inline constexpr std::uint8_t kValidatorSet = 0x41;
inline constexpr std::uint8_t kPosition = 0x42;
inline constexpr std::uint8_t kMessageProposal = 0x50;
inline constexpr std::uint8_t kMessageVote = 0x51;
inline constexpr std::uint8_t kMessageCertificate = 0x52;
inline constexpr std::uint8_t kMessageAsk = 0x53;
inline constexpr std::uint8_t kMessageBlock = 0x54;
inline constexpr std::uint8_t kMessageAmnesiaAsk = 0x55;
inline constexpr std::uint8_t kMessageAmnesiaReply = 0x56;
inline constexpr std::uint8_t kMessageEvidence = 0x57;
inline constexpr std::uint8_t kMessageTransactions = 0x58;

inline constexpr std::uint8_t kVersion = 1;  // of every encoding here but the genesis
inline constexpr std::uint8_t kGenesisVersion = 2;
inline constexpr std::uint8_t kSuiteEd25519 = 1;  // Ed25519 (zip215), SHA-256, BLAKE3 state

}  // namespace chopmark::tags

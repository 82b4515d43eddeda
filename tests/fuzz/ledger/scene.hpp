// SPDX-License-Identifier: Apache-2.0
// The chain on which the targets of ledger and pool play: few members, few names, so that what one
// operation makes another one meets.
#pragma once

#include <cstdint>
#include <vector>

#include "harness/target.hpp"
#include "ledger/ledger.hpp"
#include "sig/signing.hpp"
#include "types/operation_samples.hpp"

namespace chopmark::fuzz {

inline constexpr std::uint32_t kMembers = 6;  // of the genesis; the next numbers may be admitted
inline constexpr std::uint16_t kField = 7;
inline constexpr std::uint64_t kGenesisTime = 1234567;  // as samples have it
inline constexpr std::size_t kKeyNumbers = 28;

/// Members 1 to 6, each with key 1, which administrates, and key 2; 1, 2, 3 are the council, two of
/// them enough. Members 1 and 2 have all roles in both fields, 3 and 6 in the first, 4 some, 5
/// none.
const Genesis& genesis();
/// Of member m, keys 1 and 2 are numbers 2 m - 2 and 2 m - 1. Those from 12 on are new.
const test::Signer& signer(std::size_t number);
/// Possession of a new key (C-51), by the key that it is.
ByteView possession(std::uint32_t member, std::uint32_t key_id, std::size_t number);

Digest name(std::uint8_t kind, std::size_t number);
/// Whose SHA-256 is the hash of locks.
Digest preimage(std::size_t number);

Schema schema(std::size_t number);
Template case_template(std::size_t number);
AssetClass asset_class(std::size_t number);

/// What defines schemas 1 to 3, templates 1 to 3 and classes 1 to 6: bodies of GOV.
const std::vector<Bytes>& definitions();
Bytes definition_body(DefinitionKind kind, std::size_t number);

/// One operation (code, then body) by choices. `time` and `height` are about those of the block.
test::Draft::Operation operation(Choices& choices, std::uint64_t time, std::uint64_t height);

}  // namespace chopmark::fuzz

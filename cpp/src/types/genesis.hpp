// SPDX-License-Identifier: Apache-2.0
// What a chain starts from (docs/spec/codec.md C-10..C-16). Floor: types.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace chopmark {

enum RoleBits : std::uint8_t { kRoleRecord = 1, kRoleAttest = 2, kRolesKnown = 3 };

struct MemberKey {
  std::uint32_t id = 0;
  Digest public_key{};
};

struct MemberRole {
  std::uint16_t field = 0;
  std::uint8_t bits = 0;
};

struct Member {
  std::uint32_t id = 0;
  std::string name;
  std::vector<MemberKey> keys;    // ascending by id
  std::vector<MemberRole> roles;  // ascending by field
  ByteView encoding;              // C-13, borrowed from the genesis bytes
};

struct Genesis {
  Digest chain_id{};
  std::string name;
  std::uint64_t time_ms = 0;
  std::vector<Digest> validators;
  std::vector<Member> members;  // ascending by id
};

/// Exactly one genesis; its members borrow `bytes`.
[[nodiscard]] Result<Genesis> parse_genesis(ByteView bytes);

}  // namespace chopmark

// SPDX-License-Identifier: Apache-2.0
// What a chain starts from (docs/spec/codec.md C-10..C-17). Floor: types.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "types/operations.hpp"

namespace chopmark {

struct MemberKey {
  std::uint32_t id = 0;
  std::uint8_t flags = 0;
  Digest public_key{};
};

struct MemberRole {
  std::uint16_t field = 0;
  std::uint16_t bits = 0;
};

struct Member {
  std::uint32_t id = 0;
  std::string name;
  std::vector<MemberKey> keys;    // ascending by id
  std::vector<MemberRole> roles;  // ascending by field
};

struct Genesis {
  Digest chain_id{};
  std::string name;
  std::uint64_t time_ms = 0;
  std::vector<Digest> validators;
  std::vector<Member> members;  // ascending by id
  std::uint8_t threshold = 0;
  std::vector<std::uint32_t> council;  // ascending
};

/// Exactly one genesis.
[[nodiscard]] Result<Genesis> parse_genesis(ByteView bytes);

/// Whether the bytes are a name (C-11, without its length).
[[nodiscard]] bool is_name(ByteView bytes) noexcept;

}  // namespace chopmark

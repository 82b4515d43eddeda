// SPDX-License-Identifier: Apache-2.0
// KEY (C-60) and what shows possession of a key (C-51).
#include "types/operations/fields.hpp"
#include "types/tags.hpp"

namespace chopmark {
namespace {

using codec::Reader;

void read_key(Reader& in, KeyOperation& out) noexcept {
  out.action = fields::read_enum(in, KeyAction::add, KeyAction::council_replaces);
  switch (out.action) {
    case KeyAction::add:
      out.key.id = in.u32();
      out.key.flags = fields::read_key_flags(in);
      return fields::read_possessed(in, out.key);
    case KeyAction::rotate:
      out.key.id = in.u32();
      return fields::read_possessed(in, out.key);
    case KeyAction::revoke:
      out.key_id = in.u32();
      out.compromised_since = in.u64();
      return;
    case KeyAction::council_revokes:
    case KeyAction::council_replaces:
      out.member = in.u32();
      out.key_id = in.u32();
      out.compromised_since = in.u64();
      if (out.action == KeyAction::council_revokes) return;
      out.key.id = in.u32();
      return fields::read_possessed(in, out.key);
  }
}

}  // namespace

std::array<std::uint8_t, kPossessionBytes> possession_payload(const Digest& chain_id,
                                                              std::uint32_t member,
                                                              const NewKey& key) noexcept {
  std::array<std::uint8_t, kPossessionBytes> out;
  out[0] = tags::kPossession;
  std::copy(chain_id.begin(), chain_id.end(), out.begin() + 1);
  store_be(out.data() + 33, member);
  store_be(out.data() + 37, key.id);
  std::copy(key.public_key.begin(), key.public_key.end(), out.begin() + 41);
  return out;
}

Result<KeyOperation> parse_key(ByteView body) {
  return fields::exactly_one<KeyOperation>(body, read_key);
}

}  // namespace chopmark

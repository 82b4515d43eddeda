// SPDX-License-Identifier: Apache-2.0
// What stands in the state: keys and encodings of entries (docs/spec/ledger.md L-24..L-27,
// L-82..L-94). Decoders take bytes that the encoders wrote. Floor: ledger.
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.hpp"
#include "types/operations.hpp"

namespace chopmark::ledger {

enum class EntryKind : std::uint8_t {
  member = 0x01,
  record = 0x02,
  attestation = 0x03,
  key = 0x04,
  public_key = 0x05,
  role = 0x06,
  governance = 0x07,
  validators = 0x08,
  schema = 0x09,
  case_template = 0x0a,
  asset_class = 0x0b,
  nullifier = 0x0c,
  grant = 0x0d,
  open_case = 0x0e,
  totals = 0x0f,
  backing = 0x10,
  holding = 0x11,
  lock = 0x12,
};

/// An encoded entry of at most kBytesMax bytes.
class EntryBytes {
 public:
  static constexpr std::size_t kBytesMax = 1156;  // a template with all states and transitions
  [[nodiscard]] ByteView view() const noexcept { return {bytes_.data(), size_}; }
  /// The next `size` bytes, to be written by the caller.
  [[nodiscard]] std::uint8_t* extend(std::size_t size) noexcept {
    std::uint8_t* const at = bytes_.data() + size_;
    size_ += size;
    return at;
  }
  void append(ByteView more) noexcept { std::copy(more.begin(), more.end(), extend(more.size())); }

 private:
  std::size_t size_ = 0;
  std::array<std::uint8_t, kBytesMax> bytes_;
};

/// An object that a court or regulator may hold (L-37).
struct Hold {
  bool on = false;
  std::uint64_t height = 0;  // from which `on` counts
  [[nodiscard]] bool held(std::uint64_t at) const noexcept { return on == (height <= at); }
};

/// The key of an entry in the state: BLAKE3(kind || id) (L-27).
[[nodiscard]] Digest member_key(std::uint32_t member) noexcept;
[[nodiscard]] Digest record_key(const Digest& record_id) noexcept;
[[nodiscard]] Digest attestation_key(std::uint32_t signer, const AttestOperation& op) noexcept;
[[nodiscard]] Digest key_key(std::uint32_t member, std::uint32_t key_id) noexcept;
[[nodiscard]] Digest public_key_key(const Digest& public_key) noexcept;
[[nodiscard]] Digest role_key(std::uint32_t member, std::uint16_t field) noexcept;
[[nodiscard]] Digest governance_key() noexcept;
[[nodiscard]] Digest validators_key() noexcept;
[[nodiscard]] Digest schema_key(std::uint16_t schema) noexcept;
[[nodiscard]] Digest template_key(std::uint16_t id) noexcept;
[[nodiscard]] Digest class_key(std::uint32_t asset_class) noexcept;
[[nodiscard]] Digest nullifier_key(std::uint16_t schema, const Digest& nullifier) noexcept;
[[nodiscard]] Digest grant_key(const Digest& record_id, std::uint32_t grantee) noexcept;
[[nodiscard]] Digest case_key(const Digest& case_id) noexcept;
[[nodiscard]] Digest totals_key(std::uint32_t asset_class) noexcept;
[[nodiscard]] Digest backing_key(std::uint32_t asset_class, const Digest& lot) noexcept;
[[nodiscard]] Digest holding_key(std::uint32_t asset_class, const Digest& lot,
                                 std::uint32_t member) noexcept;
[[nodiscard]] Digest lock_key(const Digest& lock_id) noexcept;

enum class MemberStatus : std::uint8_t { active = 1, frozen = 2, expelled = 3 };

struct MemberEntry {  // L-24
  std::uint32_t member = 0;
  MemberStatus status = MemberStatus::active;
  std::uint64_t since = 0;
  std::uint64_t admitted = 0;
  std::uint8_t keys = 0;
  std::uint8_t admin_keys = 0;
  std::uint8_t name_length = 0;
  std::array<std::uint8_t, limits::kMemberNameBytesMax> name{};
  [[nodiscard]] EntryBytes encode() const noexcept;
  [[nodiscard]] static MemberEntry decode(ByteView bytes) noexcept;
};

enum class RecordStatus : std::uint8_t { active = 1, withdrawn = 2, erased = 3 };

struct RecordEntry {  // L-25
  RecordStatus status = RecordStatus::active;
  Hold hold;
  std::uint32_t controller = 0;
  std::uint16_t field = 0;
  std::uint16_t schema = 0;
  std::uint32_t version = 0;
  std::uint64_t height = 0;
  std::uint32_t backings = 0;
  std::uint64_t retention = 0;
  Digest commitment{};
  Digest nullifier{};
  [[nodiscard]] bool has_nullifier() const noexcept { return nullifier != Digest{}; }
  [[nodiscard]] EntryBytes encode() const noexcept;
  [[nodiscard]] static RecordEntry decode(ByteView bytes) noexcept;
};

struct AttestationEntry {  // L-26
  std::uint32_t times = 0;
  std::uint64_t height = 0;
  std::uint16_t field = 0;
  Digest detail{};
  [[nodiscard]] EntryBytes encode() const noexcept;
  [[nodiscard]] static AttestationEntry decode(ByteView bytes) noexcept;
};

struct KeyEntry {  // L-82
  std::uint32_t member = 0;
  std::uint32_t id = 0;
  std::uint8_t flags = 0;
  Digest public_key{};
  std::uint64_t from = 0;
  std::uint64_t until = kNever;
  std::uint64_t compromised_since = kNever;
  [[nodiscard]] bool administrates() const noexcept { return (flags & kKeyAdministrates) != 0; }
  [[nodiscard]] EntryBytes encode() const noexcept;
  [[nodiscard]] static KeyEntry decode(ByteView bytes) noexcept;
};

struct PublicKeyEntry {  // L-83
  std::uint32_t member = 0;
  std::uint32_t key_id = 0;
  [[nodiscard]] EntryBytes encode() const noexcept;
  [[nodiscard]] static PublicKeyEntry decode(ByteView bytes) noexcept;
};

struct RoleEntry {  // L-84
  std::uint32_t member = 0;
  std::uint16_t field = 0;
  std::uint16_t bits = 0;
  std::uint64_t since = 0;
  [[nodiscard]] EntryBytes encode() const noexcept;
  [[nodiscard]] static RoleEntry decode(ByteView bytes) noexcept;
};

struct GovernanceEntry {  // L-85
  std::uint8_t threshold = 0;
  std::uint8_t council_count = 0;
  std::array<std::uint32_t, limits::kCouncilMax> council{};
  std::uint32_t members = 0;
  std::uint64_t grant_ms_max = kNever;
  std::uint64_t lock_ms_max = kNever;
  [[nodiscard]] bool on_council(std::uint32_t member) const noexcept;
  [[nodiscard]] EntryBytes encode() const noexcept;
  [[nodiscard]] static GovernanceEntry decode(ByteView bytes) noexcept;
};

struct ValidatorsEntry {  // L-86; borrows the keys
  std::uint64_t since = 0;
  ByteView public_keys;  // 32 bytes each
  [[nodiscard]] EntryBytes encode() const noexcept;
  [[nodiscard]] static ValidatorsEntry decode(ByteView bytes) noexcept;
};

struct DefinitionEntry {  // L-87; borrows the definition
  EntryKind kind = EntryKind::schema;
  bool retired = false;
  std::uint64_t since = 0;
  ByteView definition;
  [[nodiscard]] EntryBytes encode() const noexcept;
  [[nodiscard]] static DefinitionEntry decode(ByteView bytes) noexcept;
};

struct NullifierEntry {  // L-88
  std::uint32_t count = 0;
  std::uint32_t live = 0;
  Digest record_id{};
  [[nodiscard]] EntryBytes encode() const noexcept;
  [[nodiscard]] static NullifierEntry decode(ByteView bytes) noexcept;
};

struct GrantEntry {  // L-89
  bool revoked = false;
  std::uint32_t granter = 0;
  std::uint16_t purposes = 0;
  std::uint32_t times = 0;
  std::uint32_t uses = 0;
  std::uint64_t used = 0;
  std::uint64_t expires = 0;
  std::uint64_t height = 0;
  Digest wrapped{};
  [[nodiscard]] EntryBytes encode() const noexcept;
  [[nodiscard]] static GrantEntry decode(ByteView bytes) noexcept;
};

struct CaseEntry {  // L-90
  Hold hold;
  std::uint16_t template_id = 0;
  std::uint16_t field = 0;
  std::uint8_t state = 0;
  std::uint32_t steps = 0;
  std::uint64_t deadline = 0;
  std::uint64_t height = 0;
  Digest subject{};
  std::uint8_t party_count = 0;
  std::array<std::uint32_t, limits::kPartiesMax> parties{};
  /// The number of a party, or party_count.
  [[nodiscard]] std::size_t party(std::uint32_t member) const noexcept;
  [[nodiscard]] EntryBytes encode() const noexcept;
  [[nodiscard]] static CaseEntry decode(ByteView bytes) noexcept;
};

struct TotalsEntry {  // L-91
  std::uint64_t issued = 0;
  std::uint64_t redeemed = 0;
  std::uint32_t holders = 0;
  [[nodiscard]] EntryBytes encode() const noexcept;
  [[nodiscard]] static TotalsEntry decode(ByteView bytes) noexcept;
};

struct BackingEntry {  // L-92
  std::uint32_t issuer = 0;
  std::uint64_t amount = 0;
  std::uint64_t live = 0;
  std::uint64_t height = 0;
  Digest record_id{};
  [[nodiscard]] EntryBytes encode() const noexcept;
  [[nodiscard]] static BackingEntry decode(ByteView bytes) noexcept;
};

struct HoldingEntry {  // L-93
  Hold hold;
  std::uint64_t free = 0;
  std::uint64_t locked = 0;
  std::uint64_t expires = kNever;
  [[nodiscard]] EntryBytes encode() const noexcept;
  [[nodiscard]] static HoldingEntry decode(ByteView bytes) noexcept;
};

enum class LockStatus : std::uint8_t { open = 1, settled = 2, refunded = 3 };

struct LockEntry {  // L-94
  LockStatus status = LockStatus::open;
  Hold hold;
  std::uint32_t asset_class = 0;
  Digest lot{};
  std::uint32_t owner = 0;
  std::uint32_t beneficiary = 0;
  std::uint64_t amount = 0;
  std::uint64_t deadline = 0;
  std::uint64_t expires = 0;
  LockCondition condition = LockCondition::case_state;
  Digest subject{};
  std::uint8_t state = 0;
  std::uint64_t height = 0;
  [[nodiscard]] EntryBytes encode() const noexcept;
  [[nodiscard]] static LockEntry decode(ByteView bytes) noexcept;
};

}  // namespace chopmark::ledger

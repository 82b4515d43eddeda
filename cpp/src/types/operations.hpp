// SPDX-License-Identifier: Apache-2.0
// The bodies of operations (docs/spec/codec.md C-27, C-28, C-50..C-68), one parser each. Views
// borrow the body. Floor: types.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <variant>

#include "base/bytes.hpp"
#include "base/limits.hpp"
#include "base/result.hpp"

namespace chopmark {

enum class OperationCode : std::uint8_t {
  governance = 1,
  key = 2,
  record = 3,
  attest = 4,
  grant = 5,
  use = 6,
  open = 7,
  step = 8,
  issue = 9,
  transfer = 10,
  redeem = 11,
  lock = 12,
};

/// A time or height that never comes (C-6).
inline constexpr std::uint64_t kNever = UINT64_MAX;

/// Licences of a member in a field (C-15).
enum RoleBits : std::uint16_t {
  kRoleRecord = 0x0001,
  kRoleAttest = 0x0002,
  kRoleInspect = 0x0004,
  kRoleApprove = 0x0008,
  kRoleNotarise = 0x0010,
  kRoleHandle = 0x0020,
  kRoleDecide = 0x0040,
  kRoleIssue = 0x0080,
  kRoleHold = 0x0100,
  kRoleSupervise = 0x0200,
  kRoleTrade = 0x0400,
  kRoleEmergency = 0x0800,
  kRolesKnown = 0x0fff,
};

/// Bit 0 of key_flags (C-14).
inline constexpr std::uint8_t kKeyAdministrates = 1;

/// Record ids of 32 bytes each, strictly ascending (C-50).
struct RefsView {
  ByteView bytes{};
  [[nodiscard]] std::size_t size() const noexcept { return bytes.size() / 32; }
  [[nodiscard]] Digest operator[](std::size_t i) const noexcept {
    return digest_from(bytes.data() + 32 * i);
  }
};

/// A key that a member will sign with, and the signature that shows its possession (C-51).
struct NewKey {
  std::uint32_t id = 0;
  std::uint8_t flags = 0;
  Digest public_key{};
  ByteView possession{};  // 64 bytes
};
/// What `possession` signs.
inline constexpr std::size_t kPossessionBytes = 73;
[[nodiscard]] std::array<std::uint8_t, kPossessionBytes> possession_payload(
    const Digest& chain_id, std::uint32_t member, const NewKey& key) noexcept;

// GOV (C-52 to C-56).

enum class GovernanceAction : std::uint8_t {
  admit = 1,
  expel,
  freeze,
  unfreeze,
  roles,
  validators,
  council,
  parameter,
  schema,
  case_template,
  asset_class,
  retire,
  hold,
  unhold,
};

enum class ObjectKind : std::uint8_t { record = 1, open_case = 2, lock = 3, holding = 4 };

struct ObjectId {
  ObjectKind kind = ObjectKind::record;
  Digest id{};                    // of a record, case or lock; the lot of a holding
  std::uint32_t asset_class = 0;  // of a holding, like `member`
  std::uint32_t member = 0;
};

enum class DefinitionKind : std::uint8_t { schema = 1, case_template = 2, asset_class = 3 };

enum class SchemaMode : std::uint8_t { no_nullifiers = 0, linking = 1, unique = 2 };

/// C-53.
struct Schema {
  static constexpr std::size_t kBytes = 39;
  std::uint16_t id = 0;
  std::uint16_t field = 0;
  SchemaMode mode = SchemaMode::no_nullifiers;
  std::uint16_t role_bits = 0;
};

/// C-54.
struct Template {
  struct State {
    bool closed = false;
    std::uint64_t limit_ms = 0;
    std::uint8_t timeout_to = 0;
  };
  struct Transition {
    std::uint8_t from = 0;
    std::uint8_t event = 0;
    std::uint8_t to = 0;
    std::uint8_t by = 0;
    std::uint8_t with = 0;
    std::uint16_t role_bits = 0;
    std::uint8_t refs = 0;
  };
  std::uint16_t id = 0;
  std::uint16_t field = 0;
  bool review = false;
  std::uint8_t party_count = 0;
  std::array<std::uint16_t, limits::kPartiesMax> party_roles{};
  std::uint8_t openers = 0;
  std::uint8_t state_count = 0;
  std::array<State, limits::kTemplateStatesMax> states{};
  std::uint8_t transition_count = 0;
  std::array<Transition, limits::kTemplateTransitionsMax> transitions{};

  /// The transition from a state with an event, or null.
  [[nodiscard]] const Transition* find(std::uint8_t from, std::uint8_t event) const noexcept;
};

enum ClassFlags : std::uint8_t {
  kClassLots = 0x01,
  kClassOneIssuer = 0x02,
  kClassHolderRedeems = 0x04,
  kClassIssuerRedeems = 0x08,
  kClassReceiverSigns = 0x10,
  kClassBound = 0x20,
  kClassFlagsKnown = 0x3f,
};
enum class Backing : std::uint8_t { none = 0, value = 1, record = 2 };

/// C-55.
struct AssetClass {
  static constexpr std::size_t kBytes = 75;
  std::uint32_t id = 0;
  std::uint16_t field = 0;
  std::uint8_t flags = 0;
  std::uint32_t issuer = 0;
  Backing backing = Backing::none;
  std::uint8_t claim = 0;
  std::uint16_t holder_roles = 0;
  std::uint32_t holders_max = 0;
  std::uint64_t supply_max = 0;
  std::uint64_t issue_max = 0;
  std::uint64_t expires = 0;
  [[nodiscard]] bool has(ClassFlags flag) const noexcept { return (flags & flag) != 0; }
};

/// The definitions of C-53 to C-55: exactly one.
[[nodiscard]] Result<Schema> parse_schema(ByteView bytes);
[[nodiscard]] Result<Template> parse_template(ByteView bytes);
[[nodiscard]] Result<AssetClass> parse_class(ByteView bytes);

struct GovernanceOperation {
  GovernanceAction action = GovernanceAction::admit;
  std::uint32_t member = 0;
  ByteView name{};              // admit
  NewKey key{};                 // admit
  std::uint16_t field = 0;      // roles
  std::uint16_t role_bits = 0;  // roles
  ByteView validators{};        // 32 bytes each
  std::uint8_t threshold = 0;   // council
  ByteView council{};           // u32 each
  std::uint8_t parameter = 0;
  std::uint64_t value = 0;
  ByteView definition{};                         // of schema, template or class: valid
  DefinitionKind kind = DefinitionKind::schema;  // retire, and of `definition`
  std::uint32_t id = 0;                          // retire, and of `definition`
  ObjectId object{};                             // hold, unhold
};
[[nodiscard]] Result<GovernanceOperation> parse_governance(ByteView body);

// KEY (C-60).

enum class KeyAction : std::uint8_t { add = 1, rotate, revoke, council_revokes, council_replaces };

struct KeyOperation {
  KeyAction action = KeyAction::add;
  std::uint32_t member = 0;  // of the council's actions
  std::uint32_t key_id = 0;  // that is revoked or replaced
  std::uint64_t compromised_since = kNever;
  NewKey key{};  // add, rotate, council_replaces
};
[[nodiscard]] Result<KeyOperation> parse_key(ByteView body);

// REC (C-27).

enum class RecordAction : std::uint8_t {
  create = 1,
  amend = 2,
  withdraw = 3,
  erase = 4,
  create_with_nullifier = 5,
};

struct RecordOperation {
  RecordAction action = RecordAction::create;
  Digest record_id{};
  std::uint32_t expected_version = 0;
  std::uint16_t schema = 0;  // this and what follows: not for withdraw and erase
  Digest commitment{};
  std::uint64_t retention = 0;
  Digest nullifier{};
  RefsView refs{};
};
[[nodiscard]] Result<RecordOperation> parse_record(ByteView body);

// ATT (C-28).

inline constexpr std::uint8_t kClaimMax = 10;

enum class TargetKind : std::uint8_t { record = 1, open_case = 2 };

struct AttestOperation {
  TargetKind kind = TargetKind::record;
  Digest target{};
  std::uint32_t version = 0;
  std::uint8_t claim = 0;
  Digest detail{};
};
[[nodiscard]] Result<AttestOperation> parse_attest(ByteView body);
/// The role that C-15 names for a claim.
[[nodiscard]] RoleBits role_of_claim(std::uint8_t claim) noexcept;

// GRA (C-61).

struct GrantOperation {
  bool revoke = false;
  Digest record_id{};
  std::uint32_t grantee = 0;
  std::uint16_t purposes = 0;  // this and what follows: not for revoke
  std::uint32_t uses = 0;
  std::uint64_t expires = 0;
  Digest wrapped{};
};
[[nodiscard]] Result<GrantOperation> parse_grant(ByteView body);

// USE (C-62).

struct UseOperation {
  bool break_glass = false;
  Digest record_id{};
  std::uint16_t purposes = 0;
  Digest payload{};
  Digest case_id{};               // break-glass
  std::uint16_t template_id = 0;  // break-glass
};
[[nodiscard]] Result<UseOperation> parse_use(ByteView body);

// OPN (C-63), STP (C-64).

struct OpenOperation {
  Digest case_id{};
  std::uint16_t template_id = 0;
  std::uint64_t deadline = 0;
  Digest subject{};
  std::uint8_t party_count = 0;
  std::array<std::uint32_t, limits::kPartiesMax> parties{};
  RefsView refs{};
};
[[nodiscard]] Result<OpenOperation> parse_open(ByteView body);

struct StepOperation {
  Digest case_id{};
  std::uint8_t expected_state = 0;
  std::uint8_t event = 0;
  Digest detail{};
  RefsView refs{};
};
[[nodiscard]] Result<StepOperation> parse_step(ByteView body);

// ISS (C-65), TRF (C-66), RED (C-67), LCK (C-68).

struct IssueOperation {
  std::uint32_t asset_class = 0;
  std::uint32_t to = 0;
  std::uint64_t amount = 0;
  Digest backing{};
  std::uint32_t attester = 0;
  std::uint64_t expires = 0;
};
[[nodiscard]] Result<IssueOperation> parse_issue(ByteView body);

struct TransferOperation {
  bool by_order = false;
  std::uint32_t asset_class = 0;
  Digest lot{};
  std::uint32_t from = 0;  // by order
  std::uint32_t to = 0;
  std::uint64_t amount = 0;
};
[[nodiscard]] Result<TransferOperation> parse_transfer(ByteView body);

inline constexpr std::uint8_t kReasonExpired = 4;

struct RedeemOperation {
  std::uint32_t asset_class = 0;
  Digest lot{};
  std::uint32_t holder = 0;
  std::uint64_t amount = 0;
  std::uint8_t reason = 0;
  Digest detail{};
};
[[nodiscard]] Result<RedeemOperation> parse_redeem(ByteView body);

enum class LockAction : std::uint8_t { lock = 1, settle, settle_with_preimage, refund };
enum class LockCondition : std::uint8_t { case_state = 1, preimage, co_signature };

struct LockOperation {
  LockAction action = LockAction::lock;
  Digest lock_id{};
  std::uint32_t asset_class = 0;  // this to `state`: lock
  Digest lot{};
  std::uint64_t amount = 0;
  std::uint32_t beneficiary = 0;
  std::uint64_t deadline = 0;
  LockCondition condition = LockCondition::case_state;
  Digest subject{};  // the case, the hash, or the member (u32) and zeros
  std::uint8_t state = 0;
  Digest preimage{};  // settle_with_preimage
};
[[nodiscard]] Result<LockOperation> parse_lock(ByteView body);

/// Whether the body is valid for the code; offsets count from the front of the body.
[[nodiscard]] Result<std::monostate> check_body(OperationCode code, ByteView body);

}  // namespace chopmark

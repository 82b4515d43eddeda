// SPDX-License-Identifier: Apache-2.0
#include "ledger/entries.hpp"

#include <cstring>
#include <type_traits>

#include "base/check.hpp"
#include "base/endian.hpp"
#include "hash/blake3.hpp"

namespace chopmark::ledger {
namespace {

constexpr std::uint8_t kEntryVersion = 1;
// `status` of definitions and grants.
constexpr std::uint8_t kStatusGood = 1;
constexpr std::uint8_t kStatusEnded = 2;

constexpr std::uint8_t status_byte(bool ended) noexcept {
  return ended ? kStatusEnded : kStatusGood;
}

// A field is an integer, an enumeration, a hold, or an array of these, and stands in an entry
// without padding.
template <class Field>
constexpr std::size_t kFieldBytes = sizeof(Field);
template <>
constexpr std::size_t kFieldBytes<Hold> = 9;

template <class Field>
void store(std::uint8_t* to, const Field& field) noexcept {
  if constexpr (std::is_enum_v<Field>) {
    store_be(to, static_cast<std::underlying_type_t<Field>>(field));
  } else if constexpr (std::is_integral_v<Field>) {
    store_be(to, field);
  } else if constexpr (std::is_same_v<Field, Hold>) {
    to[0] = field.on ? 1 : 0;
    store_be(to + 1, field.height);
  } else if constexpr (sizeof(field[0]) == 1) {
    std::memcpy(to, field.data(), sizeof field);
  } else {
    for (const auto& element : field) {
      store(to, element);
      to += sizeof element;
    }
  }
}

template <class Field>
void load(Field& field, const std::uint8_t* from) noexcept {
  if constexpr (std::is_enum_v<Field>) {
    field = static_cast<Field>(load_be<std::underlying_type_t<Field>>(from));
  } else if constexpr (std::is_integral_v<Field>) {
    field = load_be<Field>(from);
  } else if constexpr (std::is_same_v<Field, Hold>) {
    field.on = from[0] == 1;
    field.height = load_be<std::uint64_t>(from + 1);
  } else if constexpr (sizeof(field[0]) == 1) {
    std::memcpy(field.data(), from, sizeof field);
  } else {
    for (auto& element : field) {
      load(element, from);
      from += sizeof element;
    }
  }
}

template <class... Fields>
Digest key_of(EntryKind kind, const Fields&... id) noexcept {
  std::array<std::uint8_t, 1 + (std::size_t{0} + ... + kFieldBytes<Fields>)> bytes;
  bytes[0] = static_cast<std::uint8_t>(kind);
  [[maybe_unused]] std::uint8_t* at = bytes.data() + 1;  // the governance has no id
  ((store(at, id), at += kFieldBytes<Fields>), ...);
  return blake3(bytes);
}

/// `kBytes` is the size in the table of L-27, or of what stands before the part without one.
template <std::size_t kBytes, class... Fields>
EntryBytes encoded(EntryKind kind, const Fields&... fields) noexcept {
  static_assert(2 + (kFieldBytes<Fields> + ...) == kBytes && kBytes <= EntryBytes::kBytesMax);
  EntryBytes out;
  std::uint8_t* at = out.extend(kBytes);
  *at++ = static_cast<std::uint8_t>(kind);
  *at++ = kEntryVersion;
  ((store(at, fields), at += kFieldBytes<Fields>), ...);
  return out;
}

/// Reads the fields in their order and returns what stands behind them.
template <std::size_t kBytes, class... Fields>
ByteView decode_fields(ByteView bytes, Fields&... fields) noexcept {
  static_assert(2 + (kFieldBytes<Fields> + ...) == kBytes);
  CHOPMARK_CHECK(bytes.size() >= kBytes);
  const std::uint8_t* at = bytes.data() + 2;
  ((load(fields, at), at += kFieldBytes<Fields>), ...);
  return bytes.subspan(kBytes);
}

}  // namespace

Digest member_key(std::uint32_t member) noexcept {
  return key_of(EntryKind::member, member);
}

Digest record_key(const Digest& record_id) noexcept {
  return key_of(EntryKind::record, record_id);
}

Digest attestation_key(std::uint32_t signer, const AttestOperation& op) noexcept {
  return key_of(EntryKind::attestation, signer, op.kind, op.target, op.version, op.claim);
}

Digest key_key(std::uint32_t member, std::uint32_t key_id) noexcept {
  return key_of(EntryKind::key, member, key_id);
}

Digest public_key_key(const Digest& public_key) noexcept {
  return key_of(EntryKind::public_key, public_key);
}

Digest role_key(std::uint32_t member, std::uint16_t field) noexcept {
  return key_of(EntryKind::role, member, field);
}

Digest governance_key() noexcept {
  return key_of(EntryKind::governance);
}

Digest validators_key() noexcept {
  return key_of(EntryKind::validators);
}

Digest schema_key(std::uint16_t schema) noexcept {
  return key_of(EntryKind::schema, schema);
}

Digest template_key(std::uint16_t id) noexcept {
  return key_of(EntryKind::case_template, id);
}

Digest class_key(std::uint32_t asset_class) noexcept {
  return key_of(EntryKind::asset_class, asset_class);
}

Digest nullifier_key(std::uint16_t schema, const Digest& nullifier) noexcept {
  return key_of(EntryKind::nullifier, schema, nullifier);
}

Digest grant_key(const Digest& record_id, std::uint32_t grantee) noexcept {
  return key_of(EntryKind::grant, record_id, grantee);
}

Digest case_key(const Digest& case_id) noexcept {
  return key_of(EntryKind::open_case, case_id);
}

Digest totals_key(std::uint32_t asset_class) noexcept {
  return key_of(EntryKind::totals, asset_class);
}

Digest backing_key(std::uint32_t asset_class, const Digest& lot) noexcept {
  return key_of(EntryKind::backing, asset_class, lot);
}

Digest holding_key(std::uint32_t asset_class, const Digest& lot, std::uint32_t member) noexcept {
  return key_of(EntryKind::holding, asset_class, lot, member);
}

Digest lock_key(const Digest& lock_id) noexcept {
  return key_of(EntryKind::lock, lock_id);
}

EntryBytes MemberEntry::encode() const noexcept {
  return encoded<90>(EntryKind::member, member, status, since, admitted, keys, admin_keys,
                     name_length, name);
}

MemberEntry MemberEntry::decode(ByteView bytes) noexcept {
  MemberEntry e;
  decode_fields<90>(bytes, e.member, e.status, e.since, e.admitted, e.keys, e.admin_keys,
                    e.name_length, e.name);
  return e;
}

EntryBytes RecordEntry::encode() const noexcept {
  return encoded<108>(EntryKind::record, status, hold, controller, field, schema, version, height,
                      backings, retention, commitment, nullifier);
}

RecordEntry RecordEntry::decode(ByteView bytes) noexcept {
  RecordEntry e;
  decode_fields<108>(bytes, e.status, e.hold, e.controller, e.field, e.schema, e.version, e.height,
                     e.backings, e.retention, e.commitment, e.nullifier);
  return e;
}

EntryBytes AttestationEntry::encode() const noexcept {
  return encoded<48>(EntryKind::attestation, times, height, field, detail);
}

AttestationEntry AttestationEntry::decode(ByteView bytes) noexcept {
  AttestationEntry e;
  decode_fields<48>(bytes, e.times, e.height, e.field, e.detail);
  return e;
}

EntryBytes KeyEntry::encode() const noexcept {
  return encoded<67>(EntryKind::key, member, id, flags, public_key, from, until, compromised_since);
}

KeyEntry KeyEntry::decode(ByteView bytes) noexcept {
  KeyEntry e;
  decode_fields<67>(bytes, e.member, e.id, e.flags, e.public_key, e.from, e.until,
                    e.compromised_since);
  return e;
}

EntryBytes PublicKeyEntry::encode() const noexcept {
  return encoded<10>(EntryKind::public_key, member, key_id);
}

PublicKeyEntry PublicKeyEntry::decode(ByteView bytes) noexcept {
  PublicKeyEntry e;
  decode_fields<10>(bytes, e.member, e.key_id);
  return e;
}

EntryBytes RoleEntry::encode() const noexcept {
  return encoded<18>(EntryKind::role, member, field, bits, since);
}

RoleEntry RoleEntry::decode(ByteView bytes) noexcept {
  RoleEntry e;
  decode_fields<18>(bytes, e.member, e.field, e.bits, e.since);
  return e;
}

bool GovernanceEntry::on_council(std::uint32_t of) const noexcept {
  const auto end = council.begin() + council_count;
  return std::find(council.begin(), end, of) != end;
}

EntryBytes GovernanceEntry::encode() const noexcept {
  return encoded<88>(EntryKind::governance, threshold, council_count, council, members,
                     grant_ms_max, lock_ms_max);
}

GovernanceEntry GovernanceEntry::decode(ByteView bytes) noexcept {
  GovernanceEntry e;
  decode_fields<88>(bytes, e.threshold, e.council_count, e.council, e.members, e.grant_ms_max,
                    e.lock_ms_max);
  return e;
}

EntryBytes ValidatorsEntry::encode() const noexcept {
  const auto count = static_cast<std::uint8_t>(public_keys.size() / 32);  // at most 32
  EntryBytes out = encoded<11>(EntryKind::validators, since, count);
  out.append(public_keys);
  return out;
}

ValidatorsEntry ValidatorsEntry::decode(ByteView bytes) noexcept {
  ValidatorsEntry e;
  std::uint8_t count = 0;
  e.public_keys = decode_fields<11>(bytes, e.since, count);
  return e;
}

EntryBytes DefinitionEntry::encode() const noexcept {
  EntryBytes out = encoded<11>(kind, status_byte(retired), since);
  out.append(definition);
  return out;
}

DefinitionEntry DefinitionEntry::decode(ByteView bytes) noexcept {
  DefinitionEntry e;
  std::uint8_t status = 0;
  e.definition = decode_fields<11>(bytes, status, e.since);
  e.kind = static_cast<EntryKind>(bytes[0]);
  e.retired = status == kStatusEnded;
  return e;
}

EntryBytes NullifierEntry::encode() const noexcept {
  return encoded<42>(EntryKind::nullifier, count, live, record_id);
}

NullifierEntry NullifierEntry::decode(ByteView bytes) noexcept {
  NullifierEntry e;
  decode_fields<42>(bytes, e.count, e.live, e.record_id);
  return e;
}

EntryBytes GrantEntry::encode() const noexcept {
  return encoded<73>(EntryKind::grant, status_byte(revoked), granter, purposes, times, uses, used,
                     expires, height, wrapped);
}

GrantEntry GrantEntry::decode(ByteView bytes) noexcept {
  GrantEntry e;
  std::uint8_t status = 0;
  decode_fields<73>(bytes, status, e.granter, e.purposes, e.times, e.uses, e.used, e.expires,
                    e.height, e.wrapped);
  e.revoked = status == kStatusEnded;
  return e;
}

std::size_t CaseEntry::party(std::uint32_t member) const noexcept {
  const auto begin = parties.begin();
  return static_cast<std::size_t>(std::find(begin, begin + party_count, member) - begin);
}

EntryBytes CaseEntry::encode() const noexcept {
  return encoded<101>(EntryKind::open_case, hold, template_id, field, state, steps, deadline,
                      height, subject, party_count, parties);
}

CaseEntry CaseEntry::decode(ByteView bytes) noexcept {
  CaseEntry e;
  decode_fields<101>(bytes, e.hold, e.template_id, e.field, e.state, e.steps, e.deadline, e.height,
                     e.subject, e.party_count, e.parties);
  return e;
}

EntryBytes TotalsEntry::encode() const noexcept {
  return encoded<22>(EntryKind::totals, issued, redeemed, holders);
}

TotalsEntry TotalsEntry::decode(ByteView bytes) noexcept {
  TotalsEntry e;
  decode_fields<22>(bytes, e.issued, e.redeemed, e.holders);
  return e;
}

EntryBytes BackingEntry::encode() const noexcept {
  return encoded<62>(EntryKind::backing, issuer, amount, live, height, record_id);
}

BackingEntry BackingEntry::decode(ByteView bytes) noexcept {
  BackingEntry e;
  decode_fields<62>(bytes, e.issuer, e.amount, e.live, e.height, e.record_id);
  return e;
}

EntryBytes HoldingEntry::encode() const noexcept {
  return encoded<35>(EntryKind::holding, hold, free, locked, expires);
}

HoldingEntry HoldingEntry::decode(ByteView bytes) noexcept {
  HoldingEntry e;
  decode_fields<35>(bytes, e.hold, e.free, e.locked, e.expires);
  return e;
}

EntryBytes LockEntry::encode() const noexcept {
  return encoded<122>(EntryKind::lock, status, hold, asset_class, lot, owner, beneficiary, amount,
                      deadline, expires, condition, subject, state, height);
}

LockEntry LockEntry::decode(ByteView bytes) noexcept {
  LockEntry e;
  decode_fields<122>(bytes, e.status, e.hold, e.asset_class, e.lot, e.owner, e.beneficiary,
                     e.amount, e.deadline, e.expires, e.condition, e.subject, e.state, e.height);
  return e;
}

}  // namespace chopmark::ledger

// SPDX-License-Identifier: Apache-2.0
// Every way in which the ledger says no, with stable numbers (docs/spec/ledger.md, tables of
// codes). Floor: ledger.
#pragma once

#include <cstdint>

namespace chopmark::ledger {

// Result of a transaction that stands in a block: part of its log leaf (L-31).
enum class ResultCode : std::uint16_t {
  ok = 0,
  role_denied = 1,
  duplicate_id = 2,
  unknown_record = 3,
  not_controller = 4,
  missing_ref = 5,
  version_conflict = 6,
  withdrawn = 7,
  stale_version = 8,
  frozen = 9,
  threshold = 10,
  unknown_member = 11,
  conflict = 12,
  last_validator = 13,
  key_unknown = 14,
  key_revoked = 15,
  key_reused = 16,
  bad_possession = 17,
  last_key = 18,
  limit = 19,
  schema = 20,
  duplicate_backing = 21,
  backing_live = 22,
  hold = 23,
  too_early = 24,
  expired = 25,
  no_grant = 26,
  exhausted = 27,
  purpose = 28,
  template_ = 29,
  unknown_case = 30,
  bad_state = 31,
  deadline = 32,
  class_ = 33,
  supply = 34,
  not_allowed = 35,
  cap = 36,
  not_holder = 37,
  locked = 38,
  insufficient = 39,
  unknown_lock = 40,
  done = 41,
  cond_unmet = 42,
  not_party = 43,
};
inline constexpr std::uint16_t kResultCodeMax = 43;

// Why a block, or a transaction offered to the pool, is refused and leaves no trace (L-11).
enum class Refusal : std::uint16_t {
  none = 0,
  malformed_header = 101,
  wrong_chain = 102,
  payload_mismatch = 103,
  unknown_parent = 104,
  wrong_height = 105,
  wrong_state_root = 106,
  wrong_log = 107,
  malformed_payload = 108,
  malformed_transaction = 109,
  unknown_signer = 110,
  expired = 111,
  too_far_ahead = 112,
  replay = 113,
  bad_signature = 114,
  too_many_overlays = 115,
  wrong_time = 116,
};

[[nodiscard]] constexpr const char* code_name(ResultCode code) noexcept {
  switch (code) {
    case ResultCode::ok:
      return "OK";
    case ResultCode::role_denied:
      return "ROLE_DENIED";
    case ResultCode::duplicate_id:
      return "DUPLICATE_ID";
    case ResultCode::unknown_record:
      return "UNKNOWN_RECORD";
    case ResultCode::not_controller:
      return "NOT_CONTROLLER";
    case ResultCode::missing_ref:
      return "MISSING_REF";
    case ResultCode::version_conflict:
      return "VERSION_CONFLICT";
    case ResultCode::withdrawn:
      return "WITHDRAWN";
    case ResultCode::stale_version:
      return "STALE_VERSION";
    case ResultCode::frozen:
      return "FROZEN";
    case ResultCode::threshold:
      return "THRESHOLD";
    case ResultCode::unknown_member:
      return "UNKNOWN_MEMBER";
    case ResultCode::conflict:
      return "CONFLICT";
    case ResultCode::last_validator:
      return "LAST_VALIDATOR";
    case ResultCode::key_unknown:
      return "KEY_UNKNOWN";
    case ResultCode::key_revoked:
      return "KEY_REVOKED";
    case ResultCode::key_reused:
      return "KEY_REUSED";
    case ResultCode::bad_possession:
      return "BAD_POSSESSION";
    case ResultCode::last_key:
      return "LAST_KEY";
    case ResultCode::limit:
      return "LIMIT";
    case ResultCode::schema:
      return "SCHEMA";
    case ResultCode::duplicate_backing:
      return "DUPLICATE_BACKING";
    case ResultCode::backing_live:
      return "BACKING_LIVE";
    case ResultCode::hold:
      return "HOLD";
    case ResultCode::too_early:
      return "TOO_EARLY";
    case ResultCode::expired:
      return "EXPIRED";
    case ResultCode::no_grant:
      return "NO_GRANT";
    case ResultCode::exhausted:
      return "EXHAUSTED";
    case ResultCode::purpose:
      return "PURPOSE";
    case ResultCode::template_:
      return "TEMPLATE";
    case ResultCode::unknown_case:
      return "UNKNOWN_CASE";
    case ResultCode::bad_state:
      return "BAD_STATE";
    case ResultCode::deadline:
      return "DEADLINE";
    case ResultCode::class_:
      return "CLASS";
    case ResultCode::supply:
      return "SUPPLY";
    case ResultCode::not_allowed:
      return "NOT_ALLOWED";
    case ResultCode::cap:
      return "CAP";
    case ResultCode::not_holder:
      return "NOT_HOLDER";
    case ResultCode::locked:
      return "LOCKED";
    case ResultCode::insufficient:
      return "INSUFFICIENT";
    case ResultCode::unknown_lock:
      return "UNKNOWN_LOCK";
    case ResultCode::done:
      return "DONE";
    case ResultCode::cond_unmet:
      return "COND_UNMET";
    case ResultCode::not_party:
      return "NOT_PARTY";
  }
  return "UNKNOWN";
}

[[nodiscard]] constexpr const char* code_name(Refusal code) noexcept {
  switch (code) {
    case Refusal::none:
      return "OK";
    case Refusal::malformed_header:
      return "MALFORMED_HEADER";
    case Refusal::wrong_chain:
      return "WRONG_CHAIN";
    case Refusal::payload_mismatch:
      return "PAYLOAD_MISMATCH";
    case Refusal::unknown_parent:
      return "UNKNOWN_PARENT";
    case Refusal::wrong_height:
      return "WRONG_HEIGHT";
    case Refusal::wrong_state_root:
      return "WRONG_STATE_ROOT";
    case Refusal::wrong_log:
      return "WRONG_LOG";
    case Refusal::malformed_payload:
      return "MALFORMED_PAYLOAD";
    case Refusal::malformed_transaction:
      return "MALFORMED_TRANSACTION";
    case Refusal::unknown_signer:
      return "UNKNOWN_SIGNER";
    case Refusal::expired:
      return "EXPIRED";
    case Refusal::too_far_ahead:
      return "TOO_FAR_AHEAD";
    case Refusal::replay:
      return "REPLAY";
    case Refusal::bad_signature:
      return "BAD_SIGNATURE";
    case Refusal::too_many_overlays:
      return "TOO_MANY_OVERLAYS";
    case Refusal::wrong_time:
      return "WRONG_TIME";
  }
  return "UNKNOWN";
}

}  // namespace chopmark::ledger

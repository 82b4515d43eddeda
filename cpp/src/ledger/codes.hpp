// SPDX-License-Identifier: Apache-2.0
// Every way in which the ledger says no, with stable numbers (docs/spec/ledger.md, tables of
// codes). Floor: ledger.
#pragma once

#include <cstdint>

namespace chopmark::ledger {

// Result of a transaction that stands in a block: part of its log leaf.
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
};

// Why a block, or a transaction offered to the pool, is refused and leaves no trace.
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
  }
  return "UNKNOWN";
}

}  // namespace chopmark::ledger

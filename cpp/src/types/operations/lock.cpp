// SPDX-License-Identifier: Apache-2.0
// LCK (C-68).
#include "types/operations/fields.hpp"

namespace chopmark {
namespace {

using codec::Reader;

void read_condition(Reader& in, LockOperation& out) noexcept {
  out.condition = fields::read_enum(in, LockCondition::case_state, LockCondition::co_signature);
  switch (out.condition) {
    case LockCondition::case_state:
      out.subject = in.digest();
      out.state = fields::read_state_index(in);
      return;
    case LockCondition::preimage:
      out.subject = in.digest();
      return;
    case LockCondition::co_signature:
      store_be(out.subject.data(), in.u32());
      return;
  }
}

void read_lock(Reader& in, LockOperation& out) noexcept {
  out.action = fields::read_enum(in, LockAction::lock, LockAction::refund);
  out.lock_id = in.digest();
  switch (out.action) {
    case LockAction::lock:
      out.asset_class = in.u32();
      out.lot = in.digest();
      out.amount = fields::positive(in, in.u64());
      out.beneficiary = in.u32();
      out.deadline = in.u64();
      return read_condition(in, out);
    case LockAction::settle_with_preimage:
      out.preimage = in.digest();
      return;
    case LockAction::settle:
    case LockAction::refund:
      return;
  }
}

}  // namespace

Result<LockOperation> parse_lock(ByteView body) {
  return fields::exactly_one<LockOperation>(body, read_lock);
}

}  // namespace chopmark

// SPDX-License-Identifier: Apache-2.0
// ISS (C-65), TRF (C-66), RED (C-67).
#include "types/operations/fields.hpp"

namespace chopmark {
namespace {

using codec::Reader;

enum class TransferAction : std::uint8_t { own = 1, by_order = 2 };

constexpr std::uint8_t kReasonMax = 5;

void read_issue(Reader& in, IssueOperation& out) noexcept {
  out.asset_class = in.u32();
  out.to = in.u32();
  out.amount = fields::positive(in, in.u64());
  out.backing = in.digest();
  out.attester = in.u32();
  out.expires = in.u64();
}

void read_transfer(Reader& in, TransferOperation& out) noexcept {
  out.by_order = fields::read_enum(in, TransferAction::own, TransferAction::by_order) ==
                 TransferAction::by_order;
  out.asset_class = in.u32();
  out.lot = in.digest();
  if (out.by_order) out.from = in.u32();
  out.to = in.u32();
  out.amount = fields::positive(in, in.u64());
}

void read_redeem(Reader& in, RedeemOperation& out) noexcept {
  out.asset_class = in.u32();
  out.lot = in.digest();
  out.holder = in.u32();
  out.amount = fields::positive(in, in.u64());
  out.reason = in.u8();
  in.expect(out.reason >= 1 && out.reason <= kReasonMax, Error::tag);
  out.detail = in.digest();
}

}  // namespace

Result<IssueOperation> parse_issue(ByteView body) {
  return fields::exactly_one<IssueOperation>(body, read_issue);
}

Result<TransferOperation> parse_transfer(ByteView body) {
  return fields::exactly_one<TransferOperation>(body, read_transfer);
}

Result<RedeemOperation> parse_redeem(ByteView body) {
  return fields::exactly_one<RedeemOperation>(body, read_redeem);
}

}  // namespace chopmark

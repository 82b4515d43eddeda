// SPDX-License-Identifier: Apache-2.0
// ATT (C-28) and the role of each claim (C-15).
#include "base/check.hpp"
#include "types/operations/fields.hpp"

namespace chopmark {
namespace {

using codec::Reader;

// Claims 1 to 10 in the order of C-28.
constexpr std::array<RoleBits, kClaimMax> kRoleOfClaim = {
    kRoleAttest,    // received
    kRoleInspect,   // verified
    kRoleInspect,   // failed
    kRoleInspect,   // inspected
    kRoleApprove,   // approved
    kRoleApprove,   // rejected
    kRoleAttest,    // disputed
    kRoleNotarise,  // notarised
    kRoleInspect,   // appraised
    kRoleAttest,    // consent
};

void read_attest(Reader& in, AttestOperation& out) noexcept {
  out.kind = fields::read_enum(in, TargetKind::record, TargetKind::open_case);
  out.target = in.digest();
  out.version = fields::positive(in, in.u32());
  out.claim = in.u8();
  in.expect(out.claim >= 1 && out.claim <= kClaimMax, Error::tag);
  out.detail = in.digest();
}

}  // namespace

Result<AttestOperation> parse_attest(ByteView body) {
  return fields::exactly_one<AttestOperation>(body, read_attest);
}

RoleBits role_of_claim(std::uint8_t claim) noexcept {
  CHOPMARK_CHECK(claim >= 1 && claim <= kClaimMax);
  return kRoleOfClaim[claim - 1U];
}

}  // namespace chopmark

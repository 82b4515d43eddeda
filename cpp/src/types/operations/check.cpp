// SPDX-License-Identifier: Apache-2.0
// Which body belongs to which code (C-26).
#include "types/operations.hpp"

namespace chopmark {
namespace {

template <class Operation>
Result<std::monostate> checked(const Result<Operation>& parsed) {
  if (!parsed) return parsed.failure();
  return std::monostate{};
}

}  // namespace

Result<std::monostate> check_body(OperationCode code, ByteView body) {
  switch (code) {
    case OperationCode::governance:
      return checked(parse_governance(body));
    case OperationCode::key:
      return checked(parse_key(body));
    case OperationCode::record:
      return checked(parse_record(body));
    case OperationCode::attest:
      return checked(parse_attest(body));
    case OperationCode::grant:
      return checked(parse_grant(body));
    case OperationCode::use:
      return checked(parse_use(body));
    case OperationCode::open:
      return checked(parse_open(body));
    case OperationCode::step:
      return checked(parse_step(body));
    case OperationCode::issue:
      return checked(parse_issue(body));
    case OperationCode::transfer:
      return checked(parse_transfer(body));
    case OperationCode::redeem:
      return checked(parse_redeem(body));
    case OperationCode::lock:
      return checked(parse_lock(body));
  }
  return Failure{Error::tag, 0};
}

}  // namespace chopmark

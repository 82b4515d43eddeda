// SPDX-License-Identifier: Apache-2.0
// A writer for the body of every operation (docs/spec/codec.md C-27, C-28, C-50..C-68), and one
// valid sample of every action and variant.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "types/operations.hpp"
#include "types/samples.hpp"

namespace chopmark::test {

Bytes body_of(const GovernanceOperation& one);
Bytes body_of(const KeyOperation& one);
Bytes body_of(const RecordOperation& one);
Bytes body_of(const AttestOperation& one);
Bytes body_of(const GrantOperation& one);
Bytes body_of(const UseOperation& one);
Bytes body_of(const OpenOperation& one);
Bytes body_of(const StepOperation& one);
Bytes body_of(const IssueOperation& one);
Bytes body_of(const TransferOperation& one);
Bytes body_of(const RedeemOperation& one);
Bytes body_of(const LockOperation& one);

Bytes definition_of(const Schema& one, const Digest& description);
Bytes definition_of(const Template& one, const Digest& description);
Bytes definition_of(const AssetClass& one, const Digest& description);

/// In the order of their codes, from 1.
using AnyOperation =
    std::variant<GovernanceOperation, KeyOperation, RecordOperation, AttestOperation,
                 GrantOperation, UseOperation, OpenOperation, StepOperation, IssueOperation,
                 TransferOperation, RedeemOperation, LockOperation>;

Result<AnyOperation> parse_any(OperationCode code, ByteView body);

/// Views in `operation` borrow bytes that live as long as the program.
struct OperationSample {
  std::string name;
  AnyOperation operation;

  [[nodiscard]] OperationCode code() const {
    return static_cast<OperationCode>(operation.index() + 1);
  }
  [[nodiscard]] Bytes body() const {
    return std::visit([](const auto& one) { return body_of(one); }, operation);
  }
};
const std::vector<OperationSample>& operation_samples();
const OperationSample& operation_sample(const std::string& name);

Schema sample_schema();
/// Three parties, three states, three transitions.
Template sample_template();
/// Units in lots, each on a record that somebody has verified, issued by one member.
AssetClass sample_lots();
/// Units without backing or issuer, for few holders.
AssetClass sample_units();

}  // namespace chopmark::test

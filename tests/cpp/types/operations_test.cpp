// SPDX-License-Identifier: Apache-2.0
#include "types/operations.hpp"

#include <tuple>

#include "types/operation_samples.hpp"

namespace chopmark::test {
namespace {

auto fields_of(const NewKey& one) {
  return std::tuple(one.id, one.flags, one.public_key, to_hex(one.possession));
}
auto fields_of(const GovernanceOperation& one) {
  return std::tuple(one.action, one.member, to_hex(one.name), fields_of(one.key), one.field,
                    one.role_bits, to_hex(one.validators), one.threshold, to_hex(one.council),
                    one.parameter, one.value, to_hex(one.definition), one.kind, one.id,
                    one.object.kind, one.object.id, one.object.asset_class, one.object.member);
}
auto fields_of(const KeyOperation& one) {
  return std::tuple(one.action, one.member, one.key_id, one.compromised_since, fields_of(one.key));
}
auto fields_of(const RecordOperation& one) {
  return std::tuple(one.action, one.record_id, one.expected_version, one.schema, one.commitment,
                    one.retention, one.nullifier, to_hex(one.refs.bytes));
}
auto fields_of(const AttestOperation& one) {
  return std::tuple(one.kind, one.target, one.version, one.claim, one.detail);
}
auto fields_of(const GrantOperation& one) {
  return std::tuple(one.revoke, one.record_id, one.grantee, one.purposes, one.uses, one.expires,
                    one.wrapped);
}
auto fields_of(const UseOperation& one) {
  return std::tuple(one.break_glass, one.record_id, one.purposes, one.payload, one.case_id,
                    one.template_id);
}
auto fields_of(const OpenOperation& one) {
  return std::tuple(one.case_id, one.template_id, one.deadline, one.subject, one.party_count,
                    one.parties, to_hex(one.refs.bytes));
}
auto fields_of(const StepOperation& one) {
  return std::tuple(one.case_id, one.expected_state, one.event, one.detail, to_hex(one.refs.bytes));
}
auto fields_of(const IssueOperation& one) {
  return std::tuple(one.asset_class, one.to, one.amount, one.backing, one.attester, one.expires);
}
auto fields_of(const TransferOperation& one) {
  return std::tuple(one.by_order, one.asset_class, one.lot, one.from, one.to, one.amount);
}
auto fields_of(const RedeemOperation& one) {
  return std::tuple(one.asset_class, one.lot, one.holder, one.amount, one.reason, one.detail);
}
auto fields_of(const LockOperation& one) {
  return std::tuple(one.action, one.lock_id, one.asset_class, one.lot, one.amount, one.beneficiary,
                    one.deadline, one.condition, one.subject, one.state, one.preimage);
}
auto fields_of(const Schema& one) {
  return std::tuple(one.id, one.field, one.mode, one.role_bits);
}
auto fields_of(const Template& one) {
  std::vector<std::tuple<bool, std::uint64_t, int>> states;
  for (const Template::State& state : one.states)
    states.emplace_back(state.closed, state.limit_ms, state.timeout_to);
  std::vector<std::tuple<int, int, int, int, int, int, int>> transitions;
  for (const Template::Transition& step : one.transitions)
    transitions.emplace_back(step.from, step.event, step.to, step.by, step.with, step.role_bits,
                             step.refs);
  return std::tuple(one.id, one.field, one.review, one.party_count, one.party_roles, one.openers,
                    one.state_count, states, one.transition_count, transitions);
}
auto fields_of(const AssetClass& one) {
  return std::tuple(one.id, one.field, one.flags, one.issuer, one.backing, one.claim,
                    one.holder_roles, one.holders_max, one.supply_max, one.issue_max, one.expires);
}

bool same(const AnyOperation& a, const AnyOperation& b) {
  return std::visit(
      []<class A, class B>(const A& left, const B& right) {
        if constexpr (std::is_same_v<A, B>) {
          return fields_of(left) == fields_of(right);
        } else {
          return false;
        }
      },
      a, b);
}

Bytes body_of_any(const AnyOperation& operation) {
  return std::visit([](const auto& one) { return body_of(one); }, operation);
}

// The description is no field of a definition: what stands at `at` is written back.
template <class Definition>
void expect_definition(const Definition& one, std::size_t at,
                       Result<Definition> (*parse)(ByteView)) {
  const Digest description = some_digest(9);
  const Bytes bytes = definition_of(one, description);
  EXPECT_EQ(to_hex(ByteView(bytes).subspan(at, 32)), to_hex(description));
  const Result<Definition> back = parse(bytes);
  EXPECT(back && fields_of(*back) == fields_of(one));
  expect_truncations_refused(bytes, parse);
  expect_trailing_refused(bytes, parse);
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    const Bytes changed = with_bit_flipped(bytes, bit);
    const Result<Definition> parsed = parse(changed);
    if (parsed) EXPECT(definition_of(*parsed, digest_from(changed.data() + at)) == changed);
  }
}

}  // namespace

TEST(operation_fields) {
  for (const OperationSample& sample : operation_samples()) {
    const Bytes body = sample.body();
    const Result<AnyOperation> back = parse_any(sample.code(), body);
    if (!back || !same(*back, sample.operation)) EXPECT_EQ(sample.name, "read back");
    EXPECT(check_body(sample.code(), body).has_value());
    EXPECT(body.size() <= limits::kOperationBytesMax);
  }
}

TEST(operation_truncated_or_trailing) {
  for (const OperationSample& sample : operation_samples()) {
    const Bytes body = sample.body();
    const auto parse = [&](const Bytes& bytes) { return parse_any(sample.code(), bytes); };
    expect_truncations_refused(body, parse);
    expect_trailing_refused(body, parse);
  }
}

TEST(operation_bit_flips) {
  for (const OperationSample& sample : operation_samples()) {
    const auto parse = [&](const Bytes& bytes) {
      const Result<AnyOperation> parsed = parse_any(sample.code(), bytes);
      const Result<std::monostate> checked = check_body(sample.code(), bytes);
      EXPECT_EQ(parsed.has_value(), checked.has_value());
      if (!parsed && !checked) EXPECT(parsed.failure() == checked.failure());
      return parsed;
    };
    expect_flips_exact(sample.body(), parse, body_of_any);
  }
}

TEST(operation_random_bodies) {
  for (std::uint8_t code = 1; code <= 12; ++code) {
    for (std::uint64_t seed = 0; seed < 2000; ++seed) {
      Bytes body = random_bytes(seed, seed % 200);
      if (!body.empty()) body[0] = static_cast<std::uint8_t>(seed % 16);
      const auto operation = parse_any(static_cast<OperationCode>(code), body);
      if (operation) EXPECT(body_of_any(*operation) == body);
      if (!operation) EXPECT(operation.failure().offset <= body.size());
    }
  }
}

TEST(operation_code_unknown) {
  for (const int code : {0, 13, 255}) {
    const auto checked = check_body(static_cast<OperationCode>(code), {});
    EXPECT(!checked && checked.failure().error == Error::tag);
  }
}

TEST(operation_definitions) {
  expect_definition(sample_schema(), 7, parse_schema);
  expect_definition(sample_template(), 5, parse_template);
  expect_definition(sample_lots(), 43, parse_class);
  expect_definition(sample_units(), 43, parse_class);
  EXPECT_EQ(definition_of(sample_schema(), {}).size(), Schema::kBytes);
  EXPECT_EQ(definition_of(sample_lots(), {}).size(), AssetClass::kBytes);
}

TEST(operation_refs) {
  const Bytes body = operation_sample("amend").body();
  const Result<RecordOperation> one = parse_record(body);
  EXPECT(one.has_value());
  if (!one) return;
  EXPECT_EQ(one->refs.size(), 16U);
  for (std::size_t i = 0; i < 16; ++i)
    EXPECT(one->refs[i] == ascending(16)[i]);
}

TEST(operation_largest_template) {
  Template largest;
  largest.party_count = limits::kPartiesMax;
  largest.openers = 0xff;
  largest.state_count = limits::kTemplateStatesMax;
  largest.states.fill({false, 1, 31});
  largest.transition_count = limits::kTemplateTransitionsMax;
  for (std::size_t i = 0; i < largest.transitions.size(); ++i) {
    const auto from = static_cast<std::uint8_t>(i / 3);
    const auto event = static_cast<std::uint8_t>(253 + i % 3);
    largest.transitions[i] = {from, event, 31, 0xff, 0xff, kRolesKnown, 16};
  }
  const Bytes bytes = definition_of(largest, {});
  const Result<Template> back = parse_template(bytes);
  EXPECT(back && fields_of(*back) == fields_of(largest));
  EXPECT(bytes.size() < limits::kOperationBytesMax);
}

TEST(operation_template_find) {
  const Template one = sample_template();
  for (int from = 0; from < 256; ++from) {
    for (int event = 0; event < 256; ++event) {
      const Template::Transition* expected = nullptr;
      for (std::size_t i = 0; i < one.transition_count; ++i) {
        const Template::Transition& step = one.transitions[i];
        if (step.from == from && step.event == event) expected = &step;
      }
      EXPECT(one.find(static_cast<std::uint8_t>(from), static_cast<std::uint8_t>(event)) ==
             expected);
    }
  }
  EXPECT(Template{}.find(0, 0) == nullptr);
}

TEST(operation_possession_payload) {
  NewKey key;
  key.id = 0x05060708;
  key.public_key = some_digest(2);
  const Digest chain = some_digest(1);
  EXPECT_EQ(to_hex(possession_payload(chain, 0x01020304, key)),
            "02" + to_hex(chain) + "0102030405060708" + to_hex(key.public_key));
}

TEST(operation_roles_of_claims) {
  const RoleBits expected[] = {kRoleAttest,  kRoleInspect, kRoleInspect, kRoleInspect,
                               kRoleApprove, kRoleApprove, kRoleAttest,  kRoleNotarise,
                               kRoleInspect, kRoleAttest};
  for (std::uint8_t claim = 1; claim <= kClaimMax; ++claim)
    EXPECT_EQ(role_of_claim(claim), expected[claim - 1]);
}

}  // namespace chopmark::test

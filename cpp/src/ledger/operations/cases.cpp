// SPDX-License-Identifier: Apache-2.0
// OPN and STP: cases that go through the states of a template (docs/spec/ledger.md L-701..L-815).
#include "ledger/operations/cases.hpp"

#include "ledger/operations/references.hpp"

namespace chopmark::ledger {
namespace {

/// L-712.
std::uint64_t deadline_in(const Template::State& state, std::uint64_t now) noexcept {
  if (state.limit_ms == 0) return kNever;
  return state.limit_ms > kNever - now ? kNever : now + state.limit_ms;
}

/// L-704, L-705.
ResultCode check_parties(const Context& context, const Template& of, const OpenOperation& op) {
  for (std::size_t i = 0; i < op.party_count; ++i) {
    if (!context.active(op.parties[i])) return ResultCode::unknown_member;  // L-704
  }
  for (std::size_t i = 0; i < op.party_count; ++i) {
    if (!context.registered().has_roles(op.parties[i], context.field(), of.party_roles[i])) {
      return ResultCode::role_denied;  // L-705
    }
  }
  return ResultCode::ok;
}

bool in(std::uint8_t bits, std::size_t party) noexcept {
  return party < limits::kPartiesMax && (bits >> party & 1) != 0;
}

/// Whether the step of this transition may be taken, by those who sign (L-808 to L-811).
ResultCode check_transition(const Context& context, const CaseEntry& entry,
                            const Template::Transition& transition) noexcept {
  const std::size_t actor = entry.party(context.actor());
  // `by` has bits of parties only (C-54), so who is none has no bit in it.
  if (transition.by != 0 && !in(transition.by, actor)) return ResultCode::role_denied;  // L-808
  if (!context.actor_has(transition.role_bits, entry.field)) {
    return ResultCode::role_denied;  // L-809
  }
  for (std::size_t i = 0; i < entry.party_count; ++i) {
    if (in(transition.with, i) && !context.signs(entry.parties[i])) {
      return ResultCode::role_denied;  // L-810
    }
  }
  if (entry.deadline < context.now()) return ResultCode::deadline;  // L-811
  return ResultCode::ok;
}

/// L-804 to L-806.
ResultCode check_timeout(const Context& context, const CaseEntry& entry,
                         const Template::State& state) noexcept {
  if (state.limit_ms == 0) return ResultCode::bad_state;                                  // L-804
  if (entry.party(context.actor()) == entry.party_count) return ResultCode::role_denied;  // L-805
  if (entry.deadline >= context.now()) return ResultCode::too_early;                      // L-806
  return ResultCode::ok;
}

}  // namespace

const Template* template_in_force(const Context& context, std::uint16_t id) noexcept {
  const Defined<Template>* const found = context.registered().case_template(id);
  const bool fits =
      found != nullptr && found->in_force && found->definition.field == context.field();
  return fits ? &found->definition : nullptr;
}

CaseEntry opened_case(const Context& context, const Template& of, std::uint64_t deadline,
                      const Digest& subject) noexcept {
  CaseEntry entry;
  entry.template_id = of.id;
  entry.field = context.field();
  entry.steps = 1;
  entry.deadline = deadline != 0 ? deadline : deadline_in(of.states[0], context.now());
  entry.height = context.height();
  entry.subject = subject;
  return entry;
}

ResultCode execute_open(Context& context, const OpenOperation& op) {
  const Template* const of = template_in_force(context, op.template_id);
  if (of == nullptr) return ResultCode::template_;                      // L-701
  if (of->party_count != op.party_count) return ResultCode::template_;  // L-702
  const std::uint64_t limit = of->states[0].limit_ms;
  if (op.deadline != 0 && limit == 0) return ResultCode::template_;  // L-703
  const ResultCode code = check_parties(context, *of, op);
  if (code != ResultCode::ok) return code;  // L-704, L-705
  CaseEntry entry = opened_case(context, *of, op.deadline, op.subject);
  entry.party_count = op.party_count;
  entry.parties = op.parties;
  if (!in(of->openers, entry.party(context.actor()))) return ResultCode::role_denied;  // L-706
  const Digest key = case_key(op.case_id);
  if (context.has(key)) return ResultCode::duplicate_id;                    // L-707
  if (!references_exist(context, op.refs)) return ResultCode::missing_ref;  // L-708
  if (op.deadline != 0 && (op.deadline < context.now() || op.deadline - context.now() > limit)) {
    return ResultCode::deadline;  // L-709
  }
  context.put(key, entry);  // L-711
  return ResultCode::ok;
}

ResultCode execute_step(Context& context, const StepOperation& op) {
  const Digest key = case_key(op.case_id);
  auto entry = context.get<CaseEntry>(key);
  if (!entry.has_value()) return ResultCode::unknown_case;              // L-801
  if (entry->hold.held(context.height())) return ResultCode::hold;      // L-802
  if (entry->state != op.expected_state) return ResultCode::bad_state;  // L-803
  // Known when the case was opened, and stays so (L-29). A state of a case is one of its template.
  const Template& of = context.registered().case_template(entry->template_id)->definition;
  const Template::State& state = of.states[entry->state];
  std::uint8_t to = state.timeout_to;
  std::size_t refs_least = 0;
  ResultCode code = ResultCode::ok;
  if (op.event == 0) {
    code = check_timeout(context, *entry, state);
  } else {
    const Template::Transition* const transition = of.find(entry->state, op.event);
    if (transition == nullptr) return ResultCode::bad_state;  // L-807
    code = check_transition(context, *entry, *transition);
    to = transition->to;
    refs_least = transition->refs;
  }
  if (code != ResultCode::ok) return code;
  if (op.refs.size() < refs_least) return ResultCode::missing_ref;          // L-812
  if (!references_exist(context, op.refs)) return ResultCode::missing_ref;  // L-813
  if (entry->steps == UINT32_MAX) return ResultCode::limit;                 // L-814
  entry->state = to;                                                        // L-815
  entry->deadline = deadline_in(of.states[to], context.now());
  ++entry->steps;
  entry->height = context.height();
  context.put(key, *entry);
  return ResultCode::ok;
}

}  // namespace chopmark::ledger

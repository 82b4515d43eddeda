// SPDX-License-Identifier: Apache-2.0
// Ledger::validate_block and finalize (L-10 to L-33) on blocks that get as far as the rules of
// operations. An input is a script: transactions, blocks on any known block, what is made final,
// and damage. Signatures count as verified unless their first byte is not 0. A witness looks at
// every final block.
#include <array>
#include <cstdio>
#include <map>

#include "harness/target.hpp"
#include "hash/sha256.hpp"
#include "ledger/scene.hpp"
#include "ledger/witness.hpp"

namespace chopmark::fuzz {
namespace {

using ledger::Refusal;
using ledger::ResultCode;

constexpr std::size_t kTransactionsMax = 12;  // of a block
constexpr std::size_t kBlocksMax = 24;        // of a script

// What all inputs of this process have reached.
std::array<bool, ledger::kResultCodeMax + 1> results_reached;
std::map<Refusal, std::uint64_t> refusals_reached;

class Marked final : public ledger::Verified {
 public:
  [[nodiscard]] bool knows(const Digest&, ByteView transaction,
                           std::span<const Digest* const> public_keys) const noexcept override {
    return transaction[transaction.size() - 64 * public_keys.size()] == 0;
  }
};
const Marked kMarked;

class Play {
 public:
  explicit Play(ByteView input) : choices_(input), ledger_(genesis()) {
    const Digest& chain_id = ledger_.chain_id();
    known_.push_back({chain_id, {}, {}, 0, kGenesisTime, *ledger_.roots(chain_id)});
  }

  void run() {
    if (choices_.byte() % 4 != 3) define();
    while (choices_.any() && known_.size() < kBlocksMax)
      act();
    end_block(0, 0);
    finalize(known_.size() - 1);
  }

 private:
  struct Known {
    Digest digest{};
    Digest parent{};
    Bytes block;
    std::uint64_t height = 0;
    std::uint64_t time = 0;
    ledger::Roots roots;
  };

  void act() {
    switch (choices_.below(16)) {
      case 0:
      case 1:
      case 2: {
        const std::uint8_t where = choices_.byte();
        return end_block(where, choices_.byte());
      }
      case 3:
        return finalize(choices_.byte() % 4 == 3 ? choices_.below(known_.size())
                                                 : known_.size() - 1);
      case 4:
        if (!made_.empty() && pending_.size() < kTransactionsMax)
          pending_.push_back(made_[choices_.below(made_.size())]);
        return;
      case 5:
        return add_raw();
      case 6:
        if (choices_.byte() == 0xff) fill();
        return;
      case 7:
      case 8:
        return add_again();
      default:
        return add_transaction();
    }
  }

  /// Definitions that most operations need, by the council.
  void define() {
    test::Draft draft = empty_draft();
    draft.signers = {{1, 1}, {2, 1}};
    for (const Bytes& body : definitions())
      draft.operations.push_back({1, 0, body});
    add(draft, 0);
    end_block(0, 0);
    finalize(known_.size() - 1);
  }

  [[nodiscard]] const Known& tip() const { return known_.back(); }

  [[nodiscard]] test::Draft empty_draft() {
    test::Draft out;
    out.chain_id = ledger_.chain_id();
    out.field = kField;
    out.valid_until = tip().height + 100;
    out.salt = ++salt_;
    return out;
  }

  void add(const test::Draft& draft, std::uint8_t first_byte) {
    if (pending_.size() == kTransactionsMax) return;
    Bytes bytes = draft.body();
    const std::size_t body = bytes.size();
    bytes.resize(body + 64 * draft.signers.size());
    bytes[body] = first_byte;
    made_.push_back(bytes);
    pending_.push_back(std::move(bytes));
  }

  /// Who signs, with which keys, and what is odd about it.
  void add_transaction() {
    test::Draft draft = empty_draft();
    const std::uint8_t members = choices_.byte();
    const std::uint8_t keys = choices_.byte();
    const std::uint8_t odd = choices_.byte();
    draft.signers.clear();
    for (std::uint32_t i = 0; i < 8; ++i) {
      // The actor is the first signer; the keys of the others are their first.
      const std::uint32_t member = 1 + (i + keys / 4) % 8;
      if ((members >> i & 1) == 0) continue;
      const SignerRef ref{member, draft.signers.empty() ? 1U + keys % 4 : 1U};
      // One that does not count would take the whole block with it.
      if (odd == 0xff || counts(ref)) draft.signers.push_back(ref);
    }
    if (draft.signers.empty()) draft.signers.push_back({1, 1});
    if (odd % 8 == 7) draft.field = kField + 1;
    if (odd == 0xfe) draft.valid_until = choices_.byte();
    if (odd == 0xfd) draft.valid_until = tip().height + 1020 + choices_.below(8);
    if (odd == 0xfc) draft.chain_id[0] ^= 1;
    for (std::size_t count = 1 + odd / 8 % 3; count > 0; --count) {
      draft.operations.push_back(operation(choices_, tip().time + 1, tip().height + 1));
      if (odd % 4 == 3)
        draft.operations.back().actor =
            static_cast<std::uint8_t>(choices_.below(draft.signers.size()));
    }
    add(draft, odd == 0xfb ? 1 : 0);
  }

  /// The operations of an earlier transaction once more, mostly by the same signers.
  void add_again() {
    if (made_.empty()) return;
    const Bytes earlier = made_[made_.size() - 1 - choices_.below(made_.size())];
    const auto parsed = parse_transaction(earlier);
    if (!parsed) return;
    test::Draft draft = empty_draft();
    draft.field = parsed->field;
    draft.signers.clear();
    const std::uint8_t by = choices_.byte();
    const bool others = by % 4 == 3;
    for (std::size_t i = 0; i < parsed->signer_count; ++i) {
      SignerRef ref = parsed->signer(i);
      if (others) ref = {1 + (ref.member + by / 4) % (kMembers + 2), 1};
      if (counts(ref)) draft.signers.push_back(ref);
    }
    if (draft.signers.empty()) draft.signers.push_back({1, 1});
    parsed->for_each_operation([&](std::size_t, const OperationView& operation) {
      const std::size_t actor = operation.actor % draft.signers.size();
      draft.operations.push_back({static_cast<std::uint8_t>(operation.code),
                                  static_cast<std::uint8_t>(actor),
                                  Bytes(operation.body.begin(), operation.body.end())});
      return true;
    });
    add(draft, 0);
  }

  [[nodiscard]] bool counts(const SignerRef& ref) const {
    return ledger_.register_after(tip().digest)->key_index(ref, tip().height + 1).has_value();
  }

  /// An operation of the input's own bytes, by the first of some members with their first keys.
  void add_raw() {
    test::Draft draft = empty_draft();
    const std::uint8_t members = choices_.byte();
    draft.signers.clear();
    for (std::uint32_t i = 0; i < 8; ++i) {
      if ((members >> i & 1) != 0 && counts({i + 1, 1})) draft.signers.push_back({i + 1, 1});
    }
    if (draft.signers.empty()) draft.signers.push_back({1, 1});
    const auto code = static_cast<std::uint8_t>(1 + choices_.below(12));
    const ByteView body = choices_.bytes(choices_.byte());
    const bool valid = !body.empty() && check_body(static_cast<OperationCode>(code), body);
    if (!valid && choices_.byte() != 0xff) return;
    draft.operations.push_back({code, 0, Bytes(body.begin(), body.end())});
    add(draft, 0);
  }

  void end_block(std::uint8_t where, std::uint8_t how) {
    constexpr std::uint64_t steps[] = {1, 10, 100, 600, 3000, 100000};
    const Known& parent = where < 192 ? tip() : known_[where % known_.size()];
    const std::vector<ByteView> views(pending_.begin(), pending_.end());
    const Bytes payload = encode_payload(views);
    pending_.clear();
    Header header = header_on(parent);
    header.time_ms = parent.time + steps[how % std::size(steps)];
    validate(header, payload, how >= 224);
  }

  [[nodiscard]] Header header_on(const Known& parent) {
    Header header;
    header.chain_id = ledger_.chain_id();
    header.view = ++view_;  // so that siblings differ
    header.height = parent.height + 1;
    header.parent_digest = parent.digest;
    header.time_ms = parent.time + 1;
    header.state_root = parent.roots.state_root;
    header.log_size = parent.roots.log_size;
    header.log_root = parent.roots.log_root;
    return header;
  }

  void validate(Header header, Bytes payload, bool damaged) {
    const std::uint8_t which = damaged ? choices_.byte() : std::uint8_t{0};
    const std::uint16_t place = damaged ? choices_.u16() : std::uint16_t{0};
    const auto flip = [&](Bytes& bytes) {
      if (!bytes.empty()) bytes[place % bytes.size()] ^= which;
    };
    if (damaged && which % 2 == 1) flip(payload);
    header.payload_root = sha256(payload);
    header.payload_len = static_cast<std::uint32_t>(payload.size());
    Bytes block = encode_header(header);
    if (damaged && which % 2 == 0) flip(block);
    append(block, payload);
    if (damaged && which % 16 == 15) block.resize(place % block.size());
    const ledger::Verdict verdict = ledger_.validate_block(block, {&kMarked, 1, nullptr});
    ++refusals_reached[verdict.refusal];
    if (verdict.refusal != Refusal::none) {
      REQUIRE(damaged || !ledger_.knows(verdict.digest));
      REQUIRE(*ledger_.roots(tip().digest) == tip().roots);
      check_again(block, verdict);
      return;
    }
    check_again(block, verdict);
    const Header seen = *parse_header(ByteView(block).first(Header::kBytes));
    const auto roots = ledger_.roots(verdict.digest);
    REQUIRE(roots);
    known_.push_back(
        {verdict.digest, seen.parent_digest, std::move(block), seen.height, seen.time_ms, *roots});
  }

  void check_again(const Bytes& block, const ledger::Verdict& verdict) {
    const ledger::Verdict again = ledger_.validate_block(block, {&kMarked, 2, nullptr});
    REQUIRE(again.refusal == verdict.refusal && again.digest == verdict.digest);
    REQUIRE(again.transaction == verdict.transaction && again.failure == verdict.failure);
  }

  void finalize(std::size_t number) {
    const Known target = known_[number];
    const bool is_known = ledger_.knows(target.digest);
    const std::uint64_t height = ledger_.final_height();
    const auto entries = ledger_.finalize(target.digest);
    REQUIRE(entries.has_value() == is_known);
    if (!entries) return;
    std::vector<const Known*> chain;
    for (const Known* at = &target; at->height > height;) {
      chain.push_back(at);
      const auto below = std::find_if(known_.begin(), known_.end(),
                                      [&](const Known& one) { return one.digest == at->parent; });
      REQUIRE(below != known_.end());
      at = &*below;
    }
    auto next = entries->begin();
    for (; !chain.empty(); chain.pop_back()) {
      const Known& block = *chain.back();
      Told told{block.block, block.digest, block.roots, {}};
      for (; next != entries->end() && next->height == block.height; ++next) {
        results_reached.at(static_cast<std::size_t>(next->result.code)) = true;
        told.entries.push_back(*next);
      }
      witness_.see(told);
    }
    REQUIRE(next == entries->end());
    REQUIRE(*ledger_.roots(target.digest) == target.roots);
    std::erase_if(known_, [&](const Known& one) { return !ledger_.knows(one.digest); });
    REQUIRE(!known_.empty());
  }

  /// As many empty blocks on the tip as the ledger keeps, and one more; the first becomes final.
  void fill() {
    const Known parent = tip();
    validate(header_on(parent), encode_payload({}), false);
    const std::size_t first = known_.size() - 1;
    Refusal last = Refusal::none;
    for (std::size_t i = 0; i < ledger::kOverlaysMax && last == Refusal::none; ++i) {
      Header header = header_on(parent);
      const Bytes payload = encode_payload({});
      header.payload_root = sha256(payload);
      header.payload_len = static_cast<std::uint32_t>(payload.size());
      Bytes block = encode_header(header);
      append(block, payload);
      last = ledger_.validate_block(block).refusal;
    }
    ++refusals_reached[last];
    REQUIRE(last == Refusal::too_many_overlays);
    finalize(first);
  }

  Choices choices_;
  ledger::Ledger ledger_;
  Witness witness_;
  std::vector<Known> known_;  // the last one is where blocks go that name no other parent
  std::vector<Bytes> pending_, made_;
  std::uint64_t salt_ = 0;
  std::uint64_t view_ = 0;
};

// Scripts for what chance finds late: several operations that have to fit each other.

class Script {
 public:
  /// Members are bits; the first one acts.
  template <class Operation>
  Script& by(std::uint8_t members, OperationCode code, const Operation& op) {
    const Bytes body = test::body_of(op);
    out_.u8(5);
    out_.u8(members);
    out_.u8(static_cast<std::uint8_t>(static_cast<std::uint8_t>(code) - 1));
    out_.u8(static_cast<std::uint8_t>(body.size()));
    out_.bytes(body);
    return *this;
  }
  /// `step`: how much later than the block before, as in end_block.
  Script& block(std::uint8_t step = 0) {
    out_.u8(0);
    out_.u8(0);
    out_.u8(step);
    return *this;
  }
  Bytes take() { return out_.take(); }
  Script() { out_.u8(0); }

 private:
  codec::Writer out_;
};

constexpr std::uint8_t kOne = 1, kTwo = 2, kThree = 4, kFour = 8;

TransferOperation transfer(std::uint32_t to, std::uint64_t amount) {
  return {.asset_class = 1, .to = to, .amount = amount};
}

Bytes quantities_script() {
  constexpr auto code = OperationCode::transfer;
  const IssueOperation issue{.asset_class = 1, .to = 1, .amount = 600, .expires = kNever};
  const LockOperation lock{.action = LockAction::lock,
                           .lock_id = name(4, 0),
                           .asset_class = 1,
                           .amount = 400,
                           .beneficiary = 2,
                           .deadline = kGenesisTime + 1000,
                           .condition = LockCondition::preimage,
                           .subject = sha256(preimage(0))};
  LockOperation settle{.action = LockAction::settle_with_preimage, .lock_id = name(4, 0)};
  const LockOperation refund{.action = LockAction::refund, .lock_id = name(4, 0)};
  GovernanceOperation hold{.action = GovernanceAction::hold};
  hold.object = {ObjectKind::holding, {}, 1, 2};
  Script script;
  script.by(kOne, OperationCode::issue, issue)
      .by(kOne, code, transfer(2, 100))
      .by(kOne, code, transfer(3, 1))     // CAP
      .by(kOne, code, transfer(2, 9999))  // INSUFFICIENT
      .by(kOne, OperationCode::lock, lock)
      .by(kOne, code, transfer(2, 200));  // LOCKED
  settle.preimage = preimage(1);
  script
      .by(kTwo, OperationCode::lock, settle)    // COND_UNMET
      .by(kThree, OperationCode::lock, settle)  // NOT_PARTY
      .by(kOne, OperationCode::lock, refund)    // TOO_EARLY
      .block();
  settle.preimage = preimage(0);
  return script.by(kTwo, OperationCode::lock, settle)
      .by(kOne, OperationCode::lock, refund)  // DONE
      .by(kOne, OperationCode::governance, hold)
      .block()
      .by(kTwo, code, transfer(1, 5))  // HOLD
      .by(kOne, code,
          TransferOperation{.by_order = true, .asset_class = 1, .from = 2, .to = 1, .amount = 5})
      .block()
      .take();
}

Bytes backing_script() {
  constexpr auto code = OperationCode::record;
  const Digest nullifier = name(2, 0);
  RecordOperation create{.action = RecordAction::create_with_nullifier, .record_id = name(1, 0)};
  create.schema = 3;
  create.nullifier = nullifier;
  RecordOperation other = create;
  other.record_id = name(1, 1);
  RecordOperation amend{
      .action = RecordAction::amend, .record_id = name(1, 0), .expected_version = 1};
  amend.schema = 3;
  RecordOperation withdraw{
      .action = RecordAction::withdraw, .record_id = name(1, 0), .expected_version = 1};
  const AttestOperation attest{TargetKind::record, name(1, 0), 1, 2, {}};
  const IssueOperation issue{
      .asset_class = 2, .to = 1, .amount = 5, .backing = name(1, 0), .expires = kNever};
  const RedeemOperation redeem{
      .asset_class = 2, .lot = nullifier, .holder = 1, .amount = 5, .reason = 1};
  Script script;
  script.by(kOne, code, create)
      .by(kOne, code, other)  // DUPLICATE_BACKING
      .by(kOne, OperationCode::attest, attest)
      .by(kOne, OperationCode::issue, issue)
      .by(kOne, code, withdraw)  // BACKING_LIVE
      .by(kOne, code, amend)
      .by(kOne, OperationCode::attest, attest)  // STALE_VERSION
      .block()
      .by(kOne, OperationCode::redeem, redeem);
  withdraw.expected_version = 2;
  RecordOperation erase = withdraw;
  erase.action = RecordAction::erase;
  erase.expected_version = 3;
  return script.by(kOne, code, withdraw)
      .by(kOne, code, amend)  // WITHDRAWN
      .by(kOne, code, other)
      .by(kOne, code, erase)
      .block()
      .take();
}

Bytes grants_script() {
  const RecordOperation create{.action = RecordAction::create, .record_id = name(1, 0)};
  const GrantOperation grant{.record_id = name(1, 0),
                             .grantee = 2,
                             .purposes = 1,
                             .uses = 1,
                             .expires = kGenesisTime + 500};
  const UseOperation use{.record_id = name(1, 0), .purposes = 1};
  const UseOperation beyond{.record_id = name(1, 0), .purposes = 2};
  return Script()
      .by(kOne, OperationCode::record, create)
      .by(kOne, OperationCode::grant, grant)
      .by(kTwo, OperationCode::use, beyond)  // PURPOSE
      .by(kTwo, OperationCode::use, use)
      .by(kTwo, OperationCode::use, use)  // EXHAUSTED
      .block()
      .block(4)
      .by(kTwo, OperationCode::use, use)  // EXPIRED
      .block()
      .take();
}

Bytes keys_script() {
  Script script;
  for (std::uint32_t i = 0; i < 15; ++i) {  // the last one: LIMIT
    KeyOperation add{.action = KeyAction::add};
    add.key = {10 + i, 0, signer(12 + i).public_key(), possession(1, 10 + i, 12 + i)};
    script.by(kOne, OperationCode::key, add);
    if (i % 8 == 7) script.block();
  }
  return script.block().take();
}

Bytes times_script() {
  OpenOperation open{.case_id = name(3, 0), .template_id = 1};
  open.party_count = 2;
  open.parties = {1, 2};
  const StepOperation timeout{.case_id = name(3, 0)};
  const StepOperation step{.case_id = name(3, 0), .expected_state = 0, .event = 1};
  const LockOperation lock{.action = LockAction::lock,
                           .lock_id = name(4, 1),
                           .asset_class = 1,
                           .amount = 1,
                           .beneficiary = 2,
                           .deadline = kGenesisTime + 90,
                           .condition = LockCondition::case_state,
                           .subject = name(3, 0),
                           .state = 1};
  const LockOperation settle{.action = LockAction::settle, .lock_id = name(4, 1)};
  const LockOperation refund{.action = LockAction::refund, .lock_id = name(4, 1)};
  const IssueOperation issue{.asset_class = 1, .to = 1, .amount = 9, .expires = kNever};
  return Script()
      .by(kOne, OperationCode::open, open)
      .by(kOne, OperationCode::step, timeout)  // TOO_EARLY
      .by(kOne, OperationCode::issue, issue)
      .by(kOne, OperationCode::lock, lock)
      .by(kTwo, OperationCode::lock, settle)  // COND_UNMET
      .block()
      .by(kTwo, OperationCode::step, step)
      .by(kTwo, OperationCode::step, timeout)  // BAD_STATE
      .block(2)
      .by(kTwo, OperationCode::lock, settle)  // DEADLINE
      .by(kOne, OperationCode::lock, refund)
      .block()
      .take();
}

Bytes members_script() {
  constexpr auto code = OperationCode::record;
  const RecordOperation create{.action = RecordAction::create, .record_id = name(1, 0)};
  const RecordOperation amend{
      .action = RecordAction::amend, .record_id = name(1, 0), .expected_version = 1};
  const RecordOperation other{.action = RecordAction::create, .record_id = name(1, 1)};
  GovernanceOperation freeze{.action = GovernanceAction::freeze};
  freeze.member = 4;
  const Bytes validator(32, 1);
  GovernanceOperation validators{.action = GovernanceAction::validators};
  validators.validators = validator;
  KeyOperation revoke{.action = KeyAction::revoke, .key_id = 1};
  Script script;
  script.by(kOne, code, create)
      .by(kTwo, code, amend)                 // NOT_CONTROLLER
      .by(kOne, OperationCode::key, revoke)  // LAST_KEY
      .by(kOne | kTwo, OperationCode::governance, freeze);
  script.by(kOne | kTwo, OperationCode::governance, validators);  // LAST_VALIDATOR
  revoke.key_id = 2;
  return script.by(kOne, OperationCode::key, revoke)
      .by(kOne, OperationCode::key, revoke)  // KEY_REVOKED
      .block()
      .by(kFour, code, other)  // FROZEN
      .block()
      .take();
}

/// An empty block with one byte changed, of the payload if `change` is odd, else of the header.
Bytes damaged_script(std::uint8_t change, std::uint8_t place) {
  return {0, 0, 0, 224, change, 0, place};
}

/// Blocks that are refused. What a script does not say is 0.
std::vector<Bytes> refused_scripts() {
  std::vector<Bytes> all{
      {0, 5, 1, 2, 1, 0x63, 0xff},  // MALFORMED_TRANSACTION
      {0, 9, 1, 0, 0xfc},           // WRONG_CHAIN
      {0, 9, 0x80, 0, 0xff},        // UNKNOWN_SIGNER
      {0, 9, 1, 0, 0xfe, 0},        // EXPIRED
      {0, 9, 1, 0, 0xfd, 7},        // TOO_FAR_AHEAD
      {0, 4, 0},                    // REPLAY
      {0, 9, 1, 0, 0xfb},           // BAD_SIGNATURE
      {0, 6, 0xff},                 // TOO_MANY_OVERLAYS
      damaged_script(0x11, 0),      // MALFORMED_PAYLOAD
  };
  // Places of the header (C-30): tag, chain, payload root, parent, height, time, state, log.
  for (const std::uint8_t place : Bytes{0, 9, 110, 70, 57, 150, 190})
    all.push_back(damaged_script(0x10, place));
  all.push_back({0, 0, 0, 224, 0x10, 0x01, 0x19});  // time
  return all;
}

}  // namespace

std::vector<Bytes> seeds() {
  std::vector<Bytes> all{{},
                         {3},
                         quantities_script(),
                         backing_script(),
                         grants_script(),
                         keys_script(),
                         times_script(),
                         members_script()};
  for (Bytes& one : refused_scripts())
    all.push_back(std::move(one));
  for (std::uint64_t i = 0; i < 60; ++i)
    all.push_back(test::random_bytes(i, 40 + 5 * i));
  return all;
}

void finish() {
  bool all = true;
  for (std::uint16_t code = 0; code <= ledger::kResultCodeMax; ++code) {
    if (results_reached[code]) continue;
    all = false;
    std::fprintf(stderr, "not reached: %s\n", ledger::code_name(static_cast<ResultCode>(code)));
  }
  for (std::uint16_t code = 101; code <= 116; ++code) {
    if (refusals_reached[static_cast<Refusal>(code)] != 0) continue;
    all = false;
    std::fprintf(stderr, "not reached: %s\n", ledger::code_name(static_cast<Refusal>(code)));
  }
  REQUIRE(all);
}

}  // namespace chopmark::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  chopmark::fuzz::Play({data, size}).run();
  return 0;
}

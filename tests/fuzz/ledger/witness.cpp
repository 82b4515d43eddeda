// SPDX-License-Identifier: Apache-2.0
#include "ledger/witness.hpp"

#include <unordered_map>

#include "codec/writer.hpp"
#include "hash/blake3.hpp"
#include "hash/sha256.hpp"
#include "ledger/scene.hpp"
#include "state/model.hpp"
#include "types/transaction.hpp"

namespace chopmark::fuzz {
namespace {

using codec::Writer;
using ledger::Effort;
using ledger::ResultCode;

class AllKnown final : public ledger::Verified {
 public:
  [[nodiscard]] bool knows(const Digest&, ByteView,
                           std::span<const Digest* const>) const noexcept override {
    return true;
  }
};
const AllKnown kAllKnown;

// Kinds of entries (L-27).
enum Kind : std::uint8_t {
  kMember = 0x01,
  kRecord = 0x02,
  kAttestation = 0x03,
  kKey = 0x04,
  kPublicKey = 0x05,
  kRole = 0x06,
  kGovernance = 0x07,
  kValidators = 0x08,
  kSchema = 0x09,
  kTemplate = 0x0a,
  kClass = 0x0b,
  kNullifier = 0x0c,
  kGrant = 0x0d,
  kCase = 0x0e,
  kTotals = 0x0f,
  kBacking = 0x10,
  kHolding = 0x11,
  kLock = 0x12,
};

template <class Field>
void put(Writer& out, const Field& field) {
  if constexpr (std::is_same_v<Field, std::uint8_t>) {
    out.u8(field);
  } else if constexpr (std::is_same_v<Field, std::uint16_t>) {
    out.u16(field);
  } else if constexpr (std::is_same_v<Field, std::uint32_t>) {
    out.u32(field);
  } else {
    out.bytes(field);
  }
}

template <class... Fields>
std::string named(Kind kind, const Fields&... fields) {
  Writer out;
  out.u8(kind);
  (put(out, fields), ...);
  const Bytes bytes = out.take();
  return {bytes.begin(), bytes.end()};
}

ByteView bytes_of(const std::string& name) {
  return {reinterpret_cast<const std::uint8_t*>(name.data()), name.size()};
}

template <class Word>
Word at(ByteView bytes, std::size_t offset) {
  REQUIRE(offset + sizeof(Word) <= bytes.size());
  return load_be<Word>(bytes.data() + offset);
}
constexpr auto u8 = at<std::uint8_t>;
constexpr auto u16 = at<std::uint16_t>;
constexpr auto u32 = at<std::uint32_t>;
constexpr auto u64 = at<std::uint64_t>;

Digest digest_at(ByteView bytes, std::size_t offset) {
  REQUIRE(offset + 32 <= bytes.size());
  return digest_from(bytes.data() + offset);
}

/// BLAKE3 of a name, remembered: the names are few, and asked for after every block.
const Digest& key_of(const std::string& name) {
  static std::unordered_map<std::string, Digest> all;
  if (all.size() > 20000) all.clear();
  const auto [place, is_new] = all.try_emplace(name);
  if (is_new) place->second = blake3(bytes_of(name));
  return place->second;
}

constexpr std::uint64_t kSizes[] = {0, 90, 108, 48, 67,  10, 18, 88, 0,  50,
                                    0, 86, 42,  73, 101, 22, 62, 35, 122};

}  // namespace

Witness::Witness() : linear_(genesis()), successes_(genesis()) {
  names_ = {named(kGovernance), named(kValidators)};
  for (const Member& member : genesis().members) {
    members_.insert(member.id);
    names_.insert(named(kMember, member.id));
    for (const MemberKey& key : member.keys) {
      names_.insert(named(kKey, member.id, key.id));
      names_.insert(named(kPublicKey, key.public_key));
    }
    for (const MemberRole& role : member.roles)
      names_.insert(named(kRole, member.id, role.field));
  }
  lots_.insert(Digest{});
  collect();
}

const Bytes* Witness::find(const Name& name) const {
  const auto found = entries_.find(name);
  return found == entries_.end() ? nullptr : &found->second;
}

void Witness::see(const Told& told) {
  const Header header = *parse_header(told.block.first(Header::kBytes));
  const auto items = *parse_payload(told.block.subspan(Header::kBytes));
  REQUIRE(items.size() == told.entries.size());
  std::vector<Done> done;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const TransactionView view = *parse_transaction(items[i]);
    REQUIRE(told.entries[i].id == sha256(view.body));
    REQUIRE(told.entries[i].height == header.height);
    REQUIRE(told.entries[i].log_index == header.log_size + i);
    done.push_back({view, told.entries[i].result});
    note_names(view);
  }
  note_holdings();
  follow(told);
  check_log(told, done);
  const Entries before = entries_;
  collect();
  REQUIRE(root_by_definition() == told.roots.state_root);
  for (const Done& one : done)
    count(one);
  check_history(before, done);
  check_counts();
  check_members();
  check_nullifiers();
  check_quantities();
  follow_successes(told, header, done);
}

/// The same blocks, without overlays on overlays and siblings, and with threads.
void Witness::follow(const Told& told) {
  const ledger::Verdict verdict =
      linear_.validate_block(told.block, Effort{&kAllKnown, 2, nullptr});
  REQUIRE(verdict.refusal == ledger::Refusal::none && verdict.digest == told.digest);
  REQUIRE(*linear_.roots(told.digest) == told.roots);
  const auto entries = linear_.finalize(told.digest);
  REQUIRE(entries && entries->size() == told.entries.size());
  for (std::size_t i = 0; i < entries->size(); ++i) {
    const ledger::Entry& here = (*entries)[i];
    const ledger::Entry& there = told.entries[i];
    REQUIRE(here.id == there.id && here.height == there.height);
    REQUIRE(here.log_index == there.log_index && here.result.code == there.result.code);
    REQUIRE(here.result.failing_op == there.result.failing_op);
  }
}

/// L-32: without what failed the state is the same.
void Witness::follow_successes(const Told& told, const Header& header,
                               const std::vector<Done>& done) {
  std::vector<ByteView> transactions;
  for (const Done& one : done) {
    if (one.result.code == ResultCode::ok) transactions.push_back(one.view.bytes);
  }
  const Bytes payload = encode_payload(transactions);
  const ledger::Roots roots = *successes_.roots(successes_.final_digest());
  Header own = header;
  own.parent_digest = successes_.final_digest();
  own.state_root = roots.state_root;
  own.log_size = roots.log_size;
  own.log_root = roots.log_root;
  own.payload_len = static_cast<std::uint32_t>(payload.size());
  own.payload_root = sha256(payload);
  Bytes block = encode_header(own);
  append(block, payload);
  const ledger::Verdict verdict = successes_.validate_block(block, Effort{&kAllKnown, 1, nullptr});
  REQUIRE(verdict.refusal == ledger::Refusal::none);
  const auto entries = *successes_.finalize(verdict.digest);
  for (const ledger::Entry& entry : entries)
    REQUIRE(entry.result.code == ResultCode::ok);
  REQUIRE(successes_.roots(verdict.digest)->state_root == told.roots.state_root);
}

/// The names of all entries that the operations can make; those of holdings follow from their
/// parts.
void Witness::note_names(const TransactionView& view) {
  const auto note_key = [&](std::uint32_t member, const NewKey& key) {
    names_.insert(named(kKey, member, key.id));
    names_.insert(named(kPublicKey, key.public_key));
  };
  view.for_each_operation([&](std::size_t, const OperationView& operation) {
    const std::uint32_t actor = view.signer(operation.actor).member;
    members_.insert(actor);
    switch (operation.code) {
      case OperationCode::governance: {
        const auto op = *parse_governance(operation.body);
        if (op.action == GovernanceAction::admit) {
          members_.insert(op.member);
          names_.insert(named(kMember, op.member));
          note_key(op.member, op.key);
        } else if (op.action == GovernanceAction::roles) {
          names_.insert(named(kRole, op.member, op.field));
        } else if (!op.definition.empty()) {
          if (op.kind == DefinitionKind::asset_class) {
            names_.insert(named(kClass, op.id));
          } else {
            const bool is_schema = op.kind == DefinitionKind::schema;
            names_.insert(
                named(is_schema ? kSchema : kTemplate, static_cast<std::uint16_t>(op.id)));
          }
        }
        break;
      }
      case OperationCode::key: {
        const auto op = *parse_key(operation.body);
        if (op.action == KeyAction::add || op.action == KeyAction::rotate) note_key(actor, op.key);
        if (op.action == KeyAction::council_replaces) note_key(op.member, op.key);
        break;
      }
      case OperationCode::record: {
        const auto op = *parse_record(operation.body);
        names_.insert(named(kRecord, op.record_id));
        lots_.insert(op.record_id);
        if (op.action == RecordAction::create_with_nullifier) {
          names_.insert(named(kNullifier, op.schema, op.nullifier));
          lots_.insert(op.nullifier);
        }
        break;
      }
      case OperationCode::attest: {
        const auto op = *parse_attest(operation.body);
        names_.insert(named(kAttestation, actor, static_cast<std::uint8_t>(op.kind), op.target,
                            op.version, op.claim));
        break;
      }
      case OperationCode::grant: {
        const auto op = *parse_grant(operation.body);
        names_.insert(named(kGrant, op.record_id, op.grantee));
        break;
      }
      case OperationCode::use: {
        const auto op = *parse_use(operation.body);
        if (op.break_glass) names_.insert(named(kCase, op.case_id));
        break;
      }
      case OperationCode::open:
        names_.insert(named(kCase, parse_open(operation.body)->case_id));
        break;
      case OperationCode::step:
        break;
      case OperationCode::issue: {
        const auto op = *parse_issue(operation.body);
        classes_.insert(op.asset_class);
        members_.insert(op.to);
        lots_.insert(op.backing);
        break;
      }
      case OperationCode::transfer:
        members_.insert(parse_transfer(operation.body)->to);
        break;
      case OperationCode::redeem:
        break;
      case OperationCode::lock: {
        const auto op = *parse_lock(operation.body);
        names_.insert(named(kLock, op.lock_id));
        if (op.action == LockAction::lock) members_.insert(op.beneficiary);
        break;
      }
    }
    return true;
  });
}

void Witness::note_holdings() {
  for (const std::uint32_t asset_class : classes_) {
    names_.insert(named(kTotals, asset_class));
    for (const Digest& lot : lots_) {
      names_.insert(named(kBacking, asset_class, lot));
      for (const std::uint32_t member : members_)
        names_.insert(named(kHolding, asset_class, lot, member));
    }
  }
}

/// All entries of the final state: those that are counted are all found by their names.
void Witness::collect() {
  entries_.clear();
  for (const Name& name : names_) {
    const ByteView entry = linear_.final_entry(key_of(name));
    if (entry.empty()) continue;
    REQUIRE(entry.size() >= 2 && entry[0] == bytes_of(name)[0] && entry[1] == 1);
    REQUIRE(kSizes[entry[0]] == 0 || kSizes[entry[0]] == entry.size());
    entries_.emplace(name, Bytes(entry.begin(), entry.end()));
  }
  REQUIRE(entries_.size() == linear_.final_entry_count());
}

Digest Witness::root_by_definition() const {
  test::Model model;
  for (const auto& [name, entry] : entries_)
    model[key_of(name)] = blake3(entry);
  return test::model_root(HashId::blake3, model);
}

void Witness::check_log(const Told& told, const std::vector<Done>& done) const {
  const std::span<const Digest> leaves = linear_.log().leaves();
  REQUIRE(leaves.size() == told.roots.log_size);
  const std::size_t first = leaves.size() - done.size();
  for (std::size_t i = 0; i < done.size(); ++i) {
    const auto& [view, result] = done[i];
    const bool ok = result.code == ResultCode::ok;
    REQUIRE(ok ? result.failing_op == 255 : result.failing_op < view.operation_count);
    Writer leaf;
    leaf.u8(0);  // RFC 9162
    leaf.bytes(view.bytes);
    leaf.u16(static_cast<std::uint16_t>(result.code));
    leaf.u8(result.failing_op);
    REQUIRE(leaves[first + i] == sha256(leaf.take()));
  }
  REQUIRE(linear_.log().root(leaves.size()) == told.roots.log_root);
}

/// What the successful operations of a transaction add to counters of entries.
void Witness::count(const Done& done) {
  if (done.result.code != ResultCode::ok) return;
  const TransactionView& view = done.view;
  view.for_each_operation([&](std::size_t, const OperationView& operation) {
    const std::uint32_t actor = view.signer(operation.actor).member;
    switch (operation.code) {
      case OperationCode::record:
        ++times_[named(kRecord, parse_record(operation.body)->record_id)];
        break;
      case OperationCode::attest: {
        const auto op = *parse_attest(operation.body);
        ++times_[named(kAttestation, actor, static_cast<std::uint8_t>(op.kind), op.target,
                       op.version, op.claim)];
        break;
      }
      case OperationCode::use: {
        const auto op = *parse_use(operation.body);
        ++times_[op.break_glass ? named(kCase, op.case_id) : named(kGrant, op.record_id, actor)];
        break;
      }
      case OperationCode::open:
        ++times_[named(kCase, parse_open(operation.body)->case_id)];
        break;
      case OperationCode::step:
        ++times_[named(kCase, parse_step(operation.body)->case_id)];
        break;
      case OperationCode::governance:
      case OperationCode::key:
      case OperationCode::grant:
      case OperationCode::issue:
      case OperationCode::transfer:
      case OperationCode::redeem:
      case OperationCode::lock:
        break;
    }
    return true;
  });
}

/// L-29; L-35 for whoever had an effect.
void Witness::check_history(const Entries& before, const std::vector<Done>& done) const {
  for (const auto& [name, entry] : before)
    REQUIRE(name[0] == kNullifier || find(name) != nullptr);
  for (const Done& one : done) {
    if (one.result.code != ResultCode::ok) continue;
    const TransactionView& view = one.view;
    view.for_each_operation([&](std::size_t, const OperationView& operation) {
      const auto member = before.find(named(kMember, view.signer(operation.actor).member));
      REQUIRE(member != before.end() && u8(member->second, 6) == 1);
      return true;
    });
  }
}

/// Versions are contiguous, and so are the other counts of what happened to an entry.
void Witness::check_counts() const {
  for (const auto& [name, entry] : entries_) {
    const auto counted = times_.find(name);
    const std::uint64_t times = counted == times_.end() ? 0 : counted->second;
    switch (name[0]) {
      case kRecord:
        REQUIRE(u32(entry, 20) == times);
        break;
      case kAttestation:
        REQUIRE(u32(entry, 2) == times);
        break;
      case kGrant:
        REQUIRE(u64(entry, 17) == times);
        break;
      case kCase:
        REQUIRE(u32(entry, 16) == times);
        break;
      default:
        break;
    }
  }
  for (const auto& [name, times] : times_)
    REQUIRE(find(name) != nullptr);
}

/// Members, keys and public keys count and name each other (L-24, L-82, L-83, L-85).
void Witness::check_members() const {
  std::uint32_t members = 0;
  std::size_t keys = 0;
  std::size_t public_keys = 0;
  std::map<std::uint32_t, std::pair<std::uint64_t, std::uint64_t>> valid;  // all, administrating
  for (const auto& [name, entry] : entries_) {
    members += name[0] == kMember ? 1 : 0;
    public_keys += name[0] == kPublicKey ? 1 : 0;
    if (name[0] != kKey) continue;
    ++keys;
    const std::uint32_t member = u32(entry, 2);
    const Bytes* const owner = find(named(kPublicKey, digest_at(entry, 11)));
    REQUIRE(owner != nullptr && u32(*owner, 2) == member && u32(*owner, 6) == u32(entry, 6));
    if (u64(entry, 51) != kNever) continue;
    ++valid[member].first;
    valid[member].second += u8(entry, 10) & 1U;
  }
  REQUIRE(keys == public_keys);
  REQUIRE(u32(*find(named(kGovernance)), 68) == members);
  for (const auto& [name, entry] : entries_) {
    if (name[0] != kMember) continue;
    const auto& [all, administrating] = valid[u32(entry, 2)];
    REQUIRE(u8(entry, 23) == all && u8(entry, 24) == administrating);
    REQUIRE(administrating >= 1 && all <= 16);
  }
}

/// L-88, and what mode 2 promises.
void Witness::check_nullifiers() const {
  std::map<Name, std::pair<std::uint64_t, std::uint64_t>> counts;  // records, active ones
  for (const auto& [name, entry] : entries_) {
    if (name[0] != kRecord || digest_at(entry, 76) == Digest{}) continue;
    auto& [all, active] = counts[named(kNullifier, u16(entry, 18), digest_at(entry, 76))];
    ++all;
    active += u8(entry, 2) == 1 ? 1 : 0;
  }
  for (const auto& [name, entry] : entries_) {
    if (name[0] != kNullifier) continue;
    const auto& [all, active] = counts[name];
    REQUIRE(all >= 1 && u32(entry, 2) == all && u32(entry, 6) == active);
    const Bytes* const schema = find(named(kSchema, u16(bytes_of(name), 1)));
    REQUIRE(schema != nullptr && (u8(*schema, 15) != 2 || active <= 1));
  }
  for (const auto& [name, count] : counts)
    REQUIRE(find(name) != nullptr);
}

/// L-81, L-91, L-92, and the limits of classes.
void Witness::check_quantities() const {
  __extension__ using Sum = unsigned __int128;  // nothing here may depend on sums that fit
  struct Held {
    Sum units = 0;
    Sum locked = 0;
    std::uint64_t holders = 0;
  };
  std::map<std::uint32_t, Held> by_class;
  std::map<Name, Sum> by_lot;             // name of the backing: units
  std::map<Name, Sum> locked;             // name of the holding: units of open locks
  std::map<Digest, std::uint64_t> backs;  // record: backings that live
  for (const auto& [name, entry] : entries_) {
    if (name[0] == kLock && u8(entry, 2) == 1)
      locked[named(kHolding, u32(entry, 12), digest_at(entry, 16), u32(entry, 48))] +=
          u64(entry, 56);
    if (name[0] == kBacking && u64(entry, 14) != 0) ++backs[digest_at(entry, 30)];
  }
  for (const auto& [name, entry] : entries_) {
    if (name[0] != kHolding) continue;
    const auto asset_class = u32(bytes_of(name), 1);
    const Sum units = Sum{u64(entry, 11)} + u64(entry, 19);
    Held& held = by_class[asset_class];
    held.units += units;
    held.locked += u64(entry, 19);
    held.holders += units != 0 ? 1 : 0;
    by_lot[named(kBacking, asset_class, digest_at(bytes_of(name), 5))] += units;
    REQUIRE(locked[name] == u64(entry, 19));
  }
  for (const auto& [name, units] : locked)
    REQUIRE(units == 0 || find(name) != nullptr);
  for (const auto& [name, entry] : entries_) {
    if (name[0] == kTotals) {
      const auto asset_class = u32(bytes_of(name), 1);
      const Bytes& definition = *find(named(kClass, asset_class));
      const Held& held = by_class[asset_class];
      const bool lots = (u8(definition, 17) & 1) != 0;
      REQUIRE(u64(entry, 2) >= u64(entry, 10));
      REQUIRE(held.units == u64(entry, 2) - u64(entry, 10));
      REQUIRE(held.units <= u64(definition, 30));
      REQUIRE(u32(entry, 18) == (lots ? 0 : held.holders));
      const std::uint32_t holders_max = u32(definition, 26);
      REQUIRE(holders_max == 0 || held.holders <= holders_max);
    }
    if (name[0] == kBacking) {
      const Bytes& definition = *find(named(kClass, u32(bytes_of(name), 1)));
      REQUIRE(by_lot[name] <= u64(entry, 6));
      REQUIRE(u64(entry, 14) == (u8(definition, 22) == 2 ? by_lot[name] : Sum{0}));
    }
    if (name[0] == kRecord) REQUIRE(u32(entry, 32) == backs[digest_at(bytes_of(name), 1)]);
  }
  for (const auto& [asset_class, held] : by_class)
    REQUIRE(held.units == 0 || find(named(kTotals, asset_class)) != nullptr);
}

}  // namespace chopmark::fuzz

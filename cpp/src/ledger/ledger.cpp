// SPDX-License-Identifier: Apache-2.0
#include "ledger/ledger.hpp"

#include <algorithm>
#include <cstring>

#include "hash/many.hpp"
#include "hash/sha256.hpp"
#include "ledger/genesis_state.hpp"
#include "ledger/state_batch.hpp"
#include "merkle/tree_hash.hpp"
#include "state/proof.hpp"

namespace chopmark::ledger {
namespace {

// Behind a transaction in its log leaf (C-34).
constexpr std::size_t kResultBytes = 3;

const Digest& id_of_entry(const std::vector<Entry>& entries, std::uint64_t number) {
  return entries[number].id;
}

}  // namespace

bool Ledger::Block::has(const Digest& id) const {
  return ids.find(id, [this](std::uint64_t n) -> const Digest& { return id_of_entry(entries, n); })
      .has_value();
}

Ledger::Ledger(const Genesis& genesis)
    : chain_id_(genesis.chain_id),
      final_{.digest = genesis.chain_id,
             .parent = {},
             .height = 0,
             .time_ms = genesis.time_ms,
             .roots = {},
             .version = tree_.base(),
             .registered = nullptr,
             .frontier = merkle::Frontier{},
             .overlay = Overlay(nullptr, &entries_),
             .entries = {},
             .leaves = {},
             .ids = {}} {
  auto registered = std::make_shared<Register>();
  Overlay state(nullptr, &entries_);
  View view(state);
  put_genesis_state(genesis, view);
  StateBatch batch(state);
  batch.apply_to(*registered);
  batch.apply_to(tree_, tree_.base(), 1);
  batch.apply_to(entries_);
  final_.registered = std::move(registered);
  final_.roots = {tree_.find(tree_.base())->root, 0, final_.frontier.root()};
}

const Ledger::Block* Ledger::find(const Digest& digest) const noexcept {
  if (digest == final_.digest) return &final_;
  const auto at = blocks_.find(digest);
  return at == blocks_.end() ? nullptr : &at->second;
}

std::optional<Roots> Ledger::roots(const Digest& digest) const {
  const Block* block = find(digest);
  if (block == nullptr) return std::nullopt;
  return block->roots;
}

const Register* Ledger::register_after(const Digest& digest) const noexcept {
  const Block* block = find(digest);
  return block == nullptr ? nullptr : block->registered.get();
}

std::optional<std::vector<Digest>> Ledger::asked_set(const Digest& digest) const {
  const Block* block = find(digest);
  if (block == nullptr) return std::nullopt;
  const ByteView keys = ValidatorsEntry::decode(block->overlay.find(validators_key())).public_keys;
  std::vector<Digest> set;
  for (std::size_t at = 0; at < keys.size(); at += sizeof(Digest))
    set.push_back(digest_from(keys.data() + at));
  return set;
}

bool Ledger::contains(const Digest& id, const Digest& digest) const {
  for (const Block* at = find(digest); at != nullptr && at != &final_; at = find(at->parent)) {
    if (at->has(id)) return true;
  }
  return final_entries_.find(id) != nullptr;
}

Bytes Ledger::prove_final_entry(const Digest& key) const {
  Bytes proof;
  state::prove(tree_, *tree_.find(tree_.base()), key.data(), proof);
  return proof;
}

Refusal Ledger::check_header(const Header& header, ByteView payload) const {
  if (header.chain_id != chain_id_) return Refusal::wrong_chain;
  if (header.payload_len != payload.size() || header.payload_root != sha256(payload)) {
    return Refusal::payload_mismatch;
  }
  const Block* parent = find(header.parent_digest);
  if (parent == nullptr) return Refusal::unknown_parent;
  if (header.height != parent->height + 1) return Refusal::wrong_height;
  if (header.time_ms <= parent->time_ms) return Refusal::wrong_time;
  if (header.state_root != parent->roots.state_root) return Refusal::wrong_state_root;
  if (header.log_size != parent->roots.log_size || header.log_root != parent->roots.log_root) {
    return Refusal::wrong_log;
  }
  return blocks_.size() >= kOverlaysMax ? Refusal::too_many_overlays : Refusal::none;
}

std::size_t Ledger::first_replay(const Candidates& candidates, const Block& parent) const {
  const auto id_of = [&](std::uint64_t n) -> const Digest& { return candidates.id(n); };
  IdIndex here;
  here.reserve(candidates.size());
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (!here.insert(candidates.id(i), i, id_of) || contains(candidates.id(i), parent.digest))
      return i;
  }
  return candidates.size();
}

Verdict Ledger::check_payload(Candidates& out, const Header& header, ByteView payload,
                              const Effort& effort) const {
  Verdict verdict;
  const auto refuse = [&](Refusal refusal, std::size_t transaction) {
    verdict.refusal = refusal;
    verdict.transaction = static_cast<std::int64_t>(transaction);
    return verdict;
  };
  const Result<std::vector<ByteView>> items = parse_payload(payload);
  if (!items) {
    verdict.refusal = Refusal::malformed_payload;
    verdict.failure = items.failure();
    return verdict;
  }
  out.reserve(items->size());
  Refusal stopped = Refusal::none;
  for (std::size_t i = 0; i < items->size() && stopped == Refusal::none; ++i)
    stopped = out.add((*items)[i], verdict.failure);
  effort.reached(Stage::parse);
  // What stands before the one that was stopped may be at fault by L-14.
  out.hash(effort.threads);
  const std::size_t replay = first_replay(out, *find(header.parent_digest));
  if (replay != out.size()) {
    verdict.failure = {};
    return refuse(Refusal::replay, replay);
  }
  if (stopped != Refusal::none) return refuse(stopped, out.size());
  effort.reached(Stage::ids);
  const std::vector<std::uint8_t> valid = out.check_signatures({}, effort.verified, effort.threads);
  effort.reached(Stage::signatures);
  const auto bad = std::find(valid.begin(), valid.end(), 0);
  if (bad == valid.end()) return verdict;
  return refuse(Refusal::bad_signature, static_cast<std::size_t>(bad - valid.begin()));
}

void Ledger::execute_block(const Digest& digest, const Header& header, const Candidates& candidates,
                           const Effort& effort) {
  const Block& parent = *find(header.parent_digest);
  const Overlay* const below = &parent == &final_ ? nullptr : &parent.overlay;
  Block made{.digest = digest,
             .parent = header.parent_digest,
             .height = header.height,
             .time_ms = header.time_ms,
             .roots = {},
             .version = 0,
             .registered = parent.registered,
             .frontier = parent.frontier,
             .overlay = Overlay(below, &entries_),
             .entries = {},
             .leaves = {},
             .ids = {}};
  const BlockContext context{chain_id_, *parent.registered, header.height, header.time_ms};
  View view(made.overlay);
  made.entries.reserve(candidates.size());
  made.ids.reserve(candidates.size());
  const auto id_of = [&](std::uint64_t n) -> const Digest& { return id_of_entry(made.entries, n); };
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const TransactionResult result = execute(context, view, candidates.view(i));
    made.ids.insert(candidates.id(i), i, id_of);
    made.entries.push_back({candidates.id(i), header.height, parent.roots.log_size + i, result});
  }
  effort.reached(Stage::rules);
  CHOPMARK_CHECK(tree_.add_overlay(parent.version, made.version) == state::Refusal::none);
  finish_block(made, candidates, effort);
  blocks_.emplace(digest, std::move(made));
}

/// What follows from the changes of an executed block: register, roots, leaves.
void Ledger::finish_block(Block& block, const Candidates& candidates, const Effort& effort) {
  StateBatch batch(block.overlay);
  if (batch.changes_register()) {
    auto registered = std::make_shared<Register>(*block.registered);
    batch.apply_to(*registered);
    block.registered = std::move(registered);
  }
  batch.apply_to(tree_, block.version, effort.threads);
  effort.reached(Stage::state);
  hash_leaves(block, candidates, effort.threads);
  effort.reached(Stage::log);
  block.roots = {tree_.find(block.version)->root, block.frontier.size(), block.frontier.root()};
}

/// Leaves of the log: all bytes of each transaction, then its result (C-34).
void Ledger::hash_leaves(Block& block, const Candidates& candidates, unsigned threads) const {
  const std::size_t count = candidates.size();
  std::vector<std::uint64_t> offsets(count + 1);
  for (std::size_t i = 0; i < count; ++i)
    offsets[i + 1] = offsets[i] + candidates.view(i).bytes.size() + kResultBytes;
  Bytes data(offsets[count]);
  for (std::size_t i = 0; i < count; ++i) {
    const ByteView bytes = candidates.view(i).bytes;
    std::uint8_t* const to = data.data() + offsets[i];
    std::memcpy(to, bytes.data(), bytes.size());
    store_be(to + bytes.size(), static_cast<std::uint16_t>(block.entries[i].result.code));
    to[bytes.size() + 2] = block.entries[i].result.failing_op;
  }
  block.leaves.resize(count);
  if (count == 0) return;
  std::uint8_t* const leaves = block.leaves[0].data();
  merkle::leaf_hashes(HashId::sha256, Items::ragged(data.data(), offsets.data(), count), 0, count,
                      leaves);
  block.frontier.extend_hashes({leaves, count * sizeof(Digest)}, threads);
}

Verdict Ledger::validate_block(ByteView block, const Effort& effort) {
  Verdict verdict;
  const ByteView head = block.first(std::min(block.size(), Header::kBytes));
  const Result<Header> header = parse_header(head);
  if (!header) {
    verdict.refusal = Refusal::malformed_header;
    verdict.failure = header.failure();
    return verdict;
  }
  const ByteView payload = block.subspan(Header::kBytes);
  const Digest digest = header_digest(head);
  if (knows(digest) && header->payload_len == payload.size() &&
      header->payload_root == sha256(payload)) {
    verdict.digest = digest;
    return verdict;
  }
  verdict.refusal = check_header(*header, payload);
  effort.reached(Stage::header);
  if (verdict.refusal == Refusal::none) {
    Candidates candidates(*find(header->parent_digest)->registered, chain_id_, header->height);
    verdict = check_payload(candidates, *header, payload, effort);
    if (verdict.refusal == Refusal::none) execute_block(digest, *header, candidates, effort);
  }
  verdict.digest = digest;
  return verdict;
}

void Ledger::make_final(Block& block) {
  StateBatch(block.overlay).apply_to(entries_);
  if (!block.leaves.empty())
    log_.extend_hashes({block.leaves[0].data(), block.leaves.size() * sizeof(Digest)}, 1);
  final_entries_.add(block.entries);
  block.overlay = Overlay(nullptr, &entries_);
  block.leaves = {};
  block.entries = {};
  block.ids.clear();
  final_ = std::move(block);
}

std::optional<std::vector<Entry>> Ledger::finalize(const Digest& digest) {
  const Block* target = find(digest);
  if (target == nullptr) return std::nullopt;
  std::vector<Digest> chain;  // from the target down to just above the last final block
  for (const Block* at = target; at != &final_; at = find(at->parent)) {
    CHOPMARK_CHECK(at != nullptr);
    chain.push_back(at->digest);
  }
  if (chain.empty()) return std::vector<Entry>{};
  CHOPMARK_CHECK(tree_.merge(target->version) == state::Refusal::none);
  std::vector<Entry> entries;
  for (; !chain.empty(); chain.pop_back()) {
    auto taken = blocks_.extract(chain.back());
    Block& block = taken.mapped();
    entries.insert(entries.end(), block.entries.begin(), block.entries.end());
    make_final(block);
  }
  if (final_.height > limits::kReplayWindow)
    final_entries_.forget_below(final_.height - limits::kReplayWindow);
  drop_all_but_descendants();
  return entries;
}

void Ledger::drop_all_but_descendants() {
  // A block whose parent is gone goes too; heights make one pass in their order enough.
  std::vector<Block*> by_height;
  for (auto& [digest, block] : blocks_)
    by_height.push_back(&block);
  std::sort(by_height.begin(), by_height.end(),
            [](const Block* a, const Block* b) { return a->height < b->height; });
  for (Block* block : by_height) {
    if (block->parent == final_.digest) {
      block->overlay.stand_on_final();
    } else if (find(block->parent) == nullptr) {
      blocks_.erase(Digest(block->digest));
    }
  }
}

}  // namespace chopmark::ledger

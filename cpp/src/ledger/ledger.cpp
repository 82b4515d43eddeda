// SPDX-License-Identifier: Apache-2.0
#include "ledger/ledger.hpp"

#include <algorithm>
#include <set>

#include "hash/sha256.hpp"
#include "ledger/entries.hpp"
#include "merkle/tree_hash.hpp"

namespace chopmark::ledger {
namespace {

State genesis_state(StateArena& arena, const Genesis& genesis) {
  State state(arena);
  for (const Member& member : genesis.members) {
    state.put(member_key(member.id), encode_member(member.encoding));
  }
  return state;
}

/// Leaf of the log: all bytes of the transaction, then its result (C-34).
Digest log_leaf(ByteView transaction, const TransactionResult& result) {
  constexpr std::uint8_t prefix = 0;
  std::array<std::uint8_t, 3> suffix;
  store_be(suffix.data(), static_cast<std::uint16_t>(result.code));
  suffix[2] = result.failing_op;
  Sha256 hasher;
  hasher.update({&prefix, 1});
  hasher.update(transaction);
  hasher.update(suffix);
  return hasher.finish();
}

}  // namespace

Ledger::Ledger(const Genesis& genesis)
    : arena_(std::make_unique<StateArena>()),
      chain_id_(genesis.chain_id),
      registry_(genesis),
      final_{.digest = genesis.chain_id,
             .parent = {},
             .height = 0,
             .state = genesis_state(*arena_, genesis),
             .frontier = merkle::Frontier{},
             .roots = {},
             .entries = {},
             .leaves = {},
             .ids = {}} {
  final_.roots = {final_.state.root(), 0, final_.frontier.root()};
}

const Ledger::Overlay* Ledger::find(const Digest& digest) const noexcept {
  if (digest == final_.digest) return &final_;
  const auto at = overlays_.find(digest);
  return at == overlays_.end() ? nullptr : &at->second;
}

std::optional<Roots> Ledger::roots(const Digest& digest) const {
  const Overlay* overlay = find(digest);
  if (overlay == nullptr) return std::nullopt;
  return overlay->roots;
}

bool Ledger::contains(const Digest& id, const Digest& digest) const noexcept {
  for (const Overlay* at = find(digest); at != nullptr && at != &final_; at = find(at->parent)) {
    if (at->ids.contains(id)) return true;
  }
  return final_entries_.contains(id);
}

const Entry* Ledger::find_final(const Digest& id) const noexcept {
  const auto at = final_entries_.find(id);
  return at == final_entries_.end() ? nullptr : &at->second;
}

Refusal Ledger::check_header(const Header& header, ByteView payload) const {
  if (header.chain_id != chain_id_) return Refusal::wrong_chain;
  if (header.payload_len != payload.size() || header.payload_root != sha256(payload)) {
    return Refusal::payload_mismatch;
  }
  const Overlay* parent = find(header.parent_digest);
  if (parent == nullptr) return Refusal::unknown_parent;
  if (header.height != parent->height + 1) return Refusal::wrong_height;
  if (header.state_root != parent->roots.state_root) return Refusal::wrong_state_root;
  if (header.log_size != parent->roots.log_size || header.log_root != parent->roots.log_root) {
    return Refusal::wrong_log;
  }
  return overlays_.size() >= kOverlaysMax ? Refusal::too_many_overlays : Refusal::none;
}

Verdict Ledger::check_payload(std::vector<Candidate>& out, const Header& header, ByteView payload,
                              unsigned threads) const {
  Verdict verdict;
  const Result<std::vector<ByteView>> items = parse_payload(payload);
  if (!items) {
    verdict.refusal = Refusal::malformed_payload;
    verdict.failure = items.failure();
    return verdict;
  }
  std::set<Digest> seen;
  out.resize(items->size());
  for (std::size_t i = 0; i < out.size(); ++i) {
    verdict.transaction = static_cast<std::int64_t>(i);
    verdict.refusal = check_form(out[i], verdict.failure, (*items)[i], chain_id_, registry_);
    if (verdict.refusal != Refusal::none) return verdict;
    verdict.refusal = check_time(out[i].view, header.height);
    if (verdict.refusal != Refusal::none) return verdict;
    if (!seen.insert(out[i].id).second || contains(out[i].id, header.parent_digest)) {
      verdict.refusal = Refusal::replay;
      return verdict;
    }
  }
  const std::vector<std::uint8_t> valid = check_signatures(out, registry_, threads);
  const auto bad = std::find(valid.begin(), valid.end(), 0);
  verdict.transaction = bad == valid.end() ? -1 : bad - valid.begin();
  verdict.refusal = bad == valid.end() ? Refusal::none : Refusal::bad_signature;
  return verdict;
}

Ledger::Overlay Ledger::execute_block(const Digest& digest, const Header& header,
                                      const std::vector<Candidate>& candidates) {
  const Overlay& parent = *find(header.parent_digest);
  Overlay made{.digest = digest,
               .parent = header.parent_digest,
               .height = header.height,
               .state = parent.state,
               .frontier = parent.frontier,
               .roots = {},
               .entries = {},
               .leaves = {},
               .ids = {}};
  for (const Candidate& one : candidates) {
    const TransactionResult result = execute(registry_, made.state, header.height, one.view);
    made.ids.emplace(one.id, made.entries.size());
    made.entries.push_back({one.id, header.height, made.frontier.size(), result});
    made.leaves.push_back(log_leaf(one.view.bytes, result));
    made.frontier.append(made.leaves.back());
  }
  made.roots = {made.state.root(), made.frontier.size(), made.frontier.root()};
  return made;
}

Verdict Ledger::validate_block(ByteView block, unsigned threads) {
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
  if (verdict.refusal == Refusal::none) {
    std::vector<Candidate> candidates;
    verdict = check_payload(candidates, *header, payload, threads);
    if (verdict.refusal == Refusal::none) {
      overlays_.emplace(digest, execute_block(digest, *header, candidates));
    }
  }
  verdict.digest = digest;
  return verdict;
}

std::optional<std::vector<Entry>> Ledger::finalize(const Digest& digest) {
  const Overlay* target = find(digest);
  if (target == nullptr) return std::nullopt;
  std::vector<Digest> chain;  // from the target down to just above the last final block
  for (const Overlay* at = target; at != &final_; at = find(at->parent)) {
    CHOPMARK_CHECK(at != nullptr);
    chain.push_back(at->digest);
  }
  std::vector<Entry> entries;
  while (!chain.empty()) {
    auto taken = overlays_.extract(chain.back());
    chain.pop_back();
    final_ = std::move(taken.mapped());
    for (const Digest& leaf : final_.leaves)
      log_.append_hash(leaf);
    for (const Entry& entry : final_.entries) {
      final_entries_.emplace(entry.id, entry);
      entries.push_back(entry);
    }
    final_.entries.clear();
    final_.leaves.clear();
    final_.ids.clear();
  }
  drop_all_but_descendants();
  return entries;
}

void Ledger::drop_all_but_descendants() {
  // A block whose parent is gone goes too; heights make one pass in their order enough.
  std::vector<const Overlay*> by_height;
  for (const auto& [digest, overlay] : overlays_)
    by_height.push_back(&overlay);
  std::sort(by_height.begin(), by_height.end(),
            [](const Overlay* a, const Overlay* b) { return a->height < b->height; });
  for (const Overlay* overlay : by_height) {
    if (find(overlay->parent) == nullptr) overlays_.erase(Digest(overlay->digest));
  }
}

}  // namespace chopmark::ledger

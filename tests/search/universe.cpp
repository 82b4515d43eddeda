// SPDX-License-Identifier: Apache-2.0
#include "universe.hpp"

#include <bit>

#include "base/check.hpp"
#include "sim/scheme.hpp"
#include "text.hpp"

namespace chopmark::search {
namespace {

const char* kind_name(std::uint8_t kind) {
  switch (kind) {
    case kNotarize:
      return "notarize";
    case kNullify:
      return "nullify";
    default:
      return "finalize";
  }
}

}  // namespace

Universe::Universe(Setting setting, Signers signers)
    : setting_(std::move(setting)), signers_(signers) {}

std::uint16_t Universe::liar() const noexcept {
  return static_cast<std::uint16_t>(std::countr_zero(setting_.byzantine));
}

Id Universe::block_id(const Digest& digest) const {
  const auto at = block_ids_.find(digest);
  return at == block_ids_.end() ? kNone : at->second;
}

Id Universe::add_block(KnownBlock&& block) {
  const auto id = static_cast<Id>(blocks_.size());
  CHOPMARK_CHECK(id != kNone);
  // An honest leader proposes once in a view; its name says which, in whatever execution.
  const int count = block.honest ? 1 : ++names_[block.name];
  if (count > 1) block.name += numbered(".", static_cast<std::uint64_t>(count));
  block_ids_.emplace(block.block.digest, id);
  blocks_.push_back(std::move(block));
  return id;
}

Id Universe::honest_block(Block&& block, ByteView proposal) {
  const Id known = block_id(block.digest);
  if (known != kNone) return known;
  KnownBlock added;
  added.parent = block_id(block.parent);
  added.honest = true;
  added.name = numbered("@", block.view);
  added.proposal.assign(proposal.begin(), proposal.end());
  added.block = std::move(block);
  return add_block(std::move(added));
}

Id Universe::scripted_block(const std::string& name, const Block& block) {
  const Id known = block_id(block.digest);
  if (known != kNone) return known;
  KnownBlock added;
  added.parent = block_id(block.parent);
  added.name = name;
  added.proposal = proposal_message(setting_.chain_id, block);
  added.block = block;
  return add_block(std::move(added));
}

Id Universe::subject_id(const Subject& subject) {
  const Id block = subject.kind == kNullify ? kNone : block_id(subject.digest);
  const auto [at, added] = subject_ids_.try_emplace({subject.kind, subject.view, block},
                                                    static_cast<Id>(subjects_.size()));
  if (added) subjects_.push_back({subject.kind, subject.view, block});
  return at->second;
}

Bytes Universe::certificate_of(const Shown& shown) const {
  const KnownSubject& known = subjects_[shown.subject];
  std::vector<std::uint16_t> signers;
  const auto liars = static_cast<std::size_t>(std::popcount(setting_.byzantine));
  std::size_t wanted = setting_.quorum() - liars;
  for (std::uint16_t i = 0; i < setting_.validators; ++i) {
    if (!setting_.honest(i)) {
      signers.push_back(i);
    } else if (wanted != 0 && (signers_ == Signers::one_set || (shown.honest >> i & 1) != 0)) {
      signers.push_back(i);
      --wanted;
    }
  }
  const Digest digest = known.block == kNone ? Digest{} : blocks_[known.block].block.digest;
  return certificate(setting_.chain_id, {known.kind, 1, known.view, digest}, signers,
                     setting_.validators);
}

Id Universe::liars_block(std::uint64_t view, Id parent, char mark, const Shown* parent_shown,
                         const std::vector<Shown>& nullified) {
  std::vector<std::uint64_t> key = {view, parent, static_cast<std::uint64_t>(mark)};
  if (signers_ == Signers::real) {
    if (parent_shown != nullptr) key.push_back(parent_shown->honest);
    for (const Shown& one : nullified)
      key.push_back(one.honest);
  }
  const auto [at, added] = liars_blocks_.try_emplace(std::move(key), kNone);
  if (!added) return at->second;
  KnownBlock out;
  out.parent = parent;
  Block& block = out.block;
  const Block* below = parent == kNone ? nullptr : &blocks_[parent].block;
  const bool last =
      below != nullptr && setting_.epoch_blocks != 0 && below->height % setting_.epoch_blocks == 0;
  const std::vector<Digest> keys = config_of(setting_, 0).validators;
  block.closing = last;
  block.view = view;
  block.height = (below == nullptr ? 0 : below->height) + (last ? 0 : 1);
  block.parent_view = below == nullptr ? 0 : below->view;
  block.parent = below == nullptr ? setting_.chain_id : below->digest;
  block.leader = setting_.leaders[view - 1];
  if (last) block.last = below->closing ? below->last : below->digest;
  const bool ends =
      !last && setting_.epoch_blocks != 0 && block.height % setting_.epoch_blocks == 0;
  if (ends) block.next_set_hash = set_hash(keys);
  block.time_ms = (below == nullptr ? config_of(setting_, 0).genesis_time_ms : below->time_ms) + 1;
  std::vector<Bytes> nullifications;
  for (const Shown& one : nullified)
    nullifications.push_back(certificate_of(one));
  // Marks J and F skip all views below: with nothing, and with forged nullifications.
  for (std::uint64_t skipped = 1; mark == 'F' && skipped < view; ++skipped) {
    nullifications.push_back(certificate_of({nullify_id(skipped), ~0U}));
    nullifications.back().back() ^= 1;
  }
  std::optional<Bytes> parent_certificate;
  if (parent_shown != nullptr) parent_certificate = certificate_of(*parent_shown);
  block.justification = justification(parent_certificate, nullifications);
  // A Closing header has no payload: its variants differ by time.
  if (block.closing) {
    block.time_ms += static_cast<std::uint64_t>(mark - 'A');
  } else {
    block.payload = payload_marked(mark);
  }
  seal(setting_.chain_id, block);
  out.name = std::string(1, mark) + std::to_string(view);
  out.proposal = proposal_message(setting_.chain_id, block);
  at->second = add_block(std::move(out));
  KnownBlock& stored = blocks_[at->second];
  stored.script = "propose " + stored.name + numbered(" view ", view) + " on " +
                  (parent == kNone ? "genesis" : blocks_[parent].name) + " mark " + mark;
  return at->second;
}

Id Universe::add(const Key& key, Input&& input) {
  const auto [at, added] = input_ids_.try_emplace(key, static_cast<Id>(inputs_.size()));
  if (added) {
    CHOPMARK_CHECK(inputs_.size() < kNone);
    inputs_.push_back(std::move(input));
  }
  return at->second;
}

Id Universe::proposal_input(Id block) {
  const KnownBlock& known = blocks_[block];
  return add({0, block, 0}, {What::proposal, known.block.leader, known.proposal,
                             "deliver " + known.name + " to", block});
}

Id Universe::block_input(Id block) {
  const KnownBlock& known = blocks_[block];
  return add({1, block, 0}, {What::block, liar(), block_message(known.block),
                             "block " + known.name + " to", block});
}

Id Universe::certificate_input(const Shown& shown) {
  const KnownSubject& known = subjects_[shown.subject];
  const std::uint64_t signers = signers_ == Signers::real ? shown.honest : 0;
  const Key key{2, shown.subject, signers};
  const auto at = input_ids_.find(key);
  if (at != input_ids_.end()) return at->second;
  const char* name = known.kind == kNotarize  ? "notarization "
                     : known.kind == kNullify ? "nullification "
                                              : "finalization ";
  const std::string of =
      known.block == kNone ? std::to_string(known.view) : blocks_[known.block].name;
  return add(key, {What::certificate, liar(), certificate_message(certificate_of(shown)),
                   name + of + " to", known.block});
}

Id Universe::vote_input(Id subject, std::uint16_t validator) {
  const KnownSubject& known = subjects_[subject];
  const Digest digest = known.block == kNone ? Digest{} : blocks_[known.block].block.digest;
  const std::string of =
      known.block == kNone ? std::to_string(known.view) : blocks_[known.block].name;
  return add({3, subject, validator},
             {What::vote, validator,
              vote_message(setting_.chain_id, {known.kind, 1, known.view, digest}, validator),
              std::string("vote ") + kind_name(known.kind) + " " + of + " by " +
                  std::to_string(validator) + " to",
              known.block, known.view});
}

Id Universe::ask_input(std::uint64_t view) {
  return add({4, view, 0},
             {What::ask, liar(), ask_message(1, view, 1, nullptr), numbered("ask ", view) + " of"});
}

Id Universe::question_input(std::uint16_t from, std::uint32_t losses) {
  return add({6, from, losses}, {What::question, from, amnesia_ask(1, nonce_of(from, losses)),
                                 numbered("question by ", from) + " to"});
}

Id Universe::reply_input(std::uint16_t from, std::uint16_t to, const Bytes& message) {
  // The proof may be any certificate that will do.
  constexpr std::size_t kUpToHighest = 1 + 8 + 32 + 2 + 8;
  const Bytes says(message.begin(), message.begin() + kUpToHighest);
  const auto [at, added] = reply_ids_.try_emplace({from, says}, Id{0});
  if (!added) return at->second;
  Input input{What::reply, from, message, numbered("reply by ", from) + " to"};
  input.only_to = to;
  at->second = add({5, reply_ids_.size(), 0}, std::move(input));
  return at->second;
}

Id Universe::plain_input(What what) {
  const auto number = static_cast<std::uint8_t>(what);
  const char* name = "";
  switch (what) {
    case What::timeout:
      name = "timeout";
      break;
    case What::standstill:
      name = "standstill";
      break;
    case What::heartbeat:
      name = "heartbeat";
      break;
    case What::crash:
      name = "restart";
      break;
    case What::lose:
      name = "lose";
      break;
    default:
      CHOPMARK_CHECK(false);
  }
  return add({static_cast<std::uint8_t>(16 + number), 0, 0}, {what, kEverybody, {}, name});
}

bool Universe::stands_on(Id high, Id low) const {
  while (high != kNone && high != low)
    high = blocks_[high].parent;
  return high == low;
}

}  // namespace chopmark::search

// SPDX-License-Identifier: Apache-2.0
#include "locals.hpp"

#include <algorithm>
#include <set>

#include "base/check.hpp"
#include "base/endian.hpp"
#include "codec/writer.hpp"

namespace chopmark::search {
namespace {

constexpr std::size_t kRecentMax = 4'000;

std::uint64_t fold(std::uint64_t state, std::uint64_t word) noexcept {
  const auto product = static_cast<unsigned __int128>(state ^ word) * 0x9e3779b97f4a7c15;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64) ^
         (state << 23 | state >> 41);
}

/// 128 bits in two lanes: two of a million local states fall together with chance 2^-88.
std::pair<std::uint64_t, std::uint64_t> hash_of(ByteView bytes) noexcept {
  std::uint64_t a = 0x243f6a8885a308d3 ^ bytes.size();
  std::uint64_t b = 0x13198a2e03707344;
  for (std::size_t i = 0; i < bytes.size(); i += 8) {
    std::uint64_t word = 0;
    for (std::size_t k = 0; k < 8 && i + k < bytes.size(); ++k)
      word |= std::uint64_t{bytes[i + k]} << (8 * k);
    a = fold(a, word + i);
    b = fold(b + 0xa4093822299f31d0, word * 0xd6e8feb86659fd93 + 1);
  }
  return {fold(a, b), fold(b, a)};
}

void add_unique(std::vector<Id>& sorted, Id id) {
  const auto at = std::ranges::lower_bound(sorted, id);
  if (at == sorted.end() || *at != id) sorted.insert(at, id);
}

}  // namespace

Locals::Locals(Universe& universe, Node start, const std::vector<Node::Sent>& history,
               std::uint32_t losses, Options options)
    : universe_(universe), index_(start.index()), options_(options) {
  Local local;
  local.losses = static_cast<std::uint16_t>(losses);
  std::vector<Node::Sent> sent = history;
  for (Node::Sent& one : start.take_sent())
    sent.push_back(std::move(one));
  listen(local, {}, start, sent);
  intern(std::move(local), std::move(start));
}

void Locals::listen(Local& local, Speech speech, const Node& node,
                    const std::vector<Node::Sent>& sent_messages) {
  for (const Node::Sent& sent : sent_messages) {
    if (!sent.message.empty() && sent.message[0] == 0x56) {
      const auto from = static_cast<std::uint16_t>(index_);
      add_unique(speech.replies, universe_.reply_input(from, sent.link, sent.message));
    }
    std::optional<Said> one = said(sent.message);
    // Epochs that follow are outside of the search.
    if (!one || one->subject.epoch != 1 || one->subject.view > universe_.setting().view_max)
      continue;
    if (one->block) {
      const Id block = universe_.honest_block(std::move(*one->block), sent.message);
      add_unique(speech.proposed, block);
    }
    add_unique(speech.said, universe_.subject_id(one->subject));
  }
  const consensus::Replica& replica = node.replica();
  local.view = replica.view();
  local.final_view = replica.last_final().view;
  local.final_block = universe_.block_id(replica.last_final().digest);
  local.amnesic = replica.amnesic();
  local.epoch_over = node.epochs_ended() != 0;
  local.wrong = contradicts(speech.said);
  for (const Bytes& evidence : node.accused()) {
    const std::uint16_t culprit = load_be<std::uint16_t>(evidence.data() + 1);
    // With made up signers, certificates accuse whom they like.
    local.wrong |= universe_.signers() == Signers::real && universe_.setting().honest(culprit);
  }
  speech.losses = local.losses;
  const auto [at, added] =
      speech_ids_.try_emplace(std::move(speech), static_cast<std::uint32_t>(speeches_.size()));
  if (added) speeches_.push_back(&at->first);
  local.speech = at->second;
}

bool Locals::contradicts(const std::vector<Id>& said) const {
  for (std::size_t i = 0; i < said.size(); ++i) {
    for (std::size_t k = i + 1; k < said.size(); ++k) {
      const KnownSubject& a = universe_.subject(said[i]);
      const KnownSubject& b = universe_.subject(said[k]);
      if (a.view != b.view) continue;
      const auto is = [&](std::uint8_t x, std::uint8_t y) {
        return (a.kind == x && b.kind == y) || (a.kind == y && b.kind == x);
      };
      if (is(kFinalize, kNullify)) return true;
      // Two of a kind differ in their block; a notarize and a finalize must name the same.
      if (is(kNotarize, kNotarize) || is(kFinalize, kFinalize)) return true;
      if (is(kNotarize, kFinalize) && a.block != b.block) return true;
    }
  }
  return false;
}

std::uint32_t Locals::intern(Local&& local, Node&& node) {
  codec::Writer key;
  key.u32(local.speech);
  key.u16(local.restarts);
  key.u16(local.losses);
  key.u16(local.ticks);
  key.u16(local.heartbeats);
  key.u8(local.epoch_over ? 1 : 0);
  key.u8(local.wrong ? 1 : 0);
  // Whom it accused of what decides what it looks at later; its snapshot does not say.
  std::set<std::pair<std::uint8_t, std::uint16_t>> accused;
  for (const Bytes& evidence : node.accused())
    accused.emplace(evidence[0], load_be<std::uint16_t>(evidence.data() + 1));
  for (const auto& [kind, culprit] : accused)
    key.u32(std::uint32_t{kind} << 16 | culprit);
  key.u8(0xff);
  key.bytes(node.replica().snapshot());
  if (options_.restarts) key.bytes(node.recovered_snapshot(universe_.setting()));
  const auto id = static_cast<std::uint32_t>(locals_.size());
  const auto [at, added] = ids_.try_emplace(hash_of(key.take()), id);
  if (!added) return at->second;
  locals_.push_back(std::move(local));
  auto owned = std::make_unique<Node>(std::move(node));
  if (kept_.size() < options_.nodes_kept) {
    kept_.emplace(id, std::move(owned));
  } else {
    recent_.emplace(id, std::move(owned));
    recent_order_.push_back(id);
    if (recent_order_.size() > kRecentMax) {
      recent_.erase(recent_order_.front());
      recent_order_.pop_front();
    }
  }
  return id;
}

const Node& Locals::at(std::uint32_t id) {
  const auto kept = kept_.find(id);
  if (kept != kept_.end()) return *kept->second;
  const auto recent = recent_.find(id);
  if (recent != recent_.end()) return *recent->second;
  Node node = at(locals_[id].parent);
  apply(node, locals_[id].action);
  (void)node.take_sent();
  recent_order_.push_back(id);
  const Node& stored = *recent_.emplace(id, std::make_unique<Node>(std::move(node))).first->second;
  if (recent_order_.size() > kRecentMax) {
    recent_.erase(recent_order_.front());
    recent_order_.pop_front();
  }
  return stored;
}

void Locals::apply(Node& node, Action action) const {
  const Setting& setting = universe_.setting();
  const Input& input = universe_.input(action.input);
  std::optional<std::size_t> records;
  if (action.records != Action::kWhole) records = action.records;
  switch (input.what) {
    case What::timeout:
      node.advance(setting, kTimeoutMs, records);
      break;
    case What::standstill:
      node.advance(setting, kStandstillMs, records);
      break;
    case What::heartbeat:
      node.advance(setting, kHeartbeatMs, records);
      break;
    case What::crash:
      node.restart(setting, Node::Disk::kept);
      break;
    case What::lose:
      node.restart(setting, Node::Disk::lost);
      break;
    default:
      node.receive(setting, input.link, input.message, records);
      break;
  }
  if (node.down()) node.restart(setting, Node::Disk::kept);
}

std::uint32_t Locals::compute(std::uint32_t from, Action action) {
  Node node = at(from);
  apply(node, action);
  ++steps_;
  const What what = universe_.input(action.input).what;
  Local local;
  local.parent = from;
  local.action = action;
  local.records = static_cast<std::uint8_t>(std::min<std::size_t>(node.records_written(), 0xfe));
  const Local& before = locals_[from];
  local.restarts = before.restarts;
  local.losses = before.losses;
  if (what == What::crash || action.records != Action::kWhole) ++local.restarts;
  if (what == What::lose) ++local.losses;
  listen(local, *speeches_[before.speech], node, node.take_sent());
  const bool anew = local.final_view != before.final_view || local.restarts != before.restarts ||
                    local.losses != before.losses;
  if (!anew) {
    local.ticks = what == What::standstill || what == What::heartbeat ? 1 : before.ticks;
    local.heartbeats = what == What::heartbeat ? 1 : before.heartbeats;
  }
  if (action.records == Action::kWhole) {
    records_[std::uint64_t{from} << 16 | action.input] = local.records;
  }
  const std::uint32_t to = intern(std::move(local), std::move(node));
  Local& source = locals_[from];
  if (action.records != Action::kWhole) {
    source.cut.push_back({action, to});
    return to;
  }
  if (source.whole.size() <= action.input) source.whole.resize(action.input + 1U, Local::kUnknown);
  source.whole[action.input] = to;
  return to;
}

std::size_t Locals::records(std::uint32_t from, Id input) {
  (void)next(from, {input, Action::kWhole});
  return records_.at(std::uint64_t{from} << 16 | input);
}

}  // namespace chopmark::search

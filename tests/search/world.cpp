// SPDX-License-Identifier: Apache-2.0
#include "world.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "base/endian.hpp"
#include "text.hpp"

namespace chopmark::search {
namespace {

constexpr std::size_t kExchangedMax = 100'000;

}  // namespace

World::World(Setting setting)
    : setting_(std::move(setting)),
      nodes_(setting_.validators),
      losses_(setting_.validators, 0),
      history_(setting_.validators) {
  choose_chain(setting_);
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    if (setting_.honest(i)) nodes_[i].emplace(setting_, i);
  }
  listen();
}

Node* World::node(std::size_t index) {
  return index < nodes_.size() && nodes_[index] ? &*nodes_[index] : nullptr;
}

std::vector<Node> World::honest_nodes() const {
  std::vector<Node> out;
  for (const std::optional<Node>& node : nodes_) {
    if (node) out.push_back(*node);
  }
  return out;
}

void World::listen() {
  for (std::optional<Node>& node : nodes_) {
    if (!node) continue;
    const auto from = static_cast<std::uint16_t>(node->index());
    for (Node::Sent& sent : node->take_sent()) {
      history_[from].push_back(sent);
      for (std::uint16_t to = 0; to < nodes_.size(); ++to) {
        const bool meant = sent.link == to || (sent.link == consensus::kEveryone && to != from);
        if (meant && nodes_[to]) mail_.push_back({from, to, sent.message});
      }
      if (!sent.message.empty() && sent.message[0] == 0x56) {
        replies_[{from, sent.link}] = sent.message;
      }
      std::optional<Said> one = said(sent.message);
      if (!one) continue;
      said_[one->subject].insert(from);
      if (!one->block || blocks_.contains(one->block->digest)) continue;
      std::string name = numbered("@", one->block->view);
      for (std::uint64_t count = 2; names_.contains(name); ++count)
        name = numbered("@", one->block->view) + numbered(".", count);
      proposals_.emplace(one->block->digest, std::move(sent.message));
      names_.emplace(name, one->block->digest);
      blocks_.emplace(one->block->digest, std::move(*one->block));
    }
    for (const Bytes& evidence : node->accused())
      accused_.insert(load_be<std::uint16_t>(evidence.data() + 1));
  }
}

void World::exchange(const std::set<std::size_t>& among) {
  for (std::size_t count = 0; count < kExchangedMax; ++count) {
    const auto next = std::ranges::find_if(mail_, [&](const Mail& one) {
      return among.contains(one.from) && among.contains(one.to) && !nodes_[one.to]->down();
    });
    if (next == mail_.end()) return;
    const Mail one = std::move(*next);
    mail_.erase(next);
    nodes_[one.to]->receive(setting_, one.from, one.message);
    listen();
  }
}

const Block* World::block(const std::string& name) const {
  const auto at = names_.find(name);
  return at == names_.end() ? nullptr : &blocks_.at(at->second);
}

std::optional<Bytes> World::proposal(const std::string& name) const {
  const auto at = names_.find(name);
  if (at == names_.end()) return std::nullopt;
  const auto sent = proposals_.find(at->second);
  if (sent != proposals_.end()) return sent->second;
  return proposal_message(setting_.chain_id, blocks_.at(at->second));
}

void World::add_block(const std::string& name, Block&& block) {
  names_[name] = block.digest;
  blocks_.emplace(block.digest, std::move(block));
}

std::optional<Bytes> World::certificate_for(const Subject& subject,
                                            std::vector<std::uint16_t> signers) const {
  const auto at = said_.find(subject);
  const auto can = [&](std::uint16_t one) {
    return !setting_.honest(one) || (at != said_.end() && at->second.contains(one));
  };
  if (signers.empty()) {
    // As many liars as there are, then the first of the others.
    std::size_t wanted = setting_.quorum();
    for (const bool honest : {false, true}) {
      for (std::uint16_t i = 0; i < setting_.validators && wanted != 0; ++i) {
        if (setting_.honest(i) != honest || !can(i)) continue;
        signers.push_back(i);
        --wanted;
      }
    }
  }
  std::ranges::sort(signers);
  if (signers.size() < setting_.quorum() || !std::ranges::all_of(signers, can)) return std::nullopt;
  return certificate(setting_.chain_id, subject, signers, setting_.validators);
}

bool World::signed_by(std::size_t node, const Subject& subject) const {
  const auto at = said_.find(subject);
  return at != said_.end() && at->second.contains(static_cast<std::uint16_t>(node));
}

std::optional<Bytes> World::last_reply(std::uint16_t from, std::uint16_t to) const {
  const auto at = replies_.find({from, to});
  if (at == replies_.end()) return std::nullopt;
  return at->second;
}

bool World::certain(const Subject& subject) const {
  return certificate_for(subject, {}).has_value();
}

bool World::stands_on(Digest high, const Digest& low) const {
  while (high != low) {
    const auto at = blocks_.find(high);
    if (at == blocks_.end()) return false;
    high = at->second.parent;
  }
  return true;
}

std::string World::name_of(const Subject& subject) const {
  const char* kind = subject.kind == kNotarize  ? "notarize "
                     : subject.kind == kNullify ? "nullify "
                                                : "finalize ";
  std::string of = std::to_string(subject.view);
  for (const auto& [name, digest] : names_) {
    if (digest == subject.digest) of = name;
  }
  return kind + of;
}

std::optional<std::string> World::contradiction() const {
  for (const std::size_t one : accused_) {
    if (setting_.honest(one)) return numbered("honest ", one) + " is accused";
  }
  for (auto a = said_.begin(); a != said_.end(); ++a) {
    for (auto b = std::next(a); b != said_.end(); ++b) {
      const Subject& x = a->first;
      const Subject& y = b->first;
      if (x.epoch != y.epoch || x.view != y.view) continue;
      const bool one_nullify = (x.kind == kNullify) != (y.kind == kNullify);
      const bool one_finalize = x.kind == kFinalize || y.kind == kFinalize;
      const bool exclude = one_nullify ? one_finalize : x.digest != y.digest;
      if (!exclude) continue;
      for (const std::uint16_t node : a->second) {
        if (b->second.contains(node)) {
          return std::to_string(node) + " signed " + name_of(x) + " and " + name_of(y);
        }
      }
    }
  }
  return std::nullopt;
}

std::optional<std::string> World::disagreement() const {
  for (const auto& [x, x_signers] : said_) {
    if (x.kind != kFinalize || !certain(x)) continue;
    for (const auto& [y, y_signers] : said_) {
      if (y.epoch != x.epoch || y == x || !certain(y)) continue;
      const bool same_view = y.view == x.view;
      const bool other = y.kind == kNullify    ? same_view
                         : y.kind == kNotarize ? same_view && y.digest != x.digest
                                               : y.view >= x.view && !stands_on(y.digest, x.digest);
      if (other) return "there can be certificates of " + name_of(x) + " and " + name_of(y);
    }
  }
  return std::nullopt;
}

std::optional<std::string> World::violation() const {
  std::optional<std::string> found = contradiction();
  return found ? found : disagreement();
}

}  // namespace chopmark::search

// SPDX-License-Identifier: Apache-2.0
#include "probe.hpp"

#include <algorithm>
#include <deque>

namespace chopmark::search {
namespace {

constexpr std::size_t kMessagesMax = 20'000;  // of one round: a loop of answers would exceed it

struct Mail {
  std::uint16_t from;
  Node::Sent sent;
};

class Continuation {
 public:
  Continuation(const Setting& setting, std::vector<Node>& nodes)
      : setting_(setting), nodes_(nodes) {
    setting_.view_max = ~0ULL;
    for (Node& node : nodes_) {
      if (node.down()) node.restart(setting_, Node::Disk::kept);
      (void)node.take_sent();
      node.build_on(setting_);
    }
  }

  void deliver_all() {
    collect();
    for (std::size_t count = 0; !mail_.empty() && count < kMessagesMax; ++count) {
      const Mail one = std::move(mail_.front());
      mail_.pop_front();
      for (Node& node : nodes_) {
        const bool meant = one.sent.link == consensus::kEveryone || one.sent.link == node.index();
        if (meant && node.index() != one.from) node.receive(setting_, one.from, one.sent.message);
      }
      collect();
    }
  }

  std::uint64_t advance() {
    std::uint64_t wait = kStandstillMs;
    for (const Node& node : nodes_)
      wait = std::min(wait, std::max(node.timer(), node.now() + 1) - node.now());
    for (Node& node : nodes_)
      node.advance(setting_, wait);
    return wait;
  }

 private:
  void collect() {
    for (Node& node : nodes_) {
      for (Node::Sent& sent : node.take_sent())
        mail_.push_back({static_cast<std::uint16_t>(node.index()), std::move(sent)});
    }
  }

  Setting setting_;
  std::vector<Node>& nodes_;
  std::deque<Mail> mail_;
};

}  // namespace

std::uint64_t ms_until_progress(const Setting& setting, std::vector<Node> nodes,
                                std::uint64_t ms_max) {
  std::uint64_t height = 0;
  for (const Node& node : nodes)
    height = std::max(height, node.replica().last_final().height);
  const auto ahead = [&](const Node& node) { return node.replica().last_final().height > height; };
  Continuation continuation(setting, nodes);
  for (std::uint64_t ms = 0; ms < ms_max; ms += continuation.advance()) {
    continuation.deliver_all();
    if (std::ranges::all_of(nodes, ahead)) return ms;
  }
  return ms_max;
}

}  // namespace chopmark::search

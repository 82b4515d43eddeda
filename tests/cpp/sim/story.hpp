// SPDX-License-Identifier: Apache-2.0
// A chain told by hand to an observer: four validators write, sync and send as they should, until a
// test lets one of them do otherwise. Encodes by the code of the replica, which the observer does
// not share.
#pragma once

#include <vector>

#include "sim/observer.hpp"
#include "types/message.hpp"

namespace chopmark::test {

class Story {
 public:
  static constexpr std::size_t kNodes = 4;
  explicit Story(std::uint32_t epoch_blocks = 0, std::vector<bool> byzantine = {});

  struct Block {
    BlockBody body;
    std::vector<std::uint64_t> nullified;
    [[nodiscard]] const Digest& digest() const { return body.digest; }
    [[nodiscard]] std::uint64_t view() const { return body.header.view; }
  };
  /// A block on `parent` (none: the anchor of the epoch) that skips the views between.
  Block block(std::uint64_t view, const Block* parent, std::uint8_t salt = 0);
  Block closing(std::uint64_t view, const Block& parent, const Block& last);
  Block with_justification(Block block, Bytes justification) const;

  [[nodiscard]] VoteSubject about(VoteKind kind, std::uint64_t view, const Digest& digest) const;
  [[nodiscard]] Vote vote(std::size_t node, const VoteSubject& subject) const;
  [[nodiscard]] Certificate certificate(const VoteSubject& subject,
                                        std::vector<std::uint16_t> signers = {0, 1, 2}) const;
  [[nodiscard]] Bytes bytes(const Message& message) const {
    return encode_message(message, kNodes);
  }

  std::uint64_t write(std::size_t node, std::uint8_t kind, const Bytes& body);
  void sync(std::size_t node);
  void send(std::size_t node, const Bytes& message, std::uint16_t link = 0xffff) {
    observer.sent(node, link, message);
  }
  /// Written, durable, sent.
  void say(std::size_t node, const VoteSubject& subject);
  void keep_block(std::size_t node, const Block& block);
  void keep_certificate(std::size_t node, const Certificate& certificate);
  void propose(const Block& block);
  void nullify(std::uint64_t view, std::vector<std::size_t> nodes = {0, 1, 2});
  void notarize(const Block& block, std::vector<std::size_t> nodes = {0, 1, 2});
  void finalize(const Block& block, std::vector<std::size_t> nodes = {0, 1, 2});
  void keep_final(std::size_t node, const Block& block);
  void deliver(std::size_t node, const Block& block, bool with_certificate = true);
  [[nodiscard]] Bytes delivery(const Block& block, const Bytes& certificate) const;
  /// Proposed, notarized, finalized, and delivered by three.
  Block full_view(std::uint64_t view, const Block* parent);
  /// The next epoch on `last`, closed by `top` (the same, or a Closing header above it).
  void end_epoch(const Block& last, const std::vector<Block>& closings);
  [[nodiscard]] Position next_position(const Block& last) const;
  [[nodiscard]] Bytes log(std::size_t node,
                          const std::vector<std::pair<std::uint8_t, Bytes>>& rest);

  [[nodiscard]] std::vector<std::uint32_t> broken() const;
  [[nodiscard]] bool only(std::uint32_t invariant) const {
    return broken() == std::vector<std::uint32_t>{invariant};
  }
  [[nodiscard]] bool clean() const { return broken().empty(); }
  [[nodiscard]] std::size_t leader(std::uint64_t view) const;

  sim::Setup setup;
  sim::Observer observer;
  std::uint64_t epoch = 1;
  std::uint64_t anchor_height = 0;
  Digest anchor{};
  std::uint64_t anchor_time = 0;
  std::vector<std::uint64_t> seq = std::vector<std::uint64_t>(kNodes);
  ValidatorSet set;
};

}  // namespace chopmark::test

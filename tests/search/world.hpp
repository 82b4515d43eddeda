// SPDX-License-Identifier: Apache-2.0
// The nodes of a script, what they have said, and what liars make of it.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "node.hpp"

namespace chopmark::search {

class World {
 public:
  explicit World(Setting setting);

  [[nodiscard]] const Setting& setting() const noexcept { return setting_; }
  /// Null for a liar.
  [[nodiscard]] Node* node(std::size_t index);
  [[nodiscard]] std::vector<Node> honest_nodes() const;
  /// Every message that an honest node sent.
  [[nodiscard]] const std::vector<Node::Sent>& history(std::size_t node) const {
    return history_.at(node);
  }
  [[nodiscard]] const std::map<std::string, Digest>& names() const noexcept { return names_; }

  /// After anything was done to a node: hears what it says.
  void listen();
  /// Delivers what honest nodes have sent each other and nobody has delivered or dropped yet, and
  /// what they answer, until nothing is left.
  void exchange(const std::set<std::size_t>& among);
  void drop_mail() { mail_.clear(); }

  /// "genesis", a liar's block by its name, or "@V": the block of the honest leader of view V
  /// ("@V.2": its second one). Null if there is none.
  [[nodiscard]] const Block* block(const std::string& name) const;
  [[nodiscard]] std::optional<Bytes> proposal(const std::string& name) const;
  void add_block(const std::string& name, Block&& block);

  /// A certificate of those who signed and the liars; nothing if they are too few.
  [[nodiscard]] std::optional<Bytes> certificate_for(const Subject& subject,
                                                     std::vector<std::uint16_t> signers) const;
  [[nodiscard]] bool signed_by(std::size_t node, const Subject& subject) const;
  /// The last message of that kind from one node to another.
  [[nodiscard]] std::optional<Bytes> last_reply(std::uint16_t from, std::uint16_t to) const;
  [[nodiscard]] std::uint32_t losses(std::size_t node) const { return losses_.at(node); }
  void note_loss(std::size_t node) { ++losses_.at(node); }

  /// What is wrong with all that was said so far, if anything.
  [[nodiscard]] std::optional<std::string> violation() const;
  [[nodiscard]] bool accused(std::size_t node) const { return accused_.contains(node); }

 private:
  struct Mail {
    std::uint16_t from, to;
    Bytes message;
  };
  [[nodiscard]] bool certain(const Subject& subject) const;
  [[nodiscard]] bool stands_on(Digest high, const Digest& low) const;
  [[nodiscard]] std::optional<std::string> contradiction() const;
  [[nodiscard]] std::optional<std::string> disagreement() const;
  [[nodiscard]] std::string name_of(const Subject& subject) const;

  Setting setting_;
  std::vector<std::optional<Node>> nodes_;
  std::map<Subject, std::set<std::uint16_t>> said_;  // by honest nodes
  std::map<std::string, Digest> names_;
  std::map<Digest, Block> blocks_;
  std::map<Digest, Bytes> proposals_;
  std::map<std::pair<std::uint16_t, std::uint16_t>, Bytes> replies_;
  std::vector<std::uint32_t> losses_;
  std::set<std::size_t> accused_;
  std::vector<Mail> mail_;
  std::vector<std::vector<Node::Sent>> history_;
};

}  // namespace chopmark::search

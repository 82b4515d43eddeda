// SPDX-License-Identifier: Apache-2.0
// Everything that may be said in a search, numbered: blocks, subjects of votes, certificates, and
// the inputs that a node may get.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "node.hpp"

namespace chopmark::search {

using Id = std::uint16_t;
inline constexpr Id kNone = 0xffff;

struct KnownBlock {
  Block block;
  Id parent = kNone;  // kNone: the anchor, or a block that is not known
  bool honest = false;
  std::string name;
  Bytes proposal;      // message
  std::string script;  // the line that makes it; empty for those of honest leaders
};

struct KnownSubject {
  std::uint8_t kind = 0;
  std::uint64_t view = 0;
  Id block = kNone;
};

enum class What : std::uint8_t {
  proposal,
  block,
  certificate,
  vote,
  ask,
  question,  // an amnesia ask
  reply,     // to it
  timeout,
  standstill,
  heartbeat,
  crash,  // power off and on, with the log
  lose,   // power off and on, without it
};

inline constexpr std::uint16_t kEverybody = 0xffff;

struct Input {
  What what = What::timeout;
  std::uint16_t link = 0;
  Bytes message;
  std::string script;                  // without the node that it is for
  Id block = kNone;                    // that it is about
  std::uint64_t view = 0;              // of a vote
  std::uint16_t only_to = kEverybody;  // replies
};

/// Who signs the certificates that a liar shows.
enum class Signers : std::uint8_t {
  one_set,  // always the same, so that states do not differ by who signed: the pool decides whether
            // there could be such a certificate
  real,     // the first of those who did
};

class Universe {
 public:
  Universe(Setting setting, Signers signers);

  [[nodiscard]] const Setting& setting() const noexcept { return setting_; }
  [[nodiscard]] Signers signers() const noexcept { return signers_; }
  [[nodiscard]] const KnownBlock& block(Id id) const { return blocks_[id]; }
  [[nodiscard]] const KnownSubject& subject(Id id) const { return subjects_[id]; }
  [[nodiscard]] const Input& input(Id id) const { return inputs_[id]; }
  [[nodiscard]] std::size_t inputs() const noexcept { return inputs_.size(); }

  /// Numbers a block of an honest leader. Its proposal message is kept.
  Id honest_block(Block&& block, ByteView proposal);
  /// Numbers a liar's block of a script.
  Id scripted_block(const std::string& name, const Block& block);
  Id subject_id(const Subject& subject);
  Id nullify_id(std::uint64_t view) { return subject_id({kNullify, 1, view, {}}); }
  [[nodiscard]] Id block_id(const Digest& digest) const;

  /// Signatures on a subject, as a mask of those who gave them.
  struct Shown {
    Id subject;
    std::uint32_t honest;
  };
  /// A liar's block in `view` on `parent` (kNone: the anchor); `mark` tells its variants apart.
  Id liars_block(std::uint64_t view, Id parent, char mark, const Shown* parent_shown,
                 const std::vector<Shown>& nullified);

  Id proposal_input(Id block);
  Id block_input(Id block);
  Id certificate_input(const Shown& shown);
  Id vote_input(Id subject, std::uint16_t validator);
  Id ask_input(std::uint64_t view);
  Id question_input(std::uint16_t from, std::uint32_t losses);
  Id reply_input(std::uint16_t from, std::uint16_t to, const Bytes& message);
  Id plain_input(What what);

  /// Whether `low` is `high` or an ancestor of it.
  [[nodiscard]] bool stands_on(Id high, Id low) const;

 private:
  using Key = std::tuple<std::uint8_t, std::uint64_t, std::uint64_t>;
  Id add(const Key& key, Input&& input);
  [[nodiscard]] Bytes certificate_of(const Shown& shown) const;
  [[nodiscard]] std::uint16_t liar() const noexcept;
  Id add_block(KnownBlock&& block);

  Setting setting_;
  Signers signers_;
  std::vector<KnownBlock> blocks_;
  std::vector<KnownSubject> subjects_;
  std::vector<Input> inputs_;
  std::map<Digest, Id> block_ids_;
  std::map<std::tuple<std::uint8_t, std::uint64_t, Id>, Id> subject_ids_;
  std::map<Key, Id> input_ids_;
  std::map<std::pair<std::uint16_t, Bytes>, Id> reply_ids_;
  std::map<std::vector<std::uint64_t>, Id> liars_blocks_;
  std::map<std::string, int> names_;
};

}  // namespace chopmark::search

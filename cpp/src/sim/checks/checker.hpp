// SPDX-License-Identifier: Apache-2.0
// The invariants of docs/testing.md over what nodes wrote, sent and delivered. Floor: sim.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/checks/book.hpp"
#include "sim/checks/light_client.hpp"
#include "sim/observer.hpp"

namespace chopmark::sim::checks {

class Checker : public Reporter {
 public:
  Checker(const Setup& setup, Verify verify);

  void at(std::uint64_t time_us) noexcept { now_us_ = time_us; }
  void report(std::uint32_t invariant, std::string what) override;

  // Logs (log.cpp).
  void persisted(std::size_t node, std::uint64_t seq, ByteView record);
  void durable(std::size_t node, std::uint64_t seq);
  void checkpointed(std::size_t node, ByteView log);
  void crashed(std::size_t node);
  void restarted(std::size_t node, bool amnesic, std::uint64_t final_height);
  void forgave(std::size_t node);

  // Messages (messages.cpp), evidence (evidence.cpp).
  void sent(std::size_t node, std::uint16_t link, ByteView message);
  void accused(std::size_t node, ByteView evidence);

  // The chain (chain.cpp).
  void delivered(std::size_t node, ByteView body);
  void epoch_ended(std::size_t node, ByteView body);
  void judged(std::size_t node, ByteView header, bool ok);

  void stepped(std::size_t node, std::size_t held_bytes, std::size_t effect_bytes);

  [[nodiscard]] const std::vector<Violation>& violations() const noexcept { return violations_; }
  [[nodiscard]] std::uint64_t final_height() const noexcept { return chain_.size(); }

 private:
  struct FinalRecord {
    std::uint64_t seq = 0;
    std::uint64_t epoch = 1;
    std::uint64_t height = 0;
    std::uint64_t view = 0;
  };
  struct EntryRecord {
    std::uint64_t seq = 0;
    std::uint64_t epoch = 1;
    std::uint64_t view = 0;
    [[nodiscard]] bool covers(const EntryRecord& other) const noexcept {
      return epoch > other.epoch || (epoch == other.epoch && view >= other.view);
    }
  };
  struct Node {
    std::uint64_t durable = 0;  // its disk holds all records up to it
    FinalRecord final_written;  // the highest, durable or not
    FinalRecord final_durable;
    std::vector<FinalRecord> finals;  // not durable
    EntryRecord entry_written;        // highest certificate
    EntryRecord entry_durable;
    std::vector<EntryRecord> entries;        // not durable
    std::optional<std::uint64_t> delivered;  // last height since the start
    std::uint64_t highest_restart = 0;
    bool amnesic = false;
    std::uint64_t sign_epoch = 0;
    std::uint64_t sign_above = 0;
    std::vector<std::uint64_t> evidence;  // marks of what it wrote
    std::uint64_t second = 0;
    std::uint64_t sent_in_second = 0;
  };
  /// A delivered block.
  struct Final {
    Digest digest{};
    std::uint64_t epoch = 0;
    std::uint64_t view = 0;
    std::uint64_t time_ms = 0;
    std::uint64_t header_mark = 0;
    std::uint64_t justification_mark = 0;
    std::uint64_t payload_mark = 0;
  };

  // log.cpp
  void note(std::size_t node, std::uint64_t seq, ByteView record);
  void note_amnesia(std::size_t node, std::uint64_t seq, ByteView body);
  void note_block(std::size_t node, std::uint64_t seq, ByteView message, bool own);
  void note_vote(std::size_t node, std::uint64_t seq, ByteView message);
  void note_certificate(std::size_t node, std::uint64_t seq, ByteView message);
  void note_final(std::size_t node, FinalRecord record);
  void check_finalization(std::size_t node, std::uint64_t number, std::uint64_t view);
  void note_entry(std::size_t node, EntryRecord record);
  void note_position(std::size_t node, std::uint64_t seq, ByteView body);
  void own_vote(std::size_t node, std::uint64_t seq, Epoch& epoch, Slot& slot, Vote kind,
                std::int32_t candidate);
  bool learn_epoch(const PositionView& position);
  void forget_views();
  [[nodiscard]] bool is_durable(std::size_t node, std::uint64_t seq) const noexcept {
    return seq != kNotWritten && (seq == kInLog || seq <= nodes_[node].durable);
  }
  template <class Visit>
  void for_open_slots(std::size_t node, Visit&& visit);

  // messages.cpp
  void vote_sent(std::size_t node, ByteView message);
  void proposal_sent(std::size_t node, ByteView message);
  void certificate_sent(std::size_t node, ByteView message);
  void see_justification(const BlockView& block);
  void block_sent(std::size_t node, ByteView message);
  void reply_sent(std::size_t node, std::uint16_t link, ByteView message);
  void evidence_sent(std::size_t node, ByteView message);
  void check_written(std::size_t node, Epoch& epoch, Slot& slot, Vote kind, std::int32_t candidate);
  void malformed(std::size_t node, const char* what);

  // chain.cpp
  /// The candidate of a block, entered if it is new; kNone if there is no room for it. `fits`:
  /// justification and payload are those that the header names.
  std::int32_t enter_block(const Epoch& epoch, Slot& slot, const BlockView& block, bool honest,
                           bool& fits);
  [[nodiscard]] bool fits_roots(const BlockView& block) const;
  /// Rule R3 for the justification of a header, remembered by block.
  bool holds(Epoch& epoch, Slot* slot, std::int32_t candidate, const HeaderView& header,
             ByteView justification);
  [[nodiscard]] const char* fault_of(Epoch& epoch, const HeaderView& header,
                                     ByteView justification);
  void check_roots(std::size_t node, Epoch& epoch, const HeaderView& header);
  /// Whether the parent is known, and what of the header does not fit it.
  bool find_parent_fault(Epoch& epoch, const HeaderView& header, const char*& fault);
  void check_notarized(std::size_t node, Epoch& epoch, Slot& slot, std::int32_t candidate,
                       ByteView justification);
  void extend_chain(std::size_t node, Epoch& epoch, const BlockView& block, const Digest& digest,
                    ByteView certificate);
  [[nodiscard]] bool is_last(const Epoch& epoch, std::uint64_t height) const noexcept {
    return setup_.epoch_blocks != 0 && height == epoch.number * setup_.epoch_blocks;
  }

  // evidence.cpp
  [[nodiscard]] const char* evidence_fault(ByteView evidence);

  Setup setup_;
  Verify verify_;
  std::uint64_t now_us_ = 0;
  std::vector<Violation> violations_;
  Book book_;
  std::vector<Node> nodes_;
  std::vector<Final> chain_;  // by height - 1
  LightClient light_;
  LightClient light_before_;  // as it was before the last epoch ended
};

std::string name_of(std::size_t node);
std::string place_of(std::uint64_t epoch, std::uint64_t view);

}  // namespace chopmark::sim::checks

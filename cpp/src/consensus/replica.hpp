// SPDX-License-Identifier: Apache-2.0
// One validator's part in consensus: events in, effects out, nothing else (docs/spec/consensus.md).
// Knows no clock, file, socket, key or thread. Floor: consensus.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "consensus/config.hpp"
#include "consensus/effect.hpp"
#include "consensus/event.hpp"
#include "consensus/record.hpp"
#include "types/message.hpp"

namespace chopmark::consensus {

/// Why a message was dropped, counted.
struct Counters {
  std::uint64_t malformed = 0;      // no encoding of a message
  std::uint64_t out_of_window = 0;  // view or epoch outside what is stored
  std::uint64_t wrong_sender = 0;   // not from the validator that it speaks for
  std::uint64_t bad_signature = 0;
  std::uint64_t unjustified = 0;  // a proposal whose header or justification does not hold
  std::uint64_t unwanted = 0;     // known already, or not asked for
  std::uint64_t no_room = 0;      // a bound was reached
};

class Replica {
 public:
  explicit Replica(Config config);

  /// Handles all events in order and appends what is to be done to `effects`. A failure (malformed
  /// events, an answer to a question that was not asked) is the driver's bug and changes nothing
  /// from the faulty event on.
  [[nodiscard]] Result<bool> step(ByteView events, Bytes& effects);

  [[nodiscard]] std::uint64_t view() const noexcept { return view_; }
  [[nodiscard]] std::uint16_t leader(std::uint64_t view) const noexcept;
  struct Final {
    std::uint64_t height = 0;
    std::uint64_t view = 0;
    Digest digest{};
    std::uint64_t time_ms = 0;
    bool has_records = false;  // its payload is not empty, so the next block must cover its roots
  };
  [[nodiscard]] const Final& last_final() const noexcept { return final_; }
  [[nodiscard]] const Counters& counters() const noexcept { return counters_; }

 private:
  enum class Certified : std::uint8_t { unknown, asked, yes, no };

  struct StoredBlock {
    BlockBody body;
    Certified certified = Certified::unknown;
  };

  struct StoredVote {
    Digest digest{};
    Signature signature{};
    bool verified = false;
    bool asked = false;
  };
  using Votes = std::map<std::uint16_t, StoredVote>;

  /// What is known of one view above the last final one.
  struct View {
    std::map<VoteKind, Votes> votes;
    std::map<VoteKind, Certificate> certificates;
    std::optional<Digest> proposal;  // the leader's, with signature and justification verified
    bool equivocated = false;        // its leader signed two headers
    bool verifying = false;          // a proposal of this view is being verified
    // Kind of evidence and culprit: accused already, or about to be.
    std::set<std::pair<std::uint8_t, std::uint16_t>> accused;
    // What this validator has signed, from the moment it decides to.
    std::optional<Digest> notarized;
    std::optional<Digest> finalized;
    bool nullified = false;
    bool proposed = false;
    std::vector<Bytes> own_messages;  // durable: resent in a standstill
  };

  // What an answer to verify_votes decides.
  struct TallyCheck {
    VoteSubject subject;
    std::vector<std::uint16_t> voters;
  };
  struct CertificateCheck {
    std::uint16_t peer;
    Certificate certificate;
  };
  struct ProposalCheck {
    BlockBody block;
    Justification justification;
  };
  struct ConflictCheck {
    std::uint8_t kind;
    std::uint16_t culprit;
    std::uint64_t view;
    Bytes first, second;
  };
  using Check = std::variant<TallyCheck, CertificateCheck, ProposalCheck, ConflictCheck>;
  struct Question {
    Check check;
    std::size_t signatures;
  };

  struct PendingSign {
    VoteSubject subject;
    std::optional<BlockBody> proposal;  // signed as the leader's notarize
  };
  struct PendingBuild {
    std::uint64_t view;
    Digest parent;
    Justification justification;
  };

  /// Released by durable(seq): messages to send, and the own vote to count.
  struct Held {
    std::uint64_t seq;
    std::uint64_t view;
    Bytes message;
    std::optional<Vote> vote;
    std::optional<BlockBody> proposal;
    std::vector<std::pair<BlockBody, Bytes>> deliveries;  // with certificates
  };

  // Events (replica.cpp).
  bool on(const Tick& event);
  bool on(const MessageReceived& event);
  bool on(const VotesVerified& event);
  bool on(const Signed& event);
  bool on(const Durable& event);
  bool on(const Built& event);
  bool on(const CertifiedBlock& event);
  bool on(const Pending& event);

  // Messages (on_message.cpp).
  void receive(std::uint16_t peer, ProposalMessage&& message);
  void receive(std::uint16_t peer, VoteMessage&& message);
  void receive(std::uint16_t peer, CertificateMessage&& message);
  void receive(std::uint16_t peer, AskMessage&& message);
  void receive(std::uint16_t peer, BlockMessage&& message);
  void receive(std::uint16_t, AmnesiaAskMessage&&) {}
  void receive(std::uint16_t, AmnesiaReplyMessage&&) {}
  void receive(std::uint16_t, EvidenceMessage&&) {}
  [[nodiscard]] bool in_window(std::uint64_t epoch, std::uint64_t view);
  void note_conflict(const VoteSubject& a, const Signature& a_signature, const VoteSubject& b,
                     const Signature& b_signature, std::uint16_t culprit);

  // Answers to verify_votes (on_verified.cpp).
  void decide(TallyCheck&& check, ByteView verdicts);
  void decide(CertificateCheck&& check, ByteView verdicts);
  void decide(ProposalCheck&& check, ByteView verdicts);
  void decide(ConflictCheck&& check, ByteView verdicts);
  void ask_verification(Check&& check, const std::vector<SignatureCheck>& signatures);
  [[nodiscard]] SignatureCheck signature_check(std::uint16_t validator, const VoteSubject& subject,
                                               const Signature& signature) const;
  void add_checks(std::vector<SignatureCheck>& out, const Certificate& certificate) const;
  void accept_certificate(Certificate&& certificate);
  void store_block(BlockBody&& block);
  [[nodiscard]] bool make_room(std::uint64_t view);

  // Rules (rules.cpp, propose.cpp): each returns whether it changed something.
  void run_rules();
  bool tally_votes();
  bool enter_views();  // R1
  void enter(std::uint64_t view);
  bool notarize_views();  // R3
  bool certify_blocks();  // R4
  bool finalize_views();  // R5
  bool nullify_views();   // R6
  bool make_final();      // R10
  bool propose();         // R2
  [[nodiscard]] bool may_notarize(std::uint64_t number, const View& view) const;
  [[nodiscard]] bool follows_parent(const Header& header) const;
  [[nodiscard]] bool header_fits(const Header& header) const;
  [[nodiscard]] bool justified(const Header& header, const Justification& justification) const;
  void verify_proposal(BlockBody&& block);
  [[nodiscard]] bool is_certified(const Digest& digest) const;
  [[nodiscard]] bool is_failed(const Digest& digest) const;
  [[nodiscard]] const Header* header_of(const Digest& digest) const;
  [[nodiscard]] bool certifiable(const StoredBlock& block) const;
  [[nodiscard]] std::optional<Justification> parent_for(std::uint64_t view, Digest& parent) const;
  void vote(VoteKind kind, std::uint64_t view, const Digest& digest);
  void finalize_chain(const Certificate& certificate, const std::vector<Digest>& chain);
  void drop_final_views();

  // Time (timers.cpp).
  void run_timers();
  [[nodiscard]] bool awake() const;  // whether R2's idle rule lets this view go on
  void start_view_timers();
  void standstill();    // R8
  void ask_for_gaps();  // R11
  void schedule();
  [[nodiscard]] std::uint64_t backed_off(std::uint64_t base, std::uint64_t cap) const noexcept;

  // Output (replica.cpp).
  [[nodiscard]] bool votes() const noexcept { return config_.index != kObserver; }
  std::uint64_t persist(RecordKind kind, ByteView body);
  void persist_entry_proof(std::uint64_t view);
  void send(std::uint16_t to, const Message& message);
  [[nodiscard]] Bytes encode(const Message& message) const;

  Config config_;
  std::size_t n_;
  std::size_t q_;
  std::vector<std::uint16_t> order_;
  Effects effects_;
  Counters counters_;

  std::uint64_t mono_ms_ = 0;
  std::uint64_t wall_ms_ = 0;
  std::uint64_t view_ = 1;
  std::uint32_t pending_ = 0;
  Final final_;
  std::optional<Certificate> final_certificate_;
  std::optional<BlockBody> final_block_;

  std::map<std::uint64_t, View> views_;   // above the last final one
  std::map<Digest, StoredBlock> blocks_;  // not final
  std::map<Digest, BlockBody> recent_;    // final, for peers that lag
  std::vector<Digest> recent_order_;
  bool delivering_ = false;  // a finalization waits to become durable

  std::uint64_t next_request_ = 1;
  std::uint64_t next_seq_ = 1;
  std::map<std::uint64_t, Question> questions_;
  std::map<std::uint64_t, PendingSign> signs_;
  std::map<std::uint64_t, PendingBuild> builds_;
  std::vector<Held> held_;                          // ascending by seq
  std::uint64_t entry_proof_view_ = 0;              // highest view with a persisted certificate
  std::map<std::uint16_t, std::size_t> in_flight_;  // verifications of certificates, by peer

  std::uint32_t back_off_ = 0;        // j of R1
  std::uint64_t final_at_entry_ = 0;  // the last final view when this leader window began
  std::optional<std::uint64_t> leader_deadline_;
  std::optional<std::uint64_t> view_deadline_;
  bool timers_started_ = false;
  std::uint64_t last_progress_ms_ = 0;  // when something became final, or the start
  std::uint64_t next_standstill_ms_ = 0;
  std::uint64_t last_timer_ = 0;
};

}  // namespace chopmark::consensus

// SPDX-License-Identifier: Apache-2.0
// One validator's part in consensus: events in, effects out, nothing else (docs/spec/consensus.md).
// Knows no clock, file, socket, key or thread. A value: copies go their own ways. Floor: consensus.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
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
  /// At genesis, with nothing signed yet: an observer, or a validator whose key was just made.
  explicit Replica(Config config);

  struct Start {
    std::optional<ByteView> log, fence;  // nothing: the file is not there
    ByteView position;                   // where the driver's ledger stands (C-47); empty: genesis
    Digest nonce{};                      // for amnesia asks
  };
  /// What stood in its log (B-64, B-65); amnesic where that cannot be trusted. Fails only on a
  /// position that is none.
  [[nodiscard]] static Result<Replica> recover(Config config, const Start& start);

  /// A whole log and a fence in place of those before (B-63).
  struct Checkpoint {
    Bytes log, fence;
  };
  [[nodiscard]] Checkpoint checkpoint();

  /// Handles all events in order and writes what is to be done to `effects`. A failure (malformed
  /// events, an answer to a question that was not asked) is the driver's bug and changes nothing
  /// from the faulty event on.
  [[nodiscard]] Result<bool> step(ByteView events, Bytes& effects);

  struct Final {
    std::uint64_t height = 0;
    std::uint64_t view = 0;  // 0: the anchor of the epoch
    Digest digest{};
    std::uint64_t time_ms = 0;
    bool has_records = false;  // its payload is not empty, so the next block must cover its roots
  };

  [[nodiscard]] std::uint64_t epoch() const noexcept { return epoch_; }
  [[nodiscard]] std::uint64_t view() const noexcept { return view_; }
  [[nodiscard]] std::uint16_t index() const noexcept { return index_; }
  [[nodiscard]] std::uint16_t leader(std::uint64_t view) const noexcept;
  [[nodiscard]] const Final& last_final() const noexcept { return final_; }
  [[nodiscard]] const Counters& counters() const noexcept { return counters_; }
  [[nodiscard]] bool amnesic() const noexcept { return amnesia_.has_value(); }
  /// C-47, as far as blocks were delivered.
  [[nodiscard]] Bytes position() const { return encode_position(delivered_); }
  /// All state that matters for what comes, in one order, without clocks, requests and sequence
  /// numbers: for searches and for people who ask why nothing happens.
  [[nodiscard]] Bytes snapshot() const;
  /// Bytes held of what others sent, roughly.
  [[nodiscard]] std::size_t held_bytes() const noexcept;

 private:
  enum class Certified : std::uint8_t { unknown, asked, yes, no };
  using Mask = std::uint32_t;  // a bit for each validator
  static constexpr std::size_t kKinds = 3;
  static constexpr std::size_t slot(VoteKind kind) noexcept {
    return static_cast<std::size_t>(kind) - static_cast<std::size_t>(VoteKind::notarize);
  }

  struct StoredBlock {
    BlockBody body;
    Certified certified = Certified::unknown;
    Certified justified = Certified::unknown;  // whether its justification was verified here
    bool logged = false;                       // a record holds it
    ValidatorSet next_set;                     // of the last block of an epoch, once certified
  };

  struct StoredVote {
    Digest digest{};
    Signature signature{};
  };
  /// Votes of one kind in one view, one of each validator.
  struct Votes {
    std::vector<StoredVote> of;  // by validator; empty until there is one
    Mask present = 0, verified = 0, asked = 0;
    [[nodiscard]] bool has(std::uint16_t validator) const {
      return (present >> validator & 1) != 0;
    }
    [[nodiscard]] bool knows(std::uint16_t validator) const {
      return (verified >> validator & 1) != 0;
    }
    void put(std::uint16_t validator, const StoredVote& vote, std::size_t validators);
    void drop(std::uint16_t validator);
  };
  struct StoredCertificate {
    Certificate certificate;
    Bytes message;
  };

  /// What is known of one view above the last final one.
  struct View {
    std::array<Votes, kKinds> votes;
    std::array<std::optional<StoredCertificate>, kKinds> certificates;
    std::optional<Digest> proposal;  // the leader's, with signature and justification verified
    bool equivocated = false;        // its leader signed two headers
    bool verifying = false;          // a proposal of this view is being verified
    // A header whose justification does not hold, signed by the leader (B-90, E8).
    std::optional<BlockBody> unjustified;
    // What this validator has signed, from the moment it decides to.
    std::optional<Digest> notarized;
    std::optional<Digest> finalized;
    bool nullified = false;
    bool proposed = false;
    std::vector<Bytes> own_messages;  // durable: resent in a standstill

    [[nodiscard]] const StoredCertificate* certificate(VoteKind kind) const {
      const auto& one = certificates[slot(kind)];
      return one ? &*one : nullptr;
    }
  };

  // What an answer to verify_votes decides.
  struct TallyCheck {
    VoteSubject subject;
    Mask voters;
  };
  struct CertificateCheck {
    std::uint16_t link;
    Certificate certificate;
  };
  struct ProposalCheck {
    BlockBody block;
    std::optional<Justification> justification;  // none: it does not fit the header
  };
  struct BlockCheck {  // justification of a block that came without its proposal
    Digest digest;
    Justification justification;
  };
  struct EvidenceCheck {
    std::uint16_t link;  // who sent it; the culprit's for what was seen here
    Evidence evidence;
    std::uint64_t view;
    std::size_t all_valid;  // so many signatures must hold, and one of the others must not
  };
  struct AmnesiaCheck {
    std::uint16_t validator;
    std::uint64_t highest;
  };
  using Check = std::variant<TallyCheck, CertificateCheck, ProposalCheck, BlockCheck, EvidenceCheck,
                             AmnesiaCheck>;
  struct Question {
    Check check;
    std::size_t signatures;
    std::uint64_t epoch;
  };

  struct AmnesiaAnswer {
    std::uint16_t link;
    AmnesiaReplyMessage reply;
  };
  struct PendingSign {
    std::uint64_t epoch;
    VoteSubject subject;
    std::optional<BlockBody> proposal;  // signed as the leader's notarize
    std::optional<AmnesiaAnswer> answer;
  };
  struct PendingBuild {
    std::uint64_t epoch;
    std::uint64_t view;
    Digest parent;
    Bytes justification;  // encoded
  };

  /// A block that is final, and the messages that make it so (B-50).
  struct FinalBlock {
    BlockBody body;
    Bytes certificate;             // encoded, of its own; empty where a descendant made it final
    std::vector<Bytes> proof;      // messages that go before it
    std::optional<Position> next;  // where the next epoch begins, if this is the last of one
  };

  /// Released by durable(seq).
  struct Held {
    std::uint64_t seq = 0;
    std::uint64_t epoch = 0;
    VoteSubject subject;  // of an own vote
    Signature signature{};
    Bytes message;  // to send
    bool vote = false;
    std::optional<BlockBody> proposal;
    std::optional<Evidence> evidence;
    std::vector<FinalBlock> deliveries;
    std::optional<Position> reached;  // by these deliveries
  };

  struct Amnesia {
    std::map<std::uint16_t, std::uint64_t> replies;  // highest view, by validator
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
  bool on(const Stored& event);
  bool on(const Link& event);
  bool on(const Unsigned& event);
  bool on(const PositionReached& event);
  void release(Held&& held);

  // Messages (on_message.cpp).
  [[nodiscard]] bool is_repeat(ByteView message) const;
  void receive(std::uint16_t link, ProposalMessage&& message);
  void receive(std::uint16_t link, VoteMessage&& message);
  void receive(std::uint16_t link, CertificateMessage&& message);
  void receive(std::uint16_t link, AskMessage&& message);
  void receive(std::uint16_t link, BlockMessage&& message);
  void receive(std::uint16_t link, AmnesiaAskMessage&& message);
  void receive(std::uint16_t link, AmnesiaReplyMessage&& message);
  void receive(std::uint16_t link, EvidenceMessage&& message);
  void from_other_epoch(std::uint16_t link, std::uint64_t epoch);
  [[nodiscard]] bool in_window(std::uint64_t view);
  [[nodiscard]] bool take_slot(std::uint16_t link);
  void free_slot(std::uint16_t link);

  // Evidence (accuse.cpp).
  void note_conflicts(const VoteSubject& subject, const Signature& signature, std::uint16_t of);
  void accuse(Evidence&& evidence, std::uint16_t link, std::uint64_t view);
  void accuse_unjustified(std::uint64_t number);
  void accuse_signers(const Certificate& certificate, const BlockBody& block);

  // Answers to verify_votes (on_verified.cpp).
  void decide(TallyCheck&& check, ByteView verdicts);
  void decide(CertificateCheck&& check, ByteView verdicts);
  void decide(ProposalCheck&& check, ByteView verdicts);
  void decide(BlockCheck&& check, ByteView verdicts);
  void decide(EvidenceCheck&& check, ByteView verdicts);
  void decide(AmnesiaCheck&& check, ByteView verdicts);
  void ask_verification(Check&& check, const std::vector<SignatureCheck>& signatures);
  [[nodiscard]] SignatureCheck signature_check(std::uint16_t validator, const VoteSubject& subject,
                                               const Signature& signature) const;
  void add_checks(std::vector<SignatureCheck>& out, const Certificate& certificate) const;
  void add_checks(std::vector<SignatureCheck>& out, const Justification& justification) const;
  void accept_certificate(Certificate&& certificate);
  StoredBlock* store_block(BlockBody&& block);
  [[nodiscard]] bool make_room(std::uint64_t view);

  // Rules (rules.cpp, propose.cpp): each returns whether it changed something.
  void run_rules();
  bool tally_votes();
  bool tally(std::uint64_t number, View& view, VoteKind kind);
  bool enter_views();  // R1
  void enter(std::uint64_t view);
  bool notarize_views();  // R3
  bool certify_blocks();  // R4
  bool certify(StoredBlock& block);
  bool finalize_views();  // R5
  bool nullify_views();   // R6
  bool propose();         // R2
  void propose_block(BlockBody&& block, const Digest& parent);
  [[nodiscard]] bool may_notarize(std::uint64_t number, const View& view) const;
  [[nodiscard]] bool follows_parent(const Header& header) const;
  [[nodiscard]] bool header_fits(const Header& header) const;
  [[nodiscard]] bool justified(const Header& header, const Justification& justification) const;
  void verify_proposal(BlockBody&& block);
  [[nodiscard]] bool is_certified(const Digest& digest) const;
  [[nodiscard]] bool certified_by(const StoredCertificate& certificate) const;
  [[nodiscard]] bool is_failed(const Digest& digest) const;
  [[nodiscard]] StoredBlock* block_of(const Digest& digest);
  [[nodiscard]] const StoredBlock* block_of(const Digest& digest) const;
  /// Height, view and time of a block that others may stand on.
  struct Parent {
    std::uint64_t height, view, time_ms;
    bool ends_epoch;  // only Closing headers stand on it (B-71)
    Digest last;      // the last block of the epoch, if it does
  };
  [[nodiscard]] std::optional<Parent> parent_of(const Digest& digest) const;
  [[nodiscard]] std::optional<Justification> parent_for(std::uint64_t view, Digest& parent) const;
  [[nodiscard]] bool may_sign(std::uint64_t view) const noexcept;
  void vote(VoteKind kind, std::uint64_t view, const Digest& digest);
  [[nodiscard]] View* view_at(std::uint64_t number);
  [[nodiscard]] const View* view_at(std::uint64_t number) const;

  // What is final (finality.cpp).
  bool make_final();  // R10
  void finalize_chain(const Certificate& certificate, const std::vector<Digest>& chain);
  void deliver(Held&& held);
  [[nodiscard]] static Bytes final_record(const FinalBlock& block, std::uint64_t view);
  [[nodiscard]] std::vector<Bytes> boundary_proof(const FinalBlock& last) const;
  void remember(FinalBlock&& block);
  void end_epoch(const Position& next);
  void begin_epoch(const Position& position);
  void drop_final_views();
  void know_set(const ValidatorSet& set, const Digest& anchor);
  void serve(std::uint16_t link, std::uint64_t height);
  void ask_final(std::uint16_t link);

  // Time (timers.cpp).
  void run_timers();
  [[nodiscard]] bool awake() const;  // whether R2's idle rule lets this view go on
  [[nodiscard]] bool inactive(std::uint16_t validator) const noexcept;
  void start_view_timers();
  void standstill();  // R8
  void sign_again();
  void ask_for_gaps();  // R11
  void schedule();
  [[nodiscard]] std::uint64_t backed_off(std::uint64_t base, std::uint64_t cap) const noexcept;

  // Amnesia (amnesia.cpp).
  void ask_amnesia();
  void remember_again();  // B-81
  [[nodiscard]] const Certificate* proof_of_view(std::uint64_t view) const;

  // The log (recovery.cpp).
  struct Recovery;
  void load(Recovery&& recovery);
  std::uint64_t persist(RecordKind kind, ByteView body);
  void persist_block(StoredBlock& block);
  void persist_entry_proof(std::uint64_t view);
  [[nodiscard]] std::uint64_t highest_signed() const noexcept;

  // Output (replica.cpp).
  [[nodiscard]] bool is_validator() const noexcept { return index_ != kObserver; }
  void send(std::uint16_t link, const Message& message);
  [[nodiscard]] Bytes encode(const Message& message) const;
  [[nodiscard]] std::uint16_t validator_of(std::uint16_t link) const noexcept;

  Config config_;
  std::vector<Digest> links_;  // keys by link

  // The epoch.
  std::uint64_t epoch_ = 1;
  ValidatorSet set_;
  Digest anchor_{};
  std::size_t n_ = 0;
  std::size_t q_ = 0;
  std::uint16_t index_ = kObserver;
  std::vector<std::uint16_t> order_;
  std::vector<std::uint16_t> link_of_;       // by validator
  std::vector<std::uint16_t> validator_of_;  // by link

  Effects effects_;
  Counters counters_;
  std::vector<Event> events_;  // of this step

  std::uint64_t mono_ms_ = 0;
  std::uint64_t wall_ms_ = 0;
  std::uint64_t view_ = 1;
  std::uint32_t pending_ = 0;
  bool dirty_ = true;  // something happened since the rules ran
  Final final_;
  std::optional<Certificate> final_certificate_;
  std::uint64_t sign_above_ = 0;  // no vote at or below this view (B-62, B-81)

  std::map<std::uint64_t, View> views_;   // above the last final one
  std::map<Digest, StoredBlock> blocks_;  // not final
  std::deque<FinalBlock> recent_;         // final, for peers that lag
  std::vector<Bytes> boundary_;           // proof of the end of the epoch before
  bool delivering_ = false;               // a finalization waits to become durable
  bool ending_ = false;                   // and it ends the epoch

  std::uint64_t next_request_ = 1;
  std::map<std::uint64_t, Question> questions_;
  std::map<std::uint64_t, PendingSign> signs_;
  std::vector<PendingSign> refused_;  // by the signer
  std::map<std::uint64_t, PendingBuild> builds_;
  // A certificate under verification, and who else offered one: asked for it should this one fail.
  std::map<std::pair<std::uint64_t, VoteKind>, Mask> offered_;
  std::map<std::uint16_t, std::size_t> in_flight_;  // verifications, by link
  std::array<Mask, 9> accused_{};                   // by kind: reported, or about to be

  // The log.
  std::uint64_t generation_ = 0;
  std::uint64_t next_seq_ = 1;
  std::uint64_t synced_ = 0;
  std::deque<Held> held_;                 // ascending by seq
  std::uint64_t entry_proof_view_ = 0;    // highest view with a persisted certificate
  Position delivered_;                    // up to here the driver was told
  Position base_;                         // up to here the driver has stored
  std::deque<FinalBlock> unstored_;       // delivered since
  std::vector<FinalBlock> redeliveries_;  // after a recovery, with the first step
  std::vector<Evidence> evidence_;        // of this epoch, durable

  std::optional<Amnesia> amnesia_;
  Digest nonce_{};
  std::map<std::uint16_t, std::uint64_t> answered_ms_;  // costly answers, by link

  // Time.
  std::uint32_t back_off_ = 0;        // j of R1
  std::uint64_t final_at_entry_ = 0;  // the last final view when this leader window began
  std::optional<std::uint64_t> leader_deadline_;
  std::optional<std::uint64_t> view_deadline_;
  bool timers_started_ = false;
  std::vector<std::uint64_t> inactive_ms_;  // by validator: when a view of it timed out; 0: active
  std::uint64_t last_progress_ms_ = 0;      // when something became final, or the start
  std::uint64_t next_standstill_ms_ = 0;
  std::uint64_t last_timer_ = 0;
  std::uint16_t turn_ = 0;                // whom to ask next (R8)
  std::uint64_t asked_final_height_ = 0;  // that ask_final() asked for last, and when
  std::uint64_t asked_final_ms_ = 0;
};

}  // namespace chopmark::consensus

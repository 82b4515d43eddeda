// SPDX-License-Identifier: Apache-2.0
// Events in, effects out.
#include "consensus/replica.hpp"

#include <algorithm>
#include <utility>

#include "base/limits.hpp"
#include "codec/writer.hpp"
#include "hash/sha256.hpp"

namespace chopmark::consensus {

Replica::Replica(Config config)
    : config_(std::move(config)),
      n_(config_.validators.size()),
      q_(quorum(n_)),
      order_(leader_order(first_leader_seed(config_.chain_id), n_)) {
  final_.digest = config_.chain_id;
  final_.time_ms = config_.genesis_time_ms;
}

std::uint16_t Replica::leader(std::uint64_t view) const noexcept {
  return view == 0 ? 0 : order_[(view - 1) / config_.views_per_leader % n_];
}

Result<bool> Replica::step(ByteView events, Bytes& effects) {
  const Result<std::vector<Event>> parsed = parse_events(events);
  if (!parsed) return parsed.failure();
  for (std::size_t i = 0; i < parsed->size(); ++i) {
    const bool expected = std::visit([this](const auto& event) { return on(event); }, (*parsed)[i]);
    if (!expected) return Failure{Error::value, i};
    run_rules();
  }
  run_timers();
  schedule();
  effects = effects_.take();
  return true;
}

bool Replica::on(const Tick& event) {
  // Clocks of a driver may stand still or step back; time here does not.
  mono_ms_ = std::max(mono_ms_, event.mono_ms);
  wall_ms_ = event.wall_ms;
  if (last_progress_ms_ == 0) last_progress_ms_ = mono_ms_;
  return true;
}

bool Replica::on(const MessageReceived& event) {
  if (event.peer >= n_ || event.peer == config_.index) return false;
  Result<Message> message = parse_message(event.bytes, n_);
  if (!message) {
    ++counters_.malformed;
    return true;
  }
  std::visit([&](auto&& one) { receive(event.peer, std::move(one)); }, std::move(*message));
  return true;
}

bool Replica::on(const VotesVerified& event) {
  const auto at = questions_.find(event.request);
  if (at == questions_.end() || event.verdicts.size() != at->second.signatures) return false;
  Question question = std::move(at->second);
  questions_.erase(at);
  std::visit([&](auto&& check) { decide(std::move(check), event.verdicts); },
             std::move(question.check));
  return true;
}

bool Replica::on(const Signed& event) {
  const auto at = signs_.find(event.request);
  if (at == signs_.end()) return false;
  PendingSign sign = std::move(at->second);
  signs_.erase(at);
  if (sign.subject.view <= final_.view) return true;  // became final meanwhile: nothing to say
  const Vote own{sign.subject, config_.index, event.signature};
  persist_entry_proof(sign.subject.view);
  Held held{0, sign.subject.view, {}, own, {}, {}};
  if (sign.proposal) {
    sign.proposal->leader_signature = event.signature;
    held.message = encode(ProposalMessage{*sign.proposal});
    held.proposal = std::move(sign.proposal);
    held.seq = persist(RecordKind::proposal, held.message);
  } else {
    if (sign.subject.kind == VoteKind::notarize) {
      const auto block = blocks_.find(sign.subject.digest);
      CHOPMARK_CHECK(block != blocks_.end());
      persist(RecordKind::block, encode(BlockMessage{block->second.body}));
    }
    if (sign.subject.kind == VoteKind::finalize) {
      const View& view = views_.at(sign.subject.view);
      persist(RecordKind::certificate,
              encode(CertificateMessage{view.certificates.at(VoteKind::notarize)}));
    }
    held.message = encode(VoteMessage{own});
    held.seq = persist(RecordKind::vote, held.message);
  }
  held_.push_back(std::move(held));
  return true;
}

bool Replica::on(const Durable& event) {
  if (event.seq >= next_seq_) return false;
  while (!held_.empty() && held_.front().seq <= event.seq) {
    Held held = std::move(held_.front());
    held_.erase(held_.begin());
    if (!held.deliveries.empty()) {
      for (auto& [block, certificate] : held.deliveries) {
        effects_.deliver(block, certificate);
        recent_order_.push_back(block.digest);
        recent_.insert_or_assign(block.digest, std::move(block));
      }
      drop_final_views();
      delivering_ = false;
      continue;
    }
    if (held.view <= final_.view) continue;
    effects_.send(kEveryone, held.message);
    View& view = views_[held.view];
    view.own_messages.push_back(std::move(held.message));
    view.votes[held.vote->subject.kind][config_.index] = {held.vote->subject.digest,
                                                          held.vote->signature, true, true};
    if (held.proposal) {
      view.proposal = held.proposal->digest;
      store_block(std::move(*held.proposal));
    }
  }
  return true;
}

bool Replica::on(const Built& event) {
  const auto at = builds_.find(event.request);
  if (at == builds_.end() || event.payload.size() > config_.payload_bytes_max) return false;
  PendingBuild build = std::move(at->second);
  builds_.erase(at);
  const Header* parent = header_of(build.parent);
  const bool on_final = build.parent == final_.digest;
  View& view = views_[build.view];
  if (build.view != view_ || view.nullified || (parent == nullptr && !on_final)) return true;
  BlockBody block;
  block.justification = encode_justification(build.justification, n_);
  block.payload.assign(event.payload.begin(), event.payload.end());
  Header& header = block.header;
  header.chain_id = config_.chain_id;
  header.epoch = config_.epoch;
  header.view = build.view;
  header.height = (on_final ? final_.height : parent->height) + 1;
  header.parent_view = on_final ? final_.view : parent->view;
  header.parent_digest = build.parent;
  header.leader = config_.index;
  header.payload_root = sha256(block.payload);
  header.payload_len = static_cast<std::uint32_t>(block.payload.size());
  header.state_root = event.state_root;
  header.log_size = event.log_size;
  header.log_root = event.log_root;
  header.justify_root = sha256(block.justification);
  header.time_ms = std::max(wall_ms_, (on_final ? final_.time_ms : parent->time_ms) + 1);
  block.header_bytes = encode_header(header);
  block.digest = header_digest(block.header_bytes);
  view.notarized = block.digest;
  const VoteSubject subject{VoteKind::notarize, config_.epoch, build.view, block.digest};
  effects_.sign(next_request_, vote_payload(config_.chain_id, subject));
  signs_.emplace(next_request_++, PendingSign{subject, std::move(block)});
  return true;
}

bool Replica::on(const CertifiedBlock& event) {
  const auto at = blocks_.find(event.digest);
  if (at == blocks_.end()) return true;  // became final or was dropped meanwhile
  if (at->second.certified != Certified::asked) return false;
  at->second.certified = event.ok ? Certified::yes : Certified::no;
  return true;
}

bool Replica::on(const Pending& event) {
  pending_ = event.count;
  return true;
}

std::uint64_t Replica::persist(RecordKind kind, ByteView body) {
  const std::uint64_t seq = next_seq_++;
  effects_.persist(seq, encode_record(seq, config_.epoch, kind, body));
  return seq;
}

void Replica::persist_entry_proof(std::uint64_t view) {
  // With any vote for a view above 1, a certificate for a view >= view - 1 (B-61).
  if (view <= 1 || entry_proof_view_ + 1 >= view) return;
  for (auto at = views_.rbegin(); at != views_.rend() && at->first + 1 >= view; ++at) {
    if (at->second.certificates.empty()) continue;
    entry_proof_view_ = at->first;
    persist(RecordKind::certificate,
            encode(CertificateMessage{at->second.certificates.begin()->second}));
    return;
  }
}

void Replica::send(std::uint16_t to, const Message& message) {
  effects_.send(to, encode(message));
}

Bytes Replica::encode(const Message& message) const {
  return encode_message(message, n_);
}

}  // namespace chopmark::consensus

// SPDX-License-Identifier: Apache-2.0
// Events in, effects out.
#include "consensus/replica.hpp"

#include <algorithm>
#include <utility>

#include "base/limits.hpp"
#include "base/mutant.hpp"
#include "codec/writer.hpp"
#include "hash/sha256.hpp"

namespace chopmark::consensus {
namespace {

constexpr std::uint16_t kNobody = 0xffff;

/// The epoch that a message names, if it is long enough to name one.
std::optional<std::uint64_t> epoch_named(ByteView message) {
  if (message.empty()) return std::nullopt;
  std::size_t at = 0;
  switch (message[0]) {
    case 0x50:
    case 0x54:
      at = 1 + 2 + 32;
      break;
    case 0x51:
    case 0x57:
      at = 1 + 1 + 2;
      break;
    case 0x52:
      at = 1 + 1;
      break;
    case 0x53:
    case 0x55:
    case 0x56:
      at = 1;
      break;
    default:
      return std::nullopt;
  }
  if (message.size() < at + 8) return std::nullopt;
  return load_be<std::uint64_t>(message.data() + at);
}

}  // namespace

Replica::Replica(Config config) : config_(std::move(config)), links_(config_.validators) {
  base_.epoch = 1;
  base_.anchor_digest = config_.chain_id;
  base_.anchor_time_ms = config_.genesis_time_ms;
  base_.set = config_.validators;
  begin_epoch(base_);
}

std::uint16_t Replica::leader(std::uint64_t view) const noexcept {
  return view == 0 ? 0 : order_[(view - 1) / config_.views_per_leader % n_];
}

std::uint16_t Replica::validator_of(std::uint16_t link) const noexcept {
  return link < validator_of_.size() ? validator_of_[link] : kNobody;
}

Replica::View* Replica::view_at(std::uint64_t number) {
  const auto at = views_.find(number);
  return at == views_.end() ? nullptr : &at->second;
}

const Replica::View* Replica::view_at(std::uint64_t number) const {
  const auto at = views_.find(number);
  return at == views_.end() ? nullptr : &at->second;
}

void Replica::Votes::put(std::uint16_t validator, const StoredVote& vote, std::size_t validators) {
  if (of.empty()) of.resize(validators);
  of[validator] = vote;
  present |= Mask{1} << validator;
}

void Replica::Votes::drop(std::uint16_t validator) {
  const Mask keep = ~(Mask{1} << validator);
  present &= keep;
  verified &= keep;
  asked &= keep;
}

Result<bool> Replica::step(ByteView events, Bytes& effects) {
  events_.clear();
  const Result<bool> parsed = parse_events(events, events_);
  if (!parsed) return parsed.failure();
  for (FinalBlock& block : std::exchange(redeliveries_, {})) {
    effects_.deliver(block.body, block.certificate);
    if (block.next) {
      boundary_ = boundary_proof(block);
      effects_.epoch(encode_position(*block.next), boundary_);
    }
    remember(std::move(block));
  }
  for (std::size_t i = 0; i < events_.size(); ++i) {
    const bool expected = std::visit([this](const auto& event) { return on(event); }, events_[i]);
    if (!expected) return Failure{Error::value, i};
    if (std::exchange(dirty_, false)) run_rules();
  }
  run_timers();
  schedule();
  effects_.take(effects);
  return true;
}

bool Replica::on(const Tick& event) {
  // Clocks of a driver may stand still or step back; time here does not.
  dirty_ |= event.mono_ms > mono_ms_ || event.wall_ms != wall_ms_;
  mono_ms_ = std::max(mono_ms_, event.mono_ms);
  wall_ms_ = event.wall_ms;
  if (last_progress_ms_ == 0) last_progress_ms_ = mono_ms_;
  return true;
}

bool Replica::on(const MessageReceived& event) {
  const std::uint16_t link = event.link;
  const bool own =
      link < links_.size() && links_[link] == config_.own_key && config_.own_key != Digest{};
  if (link >= links_.size() || own) return false;
  const std::optional<std::uint64_t> epoch = epoch_named(event.bytes);
  // Final blocks are asked for by height, whatever the epoch.
  const bool by_height = event.bytes.size() == 18 && event.bytes[0] == 0x53;
  if (epoch && *epoch != epoch_ && !(by_height && event.bytes[17] == 3)) {
    from_other_epoch(link, *epoch);
    return true;
  }
  if (is_repeat(event.bytes)) {
    ++counters_.unwanted;
    return true;
  }
  Result<Message> message = parse_message(event.bytes, n_);
  if (!message) {
    ++counters_.malformed;
    return true;
  }
  dirty_ = true;
  std::visit([&](auto&& one) { receive(link, std::move(one)); }, std::move(*message));
  return true;
}

bool Replica::on(const VotesVerified& event) {
  const auto at = questions_.find(event.request);
  if (at == questions_.end() || event.verdicts.size() != at->second.signatures) return false;
  Question question = std::move(at->second);
  questions_.erase(at);
  if (question.epoch != epoch_) return true;
  dirty_ = true;
  std::visit([&](auto&& check) { decide(std::move(check), event.verdicts); },
             std::move(question.check));
  return true;
}

bool Replica::on(const Signed& event) {
  const auto at = signs_.find(event.request);
  if (at == signs_.end()) return false;
  PendingSign sign = std::move(at->second);
  signs_.erase(at);
  if (sign.epoch != epoch_ || (amnesia_ && !mutant(21)) || ending_) return true;
  if (sign.answer) {
    // It went on meanwhile: the asker asks again.
    if (highest_signed() > sign.answer->reply.highest) return true;
    sign.answer->reply.signature = event.signature;
    send(sign.answer->link, sign.answer->reply);
    return true;
  }
  View* view = view_at(sign.subject.view);
  // Became final meanwhile: nothing to say.
  if (sign.subject.view <= final_.view || view == nullptr) return true;
  persist_entry_proof(sign.subject.view);
  Held held;
  held.epoch = epoch_;
  held.subject = sign.subject;
  held.signature = event.signature;
  held.vote = true;
  if (sign.proposal) {
    sign.proposal->leader_signature = event.signature;
    held.message = encode(ProposalMessage{*sign.proposal});
    held.proposal = std::move(sign.proposal);
    held.seq = persist(RecordKind::proposal, held.message);
  } else {
    if (sign.subject.kind == VoteKind::notarize) {
      StoredBlock* block = block_of(sign.subject.digest);
      CHOPMARK_CHECK(block != nullptr);
      persist_block(*block);
    }
    const StoredCertificate* notarization = view->certificate(VoteKind::notarize);
    if (sign.subject.kind == VoteKind::finalize && !mutant(11)) {
      persist(RecordKind::certificate, notarization->message);
    }
    held.message = encode(VoteMessage{{sign.subject, index_, event.signature}});
    held.seq = persist(RecordKind::vote, held.message);
  }
  if (mutant(18)) {
    release(std::move(held));
    return true;
  }
  held_.push_back(std::move(held));
  return true;
}

bool Replica::on(const Unsigned& event) {
  const auto at = signs_.find(event.request);
  if (at == signs_.end()) return false;
  // What it decided to say stays decided, and nothing else is said in its place: asked for again in
  // a standstill.
  if (!at->second.answer) refused_.push_back(std::move(at->second));
  signs_.erase(at);
  return true;
}

bool Replica::on(const Durable& event) {
  if (event.seq >= next_seq_) return false;
  synced_ = std::max(synced_, event.seq);
  while (!held_.empty() && held_.front().seq <= event.seq) {
    Held held = std::move(held_.front());
    held_.pop_front();
    dirty_ = true;
    release(std::move(held));
  }
  return true;
}

void Replica::release(Held&& held) {
  if (!held.deliveries.empty()) {
    deliver(std::move(held));
    return;
  }
  if (held.evidence) {
    effects_.evidence(*held.evidence);
    effects_.send(kEveryone, held.message);
    return;
  }
  if (held.epoch != epoch_ || held.subject.view <= final_.view || !held.vote) return;
  effects_.send(kEveryone, held.message);
  View& view = views_[held.subject.view];
  view.own_messages.push_back(std::move(held.message));
  Votes& votes = view.votes[slot(held.subject.kind)];
  votes.put(index_, {held.subject.digest, held.signature}, n_);
  votes.verified |= Mask{1} << index_;
  if (held.proposal) {
    view.proposal = held.proposal->digest;
    StoredBlock* block = store_block(std::move(*held.proposal));
    if (block == nullptr) return;
    block->justified = Certified::yes;
    block->logged = true;
  }
}

bool Replica::on(const Built& event) {
  const auto at = builds_.find(event.request);
  if (at == builds_.end() || event.payload.size() > config_.payload_bytes_max) return false;
  PendingBuild build = std::move(at->second);
  builds_.erase(at);
  if (build.epoch != epoch_) return true;
  const std::optional<Parent> parent = parent_of(build.parent);
  View& view = views_[build.view];
  if (build.view != view_ || view.nullified || view.notarized || !parent || ending_) return true;
  codec::Reader set(event.next_set);
  const ValidatorSet next = read_validator_set(set);
  const bool last = parent->height + 1 == last_height(config_, epoch_);
  if (last == next.empty()) return false;
  dirty_ = true;
  BlockBody block;
  block.payload.assign(event.payload.begin(), event.payload.end());
  Header& header = block.header;
  header.height = parent->height + 1;
  header.payload_root = sha256(block.payload);
  header.payload_len = static_cast<std::uint32_t>(block.payload.size());
  header.state_root = event.state_root;
  header.log_size = event.log_size;
  header.log_root = event.log_root;
  if (last) header.next_set_hash = validator_set_hash(next);
  block.justification = std::move(build.justification);
  propose_block(std::move(block), build.parent);
  return true;
}

bool Replica::on(const CertifiedBlock& event) {
  StoredBlock* block = block_of(event.digest);
  if (block == nullptr) return true;  // became final or was dropped meanwhile
  if (block->certified != Certified::asked) return false;
  dirty_ = true;
  const Header& header = block->body.header;
  bool ok = event.ok;
  if (ok && header.height == last_height(config_, epoch_)) {
    codec::Reader in(event.next_set);
    block->next_set = read_validator_set(in);
    ok = !block->next_set.empty() && validator_set_hash(block->next_set) == header.next_set_hash;
  }
  block->certified = ok ? Certified::yes : Certified::no;
  return true;
}

bool Replica::on(const Pending& event) {
  dirty_ |= pending_ != event.count;
  pending_ = event.count;
  return true;
}

bool Replica::on(const Stored& event) {
  if (event.height > delivered_.height()) return false;
  // A checkpoint begins at the highest stored block with a finalization of its own.
  std::ptrdiff_t stored = 0;
  std::ptrdiff_t at = 0;
  for (const FinalBlock& block : unstored_) {
    if (block.body.header.height > event.height) break;
    ++at;
    if (!block.certificate.empty()) {
      base_.final = Position::Final{block.body.header,
                                    *parse_certificate(block.certificate, base_.set.size())};
    }
    if (block.next) base_ = *block.next;
    if (block.next || !block.certificate.empty()) stored = at;
  }
  unstored_.erase(unstored_.begin(), unstored_.begin() + stored);
  return true;
}

bool Replica::on(const Link& event) {
  if (event.link == kEveryone) return false;
  if (event.link >= links_.size()) links_.resize(event.link + std::size_t{1});
  links_[event.link] = event.public_key;
  know_set(set_, anchor_);
  return true;
}

bool Replica::on(const PositionReached& event) {
  const Result<Position> position = parse_position(event.position);
  const bool ahead =
      position->epoch > epoch_ || (position->epoch == epoch_ && position->height() > final_.height);
  if (!ahead) return true;  // B-51
  dirty_ = true;
  delivering_ = ending_ = false;
  std::erase_if(held_, [](const Held& held) { return !held.deliveries.empty(); });
  base_ = *position;
  unstored_.clear();
  recent_.clear();
  if (position->epoch > epoch_) {
    begin_epoch(*position);
  } else {
    final_ = {position->height(), position->final->header.view,
              position->final->certificate.subject.digest, position->final->header.time_ms,
              position->final->header.payload_len > 4};
    final_certificate_ = position->final->certificate;
    delivered_ = *position;
    drop_final_views();
    last_progress_ms_ = mono_ms_;
    if (view_ <= final_.view) enter(final_.view + 1);
  }
  persist(RecordKind::position, event.position);
  return true;
}

void Replica::send(std::uint16_t link, const Message& message) {
  effects_.send(link, encode(message));
}

Bytes Replica::encode(const Message& message) const {
  return encode_message(message, n_);
}

}  // namespace chopmark::consensus

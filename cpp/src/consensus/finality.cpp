// SPDX-License-Identifier: Apache-2.0
// What becomes final (R10), the ends of epochs (B-70..B-72), and final blocks for those who lag
// (B-50).
#include <algorithm>
#include <utility>

#include "base/limits.hpp"
#include "base/mutant.hpp"
#include "codec/writer.hpp"
#include "consensus/replica.hpp"

namespace chopmark::consensus {
Bytes Replica::final_record(const FinalBlock& block, std::uint64_t view) {
  codec::Writer out;
  out.u64(block.body.header.height);
  out.u64(view);
  out.bytes(block.body.digest);
  if (block.next && !mutant(32)) out.bytes(encode_position(*block.next));
  return out.take();
}

// R10: deliver the chain to a finalized block once all of it is here and certified.
bool Replica::make_final() {
  if (delivering_) return false;
  for (auto at = views_.rbegin(); at != views_.rend() && at->first > final_.view; ++at) {
    const StoredCertificate* finalization = at->second.certificate(VoteKind::finalize);
    if (finalization == nullptr || !certified_by(*finalization)) continue;
    std::vector<Digest> chain;
    Digest digest = finalization->certificate.subject.digest;
    while (digest != final_.digest) {
      const StoredBlock* block = block_of(digest);
      if (block == nullptr || block->certified != Certified::yes) break;
      chain.push_back(digest);
      digest = block->body.header.parent_digest;
    }
    if (chain.empty() || digest != final_.digest) continue;
    std::reverse(chain.begin(), chain.end());
    finalize_chain(Certificate(finalization->certificate), chain);
    return true;
  }
  return false;
}

void Replica::finalize_chain(const Certificate& certificate, const std::vector<Digest>& chain) {
  // Before anything is delivered or dropped: every body, the finalization, and that it is final
  // (B-62).
  Held held;
  held.epoch = epoch_;
  held.reached = delivered_;
  std::vector<Bytes> closing;  // messages, from the highest down
  for (const Digest& digest : chain) {
    StoredBlock& block = blocks_.at(digest);
    persist_block(block);
    if (block.body.header.closing) {
      closing.insert(closing.begin(), encode(BlockMessage{block.body}));
      continue;
    }
    FinalBlock final;
    // Each block's own finalization goes with it where one is known.
    if (const View* view = view_at(block.body.header.view)) {
      const StoredCertificate* own = view->certificate(VoteKind::finalize);
      if (own != nullptr && own->certificate.subject.digest == digest) {
        final.certificate = encode_certificate(own->certificate, n_);
        final.proof.push_back(own->message);
      }
    }
    if (block.body.header.height == last_height(config_, epoch_)) {
      const Header& header = block.body.header;
      final.next =
          Position{epoch_ + 1,     header.height, digest, header.time_ms, header.payload_len > 4,
                   block.next_set, std::nullopt};
    }
    final.body = std::move(block.body);
    held.deliveries.push_back(std::move(final));
    blocks_.erase(digest);
  }
  const bool by_closing = !closing.empty();
  for (const Digest& digest : chain)
    blocks_.erase(digest);
  final_certificate_ = certificate;
  const Bytes message = encode(CertificateMessage{certificate});
  if (!mutant(12)) persist(RecordKind::certificate, message);
  // Closing headers stand on the last block of an epoch, which is not final while the epoch lasts.
  CHOPMARK_CHECK(!held.deliveries.empty());
  FinalBlock& tip = held.deliveries.back();
  held.seq = next_seq_ - 1;
  if (!mutant(3)) {
    held.seq = persist(RecordKind::final, final_record(tip, certificate.subject.view));
  }
  final_ = {tip.body.header.height, certificate.subject.view, tip.body.digest,
            tip.body.header.time_ms, tip.body.payload.size() > 4};
  if (by_closing) {
    closing.insert(closing.begin(), message);
    tip.proof = std::move(closing);
  } else {
    held.reached->final = Position::Final{tip.body.header, certificate};
  }
  if (tip.next) {
    held.reached = *tip.next;
    ending_ = true;
  }
  delivering_ = true;
  if (mutant(40)) {
    deliver(std::move(held));
    return;
  }
  held_.push_back(std::move(held));
  last_progress_ms_ = mono_ms_;
  back_off_ /= 2;
  if (view_ <= final_.view) enter(final_.view + 1);
}

void Replica::deliver(Held&& held) {
  delivered_ = std::move(*held.reached);
  std::vector<Bytes> proof;
  for (FinalBlock& block : held.deliveries) {
    effects_.deliver(block.body, block.certificate);
    if (block.next) proof = boundary_proof(block);
    unstored_.push_back(block);
    remember(std::move(block));
  }
  delivering_ = false;
  if (delivered_.epoch != epoch_) {
    effects_.epoch(encode_position(delivered_), proof);
    boundary_ = std::move(proof);
    begin_epoch(Position(delivered_));
    return;
  }
  drop_final_views();
  remember_again();
  // Somebody knows of more.
  for (const auto& [number, view] : views_) {
    const StoredCertificate* finalization = view.certificate(VoteKind::finalize);
    if (finalization == nullptr || block_of(finalization->certificate.subject.digest) != nullptr) {
      continue;
    }
    ask_final(kEveryone);
    break;
  }
}

/// B-72: what shows those who know the set of the epoch that it ended.
std::vector<Bytes> Replica::boundary_proof(const FinalBlock& last) const {
  std::vector<Bytes> proof = last.proof;
  proof.push_back(encode(BlockMessage{last.body}));
  return proof;
}

void Replica::remember(FinalBlock&& block) {
  recent_.push_back(std::move(block));
  if (recent_.size() > limits::kRecentBlocks) recent_.pop_front();
}

void Replica::drop_final_views() {
  views_.erase(views_.begin(), views_.upper_bound(final_.view));
  std::erase_if(blocks_,
                [&](const auto& one) { return one.second.body.header.view <= final_.view; });
  std::erase_if(offered_, [&](const auto& one) { return one.first.first <= final_.view; });
}

void Replica::know_set(const ValidatorSet& set, const Digest& anchor) {
  if (&set != &set_) set_ = set;
  n_ = set_.size();
  q_ = quorum(n_);
  if (anchor != anchor_ || order_.size() != n_) order_ = leader_order(leader_seed(anchor), n_);
  anchor_ = anchor;
  const auto own = std::ranges::find(set_, config_.own_key);
  index_ = own == set_.end() ? kObserver : static_cast<std::uint16_t>(own - set_.begin());
  link_of_.assign(n_, kEveryone);
  validator_of_.assign(links_.size(), kObserver);
  for (std::size_t link = 0; link < links_.size(); ++link) {
    const auto at = std::ranges::find(set_, links_[link]);
    if (at == set_.end()) continue;
    const auto validator = static_cast<std::uint16_t>(at - set_.begin());
    validator_of_[link] = validator;
    link_of_[validator] = static_cast<std::uint16_t>(link);
  }
}

/// Forgets whatever belongs to the epoch before.
void Replica::begin_epoch(const Position& position) {
  epoch_ = position.epoch;
  delivered_ = position;
  order_.clear();
  know_set(position.set, position.anchor_digest);
  if (!mutant(41)) views_.clear();
  blocks_.clear();
  offered_.clear();
  in_flight_.clear();
  accused_ = {};
  evidence_.clear();
  delivering_ = ending_ = false;
  view_ = 1;
  sign_above_ = 0;
  back_off_ = 0;
  entry_proof_view_ = 0;
  final_at_entry_ = 0;
  timers_started_ = false;
  leader_deadline_.reset();
  view_deadline_.reset();
  inactive_ms_.assign(n_, 0);
  last_progress_ms_ = mono_ms_;
  final_certificate_.reset();
  final_ = {position.anchor_height, 0, position.anchor_digest, position.anchor_time_ms,
            position.anchor_records};
  if (position.final) {
    const Header& header = position.final->header;
    final_ = {header.height, header.view, position.final->certificate.subject.digest,
              header.time_ms, header.payload_len > 4};
    final_certificate_ = position.final->certificate;
    view_ = header.view + 1;
    final_at_entry_ = header.view;
  }
  if (amnesia_) {
    amnesia_->replies.clear();
    ask_amnesia();
  }
}

/// B-50: the blocks from `height` on, up to one with a finalization of its own.
void Replica::serve(std::uint16_t link, std::uint64_t height) {
  if (recent_.empty() || recent_.front().body.header.height > height) {
    if (height <= delivered_.height()) effects_.serve(link, height);
    return;
  }
  const std::size_t first = height - recent_.front().body.header.height;
  if (first >= recent_.size()) return;
  std::optional<std::size_t> last;
  for (std::size_t i = first; i < recent_.size(); ++i) {
    if (i >= first + limits::kServedBlocks && last) break;
    if (!recent_[i].proof.empty()) last = i;
    if (recent_[i].next) break;  // those behind it are of another set
  }
  if (!last) return;
  for (const Bytes& message : recent_[*last].proof)
    effects_.send(link, message);
  for (std::size_t i = *last + 1; i-- > first;)
    send(link, BlockMessage{recent_[i].body});
}

/// Asks for final blocks above the last one: the validator behind `link`, or whose turn it is. Not
/// again for the same height before a quarter of a standstill.
void Replica::ask_final(std::uint16_t link) {
  const std::uint64_t height = final_.height + 1;
  if (asked_final_height_ == height && mono_ms_ < asked_final_ms_ + config_.standstill_ms / 4) {
    return;
  }
  for (std::size_t tries = 0; link == kEveryone && tries < n_; ++tries) {
    turn_ = static_cast<std::uint16_t>((turn_ + 1) % n_);
    if (turn_ != index_) link = link_of_[turn_];
  }
  if (link == kEveryone) return;
  asked_final_height_ = height;
  asked_final_ms_ = mono_ms_;
  send(link, AskMessage{epoch_, height, Wanted::final_blocks, {}});
}

}  // namespace chopmark::consensus

// SPDX-License-Identifier: Apache-2.0
// R2: the leader of the current view builds on the highest notarized and certified block.
#include <algorithm>
#include <utility>

#include "base/limits.hpp"
#include "base/mutant.hpp"
#include "consensus/replica.hpp"
#include "hash/sha256.hpp"

namespace chopmark::consensus {

/// The parent of a proposal in `view`, with what justifies it: the block of the highest view below
/// that is notarized and certified such that all views in between are nullified.
std::optional<Justification> Replica::parent_for(std::uint64_t view, Digest& parent) const {
  Justification justification;
  for (std::uint64_t number = view; --number > final_.view;) {
    const View* at = view_at(number);
    if (at == nullptr) return std::nullopt;
    const StoredCertificate* notarization = at->certificate(VoteKind::notarize);
    if (notarization != nullptr &&
        (certified_by(*notarization) ||
         (mutant(33) && block_of(notarization->certificate.subject.digest) != nullptr))) {
      justification.parent = notarization->certificate;
      parent = notarization->certificate.subject.digest;
      std::ranges::reverse(justification.nullifications);
      return justification;
    }
    const StoredCertificate* nullification = at->certificate(VoteKind::nullify);
    // More than one justification may carry: nobody could read it.
    if (nullification == nullptr || justification.nullifications.size() == limits::kJustifyMax) {
      return std::nullopt;
    }
    justification.nullifications.push_back(nullification->certificate);
  }
  std::ranges::reverse(justification.nullifications);
  if (final_.view != 0) justification.parent = final_certificate_;
  parent = final_.digest;
  return justification;
}

bool Replica::propose() {
  if (!may_sign(view_) || leader(view_) != index_ || delivering_ || !awake()) return false;
  const View* known = view_at(view_);
  if (known != nullptr && (known->proposed || known->nullified || known->notarized)) return false;
  Digest parent;
  std::optional<Justification> justification = parent_for(view_, parent);
  if (!justification) return false;
  views_[view_].proposed = true;
  const Parent on = *parent_of(parent);
  if (on.ends_epoch) {  // B-71: nothing to build
    BlockBody closing;
    closing.header.closing = true;
    closing.header.height = on.height;
    closing.header.last = on.last;
    closing.justification = encode_justification(*justification, n_);
    propose_block(std::move(closing), parent);
    return true;
  }
  const std::uint64_t height = on.height + 1;
  Bytes why = encode_justification(*justification, n_);
  // Both must fit into a message, with 1 KiB for the header and the rest.
  const std::size_t room = limits::kMessageBytesMax - 1024 - why.size();
  effects_.build(next_request_, parent, height,
                 static_cast<std::uint32_t>(std::min<std::size_t>(room, config_.payload_bytes_max)),
                 height == last_height(config_, epoch_));
  builds_.emplace(next_request_++, PendingBuild{epoch_, view_, parent, std::move(why)});
  return true;
}

/// Completes the header of a block of the present view, whose payload and justification are there,
/// and has it signed.
void Replica::propose_block(BlockBody&& block, const Digest& parent) {
  const Parent on = *parent_of(parent);
  Header& header = block.header;
  header.chain_id = config_.chain_id;
  header.epoch = epoch_;
  header.view = view_;
  header.parent_view = on.view;
  header.parent_digest = parent;
  header.leader = index_;
  header.justify_root = sha256(block.justification);
  header.time_ms = std::max(wall_ms_, on.time_ms + 1);
  block.header_bytes = encode_header(header);
  block.digest = header_digest(block.header_bytes);
  views_[view_].notarized = block.digest;
  const VoteSubject subject{VoteKind::notarize, epoch_, view_, block.digest};
  effects_.sign(next_request_, vote_payload(config_.chain_id, subject));
  signs_.emplace(next_request_++, PendingSign{epoch_, subject, std::move(block), std::nullopt});
}

}  // namespace chopmark::consensus

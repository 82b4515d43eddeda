// SPDX-License-Identifier: Apache-2.0
// R2: the leader of the current view builds on the highest notarized and certified block.
#include <utility>

#include "consensus/replica.hpp"

namespace chopmark::consensus {

/// The parent of a proposal in `view`, with what justifies it: the block of the highest view below
/// that is notarized and certified such that all views in between are nullified.
std::optional<Justification> Replica::parent_for(std::uint64_t view, Digest& parent) const {
  Justification justification;
  for (std::uint64_t number = view; --number > final_.view;) {
    const auto at = views_.find(number);
    if (at == views_.end()) return std::nullopt;
    const auto& certificates = at->second.certificates;
    const auto notarization = certificates.find(VoteKind::notarize);
    if (notarization != certificates.end() && is_certified(notarization->second.subject.digest)) {
      justification.parent = notarization->second;
      parent = notarization->second.subject.digest;
      return justification;
    }
    const auto nullification = certificates.find(VoteKind::nullify);
    if (nullification == certificates.end()) return std::nullopt;
    justification.nullifications.insert(justification.nullifications.begin(),
                                        nullification->second);
  }
  if (final_.view != 0) justification.parent = final_certificate_;
  parent = final_.digest;
  return justification;
}

bool Replica::propose() {
  if (leader(view_) != config_.index || delivering_ || !awake()) return false;
  const auto known = views_.find(view_);
  if (known != views_.end() &&
      (known->second.proposed || known->second.nullified || known->second.notarized)) {
    return false;
  }
  Digest parent;
  std::optional<Justification> justification = parent_for(view_, parent);
  if (!justification) return false;
  views_[view_].proposed = true;
  const std::uint64_t height =
      (parent == final_.digest ? final_.height : header_of(parent)->height) + 1;
  effects_.build(next_request_, parent, height, config_.payload_bytes_max);
  builds_.emplace(next_request_++, PendingBuild{view_, parent, std::move(*justification)});
  return true;
}

}  // namespace chopmark::consensus

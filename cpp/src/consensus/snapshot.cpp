// SPDX-License-Identifier: Apache-2.0
// The state of a replica as bytes, for searches and for people who ask why nothing happens.
#include "codec/writer.hpp"
#include "consensus/replica.hpp"

namespace chopmark::consensus {

Bytes Replica::snapshot() const {
  codec::Writer out;
  out.u64(epoch_);
  out.u64(view_);
  out.u64(final_.height);
  out.u64(final_.view);
  out.bytes(final_.digest);
  out.u64(sign_above_);
  out.u8(amnesia_ ? 1 : 0);
  out.u8(static_cast<std::uint8_t>((delivering_ ? 1 : 0) | (ending_ ? 2 : 0)));
  if (amnesia_) {
    for (const auto& [validator, highest] : amnesia_->replies) {
      out.u16(validator);
      out.u64(highest);
    }
  }
  const auto flag = [&](const std::optional<Digest>& digest) {
    out.u8(digest ? 1 : 0);
    if (digest) out.bytes(*digest);
  };
  for (const auto& [number, view] : views_) {
    out.u64(number);
    for (const Votes& votes : view.votes) {
      out.u32(votes.present);
      for (std::size_t i = 0; i < votes.of.size(); ++i) {
        if ((votes.present >> i & 1) != 0) out.bytes(votes.of[i].digest);
      }
    }
    for (const auto& one : view.certificates)
      flag(one ? std::optional(one->certificate.subject.digest) : std::nullopt);
    flag(view.proposal);
    flag(view.notarized);
    flag(view.finalized);
    out.u8(static_cast<std::uint8_t>((view.nullified ? 1 : 0) | (view.proposed ? 2 : 0) |
                                     (view.equivocated ? 4 : 0)));
  }
  out.u8(0xff);
  for (const auto& [digest, block] : blocks_) {
    out.bytes(digest);
    out.u8(static_cast<std::uint8_t>(block.certified));
    out.u8(static_cast<std::uint8_t>(block.justified));
  }
  return out.take();
}

std::size_t Replica::held_bytes() const noexcept {
  std::size_t bytes = 0;
  const auto of = [](const BlockBody& body) {
    return 512 + body.justification.size() + body.payload.size();
  };
  for (const auto& [digest, block] : blocks_)
    bytes += of(block.body);
  for (const FinalBlock& block : recent_)
    bytes += of(block.body);
  for (const FinalBlock& block : unstored_)
    bytes += of(block.body);
  return bytes + views_.size() * n_ * kKinds * 128 + questions_.size() * 1024;
}

}  // namespace chopmark::consensus

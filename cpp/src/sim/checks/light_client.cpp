// SPDX-License-Identifier: Apache-2.0
#include "sim/checks/light_client.hpp"

#include <utility>

namespace chopmark::sim::checks {

LightClient::LightClient(const Digest& chain_id, std::vector<Digest> keys,
                         std::uint32_t epoch_blocks, Verify verify)
    : chain_id_(chain_id),
      epoch_blocks_(epoch_blocks),
      verify_(verify),
      keys_(std::move(keys)),
      digest_(chain_id) {}

bool LightClient::is_last(std::uint64_t height) const noexcept {
  return epoch_blocks_ != 0 && height == epoch_ * epoch_blocks_;
}

bool LightClient::header(const HeaderView& header, const Digest& digest) {
  const std::uint64_t top = waiting_.empty() ? height_ : waiting_.back().height;
  const Digest& parent = waiting_.empty() ? digest_ : waiting_.back().digest;
  const bool fits = !header.closing() && same(chain_id_, header.chain_id()) &&
                    header.epoch() == epoch_ && header.height() == top + 1 &&
                    header.view() > view_ && same(parent, header.parent_digest()) &&
                    !is_last(top) && is_last(top + 1) != zero(header.next_set_hash(), 32);
  if (!fits) return false;
  view_ = header.view();
  waiting_.push_back({header.height(), header.view(), digest, digest_from(header.next_set_hash())});
  return true;
}

bool LightClient::is_final(ByteView certificate, Digest& digest, std::uint64_t& view) const {
  CertificateView read;
  if (!read_certificate(certificate, keys_.size(), read)) return false;
  if (read.kind != Vote::finalize || read.epoch != epoch_) return false;
  const VotePayload payload(chain_id_, read.kind, read.epoch, read.view, read.digest);
  const std::uint8_t* signature = read.signatures;
  for (std::uint32_t left = read.signers; left != 0; left &= left - 1, signature += 64) {
    const auto validator = static_cast<std::size_t>(__builtin_ctz(left));
    if (!verify_(keys_[validator], payload.view(), {signature, 64})) return false;
  }
  digest = digest_from(read.digest);
  view = read.view;
  return true;
}

void LightClient::accept_up_to(std::size_t count) {
  height_ = waiting_[count - 1].height;
  digest_ = waiting_[count - 1].digest;
  waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(count));
}

bool LightClient::finalization(ByteView certificate) {
  Digest digest;
  std::uint64_t view = 0;
  if (!is_final(certificate, digest, view)) return false;
  for (std::size_t i = waiting_.size(); i-- > 0;) {
    if (waiting_[i].digest != digest || waiting_[i].view != view) continue;
    accept_up_to(i + 1);
    return true;
  }
  return false;
}

bool LightClient::epoch_end(ByteView position, ByteView proof) {
  PositionView next;
  if (!read_position(position, next) || next.epoch != epoch_ + 1) return false;
  Cursor in(proof);
  const ByteView first = in.sized();
  Digest expected;
  std::uint64_t view = 0;
  if (first.size() < 2 || first[0] != 0x52 || !is_final(first.subspan(1), expected, view))
    return false;
  Digest last{};
  bool closing = false;
  while (in.left() != 0) {
    BlockView block;
    if (!read_block(in.sized(), block)) return false;
    const HeaderView& header = block.header;
    const Digest digest = sha256(header.bytes());
    if (digest != expected || header.epoch() != epoch_ || !is_last(header.height())) return false;
    if (!header.closing()) {
      if (closing && digest != last) return false;
      if (in.left() != 0 || digest != digest_from(next.anchor_digest)) return false;
      if (header.height() != next.anchor_height || header.time_ms() != next.anchor_time_ms)
        return false;
      if (!same(set_hash(next.set), header.next_set_hash())) return false;
      // The chain up to here must be the one that was followed.
      const bool follows = waiting_.empty() ? digest == digest_ : digest == waiting_.back().digest;
      if (!follows) return false;
      if (!waiting_.empty()) accept_up_to(waiting_.size());
      keys_.clear();
      for (std::size_t i = 0; i < next.set[0]; ++i)
        keys_.push_back(digest_from(next.set.data() + 1 + 32 * i));
      epoch_ += 1;
      view_ = 0;
      return true;
    }
    if (closing && !same(last, header.last())) return false;
    last = digest_from(header.last());
    closing = true;
    expected = digest_from(header.parent_digest());
  }
  return false;
}

}  // namespace chopmark::sim::checks

// SPDX-License-Identifier: Apache-2.0
#include "consensus/effect.hpp"

#include <algorithm>

#include "base/endian.hpp"

namespace chopmark::consensus {
namespace {

/// Fills a frame whose size is known.
class Filler {
 public:
  explicit Filler(std::uint8_t* at) noexcept : at_(at) {}
  template <class Word>
  void integer(Word value) noexcept {
    store_be<Word>(at_, value);
    at_ += sizeof(Word);
  }
  void bytes(ByteView view) noexcept { at_ = std::copy(view.begin(), view.end(), at_); }
  void sized(ByteView view) noexcept {
    integer(static_cast<std::uint32_t>(view.size()));
    bytes(view);
  }

 private:
  std::uint8_t* at_;
};

}  // namespace

std::uint8_t* Effects::frame(std::uint8_t kind, std::size_t size) {
  const std::size_t at = out_.size();
  out_.resize(at + 5 + size);
  out_[at] = kind;
  store_be<std::uint32_t>(out_.data() + at + 1, static_cast<std::uint32_t>(size));
  return out_.data() + at + 5;
}

void Effects::verify_votes(std::uint64_t request, std::span<const SignatureCheck> checks) {
  std::size_t size = 8 + 4 + 8;
  for (const SignatureCheck& check : checks)
    size += 32 + 64 + 8 + check.payload.size();
  Filler out(frame(0x81, size));
  out.integer(request);
  out.integer(static_cast<std::uint32_t>(checks.size()));
  for (const SignatureCheck& check : checks)
    out.bytes(check.public_key);
  for (const SignatureCheck& check : checks)
    out.bytes(check.signature);
  std::uint64_t offset = 0;
  out.integer(offset);
  for (const SignatureCheck& check : checks)
    out.integer(offset += check.payload.size());
  for (const SignatureCheck& check : checks)
    out.bytes(check.payload);
}

void Effects::sign(std::uint64_t request, ByteView payload) {
  Filler out(frame(0x82, 8 + payload.size()));
  out.integer(request);
  out.bytes(payload);
}

void Effects::persist(std::uint64_t seq, ByteView record) {
  Filler out(frame(0x83, 8 + record.size()));
  out.integer(seq);
  out.bytes(record);
}

void Effects::send(std::uint16_t link, ByteView message) {
  Filler out(frame(0x84, 2 + message.size()));
  out.integer(link);
  out.bytes(message);
}

void Effects::set_timer(std::uint64_t mono_ms) {
  Filler(frame(0x85, 8)).integer(mono_ms);
}

void Effects::build(std::uint64_t request, const Digest& parent, std::uint64_t height,
                    std::uint32_t bytes_max, bool last) {
  Filler out(frame(0x86, 8 + 32 + 8 + 4 + 1));
  out.integer(request);
  out.bytes(parent);
  out.integer(height);
  out.integer(bytes_max);
  out.integer(static_cast<std::uint8_t>(last ? 1 : 0));
}

void Effects::certify(const BlockBody& block) {
  Filler out(frame(0x87, 32 + block.header_bytes.size() + block.payload.size()));
  out.bytes(block.digest);
  out.bytes(block.header_bytes);
  out.bytes(block.payload);
}

void Effects::deliver(const BlockBody& block, ByteView certificate) {
  Filler out(frame(0x88, 8 + 32 + block.header_bytes.size() + 4 + certificate.size() + 4 +
                             block.justification.size() + block.payload.size()));
  out.integer(block.header.height);
  out.bytes(block.digest);
  out.bytes(block.header_bytes);
  out.sized(certificate);
  out.sized(block.justification);
  out.bytes(block.payload);
}

void Effects::evidence(const Evidence& evidence) {
  const Bytes bytes = encode_evidence(evidence);
  Filler(frame(0x89, bytes.size())).bytes(bytes);
}

void Effects::serve(std::uint16_t link, std::uint64_t height) {
  Filler out(frame(0x8a, 2 + 8));
  out.integer(link);
  out.integer(height);
}

void Effects::epoch(ByteView position, std::span<const Bytes> proof) {
  std::size_t size = 4 + position.size();
  for (const Bytes& message : proof)
    size += 4 + message.size();
  Filler out(frame(0x8b, size));
  out.sized(position);
  for (const Bytes& message : proof)
    out.sized(message);
}

}  // namespace chopmark::consensus

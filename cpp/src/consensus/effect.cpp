// SPDX-License-Identifier: Apache-2.0
#include "consensus/effect.hpp"

#include <utility>

#include "codec/writer.hpp"

namespace chopmark::consensus {

using codec::Writer;

void Effects::frame(std::uint8_t kind, ByteView body) {
  Writer head;
  head.u8(kind);
  head.u32(static_cast<std::uint32_t>(body.size()));
  append(out_, head.take());
  append(out_, body);
}

void Effects::verify_votes(std::uint64_t request, std::span<const SignatureCheck> checks) {
  Writer out;
  out.u64(request);
  out.u32(static_cast<std::uint32_t>(checks.size()));
  for (const SignatureCheck& check : checks)
    out.bytes(check.public_key);
  for (const SignatureCheck& check : checks)
    out.bytes(check.signature);
  std::uint64_t offset = 0;
  out.u64(offset);
  for (const SignatureCheck& check : checks)
    out.u64(offset += check.payload.size());
  for (const SignatureCheck& check : checks)
    out.bytes(check.payload);
  frame(0x81, out.take());
}

void Effects::sign(std::uint64_t request, ByteView payload) {
  Writer out;
  out.u64(request);
  out.bytes(payload);
  frame(0x82, out.take());
}

void Effects::persist(std::uint64_t seq, ByteView record) {
  Writer out;
  out.u64(seq);
  out.bytes(record);
  frame(0x83, out.take());
}

void Effects::send(std::uint16_t to, ByteView message) {
  Writer out;
  out.u16(to);
  out.bytes(message);
  frame(0x84, out.take());
}

void Effects::set_timer(std::uint64_t mono_ms) {
  Writer out;
  out.u64(mono_ms);
  frame(0x85, out.take());
}

void Effects::build(std::uint64_t request, const Digest& parent, std::uint64_t height,
                    std::uint32_t bytes_max) {
  Writer out;
  out.u64(request);
  out.bytes(parent);
  out.u64(height);
  out.u32(bytes_max);
  frame(0x86, out.take());
}

void Effects::certify(const BlockBody& block) {
  Writer out;
  out.bytes(block.digest);
  out.bytes(block.header_bytes);
  out.bytes(block.payload);
  frame(0x87, out.take());
}

void Effects::deliver(const BlockBody& block, ByteView certificate) {
  Writer out;
  out.u64(block.header.height);
  out.bytes(block.digest);
  out.bytes(block.header_bytes);
  out.u32(static_cast<std::uint32_t>(certificate.size()));
  out.bytes(certificate);
  out.u32(static_cast<std::uint32_t>(block.justification.size()));
  out.bytes(block.justification);
  out.bytes(block.payload);
  frame(0x88, out.take());
}

void Effects::evidence(std::uint8_t kind, std::uint16_t culprit, ByteView first, ByteView second) {
  Writer out;
  out.u8(kind);
  out.u16(culprit);
  for (const ByteView part : {first, second}) {
    out.u32(static_cast<std::uint32_t>(part.size()));
    out.bytes(part);
  }
  frame(0x89, out.take());
}

}  // namespace chopmark::consensus

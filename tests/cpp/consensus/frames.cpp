// SPDX-License-Identifier: Apache-2.0
#include "consensus/frames.hpp"

namespace chopmark::test {
namespace {

using namespace consensus;
using codec::Writer;

struct BodyWriter {
  Writer& out;

  std::uint8_t operator()(const Tick& event) const {
    out.u64(event.mono_ms);
    out.u64(event.wall_ms);
    return 1;
  }
  std::uint8_t operator()(const MessageReceived& event) const {
    out.u16(event.link);
    out.bytes(event.bytes);
    return 2;
  }
  std::uint8_t operator()(const VotesVerified& event) const {
    out.u64(event.request);
    out.bytes(event.verdicts);
    return 3;
  }
  std::uint8_t operator()(const Signed& event) const {
    out.u64(event.request);
    out.bytes(event.signature);
    return 4;
  }
  std::uint8_t operator()(const Durable& event) const {
    out.u64(event.seq);
    return 5;
  }
  std::uint8_t operator()(const Built& event) const {
    out.u64(event.request);
    out.bytes(event.state_root);
    out.u64(event.log_size);
    out.bytes(event.log_root);
    write_set(event.next_set);
    out.bytes(event.payload);
    return 6;
  }
  std::uint8_t operator()(const CertifiedBlock& event) const {
    out.bytes(event.digest);
    out.u8(event.ok ? 1 : 0);
    write_set(event.next_set);
    return 7;
  }
  std::uint8_t operator()(const Pending& event) const {
    out.u32(event.count);
    return 8;
  }
  std::uint8_t operator()(const Stored& event) const {
    out.u64(event.height);
    return 9;
  }
  std::uint8_t operator()(const Link& event) const {
    out.u16(event.link);
    out.bytes(event.public_key);
    return 10;
  }
  std::uint8_t operator()(const Unsigned& event) const {
    out.u64(event.request);
    return 11;
  }
  std::uint8_t operator()(const PositionReached& event) const {
    out.bytes(event.position);
    return 12;
  }

  /// Nothing stands for the empty set.
  void write_set(ByteView set) const {
    if (set.empty()) {
      out.u8(0);
    } else {
      out.bytes(set);
    }
  }
};

}  // namespace

Bytes encode_config(const Config& config) {
  Writer out;
  out.bytes(config.chain_id);
  out.bytes(config.own_key);
  out.bytes(encode_validator_set(config.validators));
  out.u64(config.genesis_time_ms);
  out.u32(config.delta_ms);
  out.u32(config.build_ms);
  out.u32(config.standstill_ms);
  out.u32(config.heartbeat_ms);
  out.u16(config.views_per_leader);
  out.u32(config.payload_bytes_max);
  out.u32(config.epoch_blocks);
  return out.take();
}

Config sample_config(std::uint16_t index, std::size_t validators) {
  Config config;
  config.chain_id = some_digest(1);
  for (std::size_t i = 0; i < validators; ++i)
    config.validators.push_back(some_digest(100 + i));
  if (index < validators) config.own_key = config.validators[index];
  config.genesis_time_ms = 1000;
  config.payload_bytes_max = 65536;
  return config;
}

Bytes frame(std::uint8_t kind, ByteView body) {
  Writer out;
  out.u8(kind);
  out.u32(static_cast<std::uint32_t>(body.size()));
  out.bytes(body);
  return out.take();
}

Bytes encode_event(const Event& event) {
  Writer body;
  const std::uint8_t kind = std::visit(BodyWriter{body}, event);
  return frame(kind, body.take());
}

Bytes encode_events(const std::vector<Event>& events) {
  Bytes out;
  for (const Event& event : events)
    append(out, encode_event(event));
  return out;
}

std::vector<Frame> frames_of(ByteView bytes) {
  codec::Reader in(bytes);
  std::vector<Frame> frames;
  while (in.ok() && in.remaining() != 0) {
    const std::uint8_t kind = in.u8();
    const ByteView body = in.bytes(in.u32());
    frames.push_back({kind, Bytes(body.begin(), body.end())});
  }
  EXPECT(in.ok());
  return frames;
}

}  // namespace chopmark::test

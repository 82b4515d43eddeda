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
    out.u16(event.peer);
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
    out.bytes(event.payload);
    return 6;
  }
  std::uint8_t operator()(const CertifiedBlock& event) const {
    out.bytes(event.digest);
    out.u8(event.ok ? 1 : 0);
    return 7;
  }
  std::uint8_t operator()(const Pending& event) const {
    out.u32(event.count);
    return 8;
  }
};

}  // namespace

Bytes encode_config(const Config& config) {
  Writer out;
  out.bytes(config.chain_id);
  out.u64(config.epoch);
  out.u16(config.index);
  out.u8(static_cast<std::uint8_t>(config.validators.size()));
  for (const Digest& key : config.validators)
    out.bytes(key);
  out.u64(config.genesis_time_ms);
  out.u32(config.delta_ms);
  out.u32(config.build_ms);
  out.u32(config.standstill_ms);
  out.u32(config.heartbeat_ms);
  out.u16(config.views_per_leader);
  out.u32(config.payload_bytes_max);
  return out.take();
}

Config sample_config(std::uint16_t index, std::size_t validators) {
  Config config;
  config.chain_id = some_digest(1);
  config.index = index;
  for (std::size_t i = 0; i < validators; ++i)
    config.validators.push_back(some_digest(100 + i));
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

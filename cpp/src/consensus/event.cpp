// SPDX-License-Identifier: Apache-2.0
#include "consensus/event.hpp"

#include "codec/reader.hpp"

namespace chopmark::consensus {
namespace {

using codec::Reader;

Event read_event(std::uint8_t kind, Reader& in) {
  switch (kind) {
    case 0x01: {
      const std::uint64_t mono_ms = in.u64();
      return Tick{mono_ms, in.u64()};
    }
    case 0x02: {
      const std::uint16_t peer = in.u16();
      return MessageReceived{peer, in.bytes(in.remaining())};
    }
    case 0x03: {
      const std::uint64_t request = in.u64();
      return VotesVerified{request, in.bytes(in.remaining())};
    }
    case 0x04: {
      Signed event{in.u64(), {}};
      const ByteView signature = in.bytes(event.signature.size());
      if (in.ok()) std::copy(signature.begin(), signature.end(), event.signature.begin());
      return event;
    }
    case 0x05:
      return Durable{in.u64()};
    case 0x06: {
      Built event{};
      event.request = in.u64();
      event.state_root = in.digest();
      event.log_size = in.u64();
      event.log_root = in.digest();
      event.payload = in.bytes(in.remaining());
      return event;
    }
    case 0x07: {
      CertifiedBlock event{in.digest(), false};
      const std::uint8_t ok = in.u8();
      in.expect(ok <= 1, Error::value);
      event.ok = ok == 1;
      return event;
    }
    case 0x08:
      return Pending{in.u32()};
    default:
      in.fail(Error::tag);
      return Pending{0};
  }
}

}  // namespace

Result<std::vector<Event>> parse_events(ByteView bytes) {
  Reader frames(bytes);
  std::vector<Event> events;
  while (frames.remaining() != 0) {
    const std::uint8_t kind = frames.u8();
    const std::size_t size = frames.u32();
    Reader body(frames.bytes(frames.ok() ? size : 0));
    if (!frames.ok()) return frames.failure();
    events.push_back(read_event(kind, body));
    body.finish();
    if (!body.ok()) return body.failure();
  }
  return events;
}

}  // namespace chopmark::consensus

// SPDX-License-Identifier: Apache-2.0
#include "consensus/event.hpp"

#include "codec/reader.hpp"
#include "types/position.hpp"

namespace chopmark::consensus {
namespace {

using codec::Reader;

/// The bytes of a set, once they are known to be one.
ByteView set_bytes(Reader& in, ByteView body) {
  const std::size_t start = in.offset();
  (void)read_validator_set(in);
  return in.ok() ? body.subspan(start, in.offset() - start) : ByteView{};
}

Event read_event(std::uint8_t kind, ByteView body, Reader& in) {
  switch (kind) {
    case 0x01: {
      const std::uint64_t mono_ms = in.u64();
      return Tick{mono_ms, in.u64()};
    }
    case 0x02: {
      const std::uint16_t link = in.u16();
      return MessageReceived{link, in.bytes(in.remaining())};
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
      event.next_set = set_bytes(in, body);
      event.payload = in.bytes(in.remaining());
      return event;
    }
    case 0x07: {
      CertifiedBlock event{in.digest(), false, {}};
      const std::uint8_t ok = in.u8();
      in.expect(ok <= 1, Error::value);
      event.ok = ok == 1;
      event.next_set = set_bytes(in, body);
      return event;
    }
    case 0x08:
      return Pending{in.u32()};
    case 0x09:
      return Stored{in.u64()};
    case 0x0a: {
      const std::uint16_t link = in.u16();
      return Link{link, in.digest()};
    }
    case 0x0b:
      return Unsigned{in.u64()};
    case 0x0c: {
      const ByteView position = in.bytes(in.remaining());
      const Result<Position> parsed = parse_position(position);
      if (!parsed) in.fail(parsed.failure().error);
      return PositionReached{position};
    }
    default:
      in.fail(Error::tag);
      return Pending{0};
  }
}

}  // namespace

Result<bool> parse_events(ByteView bytes, std::vector<Event>& out) {
  Reader frames(bytes);
  while (frames.remaining() != 0) {
    const std::uint8_t kind = frames.u8();
    const std::size_t size = frames.u32();
    const ByteView body = frames.bytes(frames.ok() ? size : 0);
    if (!frames.ok()) return frames.failure();
    Reader in(body);
    out.push_back(read_event(kind, body, in));
    in.finish();
    if (!in.ok()) return in.failure();
  }
  return true;
}

}  // namespace chopmark::consensus

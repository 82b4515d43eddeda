// SPDX-License-Identifier: Apache-2.0
#include "node.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "base/endian.hpp"
#include "codec/reader.hpp"
#include "codec/writer.hpp"
#include "hash/sha256.hpp"
#include "sim/scheme.hpp"

namespace chopmark::search {
namespace {

using codec::Reader;
using codec::Writer;

constexpr std::uint64_t kGenesisMs = 1'000'000;
constexpr std::uint64_t kServedMax = 32;  // B-50

void frame(Bytes& events, std::uint8_t kind, ByteView body) {
  Writer out;
  out.u8(kind);
  out.u32(static_cast<std::uint32_t>(body.size()));
  out.bytes(body);
  append(events, out.take());
}

void number_frame(Bytes& events, std::uint8_t kind, std::uint64_t number) {
  Writer out;
  out.u64(number);
  frame(events, kind, out.take());
}

void answer_verify(Reader& in, Bytes& events) {
  Writer out;
  out.u64(in.u64());
  const std::size_t count = in.u32();
  const ByteView keys = in.bytes(32 * count);
  const ByteView signatures = in.bytes(64 * count);
  const ByteView offsets = in.bytes(8 * (count + 1));
  const ByteView payloads = in.bytes(in.remaining());
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t begin = load_be<std::uint64_t>(offsets.data() + 8 * i);
    const std::size_t end = load_be<std::uint64_t>(offsets.data() + 8 * i + 8);
    const Digest key = digest_from(keys.data() + 32 * i);
    const bool ok =
        sim::verify(key, payloads.subspan(begin, end - begin), signatures.subspan(64 * i, 64));
    out.u8(ok ? 1 : 0);
  }
  frame(events, 0x03, out.take());
}

void answer_sign(std::size_t index, Reader& in, Bytes& events) {
  Writer out;
  out.u64(in.u64());
  out.bytes(sim::sign(sim::node_key(index), in.bytes(in.remaining())));
  frame(events, 0x04, out.take());
}

std::vector<Digest> keys_of(const Setting& setting) {
  std::vector<Digest> keys;
  for (std::size_t i = 0; i < setting.validators; ++i)
    keys.push_back(sim::node_key(i));
  return keys;
}

void answer_certify(const Setting& setting, Reader& in, Bytes& events) {
  Writer out;
  out.bytes(in.bytes(32));
  const ByteView header = in.bytes(284);
  const ByteView payload = in.bytes(in.remaining());
  const std::uint64_t height = load_be<std::uint64_t>(header.data() + 50);
  const bool last = setting.epoch_blocks != 0 && height % setting.epoch_blocks == 0;
  const Digest wanted = last ? set_hash(keys_of(setting)) : Digest{};
  const bool ok = std::ranges::equal(header.subspan(212, 32), wanted) &&
                  (payload.size() < 5 || payload[4] != 'X');
  out.u8(ok ? 1 : 0);
  out.bytes(last && ok ? encode_set(keys_of(setting)) : Bytes{0});
  frame(events, 0x07, out.take());
}

}  // namespace

void choose_chain(Setting& setting) {
  for (std::uint64_t i = 1;; ++i) {
    Writer out;
    out.u64(i);
    setting.chain_id = sha256(out.take());
    const consensus::Replica probe(config_of(setting, 0));
    bool fits = true;
    for (std::size_t view = 1; view <= setting.leaders.size(); ++view)
      fits = fits && probe.leader(view) == setting.leaders[view - 1];
    if (fits) return;
  }
}

consensus::Config config_of(const Setting& setting, std::size_t node) {
  consensus::Config config;
  config.chain_id = setting.chain_id;
  config.own_key = sim::node_key(node);
  config.validators = keys_of(setting);
  config.genesis_time_ms = kGenesisMs;
  config.delta_ms = kDeltaMs;
  config.build_ms = 0;
  config.standstill_ms = kStandstillMs;
  config.heartbeat_ms = kHeartbeatMs;
  config.payload_bytes_max = 64;
  config.epoch_blocks = setting.epoch_blocks;
  return config;
}

Bytes payload_marked(char mark) {
  return {0, 0, 0, 1, static_cast<std::uint8_t>(mark)};
}

Digest nonce_of(std::size_t node, std::uint32_t losses) {
  Digest nonce{};
  nonce[0] = static_cast<std::uint8_t>(node + 1);
  nonce[1] = static_cast<std::uint8_t>(losses);
  return nonce;
}

Node::Node(const Setting& setting, std::size_t index)
    : index_(index), replica_(config_of(setting, index)) {
  position_ = replica_.position();
  checkpoint();
  set_pending(setting, setting.idle ? 0 : 1);
}

void Node::checkpoint() {
  auto [log, fence] = replica_.checkpoint();
  log_ = std::move(log);
  fence_ = std::move(fence);
}

void Node::receive(const Setting& setting, std::uint16_t link, ByteView message,
                   std::optional<std::size_t> records_max) {
  Writer body;
  body.u16(link);
  body.bytes(message);
  Bytes events;
  frame(events, 0x02, body.take());
  run(setting, std::move(events), records_max);
}

void Node::advance(const Setting& setting, std::uint64_t ms,
                   std::optional<std::size_t> records_max) {
  mono_ms_ += ms;
  Bytes events;
  tick(events);
  run(setting, std::move(events), records_max);
}

void Node::tick(Bytes& events) const {
  Writer body;
  body.u64(mono_ms_);
  body.u64(kGenesisMs);  // the time of day stands still: a block's time is its parent's and 1 ms
  frame(events, 0x01, body.take());
}

void Node::set_pending(const Setting& setting, std::uint32_t count) {
  pending_ = count;
  Writer body;
  body.u32(count);
  Bytes events;
  tick(events);
  frame(events, 0x08, body.take());
  run(setting, std::move(events), std::nullopt);
}

void Node::build(const Setting& setting, std::uint64_t request, bool last, Bytes& events) const {
  Writer out;
  out.u64(request);
  out.bytes(Digest{});
  out.u64(0);
  out.bytes(Digest{});
  out.bytes(last ? encode_set(keys_of(setting)) : Bytes{0});
  out.bytes(pending_ == 0 ? Bytes(4, 0) : payload_marked('h'));
  frame(events, 0x06, out.take());
}

void Node::build_on(const Setting& setting) {
  Bytes events;
  for (const auto& [request, last] : std::exchange(held_builds_, {}))
    build(setting, request, last, events);
  run(setting, std::move(events), std::nullopt);
}

void Node::run(const Setting& setting, Bytes events, std::optional<std::size_t> records_max) {
  CHOPMARK_CHECK(!down_);
  records_written_ = 0;
  while (!events.empty()) {
    Bytes effects;
    const Result<bool> done = replica_.step(events, effects);
    CHOPMARK_CHECK(done.has_value());
    events.clear();
    std::uint64_t durable = 0;
    const std::size_t delivered_before = delivered_.size();
    Reader frames(effects);
    while (frames.remaining() != 0) {
      const std::uint8_t kind = frames.u8();
      const std::size_t size = frames.u32();
      Reader in(frames.bytes(size));
      switch (kind) {
        case 0x81:
          answer_verify(in, events);
          break;
        case 0x82:
          answer_sign(index_, in, events);
          break;
        case 0x83:
          if (records_max && records_written_ == *records_max) {
            down_ = true;
            return;
          }
          durable = in.u64();
          ++records_written_;
          append(*log_, in.bytes(in.remaining()));
          break;
        case 0x84: {
          const std::uint16_t link = in.u16();
          const ByteView message = in.bytes(in.remaining());
          sent_.push_back({link, Bytes(message.begin(), message.end())});
          break;
        }
        case 0x85:
          timer_ms_ = in.u64();
          break;
        case 0x86: {
          const std::uint64_t request = in.u64();
          (void)in.bytes(32 + 8 + 4);
          const bool last = in.u8() == 1;
          if (replica_.view() > setting.view_max) {
            held_builds_.emplace_back(request, last);
          } else {
            build(setting, request, last, events);
          }
          break;
        }
        case 0x87:
          answer_certify(setting, in, events);
          break;
        case 0x88: {
          Delivered one;
          one.height = in.u64();
          one.digest = in.digest();
          Block block;
          const ByteView header = in.bytes(284);
          block.header.assign(header.begin(), header.end());
          const ByteView certificate = in.bytes(in.u32());
          const ByteView justified = in.bytes(in.u32());
          const ByteView payload = in.bytes(in.remaining());
          one.certificate.assign(certificate.begin(), certificate.end());
          block.justification.assign(justified.begin(), justified.end());
          block.payload.assign(payload.begin(), payload.end());
          one.block_message = block_message(block);
          number_frame(events, 0x09, one.height);
          delivered_.push_back(std::move(one));
          break;
        }
        case 0x89: {
          const ByteView evidence = in.bytes(in.remaining());
          accused_.emplace_back(evidence.begin(), evidence.end());
          break;
        }
        case 0x8a: {
          const std::uint16_t link = in.u16();
          serve(link, in.u64());
          break;
        }
        case 0x8b:
          ++epochs_ended_;
          break;
        default:
          CHOPMARK_CHECK(false);
      }
      CHOPMARK_CHECK(in.ok());
    }
    CHOPMARK_CHECK(frames.ok());
    if (delivered_.size() != delivered_before) position_ = replica_.position();
    if (durable != 0) number_frame(events, 0x05, durable);
  }
}

// B-50: up to a block with a finalization of its own within 32, or the first after them.
void Node::serve(std::uint16_t link, std::uint64_t height) {
  const Delivered* top = nullptr;
  for (const Delivered& one : delivered_) {
    if (one.height < height || one.certificate.empty()) continue;
    if (top != nullptr && one.height >= height + kServedMax) break;
    top = &one;
  }
  if (top == nullptr) return;
  sent_.push_back({link, certificate_message(top->certificate)});
  for (auto at = delivered_.rbegin(); at != delivered_.rend(); ++at) {
    if (at->height <= top->height && at->height >= height)
      sent_.push_back({link, at->block_message});
  }
}

Result<consensus::Replica> Node::recover(const Setting& setting) const {
  const auto view_of = [](const std::optional<Bytes>& file) -> std::optional<ByteView> {
    if (!file) return std::nullopt;
    return ByteView(*file);
  };
  return consensus::Replica::recover(
      config_of(setting, index_),
      {view_of(log_), view_of(fence_), position_, nonce_of(index_, losses_)});
}

Bytes Node::recovered_snapshot(const Setting& setting) const {
  const Result<consensus::Replica> replica = recover(setting);
  CHOPMARK_CHECK(replica.has_value());
  return replica->snapshot();
}

void Node::restart(const Setting& setting, Disk disk) {
  if (disk != Disk::kept) ++losses_;
  if (disk == Disk::lost) log_.reset();
  if (disk == Disk::emptied) {
    log_.reset();
    fence_.reset();
  }
  Result<consensus::Replica> replica = recover(setting);
  CHOPMARK_CHECK(replica.has_value());
  replica_ = std::move(*replica);
  down_ = false;
  held_builds_.clear();
  timer_ms_ = ~0ULL;
  checkpoint();
  set_pending(setting, pending_);
}

}  // namespace chopmark::search

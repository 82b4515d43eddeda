// SPDX-License-Identifier: Apache-2.0
#include "types/header.hpp"

#include "codec/reader.hpp"
#include "codec/writer.hpp"
#include "hash/sha256.hpp"
#include "types/tags.hpp"

namespace chopmark {
namespace {

Bytes encode_closing_header(const Header& header) {
  codec::Writer out;
  out.u8(tags::kClosingHeader);
  out.u8(tags::kVersion);
  out.bytes(header.chain_id);
  out.u64(header.epoch);
  out.u64(header.view);
  out.u64(header.height);
  out.u64(header.parent_view);
  out.bytes(header.parent_digest);
  out.u16(header.leader);
  out.bytes(header.last);
  out.bytes(header.justify_root);
  out.u64(header.time_ms);
  CHOPMARK_CHECK(out.size() == Header::kClosingBytes);
  return out.take();
}

Result<Header> parse_closing_header(ByteView bytes) {
  codec::Reader in(bytes);
  in.expect(in.u8() == tags::kClosingHeader || !in.ok(), Error::tag);
  in.expect(in.u8() == tags::kVersion || !in.ok(), Error::version);
  Header header;
  header.closing = true;
  header.chain_id = in.digest();
  header.epoch = in.u64();
  header.view = in.u64();
  header.height = in.u64();
  header.parent_view = in.u64();
  header.parent_digest = in.digest();
  header.leader = in.u16();
  header.last = in.digest();
  header.justify_root = in.digest();
  header.time_ms = in.u64();
  in.finish();
  if (!in.ok()) return in.failure();
  return header;
}

}  // namespace

Bytes encode_header(const Header& header) {
  if (header.closing) return encode_closing_header(header);
  codec::Writer out(Header::kBytes);
  out.u8(tags::kHeader);
  out.u8(tags::kVersion);
  out.bytes(header.chain_id);
  out.u64(header.epoch);
  out.u64(header.view);
  out.u64(header.height);
  out.u64(header.parent_view);
  out.bytes(header.parent_digest);
  out.u16(header.leader);
  out.bytes(header.payload_root);
  out.u32(header.payload_len);
  out.u16(header.data_shards);
  out.u16(header.total_shards);
  out.bytes(header.state_root);
  out.u64(header.log_size);
  out.bytes(header.log_root);
  out.bytes(header.next_set_hash);
  out.bytes(header.justify_root);
  out.u64(header.time_ms);
  CHOPMARK_CHECK(out.size() == Header::kBytes);
  return out.take();
}

Result<Header> parse_header(ByteView bytes) {
  codec::Reader in(bytes);
  in.expect(in.u8() == tags::kHeader || !in.ok(), Error::tag);
  in.expect(in.u8() == tags::kVersion || !in.ok(), Error::version);
  Header header;
  header.chain_id = in.digest();
  header.epoch = in.u64();
  header.view = in.u64();
  header.height = in.u64();
  header.parent_view = in.u64();
  header.parent_digest = in.digest();
  header.leader = in.u16();
  header.payload_root = in.digest();
  header.payload_len = in.u32();
  header.data_shards = in.u16();
  header.total_shards = in.u16();
  in.expect(header.data_shards == 0 && header.total_shards == 0, Error::value);
  header.state_root = in.digest();
  header.log_size = in.u64();
  header.log_root = in.digest();
  header.next_set_hash = in.digest();
  header.justify_root = in.digest();
  header.time_ms = in.u64();
  in.finish();
  if (!in.ok()) return in.failure();
  return header;
}

Result<Header> parse_any_header(ByteView bytes) {
  const bool closing = !bytes.empty() && bytes[0] == tags::kClosingHeader;
  return closing ? parse_closing_header(bytes) : parse_header(bytes);
}

Digest header_digest(ByteView encoded_header) noexcept {
  return sha256(encoded_header);
}

}  // namespace chopmark

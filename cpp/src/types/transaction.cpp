// SPDX-License-Identifier: Apache-2.0
#include "types/transaction.hpp"

#include <algorithm>
#include <cstring>

#include "codec/reader.hpp"
#include "codec/writer.hpp"
#include "hash/sha256.hpp"
#include "types/operations/fields.hpp"
#include "types/tags.hpp"

namespace chopmark {
namespace {

using codec::Reader;

constexpr std::size_t kSaltBytes = 16;
constexpr std::size_t kSignerBytes = 8;

bool names_member_before(ByteView signers, const std::uint8_t* member) noexcept {
  for (std::size_t at = 0; at < signers.size(); at += kSignerBytes) {
    if (std::memcmp(signers.data() + at, member, 4) == 0) return true;
  }
  return false;
}

// C-22.
void read_signers(Reader& in, ByteView bytes, TransactionView& out) noexcept {
  const std::size_t count = fields::read_count(in, 1, limits::kSignersMax);
  const ByteView rest = bytes.subspan(in.offset());
  out.signer_count = static_cast<std::uint8_t>(count);
  for (std::size_t i = 0; i < count; ++i) {
    const ByteView member = in.bytes(4);
    static_cast<void>(in.u32());  // key
    if (!in.ok()) return;
    in.expect(!names_member_before(rest.first(kSignerBytes * i), member.data()), Error::order);
  }
  if (in.ok()) out.signers = rest.first(kSignerBytes * count);
}

/// C-23. Failures in a body move to the offset of the whole transaction (C-5).
void read_operation(Reader& in, std::size_t signers) {
  const auto code = fields::read_enum(in, OperationCode::governance, OperationCode::lock);
  const std::uint8_t actor = in.u8();
  in.expect(actor < signers, Error::value);
  const std::size_t size = in.u16();
  in.expect(size >= 1 && size <= limits::kOperationBytesMax, Error::limit);
  const std::size_t start = in.offset();
  const ByteView body = in.bytes(size);
  if (!in.ok()) return;
  const auto checked = check_body(code, body);
  if (!checked) in.fail_at(checked.failure().error, start + checked.failure().offset);
}

}  // namespace

Result<TransactionView> parse_transaction(ByteView bytes) {
  return fields::exactly_one<TransactionView>(bytes, [bytes](Reader& in, TransactionView& out) {
    in.expect(bytes.size() <= limits::kTransactionBytesMax, Error::limit);
    in.expect(in.u8() == tags::kTransaction, Error::tag);
    in.expect(in.u8() == tags::kVersion, Error::version);
    in.expect(in.u8() == tags::kSuiteEd25519, Error::version);
    static_cast<void>(in.bytes(sizeof(Digest)));  // chain id
    out.field = in.u16();
    out.valid_until = in.u64();
    static_cast<void>(in.bytes(kSaltBytes));
    read_signers(in, bytes, out);
    const std::size_t count = fields::read_count(in, 1, limits::kOperationsMax);
    out.operation_count = static_cast<std::uint8_t>(count);
    const std::size_t start = in.offset();
    for (std::size_t i = 0; i < count && in.ok(); ++i)
      read_operation(in, out.signer_count);
    out.operations = bytes.subspan(start, in.offset() - start);
    out.body = bytes.first(in.offset());
    out.signatures = in.bytes(std::size_t{64} * out.signer_count);
    out.bytes = bytes;
  });
}

Digest transaction_id(const TransactionView& transaction) noexcept {
  return sha256(transaction.body);
}

std::array<std::uint8_t, kSigningBytes> signing_payload(const Digest& id) noexcept {
  std::array<std::uint8_t, kSigningBytes> payload;
  payload[0] = tags::kTransactionSignature;
  std::copy(id.begin(), id.end(), payload.begin() + 1);
  return payload;
}

Result<std::vector<ByteView>> parse_payload(ByteView payload) {
  return fields::exactly_one<std::vector<ByteView>>(
      payload, [payload](Reader& in, std::vector<ByteView>& out) {
        in.expect(payload.size() <= limits::kPayloadBytesMax, Error::limit);
        const std::size_t count = in.u32();
        in.expect(count <= limits::kPayloadTransactionsMax, Error::limit);
        if (in.ok()) out.reserve(std::min(count, in.remaining() / 4));
        for (std::size_t i = 0; i < count && in.ok(); ++i) {
          const std::size_t size = in.u32();
          in.expect(size <= limits::kTransactionBytesMax, Error::limit);
          out.push_back(in.bytes(size));
        }
      });
}

Bytes encode_payload(std::span<const ByteView> transactions) {
  codec::Writer out;
  out.u32(static_cast<std::uint32_t>(transactions.size()));
  for (const ByteView transaction : transactions) {
    out.u32(static_cast<std::uint32_t>(transaction.size()));
    out.bytes(transaction);
  }
  return out.take();
}

}  // namespace chopmark

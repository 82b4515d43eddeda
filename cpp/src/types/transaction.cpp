// SPDX-License-Identifier: Apache-2.0
#include "types/transaction.hpp"

#include <algorithm>

#include "codec/reader.hpp"
#include "codec/writer.hpp"
#include "hash/sha256.hpp"
#include "types/tags.hpp"

namespace chopmark {
namespace {

using codec::Reader;

constexpr std::uint8_t kClaimMax = 10;

void read_signers(Reader& in, TransactionView& out) {
  out.signer_count = in.u8();
  in.expect(out.signer_count >= 1 && out.signer_count <= limits::kSignersMax, Error::limit);
  if (!in.ok()) return;
  for (std::size_t i = 0; i < out.signer_count; ++i) {
    out.signer_storage[i] = {in.u32(), in.u32()};
    for (std::size_t j = 0; j < i; ++j) {
      in.expect(out.signer_storage[j].member != out.signer_storage[i].member, Error::order);
    }
  }
}

/// Checks the body of an operation; failures move to the offset of the whole transaction.
void check_operation(Reader& in, const OperationView& operation) {
  const std::size_t start = in.offset() - operation.body.size();
  const auto note = [&](const auto& parsed) {
    if (!parsed) in.fail_at(parsed.failure().error, start + parsed.failure().offset);
  };
  switch (operation.code) {
    case OperationCode::record:
      return note(parse_record(operation.body));
    case OperationCode::attest:
      return note(parse_attest(operation.body));
  }
}

void read_operations(Reader& in, TransactionView& out) {
  const std::size_t count = in.u8();
  in.expect(count >= 1 && count <= limits::kOperationsMax, Error::limit);
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    const std::uint8_t code = in.u8();
    in.expect(code == static_cast<std::uint8_t>(OperationCode::record) ||
                  code == static_cast<std::uint8_t>(OperationCode::attest),
              Error::tag);
    const std::uint8_t actor = in.u8();
    in.expect(actor < out.signer_count, Error::value);
    const std::size_t size = in.u16();
    in.expect(size >= 1 && size <= limits::kOperationBytesMax, Error::limit);
    const OperationView operation{static_cast<OperationCode>(code), actor, in.bytes(size)};
    if (!in.ok()) return;
    check_operation(in, operation);
    out.operations.push_back(operation);
  }
}

}  // namespace

Result<TransactionView> parse_transaction(ByteView bytes) {
  Reader in(bytes);
  TransactionView out;
  in.expect(bytes.size() <= limits::kTransactionBytesMax, Error::limit);
  in.expect(in.u8() == tags::kTransaction, Error::tag);
  in.expect(in.u8() == tags::kVersion, Error::version);
  in.expect(in.u8() == tags::kSuiteEd25519, Error::version);
  out.chain_id = in.digest();
  out.field = in.u16();
  out.valid_until = in.u64();
  static_cast<void>(in.bytes(16));  // salt
  read_signers(in, out);
  read_operations(in, out);
  out.body = bytes.first(in.offset());
  out.signatures = in.bytes(64 * out.signer_count);
  in.finish();
  if (!in.ok()) return in.failure();
  out.bytes = bytes;
  return out;
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

Result<RecordOperation> parse_record(ByteView body) {
  Reader in(body);
  RecordOperation out;
  const std::uint8_t action = in.u8();
  in.expect(action >= 1 && action <= 3, Error::tag);
  out.action = static_cast<RecordAction>(action);
  out.record_id = in.digest();
  out.expected_version = in.u32();
  in.expect((out.expected_version == 0) == (out.action == RecordAction::create), Error::value);
  if (in.ok() && out.action != RecordAction::withdraw) {
    out.schema = in.u16();
    out.commitment = in.digest();
    const std::size_t refs = in.u8();
    in.expect(refs <= limits::kRefsMax, Error::limit);
    out.refs = in.bytes(32 * refs);
    for (std::size_t i = 1; i < refs && in.ok(); ++i) {
      const auto before = out.refs.subspan(32 * (i - 1), 32);
      const auto here = out.refs.subspan(32 * i, 32);
      in.expect(
          std::lexicographical_compare(before.begin(), before.end(), here.begin(), here.end()),
          Error::order);
    }
  }
  in.finish();
  if (!in.ok()) return in.failure();
  return out;
}

Result<AttestOperation> parse_attest(ByteView body) {
  Reader in(body);
  AttestOperation out;
  out.target = in.digest();
  out.version = in.u32();
  in.expect(out.version >= 1, Error::value);
  out.claim = in.u8();
  in.expect(out.claim >= 1 && out.claim <= kClaimMax, Error::tag);
  out.detail = in.digest();
  in.finish();
  if (!in.ok()) return in.failure();
  return out;
}

Result<std::vector<ByteView>> parse_payload(ByteView payload) {
  Reader in(payload);
  in.expect(payload.size() <= limits::kPayloadBytesMax, Error::limit);
  const std::size_t count = in.u32();
  in.expect(count <= limits::kPayloadTransactionsMax, Error::limit);
  std::vector<ByteView> transactions;
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    const std::size_t size = in.u32();
    in.expect(size <= limits::kTransactionBytesMax, Error::limit);
    transactions.push_back(in.bytes(size));
  }
  in.finish();
  if (!in.ok()) return in.failure();
  return transactions;
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

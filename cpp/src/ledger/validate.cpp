// SPDX-License-Identifier: Apache-2.0
#include "ledger/validate.hpp"

namespace chopmark::ledger {

Refusal check_form(Candidate& out, Failure& failure, ByteView bytes, const Digest& chain_id,
                   const Registry& registry) {
  Result<TransactionView> parsed = parse_transaction(bytes);
  if (!parsed) {
    failure = parsed.failure();
    return Refusal::malformed_transaction;
  }
  out.view = std::move(*parsed);
  if (out.view.chain_id != chain_id) return Refusal::wrong_chain;
  for (std::size_t i = 0; i < out.view.signer_count; ++i) {
    const auto index = registry.key_index(out.view.signers()[i]);
    if (!index) return Refusal::unknown_signer;
    out.keys[i] = *index;
  }
  out.id = transaction_id(out.view);
  return Refusal::none;
}

Refusal check_time(const TransactionView& view, std::uint64_t height) noexcept {
  if (view.valid_until < height) return Refusal::expired;
  if (view.valid_until - height > limits::kReplayWindow) return Refusal::too_far_ahead;
  return Refusal::none;
}

std::vector<std::uint8_t> check_signatures(std::span<const Candidate> candidates,
                                           const Registry& registry, unsigned threads) {
  std::vector<std::uint64_t> keys;
  std::vector<ByteView> signatures;
  std::vector<std::uint8_t> messages;
  for (const Candidate& one : candidates) {
    const auto payload = signing_payload(one.id);
    for (std::size_t i = 0; i < one.view.signer_count; ++i) {
      keys.push_back(one.keys[i]);
      signatures.push_back(one.view.signature(i));
      messages.insert(messages.end(), payload.begin(), payload.end());
    }
  }
  const sig::Batch batch{
      .public_keys = Items::list(nullptr, 0),
      .key_set = &registry.keys(),
      .key_index = keys,
      .signatures = Items::list(signatures.data(), signatures.size()),
      .messages = Items::fixed(messages.data(), kSigningBytes, signatures.size())};
  std::vector<std::uint8_t> single(signatures.size());
  sig::verify_batch(batch, sig::Rule::zip215, sig::Method::automatic, threads, single.data());
  std::vector<std::uint8_t> verdicts(candidates.size(), 1);
  std::size_t at = 0;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    for (std::size_t j = 0; j < candidates[i].view.signer_count; ++j) {
      verdicts[i] &= single[at++];
    }
  }
  return verdicts;
}

}  // namespace chopmark::ledger

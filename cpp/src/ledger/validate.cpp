// SPDX-License-Identifier: Apache-2.0
#include "ledger/validate.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "hash/many.hpp"
#include "types/tags.hpp"

namespace chopmark::ledger {

void Candidates::reserve(std::size_t count) {
  views_.reserve(count);
  keys_.reserve(count);
  first_key_.reserve(count);
}

Refusal Candidates::add(ByteView bytes, Failure& failure) {
  const Result<TransactionView> parsed = parse_transaction(bytes);
  if (!parsed) {
    failure = parsed.failure();
    return Refusal::malformed_transaction;
  }
  const TransactionView& view = *parsed;
  if (!std::equal(chain_id_.begin(), chain_id_.end(), view.chain_id().begin()))
    return Refusal::wrong_chain;
  const std::size_t first = keys_.size();
  const auto refuse = [&](Refusal refusal) {
    keys_.resize(first);
    return refusal;
  };
  for (std::size_t i = 0; i < view.signer_count; ++i) {
    const auto index = registered_.key_index(view.signer(i), height_);
    if (!index) return refuse(Refusal::unknown_signer);
    keys_.push_back(*index);
  }
  if (view.valid_until < height_) return refuse(Refusal::expired);
  if (view.valid_until - height_ > limits::kReplayWindow) return refuse(Refusal::too_far_ahead);
  views_.push_back(view);
  first_key_.push_back(first);
  return Refusal::none;
}

void Candidates::hash(unsigned threads) {
  std::vector<ByteView> bodies(size());
  for (std::size_t i = 0; i < size(); ++i)
    bodies[i] = views_[i].body;
  ids_.resize(size());
  if (size() == 0) return;
  hash_many(HashId::sha256, Items::list(bodies.data(), bodies.size()), ids_[0].data(), threads);
}

bool Candidates::known(std::size_t i, const Verified* verified) const noexcept {
  if (verified == nullptr) return false;
  std::array<const Digest*, limits::kSignersMax> public_keys;
  const auto indexes = keys(i);
  for (std::size_t j = 0; j < indexes.size(); ++j)
    public_keys[j] = &registered_.keys().bytes(indexes[j]);
  return verified->knows(ids_[i], views_[i].bytes, {public_keys.data(), indexes.size()});
}

std::vector<std::uint8_t> Candidates::check_signatures(std::span<const std::uint8_t> wanted,
                                                       const Verified* verified,
                                                       unsigned threads) const {
  std::vector<std::uint8_t> verdicts(size(), 1);
  std::vector<std::uint64_t> key_index;
  std::vector<ByteView> signatures;
  std::vector<std::uint8_t> messages;
  std::vector<std::size_t> owners;
  key_index.reserve(keys_.size());
  signatures.reserve(keys_.size());
  owners.reserve(keys_.size());
  messages.reserve(keys_.size() * kSigningBytes);
  for (std::size_t i = 0; i < size(); ++i) {
    if ((!wanted.empty() && wanted[i] == 0) || known(i, verified)) continue;
    const auto payload = signing_payload(ids_[i]);
    const auto indexes = keys(i);
    for (std::size_t j = 0; j < indexes.size(); ++j) {
      key_index.push_back(indexes[j]);
      signatures.push_back(views_[i].signature(j));
      messages.insert(messages.end(), payload.begin(), payload.end());
      owners.push_back(i);
    }
  }
  if (signatures.empty()) return verdicts;
  const sig::Batch batch{
      .public_keys = Items::list(nullptr, 0),
      .key_set = &registered_.keys(),
      .key_index = key_index,
      .signatures = Items::list(signatures.data(), signatures.size()),
      .messages = Items::fixed(messages.data(), kSigningBytes, signatures.size())};
  std::vector<std::uint8_t> single(signatures.size());
  sig::verify_batch(batch, sig::Rule::zip215, sig::Method::automatic, threads, single.data());
  for (std::size_t i = 0; i < single.size(); ++i)
    verdicts[owners[i]] &= single[i];
  return verdicts;
}

}  // namespace chopmark::ledger

// SPDX-License-Identifier: Apache-2.0
#include "sig/batches.hpp"

namespace chopmark::test {
namespace {

std::vector<ByteView> views(const std::vector<Bytes>& all) {
  return {all.begin(), all.end()};
}

Items listed(const std::vector<ByteView>& all) {
  return Items::list(all.data(), all.size());
}

Verdicts run(const sig::Batch& batch, sig::Rule rule, sig::Method method, unsigned threads) {
  Verdicts verdicts(batch.signatures.size(), 0xee);
  sig::verify_batch(batch, rule, method, threads, verdicts.data());
  return verdicts;
}

void change_scalar(Bytes& signature, const curve25519::Scalar& s) {
  const Digest bytes = number_bytes(s.word);
  std::copy(bytes.begin(), bytes.end(), signature.begin() + 32);
}

}  // namespace

SignedItems signed_items(std::size_t count, std::size_t signers) {
  std::vector<Signer> all;
  for (std::size_t i = 0; i < signers; ++i)
    all.emplace_back(secret_key(300 + i), 400 + i);
  SignedItems items;
  for (std::size_t i = 0; i < count; ++i) {
    const Bytes message = random_bytes(i, (i * 37) % 200);
    const Signer& signer = all[i % signers];
    items.add(signer.public_key(), signer.sign(message), message);
  }
  return items;
}

void spoil(SignedItems& items, std::size_t i, int way) {
  Bytes& signature = items.signatures[i];
  const curve25519::Scalar s = curve25519::load_scalar(signature.data() + 32);
  bool carried = false;
  switch (way % kWaysToSpoil) {
    case 0:
      return items.messages[i].push_back(0);
    case 1:
      return change_scalar(signature, curve25519::add(s, small_scalar(1)));
    case 2:  // the same scalar modulo L, but not below it
      return change_scalar(signature, {plus(s.word, curve25519::kGroupOrder.word, carried)});
    case 3: {
      const Digest other = encoded(twice(curve25519::base_point()));
      std::copy(other.begin(), other.end(), signature.begin());
      return;
    }
    case 4: {
      const Digest other = secret_key(299).public_key;
      return items.keys[i].assign(other.begin(), other.end());
    }
    case 5:  // y = 2 has no point
      std::fill_n(signature.begin(), 32, std::uint8_t{0});
      signature[0] = 2;
      return;
    case 6:
      items.keys[i].assign(32, 0);
      items.keys[i][0] = 2;
      return;
    case 7:
      return signature.pop_back();
    default:
      return items.keys[i].push_back(0);
  }
}

Verdicts verified(const SignedItems& items, sig::Rule rule, sig::Method method, unsigned threads) {
  const auto keys = views(items.keys);
  const auto signatures = views(items.signatures);
  const auto messages = views(items.messages);
  const sig::Batch batch{.public_keys = listed(keys),
                         .key_set = nullptr,
                         .key_index = {},
                         .signatures = listed(signatures),
                         .messages = listed(messages)};
  return run(batch, rule, method, threads);
}

Verdicts verified_by_set(const SignedItems& items, sig::Rule rule, sig::Method method,
                         unsigned threads, bool tables) {
  std::vector<ByteView> keys(items.keys.rbegin(), items.keys.rend());
  const sig::KeySet set(listed(keys), tables);
  std::vector<std::uint64_t> index(items.size());
  for (std::size_t i = 0; i < index.size(); ++i)
    index[i] = index.size() - 1 - i;
  const auto signatures = views(items.signatures);
  const auto messages = views(items.messages);
  const sig::Batch batch{.public_keys = Items::list(nullptr, 0),
                         .key_set = &set,
                         .key_index = index,
                         .signatures = listed(signatures),
                         .messages = listed(messages)};
  return run(batch, rule, method, threads);
}

}  // namespace chopmark::test

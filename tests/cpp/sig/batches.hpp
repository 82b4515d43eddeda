// SPDX-License-Identifier: Apache-2.0
// Batches of signed messages with some of them spoilt.
#pragma once

#include <vector>

#include "sig/signing.hpp"

namespace chopmark::test {

/// Owns what a batch looks at.
struct SignedItems {
  std::vector<Bytes> keys;
  std::vector<Bytes> signatures;
  std::vector<Bytes> messages;

  [[nodiscard]] std::size_t size() const { return keys.size(); }
  void add(ByteView key, ByteView signature, ByteView message) {
    keys.emplace_back(key.begin(), key.end());
    signatures.emplace_back(signature.begin(), signature.end());
    messages.emplace_back(message.begin(), message.end());
  }
  [[nodiscard]] SignedItems first(std::size_t count) const {
    SignedItems out;
    for (std::size_t i = 0; i < count; ++i)
      out.add(keys[i], signatures[i], messages[i]);
    return out;
  }
};

using Verdicts = std::vector<std::uint8_t>;

/// `count` valid items of `signers` keys in turn, with messages of 0 .. 199 bytes.
SignedItems signed_items(std::size_t count, std::size_t signers = 5);

inline constexpr int kWaysToSpoil = 9;
/// Makes item i invalid under both rules, in one of several ways.
void spoil(SignedItems& items, std::size_t i, int way);

Verdicts verified(const SignedItems& items, sig::Rule rule, sig::Method method, unsigned threads);
/// The same by way of a key set that holds every item's key, last item first.
Verdicts verified_by_set(const SignedItems& items, sig::Rule rule, sig::Method method,
                         unsigned threads, bool tables);

}  // namespace chopmark::test

// SPDX-License-Identifier: Apache-2.0
// Messages and checks that the hash tests share.
#pragma once

#include <initializer_list>

#include "test.hpp"

namespace chopmark::test {

/// Bytes 0, 1, .. 250, 0, 1, ..: the pattern of the BLAKE3 vectors.
inline Bytes pattern(std::size_t size) {
  Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i)
    bytes[i] = static_cast<std::uint8_t>(i % 251);
  return bytes;
}

/// The digest of the digests of pattern(0) .. pattern(300), one after the other.
template <class Hash>
std::string hash_of_all_short(Hash hash) {
  const Bytes message = pattern(300);
  Bytes digests;
  for (std::size_t size = 0; size <= message.size(); ++size)
    append(digests, hash(ByteView(message).first(size)));
  return to_hex(hash(digests));
}

/// Compares the streaming form, fed in steps, with the one-shot form for every length 0..300.
template <class Streaming, class Hash>
void expect_streaming_equals(Hash hash) {
  const Bytes message = random_bytes(1, 300);
  for (std::size_t size = 0; size <= message.size(); ++size) {
    for (const std::size_t step : {1U, 7U, 63U, 64U, 65U, 127U, 128U, 129U, 200U}) {
      Streaming hasher;
      for (std::size_t at = 0; at < size; at += step) {
        hasher.update(ByteView(message).subspan(at, std::min(step, size - at)));
        hasher.update({});
      }
      EXPECT_EQ(to_hex(hasher.finish()), to_hex(hash(ByteView(message).first(size))));
    }
  }
}

inline const Bytes kTwoBlocksOf128 = text(
    "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopq"
    "rsmnopqrstnopqrstu");
inline const Bytes kMillionA(1000000, 'a');

}  // namespace chopmark::test

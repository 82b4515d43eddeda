// SPDX-License-Identifier: Apache-2.0
// Ed25519 signing for tests, straight from its definition: slow, and careless with its secrets.
#pragma once

#include <algorithm>

#include "curve25519/reference.hpp"
#include "hash/sha512.hpp"
#include "sig/ed25519.hpp"
#include "test.hpp"

namespace chopmark::test {

struct SecretKey {
  curve25519::Scalar scalar;
  Bytes prefix;
  Digest public_key{};
};

inline SecretKey secret_key(ByteView seed) {
  const auto hashed = sha512(seed);
  Bytes wide(64);
  std::copy_n(hashed.begin(), 32, wide.begin());
  wide[0] &= 0xf8;
  wide[31] = static_cast<std::uint8_t>((wide[31] & 0x3f) | 0x40);
  SecretKey key;
  key.scalar = curve25519::reduce_wide(wide.data());
  key.prefix.assign(hashed.begin() + 32, hashed.end());
  key.public_key = encoded(multiple(key.scalar, curve25519::base_point()));
  return key;
}

inline SecretKey secret_key(std::uint64_t seed) {
  return secret_key(random_bytes(seed, 32));
}

inline curve25519::Scalar challenge_of(const Digest& r, const Digest& public_key,
                                       ByteView message) {
  Sha512 hasher;
  hasher.update(r);
  hasher.update(public_key);
  hasher.update(message);
  return curve25519::reduce_wide(hasher.finish().data());
}

inline Bytes joined(const Digest& r, const curve25519::Scalar& s) {
  Bytes signature(64);
  const Digest s_bytes = number_bytes(s.word);
  std::copy(r.begin(), r.end(), signature.begin());
  std::copy(s_bytes.begin(), s_bytes.end(), signature.begin() + 32);
  return signature;
}

/// Signs with one nonce for all messages, so that each costs no more than a hash.
class Signer {
 public:
  explicit Signer(const SecretKey& key, std::uint64_t nonce_seed = 1)
      : key_(key),
        nonce_(curve25519::reduce_wide(random_bytes(nonce_seed, 64).data())),
        r_(encoded(multiple(nonce_, curve25519::base_point()))) {}

  [[nodiscard]] Bytes sign(ByteView message) const {
    const curve25519::Scalar k = challenge_of(r_, key_.public_key, message);
    return joined(r_, curve25519::add(nonce_, curve25519::mul(k, key_.scalar)));
  }
  [[nodiscard]] const Digest& public_key() const { return key_.public_key; }

 private:
  SecretKey key_;
  curve25519::Scalar nonce_;
  Digest r_;
};

inline Bytes sign(const SecretKey& key, ByteView message) {
  Bytes seeded = key.prefix;
  append(seeded, message);
  const curve25519::Scalar nonce = curve25519::reduce_wide(sha512(seeded).data());
  const Digest r = encoded(multiple(nonce, curve25519::base_point()));
  const curve25519::Scalar k = challenge_of(r, key.public_key, message);
  return joined(r, curve25519::add(nonce, curve25519::mul(k, key.scalar)));
}

}  // namespace chopmark::test

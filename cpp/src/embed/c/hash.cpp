// SPDX-License-Identifier: Apache-2.0
// Hashing of the C interface.
#include <algorithm>

#include "embed/c/checks.hpp"
#include "hash/many.hpp"

static_assert(CHOPMARK_SHA256 == static_cast<int>(chopmark::HashId::sha256));
static_assert(CHOPMARK_SHA512 == static_cast<int>(chopmark::HashId::sha512));
static_assert(CHOPMARK_BLAKE3 == static_cast<int>(chopmark::HashId::blake3));
static_assert(CHOPMARK_SM3 == static_cast<int>(chopmark::HashId::sm3));

std::size_t chopmark_digest_size(chopmark_hash hash) noexcept {
  if (hash < CHOPMARK_SHA256 || hash > CHOPMARK_SM3) return 0;
  return chopmark::digest_bytes(static_cast<chopmark::HashId>(hash));
}

chopmark_status chopmark_hash_many(chopmark_hash hash, const std::uint8_t* data,
                                   std::size_t data_size, const std::uint64_t* offsets,
                                   std::size_t count, std::uint8_t* digests,
                                   std::size_t digests_size, std::uint32_t threads) noexcept {
  using chopmark::c::Extent;
  const std::size_t width = chopmark_digest_size(hash);
  if (width == 0) return CHOPMARK_ERROR_HASH;
  if (threads > CHOPMARK_THREADS_MAX) return CHOPMARK_ERROR_THREADS;
  if (!chopmark::c::fits(count, width)) return CHOPMARK_ERROR_SIZE;
  if (digests_size != count * width) return CHOPMARK_ERROR_SIZE;
  if (count == 0) return CHOPMARK_OK;
  if (offsets == nullptr || digests == nullptr) return CHOPMARK_ERROR_NULL;
  if (data == nullptr && data_size != 0) return CHOPMARK_ERROR_NULL;
  if (!chopmark::c::offsets_in_order(offsets, count, data_size)) return CHOPMARK_ERROR_OFFSETS;
  const Extent out{digests, digests_size};
  if (out.overlaps({data, data_size}) || out.overlaps({offsets, (count + 1) * sizeof *offsets})) {
    return CHOPMARK_ERROR_OVERLAP;
  }
  const chopmark_status status = chopmark::c::guarded([&] {
    chopmark::hash_many(static_cast<chopmark::HashId>(hash),
                        chopmark::Items::ragged(data, offsets, count), digests, threads);
  });
  if (status != CHOPMARK_OK) std::fill_n(digests, digests_size, std::uint8_t{0});
  return status;
}

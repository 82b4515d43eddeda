// SPDX-License-Identifier: Apache-2.0
#include "hash/many.hpp"

#include "base/parallel.hpp"
#include "hash/blake3.hpp"
#include "hash/blake3_flags.hpp"
#include "hash/in_lanes.hpp"
#include "hash/portable.hpp"
#include "hash/sha256.hpp"
#include "hash/sha512.hpp"
#include "hash/sm3.hpp"

namespace chopmark {
namespace {

// Least work worth a thread, in bytes absorbed: tens of microseconds, a few times what it costs to
// start one.
constexpr std::size_t kPartBytesMin = 64 * 1024;
constexpr std::size_t kItemOverheadBytes = 64;  // padding and finishing, as bytes absorbed

std::size_t items_per_part(const Items& items) noexcept {
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < items.size(); ++i)
    bytes += items[i].size() + kItemOverheadBytes;
  const std::size_t average = bytes / std::max<std::size_t>(1, items.size());
  return std::max<std::size_t>(1, kPartBytesMin / std::max<std::size_t>(1, average));
}

/// Through a kernel for many: many(out, views, count).
template <class Many>
void run_many(Many many, const Items& items, std::uint8_t* out, std::size_t width,
              unsigned threads) {
  const std::size_t grain = threads == 1 ? items.size() : items_per_part(items);
  parallel_for(items.size(), threads, grain, [&](std::size_t from, std::size_t to) {
    by_raw_views(items, from, to, [&](std::size_t at, RawView* views, std::size_t count) {
      many(out + width * at, views, count);
    });
  });
}

void sha512_views(std::uint8_t* out, const RawView* views, std::size_t count) {
  kernels().sha512_many(out, nullptr, views, count);
}

void sha256_views(std::uint8_t* out, const RawView* views, std::size_t count) {
  kernels().sha256_many(out, views, count);
}

void sm3_views(std::uint8_t* out, const RawView* views, std::size_t count) {
  kernels().sm3_many(out, views, count);
}

/// Items of one chunk in lanes. A longer one, which fills lanes by itself, stands in its place as
/// an empty one and is hashed after.
void blake3_views(std::uint8_t* out, RawView* views, std::size_t count) {
  struct Large {
    std::size_t at;
    RawView view;
  };
  Large large[kViewsMax];
  std::size_t large_count = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (views[i].size <= kBlake3ChunkBytes) continue;
    large[large_count++] = {i, views[i]};
    views[i].size = 0;
  }
  if (large_count != count) kernels().blake3_small_many(out, kSha256Initial, views, count, 0);
  for (std::size_t i = 0; i < large_count; ++i) {
    const Digest digest = blake3({large[i].view.data, large[i].view.size});
    std::copy_n(digest.data(), digest.size(), out + digest.size() * large[i].at);
  }
}

}  // namespace

void hash_many(HashId id, const Items& items, std::uint8_t* out, unsigned threads) {
  switch (id) {
    case HashId::sha256:
      return run_many(sha256_views, items, out, digest_bytes(id), threads);
    case HashId::sha512:
      return run_many(sha512_views, items, out, digest_bytes(id), threads);
    case HashId::blake3:
      return run_many(blake3_views, items, out, digest_bytes(id), threads);
    case HashId::sm3:
      return run_many(sm3_views, items, out, digest_bytes(id), threads);
  }
}

}  // namespace chopmark

// SPDX-License-Identifier: Apache-2.0
#include "sim/archive.hpp"

#include <algorithm>
#include <cstring>

#include "base/endian.hpp"
#include "sim/headers.hpp"

namespace chopmark::sim {
namespace {

std::uint8_t* put(std::uint8_t* to, ByteView bytes) noexcept {
  if (!bytes.empty()) std::memcpy(to, bytes.data(), bytes.size());
  return to + bytes.size();
}

std::uint8_t* put_counted(std::uint8_t* to, ByteView bytes) noexcept {
  store_be<std::uint32_t>(to, static_cast<std::uint32_t>(bytes.size()));
  return put(to + 4, bytes);
}

}  // namespace

bool Archive::add(const Final& block) {
  if (block.height < first_) return true;
  const std::size_t at = block.height - first_;
  if (at < blocks_.size()) return std::ranges::equal(blocks_[at].digest, block.digest);
  if (at > blocks_.size()) return true;  // nobody was there yet: an earlier one is missing
  const std::size_t size =
      1 + block.header.size() + 8 + block.justification.size() + block.payload.size();
  Buffer* message = buffers_.make(size);
  std::uint8_t* to = message->data();
  *to++ = static_cast<std::uint8_t>(Tag::block);
  to = put(to, block.header);
  to = put_counted(to, block.justification);
  put_counted(to, block.payload);
  blocks_.push_back({digest_from(block.digest.data()), message});
  return true;
}

void Archive::drop_below(std::uint64_t height) {
  if (height <= first_) return;
  const std::size_t count = std::min<std::size_t>(height - first_, blocks_.size());
  for (std::size_t i = 0; i < count; ++i)
    buffers_.drop(blocks_[i].message);
  blocks_.erase(blocks_.begin(), blocks_.begin() + static_cast<std::ptrdiff_t>(count));
  first_ += count;
}

}  // namespace chopmark::sim

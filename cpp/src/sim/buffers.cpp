// SPDX-License-Identifier: Apache-2.0
#include "sim/buffers.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>

#include "sim/mix.hpp"

namespace chopmark::sim {

std::uint64_t Buffer::content_hash() noexcept {
  if (hash == 0) hash = hash_bytes(bytes()) | 1;
  return hash;
}

Buffers::~Buffers() {
  for (Buffer* one : all_)
    ::operator delete(one);
}

Buffer* Buffers::make(std::size_t size) {
  const std::size_t whole = size + sizeof(Buffer);
  const std::size_t width = static_cast<std::size_t>(std::bit_width(whole - 1));
  const std::size_t size_class = std::max(kSmallest, width);
  std::vector<Buffer*>& free = free_[size_class];
  Buffer* out = nullptr;
  if (free.empty()) {
    out = new (::operator new(std::size_t{1} << size_class)) Buffer{};
    all_.push_back(out);
  } else {
    out = free.back();
    free.pop_back();
  }
  out->references = 1;
  out->size = static_cast<std::uint32_t>(size);
  out->hash = 0;
  out->size_class = static_cast<std::uint8_t>(size_class);
  return out;
}

Buffer* Buffers::copy(ByteView bytes) {
  Buffer* out = make(bytes.size());
  if (!bytes.empty()) std::memcpy(out->data(), bytes.data(), bytes.size());
  return out;
}

void Buffers::reset() noexcept {
  for (std::vector<Buffer*>& one : free_)
    one.clear();
  for (Buffer* one : all_)
    free_[one->size_class].push_back(one);
}

}  // namespace chopmark::sim

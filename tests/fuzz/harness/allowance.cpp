// SPDX-License-Identifier: Apache-2.0
// Counts what operator new is asked for. malloc below it stays that of the sanitizer; the core asks
// for memory in no other way.
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <new>
#include <vector>

#include "harness/target.hpp"

namespace {

thread_local bool counting = false;
thread_local std::size_t left = 0;

void* allocate(std::size_t size) {
  if (counting) {
    if (size > left) {
      counting = false;
      std::fprintf(stderr, "memory for %zu bytes asked for, %zu are left to this input\n", size,
                   left);
      std::abort();
    }
    left -= size;
  }
  void* const at = std::malloc(size != 0 ? size : 1);
  if (at == nullptr) throw std::bad_alloc();
  return at;
}

/// Blocks with an alignment of their own are those of the state's store, many MiB of which an input
/// touches little. They are kept for the next one: a sanitizer would mark all of them each time.
struct Block {
  void* bytes;
  std::size_t size;
  bool used;
};
std::mutex blocks_mutex;
std::vector<Block>& blocks() {
  static auto* const all = new std::vector<Block>();  // lives longer than what is in it
  return *all;
}

void* take_block(std::size_t size, std::size_t alignment) {
  const std::scoped_lock lock(blocks_mutex);
  for (Block& block : blocks()) {
    if (block.used || block.size != size) continue;
    block.used = true;
    return block.bytes;
  }
  void* const bytes = std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
  if (bytes == nullptr) throw std::bad_alloc();
  blocks().push_back({bytes, size, true});
  return bytes;
}

void give_back_block(const void* bytes) noexcept {
  const std::scoped_lock lock(blocks_mutex);
  for (Block& block : blocks()) {
    if (block.bytes == bytes) block.used = false;
  }
}

}  // namespace

void* operator new[](std::size_t size, std::align_val_t alignment) {
  return take_block(size, static_cast<std::size_t>(alignment));
}
void operator delete[](void* at, std::align_val_t) noexcept {
  give_back_block(at);
}
void* operator new(std::size_t size) {
  return allocate(size);
}
void* operator new[](std::size_t size) {
  return allocate(size);
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return std::malloc(size != 0 ? size : 1);
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return std::malloc(size != 0 ? size : 1);
}
void operator delete(void* at) noexcept {
  std::free(at);
}
void operator delete[](void* at) noexcept {
  std::free(at);
}
void operator delete(void* at, std::size_t) noexcept {
  std::free(at);
}
void operator delete[](void* at, std::size_t) noexcept {
  std::free(at);
}

namespace chopmark::fuzz {

Allowance::Allowance(std::size_t size, std::size_t once, std::size_t for_each_byte) noexcept {
  left = once + for_each_byte * size;
  counting = true;
}

Allowance::~Allowance() {
  counting = false;
}

}  // namespace chopmark::fuzz

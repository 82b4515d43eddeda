// SPDX-License-Identifier: Apache-2.0
// What every target is made of. A target defines LLVMFuzzerTestOneInput and `seeds`; it ends the
// process when something does not hold.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/bytes.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace chopmark::fuzz {

/// Valid inputs from which the search starts: the same on every machine.
std::vector<Bytes> seeds();

/// Called by the ordinary test when it has run everything: what the inputs together must have done.
void finish();

[[noreturn]] void fail(const char* file, int line, const char* what);

/// The memory that a call may ask for, all requests added up: what `size` bytes of input can pay
/// for. A length prefix that is believed before it is checked asks for far more.
class Allowance {
 public:
  static constexpr std::size_t kOnce = 4096;
  static constexpr std::size_t kForEachByte = 64;
  explicit Allowance(std::size_t size, std::size_t once = kOnce,
                     std::size_t for_each_byte = kForEachByte) noexcept;
  ~Allowance();
  Allowance(const Allowance&) = delete;
  Allowance& operator=(const Allowance&) = delete;
};

/// Reads choices from an input. At its end all choices are 0.
class Choices {
 public:
  explicit Choices(ByteView input) noexcept : input_(input) {}
  [[nodiscard]] bool any() const noexcept { return !input_.empty(); }
  std::uint8_t byte() noexcept {
    if (input_.empty()) return 0;
    const std::uint8_t value = input_.front();
    input_ = input_.subspan(1);
    return value;
  }
  std::size_t below(std::size_t bound) noexcept { return byte() % bound; }
  std::uint16_t u16() noexcept {
    const std::uint16_t high = byte();
    return static_cast<std::uint16_t>(high << 8 | byte());
  }
  ByteView bytes(std::size_t size) noexcept {
    const ByteView taken = input_.first(size < input_.size() ? size : input_.size());
    input_ = input_.subspan(taken.size());
    return taken;
  }
  ByteView rest() noexcept { return bytes(input_.size()); }

 private:
  ByteView input_;
};

}  // namespace chopmark::fuzz

#define REQUIRE(condition)                                                    \
  do {                                                                        \
    if (!(condition)) ::chopmark::fuzz::fail(__FILE__, __LINE__, #condition); \
  } while (false)

// SPDX-License-Identifier: Apache-2.0
// A small test registry: TEST(name) { EXPECT(condition); EXPECT_EQ(a, b); }, and
// TEST_EACH_BACKEND(name), which runs once on every backend that this processor has.
#pragma once

#include <functional>
#include <sstream>
#include <string>
#include <vector>

#include "base/bytes.hpp"

namespace chopmark::test {

struct Case {
  const char* name;
  bool each_backend;
  std::function<void()> run;
};

std::vector<Case>& cases();
bool add_case(const char* name, bool each_backend, std::function<void()> run);
void fail(const char* file, int line, const std::string& what);

template <class T>
std::string shown(const T& value) {
  if constexpr (requires(std::ostringstream& out) { out << value; }) {
    std::ostringstream out;
    out << value;
    return out.str();
  } else {
    return "(value)";
  }
}

std::string to_hex(ByteView bytes);
Bytes from_hex(const std::string& hex);
Bytes text(const std::string& characters);

/// Deterministic pseudo-random bytes: the same on every machine for the same seed.
Bytes random_bytes(std::uint64_t seed, std::size_t size);

}  // namespace chopmark::test

#define CHOPMARK_TEST_CASE(name, each_backend)               \
  static void name();                                        \
  [[maybe_unused]] static const bool name##_added =          \
      ::chopmark::test::add_case(#name, each_backend, name); \
  static void name()
#define TEST(name) CHOPMARK_TEST_CASE(name, false)
#define TEST_EACH_BACKEND(name) CHOPMARK_TEST_CASE(name, true)

#define EXPECT(condition)                                                     \
  do {                                                                        \
    if (!(condition)) ::chopmark::test::fail(__FILE__, __LINE__, #condition); \
  } while (false)

#define EXPECT_EQ(left, right)                                                   \
  do {                                                                           \
    const auto& left_value = (left);                                             \
    const auto& right_value = (right);                                           \
    if (!(left_value == right_value)) {                                          \
      ::chopmark::test::fail(__FILE__, __LINE__,                                 \
                             std::string(#left " == " #right ", but ") +         \
                                 ::chopmark::test::shown(left_value) +           \
                                 " != " + ::chopmark::test::shown(right_value)); \
    }                                                                            \
  } while (false)

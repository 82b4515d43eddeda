// SPDX-License-Identifier: Apache-2.0
// Runs the registered tests. An argument selects the tests whose name contains it.
#include <cstdio>
#include <cstring>

#include "dispatch/backend.hpp"
#include "test.hpp"

namespace chopmark::test {
namespace {
int failures = 0;
}

std::vector<Case>& cases() {
  static std::vector<Case> all;
  return all;
}

bool add_case(const char* name, bool each_backend, std::function<void()> run) {
  cases().push_back({name, each_backend, std::move(run)});
  return true;
}

void fail(const char* file, int line, const std::string& what) {
  ++failures;
  std::printf("  %s:%d: expected %s\n", file, line, what.c_str());
}

std::string to_hex(ByteView bytes) {
  std::string hex;
  for (const std::uint8_t byte : bytes) {
    hex += "0123456789abcdef"[byte >> 4];
    hex += "0123456789abcdef"[byte & 15];
  }
  return hex;
}

Bytes from_hex(const std::string& hex) {
  Bytes bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<std::uint8_t>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

Bytes text(const std::string& characters) {
  return {characters.begin(), characters.end()};
}

Bytes random_bytes(std::uint64_t seed, std::size_t size) {
  Bytes bytes(size);
  for (std::uint8_t& byte : bytes) {
    seed += 0x9e3779b97f4a7c15U;
    std::uint64_t mixed = seed;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebU;
    byte = static_cast<std::uint8_t>(mixed >> 56);
  }
  return bytes;
}

}  // namespace chopmark::test

int main(int argc, char** argv) {
  using namespace chopmark;
  int failed = 0;
  int passed = 0;
  for (const test::Case& one : test::cases()) {
    if (argc > 1 && std::strstr(one.name, argv[1]) == nullptr) continue;
    for (const Backend& backend : compiled_backends()) {
      const bool any = !one.each_backend;
      if (!any && !backend_available(backend)) continue;
      const UseBackend used = use_backend(any ? "" : backend.name);
      const int before = test::failures;
      if (used == UseBackend::ok) one.run();
      const bool ok = used == UseBackend::ok && test::failures == before;
      ++(ok ? passed : failed);
      if (!ok) std::printf("FAILED %s [%s]\n", one.name, any ? "best" : backend.name);
      if (any) break;
    }
  }
  std::printf("backends:");
  for (const Backend& backend : compiled_backends()) {
    if (backend_available(backend)) std::printf(" %s", backend.name);
  }
  std::printf("\ncpp: %d passed, %d failed\n", passed, failed);
  return failed == 0 && passed != 0 ? 0 : 1;
}

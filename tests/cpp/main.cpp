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

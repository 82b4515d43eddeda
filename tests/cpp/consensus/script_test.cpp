// SPDX-License-Identifier: Apache-2.0
// The scenarios of tests/scripts/consensus, on the real replica (docs/search.md).
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "script.hpp"
#include "test.hpp"

namespace chopmark::test {
namespace {

namespace fs = std::filesystem;

std::string text_of(const fs::path& path) {
  std::ifstream in(path);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

TEST(consensus_scripts_hold) {
  std::vector<fs::path> paths;
  for (const fs::directory_entry& entry : fs::directory_iterator(CHOPMARK_SCRIPTS)) {
    if (entry.path().extension() == ".txt") paths.push_back(entry.path());
  }
  std::ranges::sort(paths);
  EXPECT(!paths.empty());
  for (const fs::path& path : paths) {
    const auto failure = search::run_script(text_of(path));
    if (failure) fail(path.c_str(), static_cast<int>(failure->line), failure->what);
  }
}

TEST(consensus_scripts_can_fail) {
  const std::string start = "n 4\nbyzantine 3\ndeliver @1 to 1\n";
  EXPECT(!search::run_script(start + "expect signed 1 notarize @1\n"));
  const auto unmet = search::run_script(start + "expect signed 1 finalize @1\n");
  EXPECT(unmet && unmet->line == 4);
  const auto early = search::run_script(start + "notarization @1 to 0 with 0 1 2\n");
  EXPECT(early && early->line == 4);
  EXPECT(search::run_script("whatever 1\n").has_value());
  EXPECT(search::run_script("byzantine 2 3\nexpect progress 3\n").has_value());
}

}  // namespace
}  // namespace chopmark::test

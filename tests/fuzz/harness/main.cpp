// SPDX-License-Identifier: Apache-2.0
// With libFuzzer: `--write-seeds FOLDER` before it takes over. Without: the ordinary test.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>

#include "harness/target.hpp"
#include "test.hpp"

namespace chopmark::test {

// What tests of the core only note ends the process here.
void fail(const char* file, int line, const std::string& what) {
  fuzz::fail(file, line, what.c_str());
}

}  // namespace chopmark::test

namespace chopmark::fuzz {

void fail(const char* file, int line, const char* what) {
  std::fprintf(stderr, "%s:%d: required: %s\n", file, line, what);
  std::abort();
}

namespace {

/// Lines of `hex # what it is`; a missing file has none.
std::vector<Bytes> regressions(const char* path) {
  std::vector<Bytes> all;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    const std::string hex = line.substr(0, line.find_first_not_of("0123456789abcdef"));
    if (!line.empty() && line.front() != '#') all.push_back(test::from_hex(hex));
  }
  return all;
}

[[maybe_unused]] void write_seeds(const std::string& folder, const char* regressions_path) {
  std::vector<Bytes> all = seeds();
  for (Bytes& one : regressions(regressions_path))
    all.push_back(std::move(one));
  for (std::size_t i = 0; i < all.size(); ++i) {
    std::ofstream out(folder + "/seed-" + std::to_string(i), std::ios::binary);
    out.write(reinterpret_cast<const char*>(all[i].data()),
              static_cast<std::streamsize>(all[i].size()));
    if (!out) fail(__FILE__, __LINE__, "the folder can be written");
  }
}

[[maybe_unused]] void run(const Bytes& input) {
  // In a buffer of its own size: a byte too far is seen by the sanitizer.
  const Bytes exact(input.begin(), input.end());
  LLVMFuzzerTestOneInput(exact.data(), exact.size());
}

/// The input itself, cut short, and with single bytes changed.
[[maybe_unused]] void run_around(const Bytes& input, std::size_t number) {
  constexpr std::size_t kChanges = 24;
  run(input);
  const Bytes choices = test::random_bytes(number, 5 * kChanges);
  for (std::size_t i = 0; i < kChanges && !input.empty(); ++i) {
    const std::uint8_t* const choice = choices.data() + 5 * i;
    const std::size_t at = (std::size_t{choice[0]} << 8 | choice[1]) % input.size();
    Bytes changed = input;
    if (choice[2] % 3 == 0) {
      changed.resize(at);
    } else {
      changed[at] = choice[2] % 3 == 1
                        ? choice[3]
                        : static_cast<std::uint8_t>(changed[at] ^ 1U << choice[3] % 8);
    }
    run(changed);
  }
}

}  // namespace
}  // namespace chopmark::fuzz

#ifdef CHOPMARK_LIBFUZZER
extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv);
extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  if (*argc == 4 && std::strcmp((*argv)[1], "--write-seeds") == 0) {
    chopmark::fuzz::write_seeds((*argv)[2], (*argv)[3]);
    std::exit(0);
  }
  return 0;
}
#else
int main(int argc, char** argv) {
  using namespace chopmark;
  std::vector<Bytes> all = fuzz::seeds();
  const std::size_t seeds = all.size();
  for (int i = 1; i < argc; ++i) {
    for (Bytes& one : fuzz::regressions(argv[i]))
      all.push_back(std::move(one));
  }
  for (std::size_t i = 0; i < all.size(); ++i)
    fuzz::run_around(all[i], i);
  fuzz::finish();
  std::printf("%s: %zu seeds, %zu regressions\n", argv[0], seeds, all.size() - seeds);
  return 0;
}
#endif

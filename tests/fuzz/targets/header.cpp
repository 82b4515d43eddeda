// SPDX-License-Identifier: Apache-2.0
// parse_header (C-30 to C-32).
#include "harness/target.hpp"
#include "types/samples.hpp"

std::vector<chopmark::Bytes> chopmark::fuzz::seeds() {
  return {encode_header(test::sample_header()), encode_header({})};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace chopmark;
  const ByteView bytes(data, size);
  const auto parsed = [&] {
    const fuzz::Allowance allowance(0, 0);
    return parse_header(bytes);
  }();
  if (parsed) {
    REQUIRE(std::ranges::equal(encode_header(*parsed), bytes));
  } else {
    REQUIRE(parsed.failure().offset <= size);
  }
  return 0;
}

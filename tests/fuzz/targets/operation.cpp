// SPDX-License-Identifier: Apache-2.0
// The bodies of operations (C-27, C-28, C-50 to C-68). An input is the code, then the body.
#include "harness/target.hpp"
#include "types/operation_samples.hpp"

std::vector<chopmark::Bytes> chopmark::fuzz::seeds() {
  std::vector<Bytes> all;
  for (const test::OperationSample& sample : test::operation_samples()) {
    all.push_back({static_cast<std::uint8_t>(sample.code())});
    append(all.back(), sample.body());
  }
  return all;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace chopmark;
  if (size == 0) return 0;
  const auto code = static_cast<OperationCode>(data[0]);
  const ByteView body(data + 1, size - 1);
  const auto checked = [&] {
    const fuzz::Allowance allowance(0, 0);
    return check_body(code, body);
  }();
  const auto parsed = test::parse_any(code, body);
  REQUIRE(checked.has_value() == parsed.has_value());
  if (parsed) {
    const Bytes written = std::visit([](const auto& one) { return test::body_of(one); }, *parsed);
    REQUIRE(std::ranges::equal(written, body));
  } else {
    REQUIRE(checked.failure() == parsed.failure());
    REQUIRE(parsed.failure().offset <= body.size());
  }
  return 0;
}

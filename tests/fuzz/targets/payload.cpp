// SPDX-License-Identifier: Apache-2.0
// parse_payload (C-29).
#include "harness/target.hpp"
#include "types/samples.hpp"
#include "types/transaction.hpp"

std::vector<chopmark::Bytes> chopmark::fuzz::seeds() {
  const Bytes some = test::random_bytes(1, 40);
  const std::vector<ByteView> few{some, ByteView{}, ByteView(some).first(7)};
  const std::vector<ByteView> many(300, ByteView(some).first(2));
  return {encode_payload({}), encode_payload(few), encode_payload(many)};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace chopmark;
  const ByteView bytes(data, size);
  const auto parsed = [&] {
    const fuzz::Allowance allowance(size, 64, 12);  // a view of 16 bytes for each length of 4
    return parse_payload(bytes);
  }();
  if (parsed) {
    REQUIRE(std::ranges::equal(encode_payload(*parsed), bytes));
  } else {
    REQUIRE(parsed.failure().offset <= size);
  }
  return 0;
}

// SPDX-License-Identifier: Apache-2.0
// Certificates and justifications (C-41, C-42). An input is the number of validators, which of the
// two, then the bytes.
#include "harness/target.hpp"
#include "types/samples.hpp"

namespace chopmark::fuzz {
namespace {

constexpr std::size_t kValidators = 10;

template <class Parse, class Encode>
void read(ByteView bytes, Parse parse, Encode encode) {
  const auto parsed = [&] {
    const Allowance allowance(bytes.size());
    return parse(bytes);
  }();
  if (parsed) {
    REQUIRE(std::ranges::equal(encode(*parsed), bytes));
  } else {
    REQUIRE(parsed.failure().offset <= bytes.size());
  }
}

Bytes seed(std::uint8_t which, const Bytes& bytes) {
  codec::Writer out;
  out.u8(kValidators - 1);
  out.u8(which);
  out.bytes(bytes);
  return out.take();
}

}  // namespace

std::vector<Bytes> seeds() {
  std::vector<Bytes> all;
  for (const VoteKind kind : {VoteKind::notarize, VoteKind::nullify, VoteKind::finalize}) {
    const Certificate one = test::sample_certificate(kind, 9, kValidators);
    all.push_back(seed(0, encode_certificate(one, kValidators)));
  }
  all.push_back(seed(1, encode_justification({}, kValidators)));
  Justification some{test::sample_certificate(VoteKind::notarize, 3, kValidators), {}};
  for (std::uint64_t view = 4; view < 7; ++view)
    some.nullifications.push_back(
        test::sample_certificate(VoteKind::nullify, view, kValidators, kValidators));
  all.push_back(seed(1, encode_justification(some, kValidators)));
  return all;
}

}  // namespace chopmark::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace chopmark;
  if (size < 2) return 0;
  const std::size_t n = 1 + data[0] % limits::kValidatorsMax;
  const ByteView bytes(data + 2, size - 2);
  if (data[1] % 2 == 0) {
    fuzz::read(
        bytes, [n](ByteView in) { return parse_certificate(in, n); },
        [n](const Certificate& one) { return encode_certificate(one, n); });
  } else {
    fuzz::read(
        bytes, [n](ByteView in) { return parse_justification(in, n); },
        [n](const Justification& one) { return encode_justification(one, n); });
  }
  return 0;
}

// SPDX-License-Identifier: Apache-2.0
// parse_position (C-46, C-47). One with a last final block is read twice: as it is, and with a
// finalization that names that block.
#include "types/position.hpp"
#include "harness/target.hpp"
#include "types/samples.hpp"

namespace chopmark::fuzz {
namespace {

constexpr std::size_t kSet = 2 + 8 + 8 + 32 + 8 + 1;  // its count
constexpr std::size_t kOfDigest = 4 + 1 + 8 + 8;      // length, kind, epoch, view

void read(ByteView bytes) {
  const auto parsed = [&] {
    const Allowance allowance(bytes.size());
    return parse_position(bytes);
  }();
  if (parsed) {
    REQUIRE(std::ranges::equal(encode_position(*parsed), bytes));
  } else {
    REQUIRE(parsed.failure().offset <= bytes.size());
  }
}

Bytes repaired(ByteView bytes) {
  Bytes out(bytes.begin(), bytes.end());
  if (out.size() <= kSet) return out;
  const std::size_t header = kSet + 1 + 32 * std::size_t{out[kSet]} + 1;
  const std::size_t digest = header + Header::kBytes + kOfDigest;
  if (out.size() < digest + 32) return out;
  std::copy_n(out.begin() + 2, 8, out.begin() + std::ptrdiff_t(header) + 34);  // its epoch
  const Digest of = header_digest(ByteView(out).subspan(header, Header::kBytes));
  std::ranges::copy(of, out.begin() + std::ptrdiff_t(digest));
  return out;
}

}  // namespace

std::vector<Bytes> seeds() {
  Position position;
  position.anchor_digest = test::some_digest(1);
  for (std::uint64_t i = 0; i < 4; ++i)
    position.set.push_back(test::some_digest(10 + i));
  std::vector<Bytes> all{encode_position(position)};
  Header header = test::sample_header();
  header.epoch = position.epoch;
  Certificate certificate = test::sample_certificate(VoteKind::finalize, header.view, 4);
  certificate.subject.epoch = position.epoch;
  certificate.subject.digest = header_digest(encode_header(header));
  position.final = Position::Final{header, certificate};
  all.push_back(encode_position(position));
  return all;
}

}  // namespace chopmark::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace chopmark;
  fuzz::read({data, size});
  fuzz::read(fuzz::repaired({data, size}));
  return 0;
}

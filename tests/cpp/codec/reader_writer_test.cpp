// SPDX-License-Identifier: Apache-2.0
#include "codec/reader.hpp"
#include "codec/writer.hpp"
#include "test.hpp"

namespace chopmark::test {
namespace {

using codec::Reader;
using codec::Writer;

/// One field of each sort; returns where each one begins.
std::vector<std::size_t> write_all(Writer& out) {
  std::vector<std::size_t> starts;
  const auto mark = [&] { starts.push_back(out.size()); };
  mark();
  out.u8(0x01);
  mark();
  out.u16(0x0203);
  mark();
  out.u32(0x04050607);
  mark();
  out.u64(0x08090a0b0c0d0e0f);
  mark();
  out.bytes(random_bytes(1, 5));
  mark();
  out.bytes(random_bytes(2, 32));
  return starts;
}

struct Fields {
  std::uint8_t a;
  std::uint16_t b;
  std::uint32_t c;
  std::uint64_t d;
  Bytes e;
  Digest f;
};

Fields read_all(Reader& in) {
  Fields out{in.u8(), in.u16(), in.u32(), in.u64(), {}, {}};
  const ByteView five = in.bytes(5);
  out.e.assign(five.begin(), five.end());
  out.f = in.digest();
  return out;
}

}  // namespace

TEST(codec_integers_are_big_endian) {
  Writer out;
  const std::vector<std::size_t> starts = write_all(out);
  EXPECT(starts == (std::vector<std::size_t>{0, 1, 3, 7, 15, 20}));
  EXPECT_EQ(out.size(), 52U);
  const Bytes bytes = out.take();
  EXPECT_EQ(to_hex(ByteView(bytes).first(15)), "0102030405060708090a0b0c0d0e0f");
  EXPECT_EQ(out.size(), 0U);
  EXPECT(out.take().empty());
}

TEST(codec_round_trip) {
  Writer out;
  write_all(out);
  const Bytes bytes = out.take();
  Reader in(bytes);
  const Fields fields = read_all(in);
  EXPECT_EQ(in.remaining(), 0U);
  in.finish();
  EXPECT(in.ok());
  EXPECT_EQ(+fields.a, 1);
  EXPECT_EQ(fields.b, 0x0203);
  EXPECT_EQ(fields.c, 0x04050607U);
  EXPECT_EQ(fields.d, 0x08090a0b0c0d0e0fU);
  EXPECT(fields.e == random_bytes(1, 5));
  EXPECT(fields.f == digest_from(random_bytes(2, 32).data()));
}

TEST(codec_extreme_integers) {
  for (const std::uint64_t value : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{0x7f},
                                    std::uint64_t{0x80}, ~std::uint64_t{0}}) {
    Writer out;
    out.u8(static_cast<std::uint8_t>(value));
    out.u16(static_cast<std::uint16_t>(value));
    out.u32(static_cast<std::uint32_t>(value));
    out.u64(value);
    const Bytes bytes = out.take();
    EXPECT_EQ(bytes.size(), 15U);
    Reader in(bytes);
    EXPECT_EQ(+in.u8(), +static_cast<std::uint8_t>(value));
    EXPECT_EQ(in.u16(), static_cast<std::uint16_t>(value));
    EXPECT_EQ(in.u32(), static_cast<std::uint32_t>(value));
    EXPECT_EQ(in.u64(), value);
    in.finish();
    EXPECT(in.ok());
  }
}

TEST(codec_truncation_at_every_offset) {
  Writer out;
  const std::vector<std::size_t> starts = write_all(out);
  const Bytes bytes = out.take();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const Bytes part(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    Reader in(part);
    const Fields fields = read_all(in);
    in.finish();
    EXPECT(!in.ok());
    std::size_t start = 0;  // of the field that is cut
    for (const std::size_t one : starts)
      start = one <= size ? one : start;
    EXPECT(in.failure() == (Failure{Error::truncated, start}));
    EXPECT_EQ(in.offset(), start);
    EXPECT(fields.f == Digest{});
    EXPECT_EQ(fields.d != 0, size >= 15);
    EXPECT_EQ(fields.e.empty(), size < 20);
  }
}

TEST(codec_lengths_beyond_the_input) {
  const Bytes bytes = random_bytes(3, 10);
  for (const std::size_t size : {std::size_t{9}, std::size_t{1} << 32, SIZE_MAX - 1, SIZE_MAX}) {
    Reader in(bytes);
    EXPECT_EQ(in.u16(), load_be<std::uint16_t>(bytes.data()));
    EXPECT(in.bytes(size).empty());
    EXPECT(in.failure() == (Failure{Error::truncated, 2}));
    EXPECT_EQ(in.remaining(), 8U);
  }
  Reader in(bytes);
  EXPECT_EQ(in.bytes(10).size(), 10U);
  EXPECT(in.bytes(0).empty());
  EXPECT(in.ok());
}

TEST(codec_views_borrow_the_input) {
  const Bytes bytes = random_bytes(4, 10);
  Reader in(bytes);
  static_cast<void>(in.u8());
  EXPECT(in.bytes(4).data() == bytes.data() + 1);
  EXPECT_EQ(in.offset(), 5U);
}

TEST(codec_trailing_bytes) {
  const Bytes bytes = random_bytes(5, 10);
  for (std::size_t read = 0; read <= 10; ++read) {
    Reader in(bytes);
    static_cast<void>(in.bytes(read));
    in.finish();
    EXPECT_EQ(in.ok(), read == 10);
    if (read < 10) EXPECT(in.failure() == (Failure{Error::trailing, read}));
  }
}

TEST(codec_first_failure_sticks) {
  const Bytes bytes = random_bytes(6, 10);
  Reader in(bytes);
  static_cast<void>(in.u8());
  in.expect(true, Error::tag);
  EXPECT(in.ok());
  in.expect(false, Error::value);
  EXPECT(!in.ok());
  in.fail(Error::tag);
  in.fail_at(Error::order, 7);
  EXPECT_EQ(in.u64(), 0U);
  EXPECT(in.bytes(0).empty());
  EXPECT(in.digest() == Digest{});
  in.finish();
  EXPECT(in.failure() == (Failure{Error::value, 1}));
  EXPECT_EQ(in.offset(), 1U);
}

TEST(codec_failure_elsewhere) {
  const Bytes bytes = random_bytes(7, 10);
  Reader in(bytes);
  in.fail_at(Error::order, 7);
  EXPECT(in.failure() == (Failure{Error::order, 7}));
}

TEST(codec_empty_input) {
  Reader empty((ByteView()));
  empty.finish();
  EXPECT(empty.ok());
  EXPECT_EQ(+empty.u8(), 0);
  EXPECT(empty.failure() == (Failure{Error::truncated, 0}));
}

}  // namespace chopmark::test

// SPDX-License-Identifier: Apache-2.0
// Fields that several encodings share (docs/spec/codec.md C-11, C-12, C-15, C-50, C-51). All check
// what they read at once (C-5). Floor: types.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "base/limits.hpp"
#include "base/result.hpp"
#include "codec/reader.hpp"
#include "types/genesis.hpp"
#include "types/operations.hpp"

namespace chopmark::fields {

using codec::Reader;

/// Exactly one `T`: what `read(in, out)` reads, and nothing behind it. It is built where the caller
/// gets it: copying fields that have just been written would wait for the stores.
template <class T, class Read>
[[nodiscard]] Result<T> exactly_one(ByteView bytes, Read read) {
  Reader in(bytes);
  Result<T> out(std::in_place);
  read(in, *out);
  in.finish();
  if (!in.ok()) out = in.failure();
  return out;
}

/// One byte from `first` to `last`. After a failure the value may be none of the enum.
template <class Enum>
[[nodiscard]] Enum read_enum(Reader& in, Enum first, Enum last) noexcept {
  const auto value = static_cast<Enum>(in.u8());
  in.expect(value >= first && value <= last, Error::tag);
  return value;
}

/// A count or length from `least` to `most`.
[[nodiscard]] inline std::size_t read_count(Reader& in, std::size_t least,
                                            std::size_t most) noexcept {
  const std::size_t count = in.u8();
  in.expect(count >= least && count <= most, Error::limit);
  return in.ok() ? count : 0;
}

/// `value`, just read, has to be 1 or more.
template <class Word>
[[nodiscard]] Word positive(Reader& in, Word value) noexcept {
  in.expect(value != 0, Error::value);
  return value;
}

[[nodiscard]] inline std::uint16_t read_role_bits(Reader& in) noexcept {
  const std::uint16_t bits = in.u16();
  in.expect((bits & ~kRolesKnown) == 0, Error::value);
  return bits;
}

[[nodiscard]] inline std::uint8_t read_key_flags(Reader& in) noexcept {
  const std::uint8_t flags = in.u8();
  in.expect((flags & ~kKeyAdministrates) == 0, Error::value);
  return flags;
}

[[nodiscard]] inline std::uint8_t read_state_index(Reader& in) noexcept {
  const std::uint8_t state = in.u8();
  in.expect(state < limits::kTemplateStatesMax, Error::value);
  return state;
}

[[nodiscard]] inline ByteView read_name(Reader& in) noexcept {
  const std::size_t size = read_count(in, 1, limits::kMemberNameBytesMax);
  const ByteView name = in.bytes(size);
  in.expect(is_name(name), Error::value);
  return name;
}

/// `count` entries of `width` bytes; `fits(front, i)` says whether entry i may follow those before.
template <class Fits>
[[nodiscard]] ByteView read_entries(Reader& in, std::size_t count, std::size_t width,
                                    Fits fits) noexcept {
  const std::uint8_t* front = nullptr;
  for (std::size_t i = 0; i < count; ++i) {
    const ByteView entry = in.bytes(width);
    if (!in.ok()) return {};
    if (i == 0) front = entry.data();
    in.expect(fits(front, i), Error::order);
  }
  return {front, count * width};
}

/// Entries of which none stands twice. Quadratic: for small counts.
[[nodiscard]] inline ByteView read_distinct(Reader& in, std::size_t count,
                                            std::size_t width) noexcept {
  return read_entries(in, count, width, [width](const std::uint8_t* front, std::size_t i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (std::memcmp(front + width * j, front + width * i, width) == 0) return false;
    }
    return true;
  });
}

/// Whether entry i of `front` is above the one before it. Big-endian integers order like bytes.
[[nodiscard]] inline bool ascends(const std::uint8_t* front, std::size_t i,
                                  std::size_t width) noexcept {
  return i == 0 || std::memcmp(front + width * (i - 1), front + width * i, width) < 0;
}

[[nodiscard]] inline ByteView read_validators(Reader& in) noexcept {
  return read_distinct(in, read_count(in, 1, limits::kValidatorsMax), 32);
}

[[nodiscard]] inline RefsView read_refs(Reader& in) noexcept {
  const std::size_t count = read_count(in, 0, limits::kRefsMax);
  const RefsView refs{in.bytes(32 * count)};
  for (std::size_t i = 1; i < refs.size(); ++i)
    in.expect(ascends(refs.bytes.data(), i, 32), Error::order);
  return refs;
}

/// The end of a new key: `public_key 32, possession 64`.
inline void read_possessed(Reader& in, NewKey& key) noexcept {
  key.public_key = in.digest();
  key.possession = in.bytes(64);
}

}  // namespace chopmark::fields

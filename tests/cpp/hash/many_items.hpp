// SPDX-License-Identifier: Apache-2.0
// Shapes of many items on which kernels for many are compared with one-by-one functions. Each item
// stands at the end of an allocation of its own, so that a sanitizer sees a read past its end.
#pragma once

#include <vector>

#include "test.hpp"

namespace chopmark::test {

class ApartItems {
 public:
  explicit ApartItems(const std::vector<std::size_t>& sizes) {
    std::uint64_t seed = 100;
    for (const std::size_t size : sizes) {
      const std::size_t offset = seed % 7;  // at no alignment
      bytes_.push_back(random_bytes(seed++, offset + size));
      views_.push_back(ByteView(bytes_.back()).subspan(offset));
    }
  }
  [[nodiscard]] const std::vector<ByteView>& views() const noexcept { return views_; }

 private:
  std::vector<Bytes> bytes_;
  std::vector<ByteView> views_;
};

/// Calls check(views) for every count 0..70 of items of equal and of mixed lengths, for every
/// length 0..300, and for lengths far apart.
template <class Check>
void for_all_shapes(Check check) {
  for (std::size_t count = 0; count <= 70; ++count) {
    std::vector<std::size_t> mixed;
    for (std::size_t i = 0; i < count; ++i)
      mixed.push_back((i * 97 + count * 13) % 301);
    check(ApartItems(mixed).views());
    check(ApartItems(std::vector<std::size_t>(count, 65 + count)).views());
    check(ApartItems(std::vector<std::size_t>(count, 0)).views());
    for (std::size_t& size : mixed)
      size %= 65;  // one block each for some hashes
    check(ApartItems(mixed).views());
  }
  std::vector<std::size_t> every;
  for (std::size_t size = 0; size <= 300; ++size) {
    every.push_back(size);
    check(ApartItems(std::vector<std::size_t>(33, size)).views());
  }
  check(ApartItems(every).views());
  std::vector<std::size_t> apart;
  for (std::size_t i = 0; i < 600; ++i)
    apart.push_back(i % 41 == 0 ? 5000 + i : i % 5);
  check(ApartItems(apart).views());
  // More than one sorting of items by their blocks, with many left over of each kind and some long.
  std::vector<std::size_t> many;
  for (std::size_t i = 0; i < 2500; ++i)
    many.push_back(i % 50 == 7 ? 4000 + 3 * i : (i * i * 97 + i) % 1400);
  check(ApartItems(many).views());
}

/// Digest i of `found` must be hash(messages[i]).
template <class Hash>
void expect_digests(const Bytes& found, const std::vector<ByteView>& messages, Hash hash) {
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    const auto digest = hash(messages[i]);
    if (!std::equal(digest.begin(), digest.end(), found.data() + i * digest.size())) ++wrong;
  }
  EXPECT_EQ(wrong, std::size_t{0});
}

}  // namespace chopmark::test
